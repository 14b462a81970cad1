"""JSON that strangers wrote: parsed within limits, then taken apart without trusting its shape.

The accessors never raise: what is missing or of another type reads as empty.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sluicegate.core.fields import MAX_LINE
from sluicegate.documents.parsing import parse
from sluicegate.evidence.limits import read_bytes

MAX_JSON = 64 * 1024**2
"""Bytes of a JSON report; parsed, it takes about six times as much memory, ten times at most."""

MAX_TEXT = 1 << 16
"""Characters of one text that are looked at, since many places may share a long one."""


def load(path: Path, where: str, *, limit: int = MAX_JSON, nan_allowed: bool = False) -> tuple[object, str]:
    """The parsed document and the SHA-256 of its bytes; a byte order mark is allowed.

    Raises:
        EvidenceError: missing, above the limit, or as for `parse`.
    """
    data, digest = read_bytes(path, where, limit=limit)
    return parse(data, where, nan_allowed=nan_allowed), digest


def load_lines(path: Path, where: str, *, limit: int = MAX_JSON) -> tuple[Iterator[object], str]:
    """The objects of a file with one on each line, one at a time, and the SHA-256 of its bytes.

    Lines that do not start with a brace are left out: what a build printed stands between them.

    Raises:
        EvidenceError: as for `load`, of any line when it is reached.
    """
    data, digest = read_bytes(path, where, limit=limit)
    lines = (line.strip() for line in io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")))
    return (parse(line, where) for line in lines if line.startswith(b"{")), digest


def mapping(value: object) -> Mapping[str, object]:
    """The value as an object."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[object]:
    """The value as an array."""
    return value if isinstance(value, list) else ()


def at(value: object, *keys: str) -> object:
    """What stands at the end of a path of object keys; None when something is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: object, limit: int = MAX_TEXT) -> str:
    """The first `limit` characters of the value, as text that any encoder takes.

    Lone surrogates become question marks.
    """
    if not isinstance(value, str):
        return ""
    value = value[:limit]
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def index(value: object) -> int:
    """The value as a position in an array; -1 when it is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return -1
    return value if 0 <= value < 1 << 31 else -1


def line(value: object) -> int:
    """The value as a 1-based line; 0 when it is none or above `MAX_LINE`."""
    number = index(value)
    return number if 0 < number <= MAX_LINE else 0


def item(values: object, position: object) -> object:
    """An array's item; None when the position is not in it."""
    number = index(position)
    found = sequence(values)
    return found[number] if 0 <= number < len(found) else None
