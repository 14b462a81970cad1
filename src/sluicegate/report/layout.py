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

_WIDE, _GAP, _LEAST, _TIGHT = 70, 2, 24, 9
_URL = re.compile(r"https?://[^\s<>\"'`]*[\w/#=]")
_LONGEST_URL = 500
"""Of a URL that is left whole; a longer one is wrapped as any word."""


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
) -> RenderableType:
    """Aligned columns in the room that the layout leaves after `indent`.

    Only the column `flexible` wraps while it keeps `_LEAST` columns; with less room all on the left
    do, and with little room those of numbers too.
    """
    room = layout.width - indent
    widths = [max(row[n].cell_len for row in rows) + _GAP for n in range(len(align))]
    kept = _kept(widths, align, room, flexible)
    table = Table.grid(padding=(0, _GAP, 0, 0))
    for n, side in enumerate(align):
        table.add_column(justify="right" if side == "r" else "left", overflow="fold", no_wrap=n in kept)
    for row in rows:
        table.add_row(*row)
    return Padding(table, (0, 0, 0, indent)) if indent else table


def room_beside(columns: Iterable[Sequence[Text]], room: int) -> int:
    """How many of `room` columns are left beside these."""
    return room - sum(max(cell.cell_len for cell in column) + _GAP for column in columns)


def _kept(widths: Sequence[int], align: str, room: int, flexible: int) -> set[int]:
    if sum(widths) - widths[flexible] + _LEAST <= room:
        return set(range(len(widths))) - {flexible}
    numbers = {n for n, side in enumerate(align) if side == "r"}
    needed = sum(width if n in numbers else _TIGHT for n, width in enumerate(widths))
    return numbers if needed <= room else set()


def note(mark: str, style: str, text: str, layout: Layout, *, dim: bool = False) -> Iterator[RenderableType]:
    """A marked paragraph, its further lines under its first.

    A URL that has no room in a line is put whole on a line of its own, to be copied or clicked.
    """
    for part in _pieces(one_line(text), layout.width - 2):
        if _is_long(part, layout.width - 2):
            yield Text(f"  {part}", no_wrap=True, overflow="ignore")
            continue
        table = Table.grid(padding=(0, 1, 0, 0))
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
