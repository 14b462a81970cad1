"""Whether the arms are what a comparison takes them for: the stage's share, and a healthy control. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.criteria.metrics import CountCriterion, described
from sluicegate.rollout import judge
from sluicegate.rollout.judge import Comparison, Guard, ShareVerdict
from sluicegate.rollout.plan import Arms, Plan, PlanCriterion, Stage
from sluicegate.rollout.series import Answer, Answers, Failed, Series, both_arms, impossible, one_arm


def hypothesis(criterion: CountCriterion) -> judge.Test:
    """The test that decides a criterion."""
    if criterion.compared:
        return Comparison(float(criterion.margin), float(criterion.growth))
    return Guard(float(criterion.bound))


@dataclass(frozen=True, slots=True)
class ShareReading:
    """The measured share of exposed events against the stage's."""

    verdict: ShareVerdict
    exposed: int
    total: int


def share_reading(plan: Plan, stage: Stage, answers: Answers) -> ShareReading | None:
    """The share test; None where it does not apply, or its metric has no answer."""
    series = _share_series(plan.arms, answers) if stage.is_compared else None
    if series is None or plan.arms is None:
        return None
    counts = both_arms(series, plan.metric(plan.arms.metric))
    bins = [(b.exposed.total, b.exposed.total + b.control.total) for b in counts]
    verdict = judge.share_verdict(float(stage.share), plan.arms.tolerance, bins)
    return ShareReading(verdict, sum(exposed for exposed, _ in bins), sum(total for _, total in bins))


def _share_series(arms: Arms | None, answers: Answers) -> Series | None:
    if arms is None:
        return None
    found = (answer for (name, _), answer in answers.items() if name == arms.metric)
    return next((series for answer in found if (series := _sound(answer)) is not None), None)


def _sound(answer: Answer | None) -> Series | None:
    """An answer about both arms that can be; None for another."""
    if answer is None or isinstance(answer, Failed) or answer.control is None or impossible(answer):
        return None
    return answer


def share_text(stage: Stage, share: ShareReading) -> str:
    """The measured share, for people."""
    measured = 100 * share.exposed / share.total if share.total else 0.0
    return f"{measured:.2f}% of the events are of exposed users, and the stage is {stage.name}"


def control_fault(plan: Plan, stage: Stage, answers: Answers, alpha: float) -> str:
    """The acting guard that the control arm itself breaks; empty for none."""
    for criterion in stage.criteria:
        parsed = plan.parsed(criterion)
        series = _sound(answers.get((parsed.metric, parsed.over)))
        if series is None or parsed.compared or criterion.shadow:
            continue
        if _is_broken(plan, criterion, parsed, series, alpha):
            return f"{described(parsed)} ({criterion.expect})"
    return ""


def _is_broken(
    plan: Plan, criterion: PlanCriterion, parsed: CountCriterion, series: Series, alpha: float
) -> bool:
    bins = one_arm(series.control or (), plan.metric(parsed.metric))
    evidence = judge.weigh(hypothesis(parsed), bins, criterion.dispersion)
    return evidence.proves(alpha) and sum(b.exposed.bad for b in bins) >= criterion.min_bad
