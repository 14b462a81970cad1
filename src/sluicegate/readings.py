"""What a run measured of a benchmark, in three numbers: what the ledger keeps of samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One benchmark in one run.

    Attributes:
        benchmark: its name.
        machine: what tells kinds of machine apart; empty when nothing is known of it.
        median: the central value, seconds a call.
        spread: the median absolute deviation, seconds; 0 where there are no samples.
        samples: how many there were; 0 where the tool gave statistics only.
    """

    benchmark: str
    machine: str
    median: float
    spread: float
    samples: int
