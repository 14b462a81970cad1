"""Counters that only grow, but for restarts, as events in bins; and two counts of the same events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sluicegate.metrics.interface import Bin, MetricError, Window

IN_FLIGHT = 10
"""By how many the bad events may be ahead of all events: a program counts the two one after the other, and a
sample may fall between. What is ahead is counted with the next events."""

Samples = Mapping[int, int]
"""A counter's values by time, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Events of one kind in the bins of a window.

    Attributes:
        events: in each bin.
        known: whether each bin has data.
    """

    events: tuple[int, ...]
    known: tuple[bool, ...]


def count(series: Iterable[Samples], window: Window) -> Counted:
    """The events that counters counted in each bin, all counters together.

    Sums each counter's increases; a decrease is a restart, after which it began at zero.
    One that has no sample up to the window's start began at zero too. A bin is known when some counter has a
    sample at its end.

    Args:
        series: one mapping for each counter; samples before the window say where it stood at the start.
        window: the bins.
    """
    events, known = [0] * window.count, [False] * window.count
    for samples in series:
        before = 0
        for time in sorted(samples):
            value = samples[time]
            if window.start < time <= window.end:
                index = (time - window.start - 1) // window.width
                events[index] += value - before if value >= before else value
                known[index] |= (time - window.start) % window.width == 0
            if time <= window.end:
                before = value
    return Counted(tuple(events), tuple(known))


def pair(bad: Counted, total: Counted, window: Window, where: str) -> tuple[Bin, ...]:
    """The bins of two counts; where all events are present, absent bad ones are zero.

    Events of a bin without data, those before the samples stopped, are of the next one with data.

    Args:
        bad: the bad events.
        total: all events.
        window: the bins.
        where: names the query in errors.

    Raises:
        MetricError: more bad events were counted than events.
    """
    bins: list[Bin] = []
    ahead = late = 0
    for start, wrong, every, known in zip(window.starts, bad.events, total.events, total.known, strict=True):
        ahead, late = ahead + wrong, late + every
        of_all = late if known else 0
        of_bad = min(ahead, of_all)
        ahead, late = ahead - of_bad, late - of_all
        bins.append(Bin(start, of_bad, of_all, known))
    if ahead - late > IN_FLIGHT:
        raise MetricError(
            f"there were {ahead - late:,} more bad events than events",
            where=where,
            remedy="Let `total` count all events of which `bad` counts some.",
        )
    return tuple(bins)


def without(total: Counted, good: Counted) -> Counted:
    """The events that are not good ones; one ahead of all events is taken off the next ones."""
    events: list[int] = []
    ahead = 0
    for every, fine in zip(total.events, good.events, strict=True):
        left = every - fine - ahead
        events.append(max(left, 0))
        ahead = max(-left, 0)
    return Counted(tuple(events), total.known)
