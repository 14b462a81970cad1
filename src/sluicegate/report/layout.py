"""Text laid out in the columns of a terminal, with rich, which handles the widths of wide characters.

It does not depend on what is shown. What comes in as `str` is cleaned here; what comes as `Text` was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sluicegate.core.text import one_line

_WIDE, _GAP, _LEAST = 70, 2, 24
_WHOLE = re.compile(
    r"""https?://[^\s<>"'`]*[\w/#=]                    # a URL
      | [^\s<>"'`(),;/\\]*[/\\][^\s<>"'`(),;]*[\w/]  # a path
      | \w+(?:(?:\.|::)\w+)+                         # a dotted name, `tests.test_a::test_b`""",
    re.VERBOSE,
)
"""What is never broken, so that it can be copied or clicked."""

_LONGEST = 500
"""Columns of one that is left whole; a longer one is wrapped as any word."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How much room there is, and whether the terminal is wide enough for columns."""

    width: int
    wide: bool

    @property
    def indent(self) -> int:
        """Of the body of a section."""
        return 4 if self.wide else 2

    @property
    def inside(self) -> Layout:
        """The room in the body of a section."""
        return Layout(self.width - self.indent, self.wide)


def layout_of(width: int) -> Layout:
    """The layout of a terminal of `width` columns."""
    return Layout(width, width >= _WIDE)


def grid(
    rows: Sequence[Sequence[Text]], align: str, layout: Layout, *, indent: int = 0, flexible: int
) -> Iterator[RenderableType]:
    """Aligned columns in the room that the layout leaves after `indent`, where only `flexible` wraps.

    Where it would have less than `_LEAST` columns, or break a path, a name or a URL, each row is a paragraph
    instead: its cells one after the other, with the room of a line.
    """
    room = layout.width - indent
    if _least(rows, flexible) <= room:
        yield indented(_table(rows, align, flexible), indent) if indent else _table(rows, align, flexible)
        return
    for row in rows:
        yield from (indented(part, indent) for part in _flow(row, room))


def _least(rows: Sequence[Sequence[Text]], flexible: int) -> int:
    """The columns that a table needs at least."""
    widths: list[int] = [max(c.cell_len for c in column) + _GAP for column in zip(*rows, strict=True)]
    whole = max(_longest_whole(row[flexible].plain) for row in rows)
    return sum(widths) - widths[flexible] + min(widths[flexible], max(_LEAST, whole))


def _table(rows: Sequence[Sequence[Text]], align: str, flexible: int) -> Table:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for n, side in enumerate(align):
        table.add_column(justify="right" if side == "r" else "left", overflow="fold", no_wrap=n != flexible)
    for row in rows:
        table.add_row(*row)
    return table


def _flow(cells: Sequence[Text], room: int) -> Iterator[RenderableType]:
    """Cells side by side while a line has room for them; what is longer wraps, its further lines set in."""
    line, begun = Text(), False
    for cell in filter(None, cells):
        if line and line.cell_len + _GAP + cell.cell_len <= room:
            line = Text.assemble(line, " " * _GAP, cell)
            continue
        if line:
            yield from paragraph(line, room, 2 * begun)
            begun, room = True, room - 2 * (not begun)
        line = cell
    yield from paragraph(line, room, 2 * begun)


def paragraph(text: Text, room: int, indent: int = 0) -> Iterator[RenderableType]:
    """The text in lines of `room` columns behind a margin; a longer URL, path or name has one alone."""
    for start, end, is_whole in _pieces(text.plain, room):
        piece = text[start:end]
        if is_whole:
            piece = Text(piece.plain, style=text.style, no_wrap=True, overflow="ignore")
        yield indented(piece, indent)


def room_beside(columns: Iterable[Sequence[Text]], room: int) -> int:
    """How many of `room` columns are left beside these."""
    return room - sum(max(cell.cell_len for cell in column) + _GAP for column in columns)


def note(mark: str, style: str, text: str, layout: Layout, *, dim: bool = False) -> Iterator[RenderableType]:
    """A marked paragraph, its further lines under its first.

    A URL, a path or a name that has no room in a line is put whole on a line of its own.
    """
    line, room = one_line(text), layout.width - 2
    for start, end, is_whole in _pieces(line, room):
        if is_whole:
            yield Text(f"  {line[start:end]}", no_wrap=True, overflow="ignore")
            continue
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=1)
        table.add_column(overflow="fold")
        table.add_row(Text(mark, style=style), Text(line[start:end], style="dim" if dim else ""))
        yield table
        mark = ""


def _pieces(text: str, room: int) -> Iterator[tuple[int, int, bool]]:
    """The text as ranges, cut around what must stay whole and is wider than `room`, which is said of each.

    Mere punctuation after one is dropped.
    """
    start = 0
    for found in _WHOLE.finditer(text):
        if room < cell_len(found[0]) <= _LONGEST:
            before = text[start : found.start()].rstrip()
            if before or not start:
                yield start, start + len(before), False
            yield *found.span(), True
            start = found.end()
    rest = text[start:].lstrip(".,;:!?)] ") if start else text
    if rest or not start:
        yield len(text) - len(rest), len(text), False


def _longest_whole(text: str) -> int:
    widths: Iterator[int] = (cell_len(found[0]) for found in _WHOLE.finditer(text))
    return max((width for width in widths if width <= _LONGEST), default=0)


def indented(part: RenderableType, columns: int) -> RenderableType:
    """The part behind a margin; one that is not to be wrapped keeps its length."""
    if isinstance(part, Text) and part.no_wrap:
        return Text(" " * columns + part.plain, no_wrap=True, overflow="ignore")
    return Padding(part, (0, 0, 0, columns))
