"""JSON as text: where a value ends, without making it, and at which line it stands. Pure.

A value that nobody reads is passed over by one regular expression: what a stranger hides in it costs no
memory, and a value that is read is one of a known shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

MAX_NESTED = 8
"""Levels of arrays and objects in a value that is passed over; real reports have four."""

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_PLAIN = r'[^"\[\]{}]++'
_NUMBER = r"-?(?:0|[1-9]\d{0,19}+)"
_PAIR = rf"\[\s*+{_NUMBER}\s*+,\s*+{_NUMBER}\s*+\]"

_SPACE = re.compile(r"[\s,:]*")
_DECODER = json.JSONDecoder(parse_constant=float)

FLAT_LIST = re.compile(r'\[[^"\[\]{}]*+\]')
"""An array of numbers and literals."""

PAIRS = re.compile(rf"\[\s*+(?:{_PAIR}(?:\s*+,\s*+{_PAIR})*+)?+\s*+\]")
"""An array of pairs of whole numbers."""

PAIR = re.compile(rf"\[\s*+({_NUMBER})\s*+,\s*+({_NUMBER})\s*+\]")
"""One of them."""


@cache
def value() -> re.Pattern[str]:
    """Any value of at most `MAX_NESTED` levels. What is between its brackets need not be JSON.

    Made when it is first asked for, since that takes 50 ms.
    """
    inner = rf"(?:{_PLAIN}|{_STRING})*+"  # possessive throughout, so that it never looks twice
    for _ in range(MAX_NESTED - 1):
        inner = rf"(?:{_PLAIN}|{_STRING}|\[{inner}\]|\{{{inner}\}})*+"
    return re.compile(rf"\[{inner}\]|\{{{inner}\}}|{_STRING}|[\w.+-]++", re.DOTALL)


def line_of(data: bytes, path: Sequence[str | int]) -> int:
    """The 1-based line of the value at the end of a path of keys and positions; 0 where it is not found.

    `data` is a JSON document that has been parsed before.
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
