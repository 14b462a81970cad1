"""Exposure over time: what was planned, what the provider was given, and what the metrics measured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sluicegate.report.plots import Course, Point, Times, percent_axis, plot
from sluicegate.report.sections import Graph, Grid
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.entries import Entry, EventKind, FlagRecord, Purpose
from sluicegate.rollout.judge import BinCounts
from sluicegate.rollout.periods import Period, grouped
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.series import Series, added, both_arms, impossible
from sluicegate.rollout.status import moment


def exposure_graph(
    plan: Plan, entries: Sequence[Entry], drawn: Sequence[Period], names: Sequence[str]
) -> Graph:
    """Who saw the new variation over time.

    Args:
        plan: of the rollout.
        entries: of its journal, in their order, one at least.
        drawn: its periods, with what the metric providers say, one at least.
        names: of its flags.
    """
    end = max(drawn[-1].end, entries[-1].at)
    times = Times(entries[0].at, end + (end - entries[0].at) // 25 + 1)  # so that a drop at the end is seen
    courses = [
        Course("planned", "planned", [*_planned(plan, entries, times.end)], stepped=True),
        *_written(entries, names, times.end),
        *_measured(plan, drawn),
    ]
    about = "The part of users who see the new variation: planned, written at the provider, and measured."
    bands = [(p.start, p.end, plan.stages[p.stage].name) for p in drawn]
    drawing = plot("Users who see it", about, courses, times, percent_axis(_values(courses)), bands)
    columns = ("stage", "from", "to", "planned", "measured")
    return Graph((drawing,), Grid("", columns, [_row(plan, period) for period in drawn], "lllrr"))


def _values(courses: Sequence[Course]) -> list[float]:
    return [value for course in courses for _, value in course.points if value is not None]


def _planned(plan: Plan, entries: Sequence[Entry], end: int) -> Iterator[Point]:
    share = 0.0
    yield entries[0].at, share
    for entry in entries:
        if entry.event is EventKind.INTENDED:
            share = _share_of(plan, entry)
            yield entry.at, share
    yield end, share


def _share_of(plan: Plan, entry: Entry) -> float:
    """What an intent is about to write."""
    stage = plan.stage(entry.stage) if entry.purpose is not Purpose.ROLLBACK else None
    return 0.0 if stage is None else float(plan.stages[stage].share)


def _written(entries: Sequence[Entry], names: Sequence[str], end: int) -> Iterator[Course]:
    for index, name in enumerate(names):
        points = [
            (float(entry.at), _share(flags[index]))
            for entry in entries
            if index < len(flags := entry.flag_after or entry.flag_before)
        ]
        if points:
            label = f"written in {name}" if len(names) > 1 else "written"
            yield Course(label, "written", [*points, (end, points[-1][1])], stepped=True)


def _share(flag: FlagRecord) -> float | None:
    return None if flag.share is None else float(flag.share)


def _measured(plan: Plan, drawn: Sequence[Period]) -> Iterator[Course]:
    points: list[Point] = []
    for period in drawn:
        for group in grouped(_share_bins(plan, period), plan.width, period.epoch):
            total = group.exposed.total + group.control.total
            points.append((group.end, group.exposed.total / total if total else None))
        points.append((period.end, None))
    if any(value is not None for _, value in points):
        yield Course("measured", "measured", points)


def _share_bins(plan: Plan, period: Period) -> list[BinCounts]:
    """The counts of both arms by which a period's share is tested; none where it is not."""
    if plan.arms is None or not plan.stages[period.stage].is_compared:
        return []
    name = plan.arms.metric
    series = next((found for (of, _), found in period.answers.items() if of == name), None)
    if not isinstance(series, Series) or series.control is None or impossible(series):
        return []
    return both_arms(series, plan.metric(name))


def _row(plan: Plan, period: Period) -> tuple[str, ...]:
    stage, bins = plan.stages[period.stage], _share_bins(plan, period)
    exposed, control = added(b.exposed for b in bins).total, added(b.control for b in bins).total
    measured = f"{100 * exposed / (exposed + control):.2f}%" if exposed + control else ""
    return stage.name, moment(period.start), moment(period.end), exposure_text(stage.exposure), measured
