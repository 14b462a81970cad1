"""Which periods of CloudWatch are asked for, and of which bin each is. Pure.

Source: the API reference of GetMetricData. A value with the time T is of the period from T on, and T is a
whole multiple of the period. Periods below a minute are kept for 3 hours, minutes for 15 days, 5 minutes for
63 days, hours for 455 days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sluicegate.metrics.counters import Counted
from sluicegate.metrics.interface import Window

PERIODS = (1, 5, 10, 20, 30, 60, 300, 3600)
"""Seconds."""

_DAY = 86_400
_MARGIN = 600
_COARSER = (60, 300, 3600)


def kept_for(period: int) -> int:
    """Seconds for which values of a period are kept."""
    if period < 60:
        return 3 * 3600
    return {60: 15, 300: 63, 3600: 455}[period] * _DAY


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole periods from `start` to `end`, seconds since 1970."""

    start: int
    end: int
    period: int

    def has(self, time: float) -> bool:
        """Does a period begin at this time, seconds since 1970?"""
        return self.start <= time < self.end and (time - self.start) % self.period == 0


def pieces(window: Window, period: int, now: int) -> tuple[Piece, ...]:
    """The whole periods of a window, the oldest first; what is old is asked for by longer ones.

    Periods that begin before the window or end after it are left out, for they hold events of other times.

    Args:
        window: the bins.
        period: of new values, one of `PERIODS`.
        now: seconds since 1970.
    """
    ladder = (period, *(each for each in _COARSER if each > period))
    found: list[Piece] = []
    end = window.end // period * period
    for each, coarser in zip(ladder, (*ladder[1:], ladder[-1]), strict=True):
        end = end // each * each
        oldest = _up(now - kept_for(each) + _MARGIN, coarser)
        start = _up(max(window.start, oldest), each)
        if start < end:
            found.append(Piece(start, end, each))
            end = start
    return tuple(reversed(found))


def _up(time: int, step: int) -> int:
    return -(-time // step) * step


def counted(values: Iterable[tuple[int, int, float]], window: Window) -> Counted:
    """Sums of periods as events in bins: those of a period are of the bin that the period ends in.

    Args:
        values: start and length of a period, and its sum, which is rounded.
        window: the bins.
    """
    by_bin: dict[int, list[float]] = {}
    for start, length, value in values:
        by_bin.setdefault((start + length - window.start - 1) // window.width, []).append(value)
    events = tuple(round(sum(by_bin.get(n, ()))) for n in range(window.count))
    return Counted(events, tuple(n in by_bin for n in range(window.count)))
