"""Parses untrusted JSON within limits of memory and depth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line

_MEMORY = ((b"[", 104), (b"{", 248), (b",", 40), (b'"', 32))
"""Maximum bytes of memory for the value that each of these characters delimits (CPython, 64 bits)."""

FREE = 160 * 1024**2
"""Bytes of memory that any document may take in addition to its text."""

_PER_BYTE = 10
"""Bytes of memory for each byte of a large document; tools' reports take about six."""


def estimate(data: bytes) -> int:
    """Upper bound of the bytes of memory of the parsed document."""
    return sum(data.count(character) * size for character, size in _MEMORY)


def takes_too_much(data: bytes) -> bool:
    """Would the parsed document take more memory than allowed for its size?"""
    return estimate(data) > max(FREE, _PER_BYTE * len(data))


def parse(data: bytes, where: str, *, nan_allowed: bool = False) -> object:
    """The parsed document.

    With `nan_allowed`, `NaN`, `Infinity` and `-Infinity` are numbers: some tools write them.

    Raises:
        EvidenceError: not JSON (`NaN` is not JSON: RFC 8259), nested too deeply, with too many values for the
            memory limit, with a number of thousands of digits, or with a key twice in one object, which
            readers interpret differently.
    """
    if takes_too_much(data):
        what = f"holds so many values that it would take {estimate(data) >> 20:,} MiB of memory"
        remedy = "No tool writes such a report of this size; leave parts out where it is written."
        raise EvidenceError(what, where=where, remedy=remedy)
    constant: Callable[[str], object] = float if nan_allowed else _constant
    try:
        return json.loads(data, object_pairs_hook=_object, parse_constant=constant)
    except RecursionError as error:
        raise EvidenceError("nests JSON too deeply", where=where) from error
    except (ValueError, MemoryError) as error:
        remedy = "The file may be cut short; see the log of the tool that wrote it."
        what = f"is not valid JSON: {cut(one_line(str(error)), 200)}"
        raise EvidenceError(what, where=where, remedy=remedy) from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = counts.most_common(1)[0][0]
        raise ValueError(f"the key {cut(twice, 40)!r} occurs twice in one object")
    return result


def _constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")
