"""JSON that strangers wrote: parsed within limits, then taken apart without trusting its shape.

The accessors never raise: what is missing or of another type reads as empty.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sluicegate.core.change import MAX_LINE
from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.json_text import estimate, takes_too_much
from sluicegate.evidence.limits import read_bytes

MAX_JSON = 64 * 1024**2
"""Bytes of a JSON report; parsed, it takes about six times as much memory, ten times at most."""

MAX_TEXT = 1 << 16
"""Characters of one text that are looked at, since many places may share a long one."""


def load(path: Path, where: str, *, limit: int = MAX_JSON, nan_allowed: bool = False) -> tuple[object, str]:
    """The parsed document and the SHA-256 of its bytes; a byte order mark is allowed.

    With `nan_allowed`, `NaN`, `Infinity` and `-Infinity` are numbers: some tools write them.

    Raises:
        EvidenceError: missing, above the limit, not JSON (RFC 8259: `NaN` is none), nested too
            deeply, with more values than memory is allowed for, with a number of thousands of digits, or
            with a key twice in one object, where readers would disagree about what the file says.
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


def parse(data: bytes, where: str, *, nan_allowed: bool = False) -> object:
    """The document that the bytes hold.

    Raises:
        EvidenceError: as for `load`, but for what concerns the file.
    """
    refuse_too_much(data, where)
    constant: Callable[[str], object] = float if nan_allowed else _constant
    try:
        return json.loads(data, object_pairs_hook=_object, parse_constant=constant)
    except RecursionError as error:
        raise EvidenceError("nests JSON too deeply", where=where) from error
    except (ValueError, MemoryError) as error:
        raise EvidenceError(
            f"is not valid JSON: {cut(one_line(str(error)), 200)}",
            where=where,
            remedy="The file may be cut short; see the log of the tool that wrote it.",
        ) from error


def refuse_too_much(data: bytes, where: str) -> None:
    """Refuse a document that is made to take far more memory than its size says.

    Raises:
        EvidenceError: it holds so many arrays, objects or values.
    """
    if takes_too_much(data):
        raise EvidenceError(
            f"holds so many values that it would take {estimate(data) >> 20:,} MiB of memory",
            where=where,
            remedy="No tool writes such a report of this size; leave parts out where it is written.",
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = counts.most_common(1)[0][0]
        raise ValueError(f"the key {cut(twice, 40)!r} stands twice in one object")
    return result


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


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
