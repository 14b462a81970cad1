"""The answers of metric providers: the bins of a metric since the epoch, as counts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.metrics.interface import Bin
from sluicegate.rollout.judge import BinCounts, Counts
from sluicegate.rollout.plan import Metric

NOTHING = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class Series:
    """The bins of a metric since the epoch: of the exposed arm or the service, and of the control arm."""

    exposed: tuple[Bin, ...]
    control: tuple[Bin, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider gave no answer that counts."""

    reason: str


Answer = Series | Failed
Answers = Mapping[tuple[str, Fraction | None], Answer]
"""By metric and threshold, as of `Needed`."""


def impossible(answer: Series) -> str:
    """What no count can be: more bad events than events; empty where all can be."""
    for found in (*answer.exposed, *(answer.control or ())):
        if found.known and not 0 <= found.bad <= found.total:
            return f"{found.bad:,} bad events of {found.total:,}: the expressions do not fit each other"
    return ""


def one_arm(bins: Iterable[Bin], metric: Metric) -> list[BinCounts]:
    """The counts of each bin of one arm; a bin that is unknown counts nothing."""
    return [BinCounts(_of_bin(found, metric)) for found in bins]


def both_arms(answer: Series, metric: Metric) -> list[BinCounts]:
    """The counts of each bin of both arms; a bin that is unknown in one of them counts nothing.

    Raises:
        ValueError: the bins of the arms are not of the same times.
    """
    exposed, control = answer.exposed, answer.control or ()
    if [b.start for b in exposed] != [b.start for b in control]:
        raise ValueError("the bins of the arms are not of the same times")
    return [_of_bins(e, c, metric) for e, c in zip(exposed, control, strict=True)]


def _of_bins(exposed: Bin, control: Bin, metric: Metric) -> BinCounts:
    if not (exposed.known and control.known):
        return BinCounts(NOTHING, NOTHING)
    return BinCounts(_of_bin(exposed, metric), _of_bin(control, metric))


def _of_bin(found: Bin, metric: Metric) -> Counts:
    if not found.known:
        return NOTHING
    return Counts(found.total - found.bad if metric.counts_good else found.bad, found.total)


def added(counts: Iterable[Counts]) -> Counts:
    """All counts together."""
    every = list(counts)
    return Counts(sum(c.bad for c in every), sum(c.total for c in every))


def silence(bins: tuple[Bin, ...]) -> str:
    """Where data are missing, for people: `since the epoch`, `in the newest bin`; empty where none are."""
    if not bins or bins[-1].known:
        return ""
    return "in the newest bin" if any(found.known for found in bins) else "since the epoch"
