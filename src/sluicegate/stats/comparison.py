"""The result of comparing two groups of samples, and p-values of several corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

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


def holm(p_values: Mapping[str, float], family: int = 0) -> dict[str, float]:
    """Holm's adjusted p-values: below alpha are those that may be called proven together.

    The chance of one or more false ones among them is then at most alpha, however the questions
    depend on each other. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics 6 (1979).

    Args:
        p_values: by name.
        family: how many questions were asked, where that is more than are answered here.
    """
    names = sorted(p_values, key=lambda name: p_values[name])
    size = max(family, len(names))
    scaled = (min(p_values[name] * (size - i), 1.0) for i, name in enumerate(names))
    return dict(zip(names, accumulate(scaled, max), strict=True))
