"""The blocks of a page on a terminal. Untrusted text is cleaned on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from sluicegate.core.text import clean, one_line, plural
from sluicegate.report import sections as model
from sluicegate.report.figures import Delta
from sluicegate.report.layout import Layout, grid, note, paragraph
from sluicegate.report.room import cells, left_out, ranked
from sluicegate.report.sections import SIGNS, Rank, Tone

MARKS: Mapping[str, tuple[str, str]] = {name: sign[1:] for name, sign in SIGNS.items()}
"""Mark and style of each status and tone."""

_SEVERITIES: Mapping[str, str] = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
    "unknown": "magenta",
}
_FEW = 3
_UNMET = ("FAIL", "UNKNOWN", "WARN", "CONDITIONAL")
"""Statuses that are shown in any case, the worst first."""


@dataclass(frozen=True, slots=True)
class TerminalDetail:
    """How much to show: blocks of `least` and above, and rows of findings, of a table, of a difference."""

    least: Rank
    rows: int
    lines: int

    @property
    def verbose(self) -> bool:
        """Is everything shown?"""
        return self.least is Rank.VERBOSE


def plain(text: str, style: str = "") -> Text:
    """The text on one line, cleaned."""
    return Text(one_line(text), style=style)


def delta_text(delta: Delta | None) -> Text:
    """A difference in its colour; empty for none."""
    if delta is None or not delta.text:
        return Text("")
    return plain(str(delta), "red" if delta.word == "worse" else "green")


def block(item: model.Block, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    """What a block looks like; nothing for one that only a page can draw."""
    return RENDERERS[type(item)](item, layout, detail)


def _note(item: model.Note, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    mark, style = MARKS[item.tone]
    hint = f" (-v: {item.detail_name})" if item.detail and not detail.verbose else ""
    lines = item.detail if item.detail and detail.verbose else (item.text,)
    for line in lines:
        text = f"{item.place}: {line}" if item.place else f"{line}{hint}"
        yield from note(mark, style, text, layout, dim=item.tone is Tone.SKIPPED)
    if item.remedy:
        yield from note(*MARKS[Tone.REMEDY], item.remedy, layout)


def _criteria(block: model.Criteria, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    """The criteria that did not pass (all when verbose): required, actual, of how many, against what."""
    if block.every:
        yield from _listed(
            [replace(row, expected=f"{row.status} {row.expected}") for row in block.rows], layout
        )
        return
    unmet = sorted((r for r in block.rows if r.status in _UNMET), key=lambda r: _UNMET.index(r.status))
    shown = block.rows if detail.verbose else unmet
    if layout.wide and shown:
        yield from grid([_criterion(row) for row in shown], "llrl", layout, flexible=3)
    else:
        yield from _listed(shown, layout)


def _listed(rows: Sequence[model.CriterionRow], layout: Layout) -> Iterator[RenderableType]:
    """Criteria with what is said of each below it."""
    for row in rows:
        yield from note(*MARKS[row.status], row.expected, layout)
        if words := ", ".join([f"is {row.actual}"] * bool(row.actual) + _about(row)):
            yield from paragraph(plain(words), layout.width - 2, 2)


def _criterion(row: model.CriterionRow) -> list[Text]:
    mark, style = MARKS[row.status]
    actual = plain(row.actual or "—", f"bold {style}")
    return [Text(mark, style=style), plain(row.expected), actual, plain(", ".join(_about(row)), "dim")]


def _about(row: model.CriterionRow) -> list[str]:
    delta = str(row.delta) if row.delta and row.delta.text else ""
    worst = f"worst: {row.worst}" if row.worst else ""
    return [word for word in (row.ratio, delta, worst, *row.remarks) if word]


def _findings(block: model.Findings, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    """The worst findings, and how many of which severity are left; all the old ones when verbose."""
    rows = [*block.rows, *block.older] if detail.verbose else block.rows
    shown = [_finding(row) for row in rows[: detail.rows]]
    if layout.wide and shown:
        yield from grid(shown, "lll", layout, flexible=2)
    else:
        for severity, place, about in shown:
            yield from paragraph(Text.assemble(severity, " ", place), layout.width)
            yield from paragraph(about, layout.width - 2, 2)
    if more := left_out(rows[detail.rows :]):
        yield Text(f"…and {more}", style="dim")
    if block.older and not detail.verbose:
        yield Text(left_out(block.older, "older finding"), style="dim")


def _finding(row: model.FindingRow) -> list[Text]:
    about = Text.assemble((f"{one_line(row.rule)} " if row.rule else "", "bold"), one_line(row.message))
    about.append(" (not new)" * (row.new is False) + " (waived)" * row.waived, style="dim")
    return [Text(row.severity, style=_SEVERITIES[row.severity]), plain(row.place), about]


def _grid(table: model.Grid, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    yield plain(table.title, "bold")
    heads = [plain(c, "dim") for c in table.columns] or [Text("")]
    rows = [[plain(cell) for cell in row] for row in cells(table, detail.rows)]
    sides = table.align.ljust(len(heads), "l")[: len(heads)]
    flexible = max(sides.rfind("l"), 0)
    lines = [heads, *rows] if any(table.columns) or not rows else rows
    yield from grid(lines, sides, layout, indent=2 if layout.wide else 0, flexible=flexible)
    if left := len(table.rows) - len(rows) + table.more:
        yield Text(f"…and {plural(left, 'more row')}", style="dim")


def _diff(diff: model.Diff, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    yield plain(diff.title, "bold")
    for line in diff.lines[: detail.lines]:
        style = {"+": "green", "-": "red"}.get(line[:1], "dim")
        yield Padding(Text(clean(line).replace("\n", " "), style=style), (0, 0, 0, layout.indent))
    if left := len(diff.lines[detail.lines :]) + diff.more:
        yield Padding(Text(f"…and {plural(left, 'more line')}", style="dim"), (0, 0, 0, layout.indent))


def _traces(block: model.Traces, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    """The last lines of the first traces; all of them when verbose."""
    shown = block.traces if detail.verbose else block.traces[:_FEW]
    for trace in shown:
        yield plain(trace.title, "bold")
        for line in trace.lines if detail.verbose else trace.lines[-detail.rows :]:
            text = clean(line).replace("\n", " ").expandtabs(4)
            yield Padding(Text(text, style="dim"), (0, 0, 0, layout.indent))
    if left := len(block.traces) - len(shown):
        yield Text(f"…and {plural(left, 'more trace')} (-v)", style="dim")


def _items(block: model.Items, _: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    for item in ranked(block.items, detail.least):
        about = f" ({item.about})" if item.about else ""
        yield plain(f"{item.label} {', '.join(item.names)}{about}", "dim")


def _trends(block: model.Trends, layout: Layout, _: TerminalDetail) -> Iterator[RenderableType]:
    rows = [
        [plain(t.name, "bold"), Text(t.spark), plain(t.now), delta_text(t.delta), plain(t.span, "dim")]
        for t in block.rows
    ]
    yield from grid(rows, "llrll", layout, flexible=4)


def _part(part: model.Part, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    for item in ranked(part.blocks, detail.least):
        yield from block(item, layout, detail)


RENDERERS: Mapping[type[model.Block], Callable[..., Iterator[RenderableType]]] = {
    model.Note: _note,
    model.Criteria: _criteria,
    model.Findings: _findings,
    model.Grid: _grid,
    model.Diff: _diff,
    model.Traces: _traces,
    model.Items: _items,
    model.Trends: _trends,
    model.Part: _part,
    model.Measures: lambda *_: iter(()),
    model.Code: lambda *_: iter(()),
    model.Plots: lambda *_: iter(()),
}
"""By kind of block; charts and code are for pages."""
