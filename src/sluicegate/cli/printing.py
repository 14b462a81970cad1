"""What the judging commands share: their options, `--output`, and the report on the terminal."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence

import click

from sluicegate.cli import options
from sluicegate.cli.pages import is_colored, output, show_page, target
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.needs import read_needs
from sluicegate.github.payload import read_event
from sluicegate.github.places import links_of, places_below
from sluicegate.judge.check import Checked, exit_code
from sluicegate.judge.question import Question
from sluicegate.report.formats import NAMES, render
from sluicegate.runtime.files import write_output
from sluicegate.runtime.process import here, show


def _needs(_context: click.Context, _option: click.Parameter, name: str) -> Mapping[str, str] | None:
    """The results of jobs in a file that the user names; None where it is empty text."""
    if not name:
        return None
    data, _ = read_bytes(here() / name, name, limit=2**20)
    return read_needs(data.decode(errors="replace") or "{}", name)


_SHARED = (
    options.policy,
    options.text("--preset", "NAME", "Preset to apply instead of a policy file."),
    click.option(
        "--gate", "gates", multiple=True, metavar="NAME", help="Gate to judge, instead of all; repeatable."
    ),
    options.text("--baseline", "REPORT", "Earlier report (JSON) that 'baseline' in criteria refers to."),
    click.option(
        "--ledger",
        metavar="auto|off|PATH",
        default="auto",
        show_default=True,
        help="Source of 'baseline' without --baseline: output of 'sluicegate ledger fetch', nothing, "
        "or a path.",
    ),
    click.option(
        "--needs",
        metavar="FILE",
        default="",
        callback=_needs,
        help="Results of the jobs that this one needs: what the workflow's toJSON(needs) says.",
    ),
    options.format_,
    output("Also write a report to FILE, replacing it; repeatable."),
    click.option("--warn-only", is_flag=True, help="Exit with 0 instead of 1 when blocked."),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Also show where evidence was looked for, what was used, and what was ignored.",
    ),
)


def judging(kind: type[Question]) -> Callable[[Callable[..., Checked]], options.Command]:
    """Add the options of a judging command, which gets a question of this kind.

    What it returns is written and printed, and decides the exit code.
    """

    def decorate(command: Callable[..., Checked]) -> options.Command:
        asked = options.into(kind, options.surroundings)(command)

        @functools.wraps(asked)
        def judged(
            *, format_: str, outputs: Sequence[str], warn_only: bool, verbose: bool, **given: object
        ) -> int:
            targets = [target(output, NAMES) for output in outputs]
            checked = asked(**given)
            for name, path in targets:
                write_output(path, _rendered(name, checked))
            show_report(checked, format_, verbose=verbose)
            return exit_code(checked.report, warn_only=warn_only)

        made: options.Command = judged
        for option in reversed(_SHARED):
            made = option(made)
        return made

    return decorate


def _rendered(name: str, checked: Checked) -> str:
    """The report in a format; in a workflow with addresses of its files."""
    event = read_event(os.environ)
    link = links_of(checked.report, event, lambda: places_below(checked.root, event))
    return render(name, checked.report, checked.root, link)


def show_report(checked: Checked, format_name: str, *, verbose: bool = False) -> None:
    """Print a report: in colour on a terminal or where FORCE_COLOR asks for it, never with NO_COLOR.

    Raises:
        WorldError: it cannot be printed.
    """
    if format_name != "terminal":
        show(_rendered(format_name, checked), color=is_colored())
        return
    from sluicegate.report import compose

    show_page(compose.page(checked.report), verbose=verbose)
