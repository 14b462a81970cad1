"""`sluicegate trend`: parse, call, print."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import click

from sluicegate.cli import options
from sluicegate.core.errors import EvidenceError, UsageError
from sluicegate.core.model import Commit
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import nearest
from sluicegate.git import open_repository
from sluicegate.history.entries import History
from sluicegate.history.series import headlines, named, names
from sluicegate.ledger.memory import open_memory
from sluicegate.policy.catalogue import charted
from sluicegate.policy.location import project_root
from sluicegate.report import terminal, trends
from sluicegate.report.sections import Block, Trends
from sluicegate.runtime.process import here, show

_EPILOG = """
The values come from the ledger, for the commit that is checked out and its ancestors. Fetch them with
'sluicegate ledger fetch'.

\b
  sluicegate trend                          one line per headline measure
  sluicegate trend coverage.total           one measure per commit
  sluicegate trend tests.unit.tests         a measure of a suite
  sluicegate trend coverage.total --format csv > coverage.csv

Exit codes: 0 shown, 2 your input is wrong or nothing was recorded, 3 network, API or disk failed, 4 a bug.
"""

_COURSE = 30
"""Maximum characters of a measure's sparkline."""

_FETCH = (
    "Fetch it with 'sluicegate ledger fetch'; pushes to the default branch are recorded (docs/ledger.md)."
)


@click.command(epilog=_EPILOG)
@click.argument("measure", default="", metavar="[MEASURE]")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="Number of commits to list.")  # fmt: skip
@options.choice(
    "--format",
    "format_",
    values=("table", "csv", "mermaid"),
    about="Format to print; csv has every recorded commit.",
)
@click.option(
    "--ledger", metavar="auto|PATH", default="auto", show_default=True,
    help="Source of the reports: the output of 'sluicegate ledger fetch', or a path.",
)  # fmt: skip
def command(measure: str, limit: int, format_: str, ledger: str) -> None:
    """Show a measure over the recorded commits."""
    history = _history(ledger)
    if not measure and format_ != "table":
        where = f"--format {format_}"
        raise UsageError("needs a measure", where=where, remedy="Name one, as coverage.total.")
    if not measure:
        show(_shown([Trends(trends.rows(headlines(history, charted())))]), color=False)
        return
    series = named(history, measure, charted())
    if series is None:
        raise _unknown(measure, names(history))
    match format_:
        case "csv":
            text = trends.to_csv(series)
        case "mermaid":
            text = f"{trends.mermaid(series)}\n"
        case _:
            text = _shown(trends.detail(series, _COURSE), limit)
    show(text, color=False)


def _shown(blocks: Sequence[Block], rows: int = 200) -> str:
    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    return terminal.render_blocks(blocks, width=width, color=False, rows=rows)


def _history(ledger: str) -> History:
    """The recorded history of the commit that is checked out and its ancestors."""
    git = open_repository(here())
    memory = open_memory(ledger, here(), project_root(here()))
    if git is None or memory is None:
        raise UsageError("there is no ledger here", where=f"--ledger {one_line(ledger)}", remedy=_FETCH)
    remembered = memory.of(Commit(base=git.commit("HEAD")))
    if not remembered.history.entries:
        raise EvidenceError(
            remembered.baseline.reason or "nothing was recorded", where="the ledger", remedy=_FETCH
        )
    return remembered.history


def _unknown(measure: str, known: list[str]) -> UsageError:
    close = nearest(measure, known)
    hint = f"Perhaps you meant '{close}'. " if close else ""
    some = ", ".join(known[:20])
    return UsageError(
        f"nothing was recorded of '{cut(one_line(measure), 80)}'", where="MEASURE",
        remedy=f"{hint}Recorded: {some}{' and more' if len(known) > 20 else ''}.",
    )  # fmt: skip
