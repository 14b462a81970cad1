"""The step of the Action `rollout`, run as a program: its inputs as a command line, which is then run.

`rollout/action.yml` declares the inputs. Each is the option or the argument of that name of the command that
the input `command` names; one that the command does not have is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from sluicegate.action.job import trust_checkout
from sluicegate.cli.main import main
from sluicegate.cli.rollout import command as rollout
from sluicegate.cli.rollout_runner import give
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.runtime import commands
from sluicegate.runtime.crash import report_crash
from sluicegate.runtime.process import prepare
from sluicegate.runtime.runnerlog import guard

OPTIONS = (
    "name", "commit", "without-go", "to", "full", "override-freeze", "reason", "deployed", "for", "every",
    "young", "ask", "dry-run", "ledger-ref",
)  # fmt: skip
"""The inputs that are options of commands, and `name`, which is their argument."""

_NAMES = {"ledger-ref": "ref"}
_SWITCHES = {"true": True, "false": False}


def arguments(environment: Mapping[str, str]) -> list[str]:
    """The command line behind `sluicegate`, of the inputs in `INPUT_…`.

    Raises:
        UsageError: there is no such command, or an input is not one of its own.
    """
    name = environment.get("INPUT_COMMAND", "").strip()
    found = rollout.commands.get(name)
    if found is None:
        remedy = f"Write one of {', '.join(rollout.commands)}."
        raise UsageError(f"the input 'command' is '{cut(one_line(name), 40)}'", remedy=remedy)
    given = {each: environment.get(_variable(each), "") for each in OPTIONS}
    words = [word for each, value in given.items() if value for word in _words(found, each, value)]
    rollout_name = given["name"]
    return ["rollout", name, *words, *(["--", rollout_name] if rollout_name else [])]


def _variable(name: str) -> str:
    return f"INPUT_{name.upper().replace('-', '_')}"


def _words(command: click.Command, name: str, value: str) -> list[str]:
    """An input as words of the command line; the argument stands behind all options."""
    own = _own(command, name)
    if own is None and value.lower() != "false":  # an input that is a switch has a value always
        raise UsageError(f"the input '{name}' is not one of '{command.name}'", remedy="Leave it empty.")
    if not isinstance(own, click.Option):
        return []
    if own.is_flag:
        return [own.opts[0]] if _is_on(name, value) else []
    return [f"{own.opts[0]}={value}"]


def _own(command: click.Command, name: str) -> click.Parameter | None:
    """The option, or for `name` the argument, that an input is."""
    if name == "name":
        return next((p for p in command.params if isinstance(p, click.Argument)), None)
    return next((p for p in command.params if f"--{_NAMES.get(name, name)}" in p.opts), None)


def _is_on(name: str, value: str) -> bool:
    """Is a switch on?

    Raises:
        UsageError: its value is not that of a switch.
    """
    if value not in _SWITCHES:
        what = f"the input '{name}' is '{cut(one_line(value), 40)}'"
        raise UsageError(what, remedy="Write true or false.")
    return _SWITCHES[value]


def step(environment: Mapping[str, str]) -> int:
    """Run the command in the folder of the project; its exit code, which is the output `exit` too."""
    code = _run(environment)
    give("exit", str(code))
    return code


def _run(environment: Mapping[str, str]) -> int:
    try:
        workspace = Path(environment.get("GITHUB_WORKSPACE") or Path.cwd())
        folder = workspace / environment.get("INPUT_WORKING_DIRECTORY", "")
        if not folder.is_dir():
            what = "there is no such folder"
            raise UsageError(what, where="working-directory", remedy="Check the repository out before.")
        os.chdir(folder)
        trust_checkout(workspace, folder)
        code = main.main(arguments(environment), prog_name="sluicegate", standalone_mode=False)
    except click.ClickException as error:
        commands.error(one_line(error.format_message()))
        return ExitCode.USAGE
    except SluicegateError as error:
        commands.error(one_line(str(error)))
        return error.exit_code
    except Exception as error:
        report_crash(error)
        commands.error(f"This is a bug of Sluicegate, not of your input: {type(error).__name__}")
        return ExitCode.BUG
    return code if isinstance(code, int) else ExitCode.OK


if __name__ == "__main__":
    prepare()
    guard(os.environ)
    sys.exit(step(os.environ))
