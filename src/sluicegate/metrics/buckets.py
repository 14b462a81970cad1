"""Counts that a server made in buckets of time of its own, in the bins of a window. Pure.

Servers align their buckets to the clock, and bins begin when a stage does. So a bucket is counted whole, in
the bin that its end falls into: each event counts once, at most one bucket late, and the bins of two arms are
still of the same times.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sluicegate.core.fields import MAX_NUMBER
from sluicegate.metrics.counters import Counted
from sluicegate.metrics.interface import MetricError, Window

ROUNDING = 1e-6
"""By which part a count may be off a whole number: servers multiply rates by times."""


@dataclass(frozen=True, slots=True, order=True)
class Bucket:
    """Events from `start` to `end`, seconds since 1970."""

    start: int
    end: int
    events: int


def spread(buckets: Iterable[Bucket], window: Window, where: str) -> Counted:
    """The events of buckets in the bins of a window; a bin without a bucket has no data.

    A bucket that begins before the window or ends after it is left out.

    Args:
        buckets: in any order.
        window: the bins.
        where: names the query in errors.

    Raises:
        MetricError: a bucket is longer than a bin, or two buckets overlap, so that events would count twice.
    """
    events, known = [0] * window.count, [False] * window.count
    last = 0
    for one in sorted(buckets):
        length = one.end - one.start
        if length > window.width:
            raise MetricError(
                f"the server counts in steps of {length} s, and a bin has {window.width} s", where=where,
                remedy=f"Give the plan longer bins, 'bin: {length}s'.",
            )  # fmt: skip
        if length < 1 or one.start < last:
            remedy = "Group the query by nothing, and let it count each event once."
            raise MetricError("the answer counts some times more than once", where=where, remedy=remedy)
        last = one.end
        if window.start <= one.start and one.end <= window.end:
            index = (one.end - window.start - 1) // window.width
            events[index] += one.events
            known[index] = True
    return Counted(tuple(events), tuple(known))


def whole(value: object, where: str, *, approximate: bool = False) -> int:
    """A count as a server writes it, a number or the text of one.

    Args:
        value: of the answer.
        where: names the query in errors.
        approximate: is it an estimate, which is rounded?

    Raises:
        MetricError: it is no number, not finite, negative, or no whole number.
    """
    number = _number(value)
    if math.isnan(number) or math.isinf(number):
        remedy = "Count events; a quotient of counts can be NaN."
        raise MetricError("a value is no finite number", where=where, remedy=remedy)
    nearest = round(number)
    is_whole = approximate or abs(number - nearest) <= ROUNDING * max(1.0, number)
    if not is_whole or not 0 <= number <= MAX_NUMBER:
        remedy = "Count events, or say `approximate: true` for what is computed or extrapolated."
        raise MetricError(f"a value is no count: {number:g}", where=where, remedy=remedy)
    return nearest


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan
