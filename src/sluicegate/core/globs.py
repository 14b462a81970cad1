"""Path globs, one meaning everywhere: `*` and `?` stay within a folder, `**` crosses folders.

`src/**` is everything below `src`; `**/x.py` is `x.py` in any folder, the top one too;
`[abc]` and `[!abc]` are classes, which never hold a slash; `{a,b}` are alternatives. What does not
close is plain text. Names without folders (benchmarks, rules) match by the same rules.

Patterns and names both come from strangers, so matching is bounded: a pattern whose backtracking
could explode on the name is matched by sets of positions instead of a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

_MAX_LENGTH = 2000
"""A longer pattern is plain text: it matches itself alone."""

_MAX_NESTING = 8
"""Braces nested deeper are plain text."""

_MAX_STEPS = 1_000_000
"""Backtracking steps that a regular expression may need at the worst, before sets take over."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(frozen=True, slots=True)
class _OneOf:
    """One character of a folder's or file's name. `ranges` is empty for `?`."""

    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    def holds(self, char: str) -> bool:
        return char != "/" and (
            not self.ranges or self.negated != any(a <= char <= b for a, b in self.ranges)
        )


@dataclass(frozen=True, slots=True)
class _Star:
    """Any characters, within a folder unless `crossing`."""

    crossing: bool


@dataclass(frozen=True, slots=True)
class _Folders:
    """`**/`: nothing, or anything that ends with a slash."""


@dataclass(frozen=True, slots=True)
class _Either:
    options: tuple[tuple[_Piece, ...], ...]


_Piece = _Text | _OneOf | _Star | _Folders | _Either


@dataclass(frozen=True, slots=True)
class _Glob:
    """A compiled pattern: `ways * len(name) ** stars` bounds the backtracking of `regex`."""

    pieces: tuple[_Piece, ...]
    regex: re.Pattern[str]
    stars: int
    ways: int

    def matches(self, name: str) -> bool:
        if self.ways * (len(name) + 1) ** self.stars <= _MAX_STEPS:
            return self.regex.fullmatch(name) is not None
        return _Positions(name).after(self.pieces, 1) >> len(name) == 1


# --- parsing -----------------------------------------------------------------------------------


class _Parser:
    """One pass over a pattern; the braces that close are found beforehand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closing = _closing_braces(text)

    def sequence(self, i: int, end: int, *, at_start: bool) -> tuple[_Piece, ...]:
        """The pieces of `text[i:end]`; `at_start` says that a path component begins there."""
        pieces: list[_Piece] = []
        while i < end:
            piece, i = self._piece(i, end, at_start=at_start)
            _append(pieces, piece)
            at_start = self.text[i - 1] == "/"
        return tuple(pieces)

    def _piece(self, i: int, end: int, *, at_start: bool) -> tuple[_Piece, int]:
        text = self.text
        if text.startswith("**", i, end):
            if at_start and text.startswith("/", i + 2, end):
                return _Folders(), i + 3
            return _Star(True), i + 2
        if i in self.closing:
            return self._either(i, at_start=at_start)
        char = text[i]
        if char == "[":
            found = _character_class(text, i)
            return found if found and found[1] <= end else (_Text(char), i + 1)
        wildcards: Mapping[str, _Piece] = {"*": _Star(False), "?": _OneOf()}
        return wildcards.get(char, _Text(char)), i + 1

    def _either(self, i: int, *, at_start: bool) -> tuple[_Piece, int]:
        end, begin, options = self.closing[i], i + 1, []
        at = begin
        while at <= end:
            if at == end or self.text[at] == ",":
                options.append(self.sequence(begin, at, at_start=at_start))
                begin = at + 1
            at = self._skip(at)
        return _Either(tuple(options)), end + 1

    def _skip(self, i: int) -> int:
        if i in self.closing:
            return self.closing[i] + 1
        found = _character_class(self.text, i) if self.text[i] == "[" else None
        return found[1] if found else i + 1


def _append(pieces: list[_Piece], piece: _Piece) -> None:
    """Add a piece, joining texts and stars, and dropping what the last piece already says."""
    last = pieces[-1] if pieces else None
    if isinstance(piece, _Text) and isinstance(last, _Text):
        pieces[-1] = _Text(last.text + piece.text)
    elif isinstance(piece, _Star) and isinstance(last, _Star):
        pieces[-1] = _Star(piece.crossing or last.crossing)
    elif not (isinstance(piece, _Folders) and isinstance(last, _Folders)):
        pieces.append(piece)


def _closing_braces(text: str) -> dict[int, int]:
    """Opening brace -> closing brace, for the pairs that are alternatives."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    i = 0
    while i < len(text):
        found = _character_class(text, i) if text[i] == "[" else None
        if text[i] == "{":
            stack.append(i)
        elif text[i] == "}" and stack:
            start = stack.pop()
            if len(stack) < _MAX_NESTING:
                pairs[start] = i
        i = found[1] if found else i + 1
    return pairs


