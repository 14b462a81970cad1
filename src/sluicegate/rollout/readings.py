"""From the bins of a stage to one class for each criterion. Pure.

A reading depends on the bins since the epoch and on nothing else: not on when or how often somebody looked.
The classes are tried in the order of `ReadingClass`, with one exception, which that rule forces: bins that
prove a breach prove it although newer ones are silent, since a look at their time would have acted.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from sluicegate.core.fields import Amount, Count, Text
from sluicegate.core.text import plural
from sluicegate.criteria.metrics import CountCriterion, described
from sluicegate.metrics.interface import Query, Window
from sluicegate.rollout import judge
from sluicegate.rollout.arms import ShareReading, control_fault, hypothesis, share_reading, share_text
from sluicegate.rollout.judge import Counts, Evidence, ShareVerdict
from sluicegate.rollout.plan import Metric, MetricOf, OnBreach, Plan, PlanCriterion, Stage
from sluicegate.rollout.series import (
    NOTHING,
    Answer,
    Answers,
    Failed,
    Series,
    added,
    both_arms,
    impossible,
    one_arm,
    silence,
)

MOST = 1e300
"""What evidence is cut at, as documents hold no infinity."""


class ReadingClass(enum.StrEnum):
    """What the counts of a criterion say, from the first that is tried to the last."""

    PROVIDER_ERROR = "PROVIDER_ERROR"
    NO_DATA = "NO_DATA"
    BREACH = "BREACH"
    INSUFFICIENT = "INSUFFICIENT"  # too few samples
    OK = "OK"


@dataclass(frozen=True, slots=True)
class Needed:
    """What is asked of a metric provider for a stage.

    Attributes:
        metric: its name in the plan.
        over: seconds, of a metric of durations.
        arms: the label values that are asked for: the exposed one, then that of the control where it is
            needed; None for the whole service.
    """

    metric: str
    over: Fraction | None
    query: Query
    arms: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One criterion in one stage.

    Attributes:
        id: of the criterion.
        bad, total: of the exposed arm, or of the service, since the epoch.
        control_bad, control_total: of the control arm; 0 where there is none.
        evidence: the highest M so far; 1 says nothing.
        acts_at: the evidence that is a proof.
        low, high: the shown interval of the rate.
        until: end of the newest complete bin, seconds since 1970; 0 without one.
        reason: for people.
    """

    id: Annotated[str, Text(300)]
    expect: Annotated[str, Text(300)]
    status: ReadingClass
    reason: Annotated[str, Text(1000)]
    on_breach: OnBreach = OnBreach.ROLLBACK
    shadow: bool = False
    bad: Count = 0
    total: Count = 0
    control_bad: Count = 0
    control_total: Count = 0
    evidence: Amount = 1.0
    acts_at: Amount = 0.0
    low: Amount = 0.0
    high: Amount = 1.0
    until: Count = 0


