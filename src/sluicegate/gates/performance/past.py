"""The history of a benchmark: its readings, their noise, and what machines differ by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluicegate.history.entries import ReadingPoint
from sluicegate.stats.noise import MachineComparison, between_machines, floor_of_ratios, floor_of_readings

LEAST_FLOOR = 0.01
"""However quiet a history is, differences up to 1 % are no regressions."""

READINGS = 200
"""The latest readings that are looked at."""


Past = Mapping[tuple[str, str], Sequence[ReadingPoint]]
"""By name of the benchmark and kind of machine, `History.by_benchmark`: made once for all benchmarks."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one benchmark on one kind of machine, oldest first.

    Attributes:
        commits: full object names.
        values: central values, in the unit of the samples.
        ratios: of those that were measured in pairs with their base, to that.
    """

    commits: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()

    @property
    def floor(self) -> float | None:
        """How far consecutive readings lie apart, relative; None when there are too few."""
        return _at_least(floor_of_readings(self.values))

    @property
    def floor_of_pairs(self) -> float | None:
        """How far pairs lie from 1, relative; None when there are too few."""
        return _at_least(floor_of_ratios(self.ratios))


def _at_least(floor: float | None) -> float | None:
    return None if floor is None else max(floor, LEAST_FLOOR)


def readings(history: Past, benchmark: str, machine: str) -> Readings:
    """The latest readings of a benchmark on a kind of machine."""
    points = [p for p in history.get((benchmark, machine), ()) if p.reading.median > 0][-READINGS:]
    ratios = [p.reading.ratio for p in points]
    return Readings(
        tuple(p.commit for p in points),
        tuple(p.reading.median for p in points),
        tuple(ratio for ratio in ratios if ratio is not None),
    )


def between(history: Past, benchmark: str, here: str, there: str) -> MachineComparison | None:
    """How a benchmark compares on two kinds of machine, by the commits that both have measured."""
    first, second = readings(history, benchmark, here), readings(history, benchmark, there)
    by_commit = dict(zip(first.commits, first.values, strict=True))
    both = dict(zip(second.commits, second.values, strict=True))
    return between_machines([(by_commit[commit], both[commit]) for commit in by_commit if commit in both])
