"""The parts of a gate's section on a terminal: criteria, findings, tables, problems.

Every text is cleaned here: nothing a stranger wrote reaches the terminal as a control character.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from sluicegate.model import CriterionResult, Finding, Table, Verdict
from sluicegate.report import listing, view
from sluicegate.text import one_line

MARKS: Mapping[str, str] = {
    "PASS": "✓",
    "WARN": "!",
    "CONDITIONAL": "~",
    "FAIL": "✗",
    "ERROR": "✗",
    "BLOCKED": "✗",
    "SKIPPED": "-",
    "UNKNOWN": "?",
}
STYLES: Mapping[str, str] = {
    "PASS": "green",
    "WARN": "yellow",
    "CONDITIONAL": "yellow",
    "FAIL": "red",
    "ERROR": "red",
    "BLOCKED": "red",
    "SKIPPED": "dim",
    "UNKNOWN": "magenta",
}
_SEVERITIES: Mapping[str, str] = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
    "unknown": "magenta",
}
_FINDINGS, _FINDINGS_VERBOSE = 6, 200
_ROWS, _ROWS_VERBOSE = 6, 200
_GAP, _LEAST = 2, 24


@dataclass(frozen=True, slots=True)
class Layout:
    """How much room there is, and how much is asked for."""

    width: int
    verbose: bool

    @property
    def wide(self) -> bool:
        """Is there room for columns?"""
        return self.width >= 70

    @property
    def indent(self) -> int:
        """Of the body of a section."""
        return 4 if self.wide else 2

    @property
    def inside(self) -> Layout:
        """The room in the body of a section."""
        return Layout(self.width - self.indent, self.verbose)


def grid(
    rows: Sequence[Sequence[Text]], align: str, layout: Layout, *, indent: int = 0, flexible: int
) -> RenderableType:
    """Aligned columns in the room that the layout leaves after `indent`.

    Only the column `flexible` wraps while it keeps `_LEAST` columns; with less room all do.
    """
    widths = [max(row[n].cell_len for row in rows) + _GAP for n in range(len(align))]
    fits = sum(widths) - widths[flexible] + _LEAST <= layout.width - indent
    table = Grid.grid(padding=(0, _GAP, 0, 0))
    for n, side in enumerate(align):
        keeps = fits and n != flexible
        table.add_column(justify="right" if side == "r" else "left", overflow="fold", no_wrap=keeps)
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, indent)) if indent else table


def note(mark: str, style: str, text: str) -> RenderableType:
    """A marked paragraph, its further lines under its first."""
    table = Grid.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_row(Text(mark, style=style), Text(text))
    return table


def problems(verdict: Verdict) -> Iterator[RenderableType]:
    """Tools and files that failed, each with its remedy."""
    for problem in verdict.problems:
        place = f"{one_line(problem.path)}: " if problem.path else ""
        yield note("✗", "red", f"{place}{one_line(problem.message)}")
        if problem.remedy:
            yield note("→", "cyan", one_line(problem.remedy))


def criteria(verdict: Verdict, layout: Layout) -> Iterator[RenderableType]:
    """The criteria that did not pass (all when verbose): asked, actual, of how many, against what."""
    results = list(verdict.criteria) if layout.verbose else view.unmet(verdict)
    if layout.wide and results:
        yield grid([_criterion(r, verdict) for r in results], "llrl", layout.inside, flexible=3)
        return
    for result in results:
        yield from _stacked(result, _criterion(result, verdict))


def _stacked(result: CriterionResult, parts: list[Text]) -> Iterator[RenderableType]:
    mark, asked, actual, about = parts
    yield note(mark.plain, str(mark.style), asked.plain)
    words = view.joined((f"is {actual.plain}" if result.actual is not None else "", about.plain))
    if words:
        yield Padding(Text(words), (0, 0, 0, 2))


def _criterion(result: CriterionResult, verdict: Verdict) -> list[Text]:
    status = view.shown_status(result)
    delta = view.delta_of(result, verdict)
    words = (
        view.ratio_text(result.of),
        str(delta) if delta and delta.text else "",
        view.worst_item(result),
        one_line(result.reason),
        "advisory" if view.advisory(result) else "",
        _waived(result),
    )
    return [
        Text(MARKS[status], style=STYLES[status]),
        Text(view.asked(result)),
        Text(view.actual_text(result), style=f"bold {STYLES[status]}"),
        Text(view.joined(words), style="dim"),
    ]


def _waived(result: CriterionResult | Finding) -> str:
    waiver = result.waiver
    if waiver is None:
        return ""
    return f"waived by {one_line(waiver.owner)} until {waiver.expires.isoformat()}: {one_line(waiver.reason)}"


def findings(verdict: Verdict, layout: Layout) -> Iterator[RenderableType]:
    """The worst findings, and how many of which severity are left."""
    if listing.told_by_tables(verdict) and not layout.verbose:
        return
    ordered = listing.order(verdict.findings)
    limit = _FINDINGS_VERBOSE if layout.verbose else _FINDINGS
    shown, left = ordered[:limit], ordered[limit:]
    rows = [_finding(f) for f in shown]
    if layout.wide and rows:
        yield grid(rows, "lll", layout.inside, flexible=2)
    else:
        for severity, place, about in rows:
            yield Text.assemble(severity, " ", place)
            yield Padding(about, (0, 0, 0, 2))
    if left:
        yield Text(listing.more_findings(left), style="dim")


def _finding(finding: Finding) -> list[Text]:
    rule = one_line(finding.rule)
    about = Text.assemble((f"{rule} " if rule else "", "bold"), one_line(finding.message))
    if finding.new is False:
        about.append(" (not new)", style="dim")
    if finding.waiver:
        about.append(f" ({_waived(finding)})", style="dim")
    return [
        Text(str(finding.severity), style=_SEVERITIES[finding.severity]),
        Text(listing.place(finding)),
        about,
    ]


def gate_table(data: Table, layout: Layout) -> Iterator[RenderableType]:
    """A gate's own table: its title, heads, rows, and how many rows are left."""
    yield Text(one_line(data.title), style="bold")
    cells = listing.cells(data, _ROWS_VERBOSE if layout.verbose else _ROWS)
    heads = [Text(one_line(c), style="dim") for c in data.columns] or [Text("")]
    rows = [[Text(one_line(cell)) for cell in row] for row in cells]
    sides = data.align.ljust(len(heads), "l")[: len(heads)]
    flexible = max(sides.rfind("l"), 0)
    yield grid([heads, *rows], sides, layout.inside, indent=2 if layout.wide else 0, flexible=flexible)
    more = listing.more_rows(data, len(rows))
    if more:
        yield Text(more, style="dim")
