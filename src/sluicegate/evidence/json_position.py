"""The line of a value in a JSON text, for messages about it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_SPACE = re.compile(r"[\s,:]*")
_DECODER = json.JSONDecoder(parse_constant=float)


def line_of(data: bytes, path: Sequence[str | int]) -> int:
    """The 1-based line of the value at the end of a path of keys and positions; 0 where it is not found.

    Args:
        data: a JSON document that has been parsed before.
        path: keys of objects and positions in arrays, from the root on.
    """
    try:
        text = data.decode("utf-8-sig", "replace")
        position = _skip(text, 0)
        for step in path:
            position = _inside(text, position, step)
    except (ValueError, RecursionError, LookupError):
        return 0
    return text.count("\n", 0, position) + 1


def _inside(text: str, position: int, step: str | int) -> int:
    """Where a member of the object or array at `position` begins."""
    if text[position] != ("{" if isinstance(step, str) else "["):
        raise LookupError(step)
    position = _skip(text, position + 1)
    count = 0
    while text[position] not in "]}":
        if isinstance(step, str):
            key, position = _DECODER.raw_decode(text, position)
            position = _skip(text, position)
        else:
            key = count
        if key == step:
            return position
        _, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        count += 1
    raise LookupError(step)


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
