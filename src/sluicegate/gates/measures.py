"""Constructors for measures and tables, so that every gate writes absences, ratios and rests the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from sluicegate.core.model import Absence, Better, Measure, Table

T = TypeVar("T")


def count(name: str, value: int, better: Better = Better.LOWER) -> Measure:
    """A plain count."""
    return Measure(name, Fraction(value), "", better)


def number(name: str, value: Fraction, unit: str = "", better: Better = Better.LOWER) -> Measure:
    """A number in a canonical unit."""
    return Measure(name, value, unit, better)


def percentage(name: str, part: int, whole: int, *, empty: str, better: Better = Better.HIGHER) -> Measure:
    """`part` of `whole` per hundred, exact; not applicable, for the reason `empty`, of nothing."""
    if whole == 0:
        return not_applicable(name, empty, "%", better)
    return Measure(name, Fraction(100 * part, whole), "%", better, of=(part, whole))


def not_applicable(name: str, reason: str, unit: str = "", better: Better = Better.LOWER) -> Measure:
    """A measure that does not apply here."""
    return Measure(name, None, unit, better, absence=Absence.NOT_APPLICABLE, reason=reason)


def not_measured(name: str, reason: str, unit: str = "", better: Better = Better.LOWER) -> Measure:
    """A measure that applies and could not be taken."""
    return Measure(name, None, unit, better, absence=Absence.NOT_MEASURED, reason=reason)


def by_name(measures: Iterable[Measure]) -> dict[str, Measure]:
    """The measures as a mapping."""
    return {m.name: m for m in measures}


def table(
    title: str,
    columns: tuple[str, ...],
    align: str,
    items: Sequence[T],
    row: Callable[[T], tuple[str, ...]],
    limit: int = 15,
) -> tuple[Table, ...]:
    """A table of the first items, a row each, that says how many more there are; none without items."""
    rows = tuple(map(row, items[:limit]))
    return (Table(title, columns, rows, align, len(items) - len(rows)),) if items else ()