def _character_class(text: str, i: int) -> tuple[_OneOf, int] | None:
    """The class that starts at `i` and the index after it; None when it is plain text."""
    negated = text.startswith("!", i + 1)
    first = i + 1 + negated
    end = text.find("]", first + 1)
    if end < 0 or end - i > 200:
        return None
    ranges: list[tuple[str, str]] = []
    at = first
    while at < end:
        is_range = at + 2 < end and text[at + 1] == "-"
        ranges.append((text[at], text[at + 2] if is_range else text[at]))
        at += 3 if is_range else 1
    if any(a > b for a, b in ranges):
        return None
    return _OneOf(tuple(ranges), negated), end + 1


# --- matching ----------------------------------------------------------------------------------


def _regex(pieces: Iterable[_Piece]) -> str:
    return "".join(map(_piece_regex, pieces))


def _piece_regex(piece: _Piece) -> str:
    match piece:
        case _Text():
            return re.escape(piece.text)
        case _OneOf():
            return _class_regex(piece)
        case _Star():
            return ".*" if piece.crossing else "[^/]*"
        case _Folders():
            return "(?:.*/)?"
        case _Either():
            return f"(?:{'|'.join(_regex(option) for option in piece.options)})"


def _class_regex(piece: _OneOf) -> str:
    body = "".join(f"{re.escape(a)}-{re.escape(b)}" for a, b in piece.ranges)
    return f"(?!/)[{'^' if piece.negated else ''}{body}]" if body else "[^/]"


def _size(pieces: Iterable[_Piece]) -> tuple[int, int]:
    """How many stars there are, and in how many ways alternatives can be taken."""
    stars, ways = 0, 1
    for piece in pieces:
        if isinstance(piece, _Either):
            sizes = [_size(option) for option in piece.options]
            stars += sum(s for s, _ in sizes)
            ways *= sum(w for _, w in sizes)
        else:
            stars += isinstance(piece, _Star | _Folders)
    return stars, ways


class _Positions:
    """All positions of a name that a pattern can have reached, as a bitset.

    Every character of the pattern costs one operation on `len(name)` bits, so nothing explodes.
    """

    def __init__(self, name: str) -> None:
        self.all = (1 << (len(name) + 1)) - 1
        places: dict[str, list[int]] = {}
        for i, char in enumerate(name):
            places.setdefault(char, []).append(i)
        self.where = {char: _bits(found) for char, found in places.items()}
        self.slashes = self.where.get("/", 0)
        self.solid = (self.all >> 1) & ~self.slashes

    def after(self, pieces: Iterable[_Piece], at: int) -> int:
        """Where a match that began at one of the positions `at` can have come to."""
        for piece in pieces:
            at = self._step(piece, at) if at else 0
        return at

    def _step(self, piece: _Piece, at: int) -> int:
        match piece:
            case _Text():
                for char in piece.text:
                    at = (at & self.where.get(char, 0)) << 1
                return at
            case _OneOf():
                return (at & self._held(piece)) << 1
            case _Star():
                # The carry of the addition runs from each position to the end of its folder's name.
                within = at | (((at & self.solid) + self.solid) ^ self.solid)
                return self.all & ~((at & -at) - 1) if piece.crossing else within
            case _Folders():
                return at | (self.slashes << 1 & ~((at & -at) - 1))
            case _Either():
                return reduce(or_, (self.after(option, at) for option in piece.options))

    def _held(self, piece: _OneOf) -> int:
        return sum(bits for char, bits in self.where.items() if piece.holds(char))


def _bits(positions: list[int]) -> int:
    buffer = bytearray(positions[-1] // 8 + 1)
    for i in positions:
        buffer[i >> 3] |= 1 << (i & 7)
    return int.from_bytes(buffer, "little")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> _Glob:
    if len(pattern) > _MAX_LENGTH:
        pieces: tuple[_Piece, ...] = (_Text(pattern),)
    else:
        pieces = _Parser(pattern).sequence(0, len(pattern), at_start=True)
    stars, ways = _size(pieces)
    return _Glob(pieces, re.compile(_regex(pieces), re.DOTALL), stars, ways)


def glob_matches(pattern: str, name: str) -> bool:
    """Does the whole name match? In bounded time, whatever the pattern and the name."""
    return _compiled(pattern).matches(name)


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Does the name match one of the patterns?"""
    return any(glob_matches(p, name) for p in patterns)
