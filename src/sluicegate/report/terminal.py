"""A page for a terminal: the verdict and what to do first, a row a section, then what is wrong.

Nothing is read as markup of rich. Without colour there is no escape byte in the text at all. Lines
never exceed the width, but for a long URL in a paragraph, which is on a line of its own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from sluicegate.core.text import one_line
from sluicegate.report import sections as model
from sluicegate.report.layout import Layout, grid, indented, layout_of, note, room_beside
from sluicegate.report.room import ranked
from sluicegate.report.sections import Rank, Tone
from sluicegate.report.terminal_blocks import MARKS, TerminalDetail, block, delta_text, plain

_ROOMY = 40  # columns that the results of sections need to be read with ease

MIN_WIDTH = 20
"""Narrower terminals are treated as this wide."""


_TERSE, _VERBOSE = TerminalDetail(Rank.SOURCE, 6, 20), TerminalDetail(Rank.VERBOSE, 200, 1000)


def render(page: model.Page, *, width: int, color: bool, verbose: bool = False) -> str:
    """The page as text with a final line feed, for a terminal of `width` columns (at least `MIN_WIDTH`).

    `color` gives ANSI colours, without it there is no escape byte; `verbose` shows every criterion, more
    findings, and all of the search for evidence.
    """
    layout = layout_of(max(width, MIN_WIDTH))
    return _text(_groups(page, layout, _VERBOSE if verbose else _TERSE), layout, color=color)


def render_section(section: model.Section, *, width: int, color: bool) -> str:
    """All of one section, with a final line feed: for a folded part of a log."""
    layout = layout_of(max(width, MIN_WIDTH))
    return _text([(*_stacked(section), *_body(section, layout, _VERBOSE))], layout, color=color)[:-1]


def render_blocks(blocks: Sequence[model.Block], *, width: int, color: bool, rows: int = 200) -> str:
    """Blocks alone, tables of at most `rows` rows, with a final line feed."""
    layout = layout_of(max(width, MIN_WIDTH))
    return _text(_separated(blocks, layout, replace(_VERBOSE, rows=rows)), layout, color=color)[:-1]


def render_svg(page: model.Page, *, width: int = 100) -> str:
    """The terminal's picture of the page as SVG; fonts are the viewer's own, none is fetched."""
    console = _console(io.StringIO(), width, color=True, record=True)
    _print(console, _groups(page, layout_of(width), _TERSE))
    template = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="sluicegate check", theme=DIMMED_MONOKAI, code_format=template, unique_id="sluicegate"
    )


def _text(groups: Iterable[Sequence[RenderableType]], layout: Layout, *, color: bool) -> str:
    out = io.StringIO()
    _print(_console(out, layout.width, color=color), groups)
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def _console(out: io.StringIO, width: int, *, color: bool, record: bool = False) -> Console:
    return Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        record=record,
        _environ={},
    )


def _print(console: Console, groups: Iterable[Sequence[RenderableType]]) -> None:
    """Print the groups, an empty line after each; what is not to be wrapped runs beyond the width."""
    for group in filter(None, groups):
        for part in group:
            if isinstance(part, Text) and part.no_wrap:
                console.print(part, no_wrap=True, overflow="ignore", crop=False)
            else:
                console.print(part)
        console.print()


def _groups(page: model.Page, layout: Layout, detail: TerminalDetail) -> Iterator[list[RenderableType]]:
    yield _head(page, layout, detail)
    yield [part for task in page.tasks for part in _task(task, layout)]
    yield from _separated(page.before, layout, detail)
    yield [*_overview(page, layout), *_skipped(page, layout, detail)]
    yield from _separated(page.between, layout, detail)
    for section in page.sections:
        if section.rank >= detail.least and not section.skipped:
            mark, style = MARKS[section.status]
            body = list(_body(section, layout, detail))
            yield [plain(f"{mark} {section.title}", f"bold {style}"), *body] if body else []
    yield from _separated(page.after, layout, detail)


def _separated(
    blocks: Sequence[model.Block], layout: Layout, detail: TerminalDetail
) -> Iterator[list[RenderableType]]:
    """Notes that follow each other together, each other block by itself."""
    for _, group in groupby(ranked(blocks, detail.least), lambda b: isinstance(b, model.Note) or id(b)):
        yield [part for item in group for part in block(item, layout, detail)]


def _head(page: model.Page, layout: Layout, detail: TerminalDetail) -> list[RenderableType]:
    mark, style = MARKS[page.status]
    status = Text(f"{mark} {page.status}", style=f"bold {style}")
    facts = (f"{f.name} {f.value} {f.about}".rstrip() for f in ranked(page.facts, detail.least))
    head = grid([[status, plain(page.sentence)]], "ll", layout, flexible=1)
    return [*head, Padding(plain(", ".join(facts), "dim"), (0, 0, 0, 2))]


def _task(task: model.Task, layout: Layout) -> Iterator[RenderableType]:
    mark, style = MARKS[task.status]
    where = f", {task.place}" if task.place else ""
    command = f" → `{task.command}`" if task.command else ""
    yield from note(mark, style, f"{task.title}{where}: {task.text}{command}", layout)


def _overview(page: model.Page, layout: Layout) -> Iterator[RenderableType]:
    judged = [s for s in page.sections if not s.skipped]
    if not layout.wide:
        yield from (line for section in judged for line in _stacked(section))
    elif judged:
        yield from _columns([_row(s) for s in judged], layout)


def _columns(rows: list[list[Text]], layout: Layout) -> Iterator[RenderableType]:
    """Where the results would be squeezed, they take in the comparison with the baseline."""
    status, title, measure, value, base, delta, result = zip(*rows, strict=True)
    beside = (status, title, measure, value, base, delta)
    if room_beside(beside, layout.width - 2) >= _ROOMY:
        return grid(rows, "lllrrll", layout, indent=2, flexible=6)
    comma = Text(", ")
    compared = (comma.join(filter(None, (was, d))) for was, d in zip(base, delta, strict=True))
    longer = [Text("; ").join(filter(None, pair)) for pair in zip(compared, result, strict=True)]
    measured = [Text(" ").join(filter(None, pair)) for pair in zip(measure, value, strict=True)]
    narrow = [list(row) for row in zip(status, title, measured, longer, strict=True)]
    return grid(narrow, "llll", layout, indent=2, flexible=3)


def _status(section: model.Section) -> Text:
    mark, style = MARKS[section.status]
    return Text(f"{mark} {section.status}", style=style)


def _summary(section: model.Section) -> Text:
    text = plain(section.summary)
    return text.append(" (advisory)", style="dim") if section.advisory else text


def _row(section: model.Section) -> list[Text]:
    head = section.headline
    base = plain(f"was {head.base}", "dim") if head and head.base else Text("")
    return [
        _status(section),
        plain(section.title, "bold"),
        plain(head.name if head else ""),
        plain(head.value if head else "", "bold"),
        base,
        delta_text(head.delta if head else None),
        _summary(section),
    ]


def _stacked(section: model.Section) -> Iterator[RenderableType]:
    head = section.headline
    measured = ", ".join(filter(None, (head.text, head.base and f"was {head.base}"))) if head else ""
    title = Text.assemble(_status(section), " ", (one_line(section.title), "bold"))
    yield title.append(f"  {one_line(measured)}" if measured else "")
    yield Padding(_summary(section), (0, 0, 0, 2))


def _skipped(page: model.Page, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    """A line a section that was not judged, and the notes beside the overview."""
    inside = Layout(layout.width - 2, layout.wide)
    notes = [model.Note(Tone.SKIPPED, s.skipped) for s in page.sections if s.skipped]
    for item in (*notes, *page.beside):
        yield from (indented(part, 2) for part in block(item, inside, detail))


def _body(section: model.Section, layout: Layout, detail: TerminalDetail) -> Iterator[RenderableType]:
    for item in ranked(section.blocks, detail.least):
        yield from (indented(part, layout.indent) for part in block(item, layout.inside, detail))
