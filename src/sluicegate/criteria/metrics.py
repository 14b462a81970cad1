"""Criteria about metrics that are counted while a release reaches its users. Pure.

A metric is two counts, bad events and all events, so each criterion says which events are bad and what share
of them is too much:

    error_rate <= 5%                       a guard: at most 5 % are bad
    success_rate >= 95%                    the same, for a metric that counts good events
    p95 <= 2s                              a guard: at most 5 % take longer than 2 s
    error_rate <= control + 0.5pp          a comparison: at most half a point more than in the control arm
    error_rate <= control * 1.2            a comparison: at most a fifth more than in the control arm
    latency["2s"].over <= control + 1pp    the share of events that take longer than 2 s, compared

A percentile as such is not compared: it has no counts, and a test of its estimates that may be repeated at
every look knows no bound on its false alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.errors import CriterionError
from sluicegate.core.model import Better
from sluicegate.core.units import UNITS, format_value
from sluicegate.criteria.language import (
    Absolute,
    Criterion,
    MeasureSpec,
    Relative,
    Vocabulary,
    parse,
    parse_number,
)

OVER = "over"
"""The measure behind the selector of a metric of durations: the share of events that take longer."""

PERCENTILES: Mapping[str, Fraction] = {
    f"p{number.replace('.', '_')}": 1 - Fraction(number) / 100
    for number in ("50", "75", "90", "95", "99", "99.5", "99.9")
}
"""By measure: the share of events above it. `p99_9` is 99.9 %."""

_WHOLE = Fraction(100)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric, as criteria see it.

    Attributes:
        counts_good: does it count good events, in place of bad ones?
        durations: does it count durations, so that a criterion gives the threshold?
    """

    name: str
    counts_good: bool = False
    durations: bool = False


@dataclass(frozen=True, slots=True)
class CountCriterion:
    """A criterion as a hypothesis about counts.

    Attributes:
        criterion: as parsed.
        metric: its metric.
        over: seconds that a good event takes at the most; None for a metric without durations.
        compared: is the rate compared with that of the control arm, or is it bounded?
        bound: of a guard, the share of bad events that is still good; from 0 to below 1.
        margin: of a comparison, what the share of bad events may be higher, 1/200 for half a point.
        growth: of a comparison, by what part it may be higher, 1/5 for a fifth.
    """

    criterion: Criterion
    metric: str
    over: Fraction | None = None
    compared: bool = False
    bound: Fraction = Fraction(0)
    margin: Fraction = Fraction(0)
    growth: Fraction = Fraction(0)

    @property
    def id(self) -> str:
        """Its name."""
        return self.criterion.id


def metric_vocabulary(metrics: Sequence[MetricSpec]) -> Vocabulary:
    """What criteria about these metrics may name.

    Of several metrics of durations, percentiles are written with the name before them: `search.p95`. The only
    one needs no name.
    """
    plain = {m.name: _share(m.name, m.counts_good) for m in metrics if not m.durations}
    durations = [m.name for m in metrics if m.durations]
    behind = {name: {OVER: _share(OVER, good=False)} for name in durations}
    return Vocabulary(plain | _times(durations), behind)


def _times(durations: Sequence[str]) -> dict[str, MeasureSpec]:
    """The percentiles of metrics of durations."""
    prefixes = ["", f"{durations[0]}."] if len(durations) == 1 else [f"{name}." for name in durations]
    names = [prefix + percentile for prefix in prefixes for percentile in PERCENTILES]
    return {name: MeasureSpec(name, "s", Better.LOWER) for name in names}


def _share(name: str, good: bool) -> MeasureSpec:
    return MeasureSpec(name, "%", Better.HIGHER if good else Better.LOWER, share=True)


def metric_criterion(text: str, metrics: Sequence[MetricSpec], *, name: str = "") -> CountCriterion:
    """Parse and check one criterion about metrics.

    Args:
        text: one comparison.
        metrics: those there are.
        name: its id; by default its normalised text.

    Raises:
        CriterionError: it does not parse, or cannot be decided by counts.
    """
    criterion = parse(text, metric_vocabulary(metrics), name=name)
    _check_form(criterion)
    if criterion.selector is not None:
        over = _threshold(criterion)
        return _of_share(criterion, criterion.selector.kind, over, counts_good=False)
    measure = criterion.measure.name
    if criterion.measure.unit == "s":
        return _of_percentile(criterion, metrics)
    spec = next(m for m in metrics if m.name == measure)
    return _of_share(criterion, measure, None, counts_good=spec.counts_good)


