"""Working with series: a measure over the recorded commits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from sluicegate.model import Measure, Point, Series, Verdict

HEADLINES: tuple[tuple[str, str], ...] = (
    ("coverage", "total"),
    ("tests", "pass_rate"),
    ("tests", "tests"),
    ("security", "findings"),
    ("lint", "findings"),
    ("complexity", "max_cyclomatic"),
    ("docs", "documented"),
    ("performance", "p95"),
)
"""Gate and measure of what a report shows the course of, in this order."""


def measured(series: Series) -> tuple[Point, ...]:
    """The points that have a value of their own."""
    return tuple(p for p in series.points if p.value is not None and not p.carried)


def latest(series: Series) -> Fraction | None:
    """The newest value; None when there is none."""
    return next((p.value for p in reversed(series.points) if p.value is not None), None)


def thinned(series: Series, width: int) -> tuple[Point, ...]:
    """At most `width` points: of each stretch of commits the newest that has a value.

    Raises:
        ValueError: `width` is not above zero.
    """
    if width < 1:
        raise ValueError("a series has at least one point")
    points = series.points
    if len(points) <= width:
        return points
    edges = [round(n * len(points) / width) for n in range(width + 1)]
    return tuple(_newest(points[a:b]) for a, b in pairwise(edges))


def _newest(points: tuple[Point, ...]) -> Point:
    return next((p for p in reversed(points) if p.value is not None), points[-1])


def with_now(recorded: Iterable[Series], verdicts: Iterable[Verdict], on: str) -> tuple[Series, ...]:
    """The headline series of the gates that were judged, each with its value now as the last point.

    A series with fewer than two values has no course and is left out.

    Args:
        recorded: from the ledger.
        verdicts: of the report that is being made.
        on: its date.
    """
    known = {(s.verdict, s.measure): s for s in recorded}
    found = [_extended(known, verdict, on) for verdict in verdicts]
    return tuple(s for group in found for s in group if sum(p.value is not None for p in s.points) > 1)


def _extended(known: dict[tuple[str, str], Series], verdict: Verdict, on: str) -> list[Series]:
    name = f"{verdict.component}/" * bool(verdict.component) + verdict.name
    wanted = [m for gate, m in HEADLINES if gate == verdict.gate and m in verdict.measures]
    return [_with(known[name, m], verdict.measures[m], on) for m in wanted if (name, m) in known]


def _with(series: Series, now: Measure, on: str) -> Series:
    points = (*series.points, Point("", on, now.value))
    return Series(series.verdict, series.measure, series.unit, series.better, points)
