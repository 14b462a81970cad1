"""Order statistics: quantiles, and samples thinned to a bounded number."""

from __future__ import annotations

import math
from collections.abc import Sequence

MAX_SAMPLES = 300
"""Samples a side that a comparison looks at; more are thinned, so that its cost is bounded."""


def quantile(samples: Sequence[float], q: float) -> float:
    """The quantile by linear interpolation between order statistics.

    Definition 7 of Hyndman and Fan, "Sample quantiles in statistical packages", The American
    Statistician 50 (1996), which is also NumPy's default.

    Args:
        samples: at least one.
        q: from 0 (the minimum) to 1 (the maximum).

    Raises:
        ValueError: there are no samples, or `q` is outside its range.
    """
    if not samples or not 0 <= q <= 1:
        raise ValueError("a quantile needs samples and a q from 0 to 1")
    return quantile_of_sorted(sorted(samples), q)


def quantile_of_sorted(ordered: Sequence[float], q: float) -> float:
    """`quantile` of samples that are already in ascending order."""
    place = q * (len(ordered) - 1)
    below = min(math.floor(place), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    low, high, part = ordered[below], ordered[above], place - below
    if low == high or part == 0:
        return low
    return low * (1 - part) + high * part  # no overflow of high - low, and never outside of both


def thinned(samples: Sequence[float]) -> tuple[float, ...]:
    """At most `MAX_SAMPLES` of the samples, in ascending order: evenly spread order statistics.

    It depends on the values alone, not on their order or on chance, and keeps the quantiles.
    """
    ordered = sorted(samples)
    if len(ordered) <= MAX_SAMPLES:
        return tuple(ordered)
    step = (len(ordered) - 1) / (MAX_SAMPLES - 1)
    return tuple(ordered[round(i * step)] for i in range(MAX_SAMPLES))
