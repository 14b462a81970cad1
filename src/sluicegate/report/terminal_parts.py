"""The parts of a gate's section on a terminal: criteria, findings, tables, problems.

Every text is cleaned here: nothing a stranger wrote reaches the terminal as a control character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from sluicegate.core.model import CriterionResult, Finding, Table, Verdict
from sluicegate.core.text import one_line
from sluicegate.report import listing, view

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
_GAP, _LEAST, _TIGHT = 2, 24, 9
_URL = re.compile(r"https?://[^\s<>\"'`]*[\w/#=]")
_LONGEST_URL = 500
"""Of a URL that is left whole; a longer one is wrapped as any word."""


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

    Only the column `flexible` wraps while it keeps `_LEAST` columns; with less room all on the left
    do, and with little room those of numbers too.
    """
    room = layout.width - indent
    widths = [max(row[n].cell_len for row in rows) + _GAP for n in range(len(align))]
    kept = _kept(widths, align, room, flexible)
    table = Grid.grid(padding=(0, _GAP, 0, 0))
    for n, side in enumerate(align):
        table.add_column(justify="right" if side == "r" else "left", overflow="fold", no_wrap=n in kept)
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, indent)) if indent else table


def room_beside(columns: Iterable[Sequence[Text]], room: int) -> int:
    """How many of `room` columns are left beside these."""
    return room - sum(max(cell.cell_len for cell in column) + _GAP for column in columns)


def _kept(widths: Sequence[int], align: str, room: int, flexible: int) -> set[int]:
    """The columns that are not wrapped."""
    if sum(widths) - widths[flexible] + _LEAST <= room:
        return set(range(len(widths))) - {flexible}
    numbers = {n for n, side in enumerate(align) if side == "r"}
    needed = sum(width if n in numbers else _TIGHT for n, width in enumerate(widths))
    return numbers if needed <= room else set()


def note(mark: str, style: str, text: str, layout: Layout, *, dim: bool = False) -> Iterator[RenderableType]:
    """A marked paragraph, its further lines under its first.

    A URL that has no room in a line stands whole on a line of its own, to be copied or clicked.
    """
    for part in _pieces(text, layout.width - 2):
        if _is_long(part, layout.width - 2):
            yield Text(f"  {part}", no_wrap=True, overflow="ignore")
            continue
        table = Grid.grid(padding=(0, 1, 0, 0))
        table.add_column(width=1)
        table.add_column(overflow="fold")
        table.add_row(Text(mark, style=style), Text(part, style="dim" if dim else ""))
        yield table
        mark = ""


def _pieces(text: str, room: int) -> Iterator[str]:
    """The text, cut around the URLs that are wider than `room`; mere punctuation after one is dropped."""
    start = 0
    for found in _URL.finditer(text):
        if _is_long(found[0], room):
            yield text[start : found.start()].rstrip()
            yield found[0]
            start = found.end()
    rest = text[start:].lstrip(".,;:!?)] ") if start else text
    if rest or not start:
        yield rest


def _is_long(text: str, room: int) -> bool:
    return len(text) <= _LONGEST_URL and cell_len(text) > room and _URL.fullmatch(text) is not None


def indented(part: RenderableType, columns: int) -> RenderableType:
    """The part behind a margin; one that is not to be wrapped keeps its length."""
    if isinstance(part, Text) and part.no_wrap:
        return Text(" " * columns + part.plain, no_wrap=True, overflow="ignore")
    return Padding(part, (0, 0, 0, columns))


def problems(verdict: Verdict, layout: Layout) -> Iterator[RenderableType]:
    """Tools and files that failed, each with its remedy."""
    for problem in verdict.problems:
        place = f"{one_line(problem.path)}: " if problem.path else ""
        yield from note("✗", "red", f"{place}{one_line(problem.message)}", layout.inside)
        if problem.remedy:
            yield from note("→", "cyan", one_line(problem.remedy), layout.inside)


def criteria(verdict: Verdict, layout: Layout) -> Iterator[RenderableType]:
    """The criteria that did not pass (all when verbose): asked, actual, of how many, against what."""
    results = list(verdict.criteria) if layout.verbose else view.unmet(verdict)
    if layout.wide and results:
        yield grid([_criterion(r, verdict) for r in results], "llrl", layout.inside, flexible=3)
        return
    for result in results:
        yield from _stacked(result, _criterion(result, verdict), layout.inside)


def _stacked(result: CriterionResult, parts: list[Text], layout: Layout) -> Iterator[RenderableType]:
    mark, asked, actual, about = parts
    yield from note(mark.plain, str(mark.style), asked.plain, layout)
    words = view.joined((f"is {actual.plain}" if result.actual is not None else "", about.plain))
    if words:
        yield Padding(Text(words), (0, 0, 0, 2))


def _criterion(result: CriterionResult, verdict: Verdict) -> list[Text]:
    status = view.shown_status(result)
    delta = view.delta_of(result, verdict)
    words = (
        view.ratio_of(result, verdict),
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
    """The worst findings, and how many of which severity are left; all the old ones when verbose."""
    if listing.told_by_tables(verdict) and not layout.verbose:
        return
    ordered, older = (listing.order(verdict.findings), "") if layout.verbose else listing.told(verdict)
    limit = _FINDINGS_VERBOSE if layout.verbose else _FINDINGS
    yield from _finding_rows([_finding(f) for f in ordered[:limit]], layout)
    more = (listing.more_findings(ordered[limit:]), older)
    yield from (Text(line, style="dim") for line in more if line)


def _finding_rows(rows: list[list[Text]], layout: Layout) -> Iterator[RenderableType]:
    if layout.wide and rows:
        yield grid(rows, "lll", layout.inside, flexible=2)
        return
    for severity, place, about in rows:
        yield Text.assemble(severity, " ", place)
        yield Padding(about, (0, 0, 0, 2))


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
