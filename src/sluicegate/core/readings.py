"""What a run measured of a benchmark, in three numbers: what the ledger keeps of samples."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.fields import Amount, Count

LEAST, MOST = 1e-15, 1e18
"""What a measured figure lies between, in seconds, bytes or calls, unless it is zero: with these, nothing
that is computed of figures leaves the range of doubles."""


MAX_NAME = 500
"""Characters of a benchmark's name."""


def is_figure(value: float) -> bool:
    """Is it zero, or of a size that a measured figure can have?"""
    return value == 0 or LEAST <= value <= MOST


@dataclass(frozen=True, slots=True)
class Reading:
    """One benchmark in one run.

    Attributes:
        benchmark: its name.
        machine: what tells kinds of machine apart; empty when nothing is known of it.
        median: the central value, seconds a call.
        spread: the median absolute deviation, seconds; 0 where there are no samples.
        samples: how many there were; 0 where the tool gave statistics only.
        ratio: where it was measured in pairs with its base, how many times as slow as that it came
            out; most commits change nothing, so that these show what pairs differ by.
    """

    benchmark: str
    machine: str
    median: Amount
    spread: Amount
    samples: Count
    ratio: Amount | None = None

    @property
    def is_sound(self) -> bool:
        """Can this be what somebody measured?"""
        return (
            LEAST <= self.median <= MOST
            and 0 <= self.spread <= MOST
            and (self.ratio is None or LEAST / MOST <= self.ratio <= MOST / LEAST)
        )
