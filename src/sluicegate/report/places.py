"""Addresses of files and lines at a commit, as the server shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from urllib.parse import quote

Link = Callable[[str, int, int], str]
"""From a path, its first and its last line (0 for none) to an address; empty where there is none."""

MapLine = Callable[[str, int], int | None]
"""From a path and a line of the tested tree to the line in the head's file; None where the head has none."""

_OUTSIDE = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.?(?:/|$)|[^/]*://|$")
_UNWRITTEN = re.compile("[\n\ud800-\udc7f\udd00-\udfff]")
"""What no path of git that we read has: bytes that are no UTF-8 are `\\udc80` to `\\udcff`."""

_PLACE = re.compile(r"(?P<path>[^\s:][^:]*?)(?::(?P<line>\d{1,9})(?:-(?P<end>\d{1,9}))?)?")
_RANGES = re.compile(r"\d{1,9}(?:-\d{1,9})?(?:, \d{1,9}(?:-\d{1,9})?)*(?: and [\d,]+ more)?")
_RANGE = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?")


def nowhere(_path: str, _line: int = 0, _end: int = 0) -> str:
    """No address: repository or server is not known."""
    return ""


def same_line(_path: str, line: int) -> int | None:
    """The map of lines where the head itself was tested."""
    return line


@dataclass(frozen=True, slots=True)
class Blobs:
    """The files of a commit.

    Attributes:
        url: of the tree, `https://github.com/acme/app/blob/SHA`.
        prefix: of the judged folder, from the top of the repository: empty or with a final slash.
        map_line: to the lines of the commit.
    """

    url: str
    prefix: str = ""
    map_line: MapLine = same_line

    def __call__(self, path: str, line: int = 0, end: int = 0) -> str:
        """The address of a file, or of its lines; empty for what is no file below the judged folder."""
        if _OUTSIDE.match(path) or _UNWRITTEN.search(path):
            return ""
        whole = self.prefix + path
        address = f"{self.url}/{quote(whole.encode('utf-8', 'surrogateescape'), safe='/-._~@+,')}"
        first = self.map_line(whole, line) if line else None
        if not first:
            return address
        last = self.map_line(whole, end) if end > line else None
        return f"{address}#L{first}" + (f"-L{last}" if last and last > first else "")


Pieces = tuple[tuple[str, str], ...]
"""A text in pieces, each with an address or with none."""


def linked(cells: tuple[str, ...], columns: tuple[str, ...], link: Link) -> dict[int, Pieces]:
    """The cells of a row that name a place or lines of it, by column, with the addresses of these.

    A place stands in a column that is named for it; lines, such as `3, 7-9`, belong to the place before them.
    """
    found: dict[int, Pieces] = {}
    path = ""
    for n, (text, column) in enumerate(zip(cells, columns, strict=False)):
        if path and column in _LINES and _RANGES.fullmatch(text):
            found[n] = _lines(path, text, link)
        elif column in _NAMED and (match := _PLACE.fullmatch(text)):
            path = match["path"]
            found[n] = ((text, _address(match, link)),)
    return found


def _address(match: re.Match[str], link: Link) -> str:
    line = int(match["line"] or 0)
    return link(match["path"], line, int(match["end"] or line))


_NAMED = ("file", "where", "place", "path")
_LINES = ("where", "not covered")


def _lines(path: str, text: str, link: Link) -> Pieces:
    pieces: list[tuple[str, str]] = []
    at = 0
    end_of_ranges = text.find(" and ") if " and " in text else len(text)
    for match in _RANGE.finditer(text, 0, end_of_ranges):
        first = int(match["first"])
        pieces += [(text[at : match.start()], ""), (match[0], link(path, first, int(match["last"] or first)))]
        at = match.end()
    return tuple(filter(itemgetter(0), (*pieces, (text[at:], ""))))
