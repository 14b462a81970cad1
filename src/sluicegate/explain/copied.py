"""A criterion as it stands in a report, read back as it stands in the policy. Pure.

A report shows more than the policy holds: the value of a bound that follows the baseline, the comparison
that decides first, and before and after it the gate, a mark and the outcome.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sluicegate.criteria import Criterion

_MARKS = re.compile(r"^[^\w`]+|`")
_IN_CODE = re.compile(r"`([^`]*[<>=][^`]*)`")
_GATE = re.compile(r"(?P<gate>[\w./-]+): (?=[^:]*[<>=])")
_VALUE = re.compile(r"(?<=\S) \([^()]*\)(?=$| or |: )")
_OUTCOME = re.compile(r": .*$")


def as_written(text: str) -> tuple[str, str]:
    """The gate that stands before the criterion, or an empty text; and the criterion without its values.

    `coverage: total >= baseline (81%): is 78.4%` is `coverage` and `total >= baseline`.
    """
    if code := _IN_CODE.search(text):
        text = code[1]
    line, gate = _MARKS.sub("", text), ""
    if match := _GATE.match(line):
        gate, line = match["gate"].rpartition("/")[2].partition(".")[0], line[match.end() :]
    return gate, _OUTCOME.sub("", _VALUE.sub("", line)).strip()


def is_same(one: Criterion, other: Criterion) -> bool:
    """Do they ask for the same, in whatever order?"""
    return {c.expect for c in one.comparisons} == {c.expect for c in other.comparisons}


def begun_by(text: str, criteria: Iterable[Criterion]) -> str:
    """The criterion that the text begins with, before the other columns of its row; else the text."""
    known = (c.expect for c in criteria if f"{text} ".startswith(f"{c.expect} "))
    return max(known, key=len, default=text)
