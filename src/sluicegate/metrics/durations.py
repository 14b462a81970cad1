"""Thresholds of durations in the unit that a server's values have. Pure."""

from __future__ import annotations

import enum
from decimal import Decimal
from fractions import Fraction

from sluicegate.metrics.interface import MetricError
from sluicegate.policy.keys import Key
from sluicegate.policy.kinds import Choice


class Unit(enum.StrEnum):
    """Of durations."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


_A_SECOND = {Unit.SECONDS: 1, Unit.MILLISECONDS: 10**3, Unit.MICROSECONDS: 10**6, Unit.NANOSECONDS: 10**9}

UNIT_KEY = Key(Choice(options=Unit), "Unit of the durations: `s`, `ms`, `us` or `ns`.", Unit.SECONDS)


def threshold(over: Fraction, unit: Unit, where: str) -> str:
    """A threshold as a decimal number of a unit.

    Args:
        over: seconds.
        unit: of the server's values.
        where: names the query in errors.

    Raises:
        MetricError: it has no finite decimal form.
    """
    value = over * _A_SECOND[unit]
    number = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(number) != value:
        remedy = "Take a threshold such as 250ms or 2s."
        raise MetricError("the threshold is no decimal number", where=where, remedy=remedy)
    return f"{number.normalize():f}"
