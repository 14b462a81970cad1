"""What earlier commits measured: benchmark readings, as the gates are given them.

Plain values, no I/O: the ledger stores and hands over what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reading:
    """One benchmark on one commit.

    Attributes:
        commit: full object name.
        value: the median of its samples in seconds, or the central value that the tool states.
        spread: relative, the interquartile range divided by the median, 0.05 for 5 %; 0 when unknown.
        samples: how many; 0 when the tool states only statistics.
        ratio: where it was measured in pairs with its base, how many times as slow as that it came
            out; None otherwise. Most commits change nothing, so that these show what pairs differ by.
    """

    commit: str
    value: float
    spread: float = 0.0
    samples: int = 0
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkHistory:
    """The readings of the default branch, oldest first, by kind of machine and benchmark."""

    readings: Mapping[tuple[str, str], tuple[Reading, ...]] = field(default_factory=dict)

    def of(self, machine: str, benchmark: str) -> tuple[Reading, ...]:
        """The readings of a benchmark on a kind of machine; none when there are none."""
        return self.readings.get((machine, benchmark), ())
