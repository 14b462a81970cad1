"""Working with series: a measure over the recorded commits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise

from sluicegate.core.model import Point, Series, Verdict
from sluicegate.history.entries import History, is_of_gate

Charted = Iterable[tuple[str, str]]
"""Gate and measure of what a report shows the course of, in its order."""

POINTS = 50
"""Recorded commits that a series goes back at the most."""

MAX_SERIES = 40
"""Series of one report at the most; a monorepo has hundreds of measures."""


def of_history(history: History, verdict: str, measure: str) -> Series | None:
    """The recorded values of a measure, a point a commit; None when it was never recorded.

    What another unit or direction had is another measure, and left out.
    """
    found = [(e, e.measures.get(verdict, {}).get(measure)) for e in history.latest()]
    newest = next((m for _, m in reversed(found) if m is not None), None)
    if newest is None:
        return None
    kind = (newest.unit, newest.better)
    points = tuple(
        Point(
            e.commit,
            e.on,
            m.value if m and (m.unit, m.better) == kind else None,
        )
        for e, m in found
    )
    return Series(verdict, measure, *kind, points)


def latest(series: Series) -> Fraction | None:
    """The newest value; None without one."""
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
    parts = (points[a:b] for a, b in pairwise(edges))
    return tuple(next((p for p in reversed(part) if p.value is not None), part[-1]) for part in parts)


def with_now(history: History, verdicts: Iterable[Verdict], on: str, charted: Charted) -> tuple[Series, ...]:
    """The headline series of the gates that were judged on the date `on` (`YYYY-MM-DD`), the value now last.

    A series with fewer than two values has no course and is left out. `history` is what was recorded before,
    `charted` what has a course.
    """
    found = (series for verdict in verdicts for series in _extended(history, verdict, on, charted))
    return tuple(islice((s for s in found if sum(p.value is not None for p in s.points) > 1), MAX_SERIES))


def _extended(history: History, verdict: Verdict, on: str, charted: Charted) -> Iterator[Series]:
    for gate, name in charted:
        now = verdict.measures.get(name)
        if gate != verdict.gate or now is None:
            continue
        series = of_history(history, verdict.full_name, name)
        if series is not None and (series.unit, series.better) == (now.unit, now.better):
            yield replace(series, points=(*series.points[-POINTS:], Point("", on, now.value)))


def headlines(history: History, charted: Charted) -> tuple[Series, ...]:
    """The headline series of everything that was ever recorded, in the order of `charted`."""
    verdicts = history.names()
    found = (of_history(history, v, name) for gate, name in charted for v in verdicts if is_of_gate(v, gate))
    return tuple(filter(None, found))


def named(history: History, name: str, charted: Charted) -> Series | None:
    """The series of this name, `coverage.total`; the gate alone names its first headline.

    Returns:
        None where nothing of that name was recorded.
    """
    for verdict, measures in history.names().items():
        for measure in measures:
            if f"{verdict}.{measure}" == name:
                return of_history(history, verdict, measure)
    return next((s for s in headlines(history, charted) if s.verdict == name), None)


def names(history: History) -> list[str]:
    """Every name that `named` takes, for suggestions; those of single files and benchmarks last."""
    found = [f"{verdict}.{m}" for verdict, measures in history.names().items() for m in measures]
    return sorted(found, key=lambda name: ("[" in name, name))
