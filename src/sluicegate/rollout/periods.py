"""The stretches of a rollout in which one stage was judged from one epoch. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sluicegate.metrics.interface import Window
from sluicegate.rollout.entries import Entry, EventKind, Purpose
from sluicegate.rollout.judge import BinCounts, Counts
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import stage_window
from sluicegate.rollout.series import Answers, added

GROUPS: Final = 60
"""Points of a line at the most: more bins are added up, some at a time."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stage from its confirmation, or from a resume, until the next event that ends it.

    Attributes:
        stage: its index.
        epoch: from when events count, seconds since 1970.
        start, end: of the period, seconds since 1970.
        answers: what the metric providers say of it.
    """

    stage: int
    epoch: int
    start: int
    end: int
    answers: Answers = field(default_factory=dict)

    def window(self, plan: Plan) -> Window:
        """The bins that could be judged at its end."""
        return stage_window(plan, self.epoch, self.end)


_ENDS = (EventKind.ROLLED_BACK, EventKind.COMPLETED)


def periods(plan: Plan, entries: Sequence[Entry], now: int) -> tuple[Period, ...]:
    """The periods of a journal, the oldest first.

    Args:
        plan: of the rollout.
        entries: of the journal, in their order.
        now: seconds since 1970, where the last period ends if it goes on.
    """
    return tuple(_periods(plan, entries, now))


def _periods(plan: Plan, entries: Sequence[Entry], now: int) -> Iterator[Period]:
    here: Period | None = None
    purpose = Purpose.ADVANCE
    for entry in entries:
        if entry.event is EventKind.INTENDED:
            purpose = entry.purpose
        begun = _begun(plan, entry, here) if purpose is not Purpose.RESTORE else None
        if here is not None and (begun is not None or _is_end(entry)):
            yield replace(here, end=entry.at)
            here = None
        here = begun or here
    if here is not None:
        yield replace(here, end=max(now, here.start))


def _begun(plan: Plan, entry: Entry, here: Period | None) -> Period | None:
    if entry.event is EventKind.CONFIRMED and (stage := plan.stage(entry.stage)) is not None:
        return Period(stage, entry.epoch, entry.at, entry.at)
    if entry.event is EventKind.RESUMED and here is not None:
        return Period(here.stage, entry.epoch, entry.at, entry.at)
    return None


def _is_end(entry: Entry) -> bool:
    is_rollback = entry.event is EventKind.INTENDED and entry.purpose is Purpose.ROLLBACK
    return is_rollback or entry.event in _ENDS


@dataclass(frozen=True, slots=True)
class Group:
    """Bins that follow each other.

    Attributes:
        end: of the last one, seconds since 1970.
        last: how many bins there are from the epoch to its end.
    """

    end: int
    last: int
    exposed: Counts
    control: Counts


def grouped(bins: Sequence[BinCounts], width: int, epoch: int) -> tuple[Group, ...]:
    """Bins of `width` seconds from `epoch` in at most `GROUPS` groups, of as many each but for the last."""
    size = max(1, math.ceil(len(bins) / GROUPS))
    starts = range(0, len(bins), size)
    return tuple(_group(bins[first : first + size], first, width, epoch) for first in starts)


def _group(bins: Sequence[BinCounts], first: int, width: int, epoch: int) -> Group:
    last = first + len(bins)
    return Group(epoch + width * last, last, added(b.exposed for b in bins), added(b.control for b in bins))
