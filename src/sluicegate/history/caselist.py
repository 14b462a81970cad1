"""The names of a run's test cases as one short text, and back: what a later run is compared with. Pure.

Names are sorted, one a line: how many characters are those of the name before, a space, and the
others. The same names give the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

MAX_NAMES = 100_000
"""Names of one list; a longer one is not kept at all, since a part would show cases as gone."""

MAX_NAME = 1_100
"""Characters of one name."""

MAX_TEXT = 2 * 1024**2
"""Characters of one packed list."""

_MAX_UNPACKED = 32 * 1024**2


def pack(names: Iterable[str]) -> str:
    """The names as text, in order and each once; empty for none, and for more than the limits allow."""
    ordered = sorted(set(names))
    if len(ordered) > MAX_NAMES:
        return ""
    text = "\n".join(_lines(ordered))
    return text if len(text) <= MAX_TEXT else ""


def _lines(names: Sequence[str]) -> Iterator[str]:
    before = ""
    for name in names:
        pairs = enumerate(zip(before, name, strict=False))
        shared = next((n for n, (a, b) in pairs if a != b), min(len(before), len(name)))
        yield f"{shared} {name[shared:]}"
        before = name


def unpack(text: str) -> tuple[str, ...]:
    """The names in an untrusted text.

    Raises:
        ValueError: it is not such a text, or beyond the limits.
    """
    if not text:
        return ()
    lines = text.split("\n")
    if len(text) > MAX_TEXT or len(lines) > MAX_NAMES:
        raise ValueError("more names than a list holds")
    names: list[str] = []
    room = _MAX_UNPACKED
    for line in lines:
        names.append(_name(line, names[-1] if names else ""))
        room -= len(names[-1])
        if room < 0:
            raise ValueError("more text than a list holds")
    return tuple(names)


def _name(line: str, before: str) -> str:
    count, space, rest = line.partition(" ")
    if not space or not count.isascii() or not count.isdigit() or len(count) > 4:
        raise ValueError("no length of what is shared")
    shared = int(count)
    name = before[:shared] + rest
    if shared > len(before) or len(name) > MAX_NAME or name <= before:
        raise ValueError("names out of order")
    return name
