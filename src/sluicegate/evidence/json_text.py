"""JSON as text: where a value ends, and how much memory it would take, without making it.

A value that nobody reads is passed over by one regular expression: what a stranger hides in it costs no
memory, and a value that is read is one of a known shape.
"""

from __future__ import annotations

import re
from functools import cache

MAX_NESTED = 8
"""Levels of arrays and objects in a value that is passed over; real reports have four."""

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_PLAIN = r'[^"\[\]{}]++'
_NUMBER = r"-?(?:0|[1-9]\d{0,19}+)"
_PAIR = rf"\[\s*+{_NUMBER}\s*+,\s*+{_NUMBER}\s*+\]"

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
