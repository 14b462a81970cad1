"""Two groups of samples that were not measured in pairs: the rank test of Mann and Whitney."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

from sluicegate.stats.comparison import CONFIDENCE, Comparison, error_of
from sluicegate.stats.quantiles import quantile_of_sorted, thinned

MAX_EXACT = 900
"""Largest number of pairs for which the distribution of U is enumerated (some 10 ms). Above it the
normal approximation is good; in the tail that decides it errs towards a larger p, except among
heavy ties, where p may come out at half its value."""


def mann_whitney(a: Sequence[float], b: Sequence[float]) -> float:
    """The one-sided p of "b tends to be greater than a".

    U counts the pairs (one sample of each side) with that of b above that of a, ties by half: Mann and
    Whitney, "On a test of whether one of two random variables is stochastically larger than the other",
    Annals of Mathematical Statistics 18 (1947). p is the probability, if both had the same distribution, of
    one at least as large. Up to `MAX_EXACT` pairs it is exact, given the ties; otherwise normal, with the
    correction of the variance for ties (Lehmann, "Nonparametrics", section 1.4) and a continuity correction
    of one half. Samples that are all equal prove nothing: p is 1.

    Raises:
        ValueError: a side has no samples.
    """
    first, second = thinned(a), thinned(b)
    if not first or not second:
        raise ValueError("a rank test needs samples on both sides")
    doubled = sum(bisect.bisect_left(first, x) + bisect.bisect_right(first, x) for x in second)
    ties = [len(list(group)) for _, group in itertools.groupby(sorted((*first, *second)))]
    tail = _exact_tail if len(first) * len(second) <= MAX_EXACT else _normal_tail
    return tail(len(first), len(second), doubled, ties)


def _exact_tail(m: int, n: int, doubled: int, ties: Sequence[int]) -> float:
    """The share of all ways to deal the pooled samples whose doubled U is at least `doubled`.

    `ways[k]` counts the ways to deal k samples to the second side by their doubled sum of mean
    ranks (from 0): a polynomial whose coefficients are the digits of one integer, so that a
    group of ties is added by shifts and products. The smaller side is dealt: seen from below, with
    the sides exchanged, U is the same.
    """
    if n > m:
        return _exact_tail(n, m, doubled, ties[::-1])
    total = math.comb(m + n, n)
    digit = total.bit_length() + 1
    ways = [1] + [0] * n
    below = 0
    for tied in ties:
        rank = digit * (2 * below + tied - 1)
        for k in range(min(below + tied, n), 0, -1):
            ways[k] += sum(math.comb(tied, j) * ways[k - j] << rank * j for j in range(1, min(tied, k) + 1))
        below += tied
    tail = ways[n] >> digit * (doubled + n * (n - 1))
    return (tail % ((1 << digit) - 1)) / total  # the remainder by "all ones" is the sum of the digits


def _normal_tail(m: int, n: int, doubled: int, ties: Sequence[int]) -> float:
    size = m + n
    correction = sum(t**3 - t for t in ties) / (size * (size - 1)) if size > 1 else 0.0
    variance = m * n / 12 * (size + 1 - correction)
    if variance <= 0:
        return 1.0
    z = (doubled / 2 - m * n / 2 - 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


def compare(base: Sequence[float], head: Sequence[float], confidence: float = CONFIDENCE) -> Comparison:
    """The comparison of two groups of samples, each measured by itself.

    The size is the median of all ratios of a sample of the head to one of the base: Hodges and Lehmann,
    "Estimates of location based on rank tests", Annals of Mathematical Statistics 34 (1963), applied to
    logarithms. The bounds are those of all ratios that the distribution of U names (Moses; Hollander and
    Wolfe, "Nonparametric Statistical Methods", section 4.3). They know of the noise within each group, not
    of what differs between the two times at which they were measured.

    Raises:
        ValueError: a side has no samples, or a sample is not above zero.
    """
    first, second = thinned(base), thinned(head)
    if not first or not second or min(*first, *second) <= 0:
        raise ValueError("a ratio needs samples above zero on both sides")
    low = [math.log(x) for x in first]
    ratios = sorted(math.log(y) - x for y in second for x in low)
    reach = _bound_index(len(first), len(second), error_of(confidence))
    return Comparison(
        count=min(len(base), len(head)),
        ratio=math.exp(quantile_of_sorted(ratios, 0.5)),
        lower=math.exp(ratios[reach - 1]) if reach else 0.0,
        upper=math.exp(ratios[-reach]) if reach else math.inf,
        p_slower=mann_whitney(base, head),
        p_faster=mann_whitney(head, base),
    )


@lru_cache(maxsize=256)
def _bound_index(m: int, n: int, alpha: float) -> int:
    """How many of all ratios may lie outside a bound, with it; 0 where no bound is possible."""
    tail = _exact_tail if m * n <= MAX_EXACT else _normal_tail
    ties = (1,) * (m + n)
    smallest = bisect.bisect_left(range(m * n + 1), -alpha, key=lambda u: -tail(m, n, 2 * u, ties))
    return m * n - smallest + 1