def _check_form(criterion: Criterion) -> None:
    if criterion.parts:
        raise CriterionError(
            f"'{criterion.expect}' leaves open which metric decides",
            remedy="Write one comparison, and others as criteria of their own.",
        )
    lower = criterion.measure.better is Better.LOWER
    good, bad = ("<=", ">=") if lower else (">=", "<=")
    if criterion.op in ("==", "!="):
        raise CriterionError(
            f"'{criterion.op}' cannot be decided while counts grow: no rate is ever proven equal",
            remedy=f"Write '{_with_op(criterion, good)}'.",
        )
    if criterion.op in (bad, bad[0]):
        better = "lower" if lower else "higher"
        raise CriterionError(
            f"'{criterion.expect}' asks '{criterion.measure.name}' to be worse: {better} is better",
            remedy=f"Write '{_with_op(criterion, good)}'.",
        )
    if isinstance(criterion.bound, Relative) and criterion.bound.reference != "control":
        raise CriterionError(
            f"a rollout has no {criterion.bound.reference}",
            remedy="Compare with the control arm, for example 'error_rate <= control + 0.5pp'.",
        )


def _with_op(criterion: Criterion, op: str) -> str:
    selector = f"{criterion.selector}." if criterion.selector else ""
    return f"{selector}{criterion.measure.name} {op} {criterion.bound.text}"


def _threshold(criterion: Criterion) -> Fraction:
    if criterion.selector is None:
        raise AssertionError("only a selector holds a threshold")
    text = criterion.selector.glob
    try:
        number, unit, _ = parse_number(text)
    except CriterionError:
        number, unit = Fraction(0), UNITS[""]
    if unit.canonical != "s" or number <= 0:
        kind = criterion.selector.kind
        raise CriterionError(
            f"'{text}' is not a duration",
            remedy=f'Write it as {kind}["2s"].{OVER} or {kind}["500ms"].{OVER}.',
        )
    return number * unit.factor


def _of_percentile(criterion: Criterion, metrics: Sequence[MetricSpec]) -> CountCriterion:
    before, _, percentile = criterion.measure.name.rpartition(".")
    metric = before or next(m.name for m in metrics if m.durations)
    bound = criterion.bound
    if isinstance(bound, Relative):
        raise CriterionError(
            f"'{criterion.expect}' compares a percentile, which no count decides",
            remedy="Compare the share of events over a fixed threshold: "
            f"'{metric}[\"2s\"].{OVER} <= control + 0.5pp'.",
        )
    if bound.value <= 0:
        raise CriterionError(
            f"'{criterion.expect}' can never be satisfied", remedy="Write a time above 0, for example '2s'."
        )
    return CountCriterion(criterion, metric, bound.value, bound=PERCENTILES[percentile])


def _of_share(
    criterion: Criterion, metric: str, over: Fraction | None, *, counts_good: bool
) -> CountCriterion:
    bound = criterion.bound
    if isinstance(bound, Absolute):
        share = (_WHOLE - bound.value if counts_good else bound.value) / _WHOLE
        if share >= 1:
            raise CriterionError(
                f"'{criterion.expect}' is always satisfied",
                remedy="Write a bound that can be missed, such as 5%.",
            )
        return CountCriterion(criterion, metric, over, bound=share)
    if bound.proportional:
        return CountCriterion(criterion, metric, over, True, growth=_growth(criterion, bound, counts_good))
    margin = (-bound.offset if counts_good else bound.offset) / _WHOLE
    if margin < 0:
        sign = "-" if counts_good else "+"
        raise CriterionError(
            f"'{criterion.expect}' asks the new version to be better than the control",
            remedy=f"Write what it may be worse: 'control {sign} 0.5pp'.",
        )
    return CountCriterion(criterion, metric, over, True, margin=margin)


def _growth(criterion: Criterion, bound: Relative, counts_good: bool) -> Fraction:
    name = criterion.measure.name
    if counts_good:
        raise CriterionError(
            f"a factor on '{name}', which counts good events, says little about the bad ones",
            remedy="Write percentage points, for example 'control - 0.5pp', or count the bad events.",
        )
    if bound.offset < 0:
        raise CriterionError(
            f"'{criterion.expect}' asks the new version to be better than the control",
            remedy="Write a factor of 1 or more: 'control * 1.2'.",
        )
    return bound.offset / _WHOLE


def described(criterion: CountCriterion) -> str:
    """What is proven when it is broken, for people: `more than 5% take longer than 2s`."""
    what = "are bad" if criterion.over is None else f"take longer than {format_value(criterion.over, 's')}"
    if not criterion.compared:
        return f"more than {_percent(criterion.bound)} {what}"
    if criterion.growth:
        return f"more than {_percent(1 + criterion.growth)} of the control's share {what}"
    margin = f" plus {format_value(criterion.margin * _WHOLE, 'pp')}" if criterion.margin else ""
    return f"more than the control's share{margin} {what}"


def _percent(share: Fraction) -> str:
    return format_value(share * _WHOLE, "%")
