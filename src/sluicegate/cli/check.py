"""`sluicegate check`: parse, call, print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click

from sluicegate.checking import Checked, Options, check, exit_code
from sluicegate.cli.process import here, show
from sluicegate.cli.progress import progress_bar
from sluicegate.errors import UsageError, WorldError
from sluicegate.github.payload import read_event
from sluicegate.rendering import NAMES, render
from sluicegate.report import terminal

_EPILOG = """
Without options: the policy is sluicegate.yml (or the preset 'standard'), the evidence is what the
build left, the change is the pull request's or the branch's.

\b
  sluicegate check                                      judge this checkout
  sluicegate check --evidence reports/                  take the reports from there
  sluicegate check --evidence tests.unit=unit.xml       one file, for one suite
  sluicegate check --format json --output html=q.html   JSON to the terminal, a page to a file

Exit codes: 0 not blocked, 1 blocked, 2 your input is wrong, 3 the world failed, 4 a bug.
"""


_WIDEST = 400
"""Columns; a terminal that says more is not believed."""


class Arguments(TypedDict):
    """The options, as click hands them over."""

    policy: str
    preset: str
    gates: tuple[str, ...]
    base: str
    baseline: str
    evidence: tuple[str, ...]
    format_: str
    outputs: tuple[str, ...]
    warn_only: bool
    verbose: bool


@click.command(epilog=_EPILOG)
@click.option("--policy", metavar="FILE", default="", help="Policy file.  [default: sluicegate.yml]")
@click.option("--preset", metavar="NAME", default="", help="Judge by this preset, in place of any file.")
@click.option("--gate", "gates", multiple=True, metavar="NAME", help="Judge only this gate; may be repeated.")
@click.option("--base", metavar="REV", default="", help="Compare with the merge base of REV and HEAD.")
@click.option(
    "--baseline", metavar="REPORT", default="", help="Earlier report (JSON) for 'baseline' in criteria."
)
@click.option(
    "--evidence",
    multiple=True,
    metavar="[KIND[.SUITE]=]PATH",
    help="File, folder or glob to judge instead of what discovery finds; may be repeated. "
    "Kinds: coverage, tests, findings, benchmarks.",
)
@click.option("--format", "format_", type=click.Choice(NAMES), default="terminal", help="What to print.")
@click.option(
    "--output", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write a report; may be repeated."
)
@click.option("--warn-only", is_flag=True, help="Exit with 0 where it would be 1.")
@click.option("-v", "--verbose", is_flag=True, help="Also show what was looked for and passed over.")
def command(**given: Unpack[Arguments]) -> int:
    """Judge the evidence of this checkout against the policy, and print one report."""
    targets = [_target(o) for o in given["outputs"]]
    with progress_bar(sys.stderr) as progress:
        options = Options(
            directory=here(),
            policy=given["policy"],
            preset=given["preset"],
            gates=given["gates"],
            base=given["base"],
            baseline=given["baseline"],
            evidence=given["evidence"],
            event=read_event(os.environ),
            progress=progress,
        )
        checked = check(options, lambda: datetime.now(UTC).date())
    for name, path in targets:
        _write(path, render(name, checked.report, checked.root))
    color = _wants_color(os.environ, sys.stdout.isatty())
    show(_shown(given, checked, color), color=color)
    return exit_code(checked.report, warn_only=given["warn_only"])


def _target(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or name not in NAMES or not path:
        raise UsageError(
            "not of the form FORMAT=FILE", where=f"--output {text}",
            remedy=f"Formats: {', '.join(NAMES)}; for example --output html=report.html.",
        )  # fmt: skip
    return name, Path(path)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(path)) from error


def _wants_color(environment: Mapping[str, str], is_terminal: bool) -> bool:
    """Colour on a terminal or where FORCE_COLOR asks for it; never with NO_COLOR (no-color.org)."""
    if environment.get("NO_COLOR"):
        return False
    return is_terminal or bool(environment.get("FORCE_COLOR"))


def _shown(given: Arguments, checked: Checked, color: bool) -> str:
    if given["format_"] != "terminal":
        return render(given["format_"], checked.report, checked.root)
    width = min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
    return terminal.render(checked.report, width=width, color=color, verbose=given["verbose"])
