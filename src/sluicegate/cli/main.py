"""The entry point: finds the command without importing the others, and turns errors into exits."""

from __future__ import annotations

import difflib
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping

import click

from sluicegate import __version__
from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.core.text import one_line, redact
from sluicegate.runtime.process import here, prepare, take_secrets
from sluicegate.runtime.runnerlog import guard

COMMANDS: Mapping[str, str] = {
    "check": "Judge the evidence of this checkout against the policy.",
    "merge": "Join the bundles of several shards, and judge them as one.",
    "subject": "Find the pull request of a finished run, for 'merge --subject'.",
    "plan": "Print the matrix of jobs that a change needs.",
    "fetch": "Fetch the presets of other repositories that the policy extends.",
    "approvals": "Fetch overrides and approvals of the pull request, for 'check'.",
    "ledger": "Record reports in the repository, and read them back.",
    "trend": "Show a measure over the recorded commits.",
    "badge": "Write the badges of a report.",
    "bench": "Measure base and head side by side, for the gate 'performance'.",
    "publish": "Publish a report to its pull request: comment, status, check run.",
    "release": "Decide whether a commit is released: go or no-go.",
    "rollout": "Take a change to all users, stage by stage, and back when it hurts.",
    "explain": "Explain a gate, a criterion, a measure or a topic.",
    "init": "Write a policy and a workflow that fit this repository.",
    "validate": "Check a policy file, and print the resolved policy.",
    "schema": "Print the JSON Schema of a policy, report, bundle or benchmarks.",
    "completion": "Print the completion script of a shell.",
}
"""Every command and its one-line help, so that `--help` imports none of them."""


ASKING = frozenset({"subject", "fetch", "approvals", "ledger", "publish", "release", "rollout"})
"""The commands that ask a server. All others forget the tokens of the environment: no child inherits one."""

_OBJECTS_BEFORE_COLLECTING = 50_000
"""Records by the ten thousand are made and kept: Python's default of 700 would look at them again
and again, a tenth of the run time, and find nothing to free."""


class LazyGroup(click.Group):
    """A group whose commands are modules of `sluicegate.cli`, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; None for a name that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sluicegate.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name.

        Raises:
            click.UsageError: there is none; it names the nearest.
        """
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Perhaps you meant '{close[0]}'." if close else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from `COMMANDS` alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="sluicegate", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Judge the reports of your build against a policy: go or no-go.

    Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 network, API or disk failed, 4 a bug.
    """
    if context.invoked_subcommand not in ASKING:
        take_secrets(os.environ)


def run() -> None:
    """Run the command line and exit; the only place that turns an exception into an exit."""
    prepare()
    guard(os.environ)
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    try:
        code = main.main(standalone_mode=False)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        click.echo(redact(said.getvalue()), nl=False, err=True)
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except SluicegateError as error:
        sys.exit(_said(error))
    except Exception as error:
        sys.exit(_unexpected(error))
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _said(error: SluicegateError) -> ExitCode:
    click.echo(f"sluicegate: error: {one_line(str(error))}", err=True)
    return error.exit_code


def _unexpected(error: Exception) -> ExitCode:
    """A bug of ours; but where the current folder is gone, any step of a command may fail."""
    try:
        here()
    except SluicegateError as gone:
        return _said(gone)
    from sluicegate.runtime.crash import report_crash

    report_crash(error)
    return ExitCode.BUG
