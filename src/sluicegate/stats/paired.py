"""Samples measured in pairs: signed ranks, and the factor that belongs to them.

A pair is one sample of the base and one of the head, taken one after the other in random order. If
the head is no slower, either order of the two was as likely, whatever the noise and however it
drifts: the test is exact without a word about distributions.

What a busy machine does to a pair is rare and large: a few pairs differ by far more than the rest, as
often one way as the other, and hold the largest ranks of Wilcoxon's test, so that two or three of
them hide a slowdown that all others show. Comparisons therefore count every rank above the mean rank
as the mean rank. That is as exact, loses little on even noise, and is far stronger on such pairs
(`make bench-accuracy` shows it).
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sluicegate.stats.comparison import CONFIDENCE, Comparison, error_of
from sluicegate.stats.quantiles import quantile_of_sorted, thinned

MAX_EXACT_PAIRS = 50
"""Pairs up to which the distribution of the signed ranks is enumerated (some 10 ms, then remembered).
Above, it is taken as normal, which errs towards a larger p in the tail that decides."""


@dataclass(frozen=True, slots=True)
class SignedRank:
    """The outcome of the signed-rank test.

    Attributes:
        statistic: the sum of the ranks of the positive differences.
        p_greater: the probability, if every sign were a fair coin, of a sum at least as large.
        p_less: of one at most as large.
    """

    statistic: float
    p_greater: float
    p_less: float


def compare(base: Sequence[float], head: Sequence[float], confidence: float = CONFIDENCE) -> Comparison:
    """The comparison of pairs: sample i of the base was measured together with sample i of the head.

    The size is the median of the Walsh averages of the log-ratios (Hodges and Lehmann, 1963), and
    the bounds are those of its order statistics that the signed-rank distribution names (Tukey;
    Hollander and Wolfe, "Nonparametric Statistical Methods", section 3.3). With ties the bounds
    are careful: they hold with at least the confidence asked for.

    Raises:
        ValueError: there is no pair, a sample has no partner, or one is not above zero.
    """
    differences = log_ratios(base, head)
    test = signed_rank(differences, capped=True)
    averages = walsh_averages(differences)
    reach = _bound_index(len(differences), error_of(confidence))
    return Comparison(
        count=len(differences),
        ratio=math.exp(quantile_of_sorted(averages, 0.5)),
        lower=math.exp(averages[reach - 1]) if reach else 0.0,
        upper=math.exp(averages[-reach]) if reach else math.inf,
        p_slower=test.p_greater,
        p_faster=test.p_less,
    )


def log_ratios(base: Sequence[float], head: Sequence[float]) -> tuple[float, ...]:
    """The logarithm of each pair's ratio, thinned to at most `MAX_SAMPLES`, in ascending order.

    Raises:
        ValueError: as of `compare`.
    """
    if not base or len(base) != len(head):
        raise ValueError("pairs need as many samples of the base as of the head, and at least one")
    if min(*base, *head) <= 0:
        raise ValueError("a ratio needs samples above zero")
    return thinned([math.log(y) - math.log(x) for x, y in zip(base, head, strict=True)])


def signed_rank(differences: Sequence[float], *, capped: bool = False) -> SignedRank:
    """Wilcoxon's signed-rank test of "the differences tend to be above zero", and below.

    Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945). Ties share
    their mean rank, and the distribution is that of the ranks at hand. Zeros are ranked with the
    others and then left out, as Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank
    procedures", JASA 54 (1959). Differences that are all zero prove nothing: p is 1.

    Args:
        differences: finite; their order does not matter.
        capped: ranks above the mean rank count as the mean rank: one of the scores that Policello and
            Hettmansperger, "Adaptive robust procedures for the one-sample location problem", JASA 71
            (1976), choose from by the heaviness of the tails.
    """
    ranks, positive = _signed_ranks(differences)
    if capped:
        ranks = [min(rank, len(differences) + 1) for rank in ranks]
    doubled = sum(rank for rank, above in zip(ranks, positive, strict=True) if above)
    greater = _tail(tuple(sorted(ranks)), doubled)
    less = _tail(tuple(sorted(ranks)), sum(ranks) - doubled)
    return SignedRank(doubled / 2, greater, less)


def walsh_averages(values: Sequence[float]) -> list[float]:
    """The means of all pairs of values, each with itself too, in ascending order."""
    return sorted((x + y) / 2 for x, y in itertools.combinations_with_replacement(values, 2))


def _signed_ranks(differences: Sequence[float]) -> tuple[list[int], list[bool]]:
    """Twice the rank of each difference that is not zero, and whether it is positive."""
    sizes = sorted(abs(d) for d in differences)
    nonzero = [d for d in differences if d != 0]
    ranks = [
        bisect.bisect_left(sizes, abs(d)) + bisect.bisect_right(sizes, abs(d)) + 1 for d in nonzero
    ]  # of k equal sizes from place a: 2a + k + 1, twice the mean of a+1 ... a+k
    return ranks, [d > 0 for d in nonzero]


def _tail(ranks: tuple[int, ...], doubled: int) -> float:
    """The chance that the ranks, each taken or not by a fair coin, add up to `doubled` or more."""
    if len(ranks) <= MAX_EXACT_PAIRS:
        return _survival(ranks)[doubled]
    return _normal_tail(sum(ranks), sum(r * r for r in ranks), doubled)


@lru_cache(maxsize=256)
def _survival(ranks: tuple[int, ...]) -> tuple[float, ...]:
    """At place t the share of all subsets of the ranks whose sum is at least t."""
    ways = [1]
    for rank in ranks:
        shifted = [0] * rank + ways
        ways += [0] * rank
        ways = [a + b for a, b in zip(ways, shifted, strict=True)]
    total = 1 << len(ranks)
    return tuple(n / total for n in itertools.accumulate(reversed(ways)))[::-1]


def _normal_tail(total: int, squares: int, doubled: int) -> float:
    """Of doubled ranks: their sum has the mean total / 2 and the variance squares / 4."""
    z = (doubled - total / 2 - 1) / math.sqrt(squares / 4)  # 1 is the half step, doubled
    return 0.5 * math.erfc(z / math.sqrt(2))


@lru_cache(maxsize=256)
def _bound_index(pairs: int, alpha: float) -> int:
    """How many Walsh averages may lie outside a bound, with it: 0 where no bound is possible.

    The largest k for which a sum of signed ranks below k has at most the probability `alpha`.
    """
    ranks = tuple(range(2, 2 * pairs + 1, 2))
    averages = pairs * (pairs + 1) // 2
    smallest = bisect.bisect_left(range(averages + 1), -alpha, key=lambda t: -_tail(ranks, 2 * t))
    return averages - smallest + 1
