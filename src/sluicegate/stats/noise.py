"""What readings differ by when nothing changed: floors below which no difference counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sluicegate.stats.quantiles import quantile

ENOUGH = 8
"""The least number of differences for an estimate."""

_SHARE = 0.9
"""Of the differences lie within the floor: most commits change nothing, so that the few that do are
above it, and do not lift it."""


@dataclass(frozen=True, slots=True)
class MachineComparison:
    """How the same benchmark compares on two kinds of machine.

    Attributes:
        ratio: how many times as long it takes on the second one: the median over commits.
        floor: how far single commits are from that, relative, 0.05 for 5 %.
    """

    ratio: float
    floor: float


def floor_of_readings(values: Sequence[float]) -> float | None:
    """How far consecutive readings lie apart, relative; None when there are too few.

    Args:
        values: above zero, oldest first.
    """
    return floor_of_ratios([b / a for a, b in pairwise(values)])


def floor_of_ratios(ratios: Sequence[float]) -> float | None:
    """How far ratios lie from 1, either way, relative; None when there are too few."""
    if len(ratios) < ENOUGH:
        return None
    return math.expm1(quantile([abs(math.log(r)) for r in ratios], _SHARE))


def between_machines(pairs: Sequence[tuple[float, float]]) -> MachineComparison | None:
    """How two kinds of machine compare, by readings of the same commits; None when there are too few."""
    if len(pairs) < ENOUGH:
        return None
    logs = [math.log(b) - math.log(a) for a, b in pairs]
    middle = quantile(logs, 0.5)
    apart = quantile([abs(x - middle) for x in logs], _SHARE)
    return MachineComparison(math.exp(middle), math.expm1(apart))
