"""Each criterion over time: the rates of its bins against the limit, and the evidence against it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sluicegate.criteria.metrics import CountCriterion
from sluicegate.report.figures import Plot
from sluicegate.report.plots import Axis, Course, Times, percent_axis, plot
from sluicegate.report.sections import Block, Graph, Grid, Note, Plots, Tone
from sluicegate.rollout import judge
from sluicegate.rollout.arms import hypothesis
from sluicegate.rollout.judge import BinCounts, Counts
from sluicegate.rollout.periods import Group, Period, grouped
from sluicegate.rollout.plan import Metric, Plan, PlanCriterion
from sluicegate.rollout.series import Failed, Series, both_arms, impossible, one_arm
from sluicegate.rollout.status import moment

LEAST: Final = 0.1
"""Evidence below is drawn at the lower edge."""

MOST: Final = 1000.0
"""Evidence of so many times a proof, and above, is drawn at the upper edge."""

_LARGEST: Final = 690.0  # the logarithm of what a float holds


def criterion_plots(plan: Plan, period: Period) -> Iterator[Block]:
    """A graph for each criterion that judges in a period, and a note for each that cannot be drawn."""
    stage, graphs = plan.stages[period.stage], list[Graph]()
    for criterion in stage.criteria:
        parsed = plan.parsed(criterion)
        if plan.inapplicable(stage, parsed):
            continue
        answer = period.answers.get((parsed.metric, parsed.over), Failed("the provider was not asked"))
        why = answer.reason if isinstance(answer, Failed) else impossible(answer)
        if isinstance(answer, Failed) or why:
            yield Note(Tone.WARNING, f"`{criterion.expect}` is not drawn: {why}")
        elif answer.exposed:
            graphs.append(_graph(plan, period, criterion, answer))
    if graphs:
        yield Plots(tuple(graphs))


def _graph(plan: Plan, period: Period, criterion: PlanCriterion, answer: Series) -> Graph:
    parsed = plan.parsed(criterion)
    metric = plan.metric(parsed.metric)
    judged = both_arms(answer, metric) if parsed.compared else one_arm(answer.exposed, metric)
    logs = judge.log_course(hypothesis(parsed), judged, criterion.dispersion)
    groups = grouped(_counts(answer, metric), plan.width, period.epoch)
    weights = [min(logs[group.last - 1], _LARGEST) for group in groups]
    drawn = _Drawn(criterion, parsed, groups, weights, 1 / plan.alpha_each, _names(plan, answer))
    return Graph((drawn.rates(period), drawn.evidence(period)), drawn.numbers())


def _counts(answer: Series, metric: Metric) -> list[BinCounts]:
    return both_arms(answer, metric) if answer.control is not None else one_arm(answer.exposed, metric)


def _names(plan: Plan, answer: Series) -> tuple[str, str]:
    """Of the arm that is judged and of the control; the latter empty without one."""
    if plan.arms is None or answer.control is None:
        return "all", ""
    return f"{plan.arms.label} {plan.arms.exposed}", f"{plan.arms.label} {plan.arms.control}"


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One criterion in one period.

    Attributes:
        weights: ln M at the end of each group.
        acts_at: the evidence that is a proof.
        names: of the arms.
    """

    criterion: PlanCriterion
    parsed: CountCriterion
    groups: Sequence[Group]
    weights: Sequence[float]
    acts_at: float
    names: tuple[str, str]

    def _times(self, period: Period) -> Times:
        return Times(period.epoch, self.groups[-1].end)

    def rates(self, period: Period) -> Plot:
        """The rate of bad events in each group, by arm, and the limit."""
        exposed, control = self.names
        courses = [Course(exposed, "exposed", [(g.end, _rate(g.exposed)) for g in self.groups])]
        if control:
            courses.append(Course(control, "control", [(g.end, _rate(g.control)) for g in self.groups]))
        times = self._times(period)
        limits = [(times.start, self._limit(self.groups[0]))] + [(g.end, self._limit(g)) for g in self.groups]
        courses.append(Course("limit", "bound", limits))
        values = [value for course in courses for _, value in course.points if value is not None]
        about = f"Bad events over time, as a part of all, against the criterion {self.criterion.expect}."
        return plot(self.criterion.expect, about, courses, times, percent_axis(values))

    def _limit(self, group: Group) -> float | None:
        """The rate that the criterion allows; of a comparison, what the control says at that time."""
        if not self.parsed.compared:
            return float(self.parsed.bound)
        rate = _rate(group.control)
        return None if rate is None else rate * (1 + float(self.parsed.growth)) + float(self.parsed.margin)

    def evidence(self, period: Period) -> Plot:
        """M against what is a proof, on a logarithmic scale."""
        proof, times = math.log(self.acts_at), self._times(period)
        points = [
            (float(times.start), 0.0),
            *((float(g.end), w) for g, w in zip(self.groups, self.weights, strict=True)),
        ]
        courses = [
            Course("evidence", "evidence", points),
            Course(f"acts at {self.acts_at:,.0f}:1", "bound", [(times.start, proof), (times.end, proof)]),
        ]
        ticks = ((0.0, "1:1"), (proof, f"{self.acts_at:,.0f}:1"))
        axis = Axis(math.log(LEAST), min(max(proof + 1, *self.weights), proof + math.log(MOST)) + 0.5, ticks)
        about = (
            f"How strongly the counts speak against {self.criterion.expect}; at the upper line it is proven."
        )
        return plot("Evidence against it", about, courses, times, axis)

    def numbers(self) -> Grid:
        """The same as a table."""
        exposed, control = self.names
        columns = ("until", exposed, "rate", *((control, "rate") if control else ()), "evidence")
        rows = [self._row(group, weight) for group, weight in zip(self.groups, self.weights, strict=True)]
        return Grid("", columns, rows, "l" + "r" * (len(columns) - 1))

    def _row(self, group: Group, weight: float) -> tuple[str, ...]:
        control = (_of(group.control), _percent(group.control)) if self.names[1] else ()
        evidence = f"{math.exp(weight):,.3g}:1" if weight < 14 else "over a million to one"
        return moment(group.end), _of(group.exposed), _percent(group.exposed), *control, evidence


def _rate(counts: Counts) -> float | None:
    return counts.bad / counts.total if counts.total else None


def _percent(counts: Counts) -> str:
    return f"{100 * counts.bad / counts.total:.2f}%" if counts.total else ""


def _of(counts: Counts) -> str:
    return f"{counts.bad:,} of {counts.total:,}"