def evidence_text(reading: Reading) -> str:
    """The evidence against a criterion beside what is a proof, for people."""
    most = 1e6
    found = f"{reading.evidence:,.1f}:1" if reading.evidence < most else "over a million to one"
    return f"evidence {found}, acts at {reading.acts_at:,.0f}:1"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A criterion that does not judge now, with the reason."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """What a stage's metrics say.

    Attributes:
        share: None where it is not tested.
        control: what is wrong with the control arm; empty when nothing is proven.
    """

    readings: tuple[Reading, ...]
    skipped: tuple[Skipped, ...] = ()
    share: ShareReading | None = None
    control: str = ""


def needed(plan: Plan, stage: Stage) -> tuple[Needed, ...]:
    """What must be asked of the metric providers for a stage, each once."""
    found: dict[tuple[str, Fraction | None], Needed] = {}
    for criterion in stage.criteria:
        parsed = plan.parsed(criterion)
        if plan.inapplicable(stage, parsed):
            continue
        metric = plan.metric(parsed.metric)
        found[metric.name, parsed.over] = Needed(
            metric.name, parsed.over, metric.query(parsed.over), _arms(plan, stage, metric)
        )
    return tuple(found.values())


def _arms(plan: Plan, stage: Stage, metric: Metric) -> tuple[str | None, ...]:
    if metric.of is MetricOf.SERVICE or plan.arms is None:
        return (None,)
    return (plan.arms.exposed, plan.arms.control) if stage.is_compared else (plan.arms.exposed,)


def stage_window(plan: Plan, epoch: int, now: int) -> Window:
    """The bins of a stage that are complete now: from its epoch, in whole bins, up to the lag.

    Args:
        plan: of the rollout.
        epoch: of the stage, seconds since 1970.
        now: seconds since 1970.
    """
    count = (now - plan.lag - epoch) // plan.width
    return Window(epoch, plan.width, max(0, count), plan.lag)


def read_stage(plan: Plan, stage: Stage, answers: Answers) -> Health:
    """The readings of a stage.

    Args:
        plan, stage: what is judged.
        answers: to everything that `needed` names; what is missing counts as failed.

    Raises:
        ValueError: the bins of two arms are not of the same times.
    """
    alpha = plan.alpha_each
    share = share_reading(plan, stage, answers)
    control = control_fault(plan, stage, answers, alpha)
    suspended = f"the control arm is unhealthy: {control}" if control else ""
    if share is not None and share.verdict is ShareVerdict.LOW:
        suspended = suspended or share_text(stage, share)
    readings: list[Reading] = []
    skipped: list[Skipped] = []
    for criterion in stage.criteria:
        parsed = plan.parsed(criterion)
        why = plan.inapplicable(stage, parsed) or (suspended if parsed.compared else "")
        if why:
            skipped.append(Skipped(criterion.id, why))
        else:
            readings.append(_Judged(plan, stage, criterion, parsed, alpha).read(_answer(answers, parsed)))
    return Health(tuple(readings), tuple(skipped), share, control)


def _answer(answers: Answers, parsed: CountCriterion) -> Answer:
    return answers.get((parsed.metric, parsed.over), Failed("was not asked"))


@dataclass(frozen=True, slots=True)
class _Judged:
    """A criterion that judges in a stage."""

    plan: Plan
    stage: Stage
    criterion: PlanCriterion
    parsed: CountCriterion
    alpha: float

    def read(self, answer: Answer) -> Reading:
        if isinstance(answer, Failed):
            return self._reading(ReadingClass.PROVIDER_ERROR, answer.reason)
        wrong = impossible(answer)
        if wrong:
            return self._reading(ReadingClass.PROVIDER_ERROR, wrong)
        metric = self.plan.metric(self.parsed.metric)
        bins = both_arms(answer, metric) if self.parsed.compared else one_arm(answer.exposed, metric)
        evidence = judge.weigh(hypothesis(self.parsed), bins, self.criterion.dispersion)
        exposed, control = added(b.exposed for b in bins), added(b.control for b in bins)
        status, reason = self._classified(answer, evidence, exposed)
        alpha = self.alpha
        low, high = judge.shown_interval(exposed.bad, exposed.total, alpha)
        return self._reading(
            status, reason, exposed, control, min(MOST, math.exp(min(evidence.peak, 690))), (low, high),
            answer.exposed[-1].start + self.plan.width if answer.exposed else 0,
        )  # fmt: skip

    def _classified(self, answer: Series, evidence: Evidence, exposed: Counts) -> tuple[ReadingClass, str]:
        proven = evidence.proves(self.alpha)
        if proven and exposed.bad >= self.criterion.min_bad:
            return ReadingClass.BREACH, f"proven: {described(self.parsed)}"
        silent = self._silent(answer)
        if silent:
            return ReadingClass.NO_DATA, silent
        few = self._few(exposed)
        if few:
            return ReadingClass.INSUFFICIENT, few
        if evidence.now >= -math.log(self.alpha):  # until healthy bins speak against it
            events = plural(exposed.bad, "bad event")
            return ReadingClass.INSUFFICIENT, f"{events} of {self.criterion.min_bad} that count as a fault"
        return ReadingClass.OK, ""

    def _silent(self, answer: Series) -> str:
        arms = {"exposed": answer.exposed}
        if self.parsed.compared:
            arms["control"] = answer.control or ()
        for name, bins in arms.items():
            where = f" of the {name} arm" if answer.control is not None else ""
            missing = silence(bins)
            if missing:
                return f"there are no data{where} {missing}"
        return ""

    def _few(self, exposed: Counts) -> str:
        samples, least = self._samples(exposed.total), self.stage.min_samples
        if not exposed.total:
            return "no event was counted yet"
        if samples < least:
            return f"{samples:,} of {least:,} samples"
        return ""

    def _samples(self, total: int) -> int:
        """Events of exposed users; of a metric of the whole service, their part."""
        if self.plan.metric(self.parsed.metric).of is MetricOf.SERVICE and self.stage.is_compared:
            return math.floor(total * self.stage.share)
        return total

    def _reading(
        self,
        status: ReadingClass,
        reason: str,
        exposed: Counts = NOTHING,
        control: Counts = NOTHING,
        evidence: float = 1.0,
        interval: tuple[float, float] = (0.0, 1.0),
        until: int = 0,
    ) -> Reading:
        one = self.criterion
        return Reading(
            one.id, one.expect, status, reason[:1000], one.on_breach, one.shadow, exposed.bad, exposed.total,
            control.bad, control.total, evidence, 1 / self.alpha, *interval, until,
        )  # fmt: skip


def acting(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings that decide: all but those in shadow mode."""
    return tuple(reading for reading in readings if not reading.shadow)
