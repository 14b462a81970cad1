"""What the counts of a metric say before a rollout starts: whether each event is counted once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from sluicegate.core.units import format_value
from sluicegate.metrics.interface import Bin
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Needed
from sluicegate.rollout.series import Series

TWICE = Fraction(9, 5)
"""So many times the expected events are taken for events that are counted twice."""

ENOUGH = 100
"""Events below which a ratio says nothing."""

Counted = tuple[Needed, Series]


def counts_text(series: Series) -> str:
    """The events of a metric, for people."""
    if series.control is None:
        return _counts(series.exposed)
    return f"{_counts(series.exposed)} (exposed), {_counts(series.control)} (control)"


def _counts(bins: Iterable[Bin]) -> str:
    known = [found for found in bins if found.known]
    return f"{sum(b.bad for b in known):,} of {sum(b.total for b in known):,}"


def _total(bins: Iterable[Bin] | None) -> int:
    return sum(found.total for found in bins or () if found.known)


def traffic_remarks(plan: Plan, counted: Iterable[Counted], share: Fraction) -> Iterator[str]:
    """What looks wrong in the counts of all metrics.

    Args:
        plan: of the metrics.
        counted: each with its counts, of the same bins.
        share: of users that the flags expose now.
    """
    counted = list(counted)
    services = [(_total(own.exposed), needed.metric) for needed, own in counted if own.control is None]
    whole, name = max(services, default=(0, ""))
    for needed, own in counted:
        exposed, both = _total(own.exposed), _total(own.exposed) + _total(own.control)
        if not both:
            yield f"{needed.metric}: no event was counted, so names of arms and labels are not tried"
        elif own.control is not None:
            yield from _twice(needed.metric, both, whole, f"{name} in the whole service")
            beside = f"{format_value(share * 100, '%', digits=3)} of both arms, which the flag exposes"
            yield from _twice(f"{needed.metric} in the exposed arm", exposed, share * both, beside)


def _twice(what: str, found: int, expected: Fraction | int, beside: str) -> Iterator[str]:
    if expected >= ENOUGH and found >= TWICE * expected:
        text = f"{what} counts {found:,} events, and {round(expected):,} are of {beside}"
        yield f"{text}: is each event counted once?"
