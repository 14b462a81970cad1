"""Factories for tests of criteria: a small vocabulary and measures in few words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sluicegate.core.model import Absence, Better, Measure
from sluicegate.core.statuses import Otherwise
from sluicegate.criteria import Criterion, Measures, MeasureSpec, Reference, Vocabulary, parse

SPECS: Mapping[str, MeasureSpec] = {
    spec.name: spec
    for spec in (
        MeasureSpec("total", "%", Better.HIGHER),
        MeasureSpec("patch.line", "%", Better.HIGHER),
        MeasureSpec("error_rate", "%", Better.LOWER),
        MeasureSpec("tests", "", Better.HIGHER),
        MeasureSpec("high", "", Better.LOWER),
        MeasureSpec("p95", "s", Better.LOWER),
        MeasureSpec("size", "B", Better.LOWER),
        MeasureSpec("throughput", "/s", Better.HIGHER),
    )
}

VOCABULARY = Vocabulary(
    SPECS, {"file": {"line": MeasureSpec("line", "%", Better.HIGHER)}, "benchmark": {"p95": SPECS["p95"]}}
)


def criterion(text: str, otherwise: Otherwise = Otherwise.BLOCK) -> Criterion:
    """The parsed text, over the vocabulary of this module."""
    return parse(text, VOCABULARY, otherwise=otherwise)


def measure(name: str, value: str | int | Fraction | None, **more: Any) -> Measure:
    """A measure of the vocabulary, `value` in its canonical unit; None is not measured."""
    spec = SPECS.get(name) or VOCABULARY.selectors["file"][name]
    absence = Absence.NOT_MEASURED if value is None else None
    fields: dict[str, Any] = {"absence": absence, **more}
    exact = None if value is None else Fraction(value)
    return Measure(name, exact, spec.unit, spec.better, **fields)


def plain(**values: str | int | Fraction | None) -> Measures:
    """Plain measures by name."""
    return Measures({name: measure(name, value) for name, value in values.items()})


def items(kind: str, name: str, values: Mapping[str, str | int | Fraction | None]) -> Measures:
    """One measure of several items: item name -> value."""
    return Measures(items={kind: {item: {name: measure(name, v)} for item, v in values.items()}})


def baseline(measures: Measures) -> Mapping[str, Reference]:
    """The measures as the reference `baseline`."""
    return {"baseline": Reference(measures)}
