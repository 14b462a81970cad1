"""Series as text: `80 81.5 - 82c` is three values and a gap, the last one carried forward."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from sluicegate.core.model import Better, Measure, Point, Series, Verdict
from sluicegate.core.statuses import GateStatus

FIRST = date(2026, 10, 1)


def series(
    text: str,
    *,
    verdict: str = "coverage",
    measure: str = "total",
    unit: str = "%",
    better: Better = Better.HIGHER,
) -> Series:
    """One point a day; commits are numbered."""
    points = [_point(number, word) for number, word in enumerate(text.split())]
    return Series(verdict, measure, unit, better, tuple(points))


def _point(number: int, word: str) -> Point:
    value = None if word == "-" else Fraction(word.removesuffix("c"))
    return Point(f"{number + 1:040x}", str(FIRST + timedelta(number)), value, word.endswith("c"))


def judged(name: str, status: GateStatus = GateStatus.PASS, **measures: int) -> Verdict:
    """A verdict with these percentages: `api/tests.unit` is of a component and a suite."""
    component, _, rest = name.rpartition("/")
    gate, _, suite = rest.partition(".")
    found = percentages(measures)
    return Verdict(gate, status, True, "", suite or None, component or None, measures=found)


def percentages(values: Mapping[str, int]) -> dict[str, Measure]:
    """Measures by name."""
    return {name: Measure(name, Fraction(value), "%", Better.HIGHER) for name, value in values.items()}
