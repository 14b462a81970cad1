"""The result of comparing two groups of samples, paired or not."""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.99
"""Of each bound, one-sided."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the head compares with the base, as factors: 1.1 is ten per cent slower.

    Attributes:
        count: pairs, or for unpaired samples those of the smaller side.
        ratio: the Hodges-Lehmann estimate.
        lower, upper: bounds that the true factor lies above, and below, each with the confidence
            asked for; 0 and infinity where there are too few samples for one.
        p_slower, p_faster: one-sided, of capped ranks where the samples are paired.
    """

    count: int
    ratio: float
    lower: float
    upper: float
    p_slower: float
    p_faster: float


def error_of(confidence: float) -> float:
    """The chance of being wrong that a confidence leaves: `1 - 0.9` is a little less than 0.1 in floats."""
    return round(1 - confidence, 12)
