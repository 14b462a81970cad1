"""Samples measured in pairs: signed ranks, and the factor that belongs to them.

A pair is one run of the base and one of the head, one after the other in random order. If the head is no
slower, either order of the two times was as likely, whatever the noise and its drift: the test is exact.

Of two runs on a busy machine one may have had a neighbour on its core. Such pairs differ by far more than the
rest, as often one way as the other, and hold the largest ranks of Wilcoxon's test, so that they hide a
slowdown that all others show. So large ranks count as the rank at a cap. That is as exact, loses little on
even noise, and is far stronger on such pairs (`make bench-accuracy` shows it).
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sluicegate.stats.comparison import CONFIDENCE, Comparison, error_of

MAX_EXACT_PAIRS = 50
"""Pairs up to which the distribution of the signed ranks is enumerated (some 10 ms, then remembered).
Above, it is taken as normal, which errs towards a larger p in the tail that decides."""

MAX_PAIRS = 3_000
"""Pairs that a comparison looks at; of more, evenly spread ones are taken, so that its cost is bounded."""

_DIGITS = 7
_PRECISION = 10.0**-_DIGITS / 4
"""A quarter of the last digit: the logarithm of a size or bound is rounded to `_DIGITS` digits."""


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

    Size and bounds are the test of `signed_rank` turned around (Hodges and Lehmann, "Estimates of location
    based on rank tests", Annals of Mathematical Statistics 34, 1963): the size is the shift of the
    log-ratios at which the test says neither slower nor faster, the bounds are those at which it just says
    so with the confidence asked for.

    Raises:
        ValueError: there is no pair, a sample has no partner, or one is not above zero.
    """
    differences = log_ratios(base, head)
    test = signed_rank(differences, capped=True)
    size, reach = _size(differences), _reach(len(differences), error_of(confidence))
    return Comparison(
        count=len(differences),
        ratio=math.exp(size),
        lower=math.exp(min(_lower(differences, reach), size)) if reach else 0.0,
        upper=math.exp(max(-_lower(_turned(differences), reach), size)) if reach else math.inf,
        p_slower=test.p_greater,
        p_faster=test.p_less,
    )


def log_ratios(base: Sequence[float], head: Sequence[float]) -> tuple[float, ...]:
    """The logarithm of each pair's ratio, of at most `MAX_PAIRS` pairs, in ascending order.

    Raises:
        ValueError: as of `compare`.
    """
    if not base or len(base) != len(head):
        raise ValueError("pairs need as many samples of the base as of the head, and at least one")
    if min(*base, *head) <= 0:
        raise ValueError("a ratio needs samples above zero")
    step = -(-len(base) // MAX_PAIRS)
    pairs = zip(base[::step], head[::step], strict=True)
    return tuple(sorted([math.log(y) - math.log(x) for x, y in pairs]))


# --- the test -----------------------------------------------------------------------------------


def signed_rank(differences: Sequence[float], *, capped: bool = False) -> SignedRank:
    """Wilcoxon's signed-rank test of "the differences tend to be above zero", and below.

    Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945). Ties share
    their mean rank, and the distribution is that of the ranks at hand. Zeros are ranked with the
    others and then left out, as Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank
    procedures", JASA 54 (1959). Differences that are all zero prove nothing: p is 1.

    Args:
        differences: finite; their order does not matter.
        capped: ranks above a cap, which depends on their number alone, count as the cap: one of the scores
            that Policello and Hettmansperger, "Adaptive robust procedures for the one-sample location
            problem", JASA 71 (1976), choose from by the heaviness of the tails.
    """
    ranks, positive = _signed_ranks(differences)
    if capped:
        cap = _doubled_cap(len(differences))
        ranks = [rank if rank < cap else cap for rank in ranks]
    doubled = sum(itertools.compress(ranks, positive))
    greater, less = _tails(ranks, (doubled, sum(ranks) - doubled))
    return SignedRank(doubled / 2, greater, less)


def _doubled_cap(pairs: int) -> int:
    """Twice the rank that no rank counts more than: the mean rank, and half of it for more pairs than can
    be enumerated, which are of runs so short that wild pairs are not rare."""
    return pairs + 1 if pairs <= MAX_EXACT_PAIRS else (pairs + 1) // 2


def _signed_ranks(differences: Sequence[float]) -> tuple[list[int], list[bool]]:
    """Twice the rank of each difference that is not zero, and whether it is positive."""
    sizes = sorted(abs(d) for d in differences)
    nonzero = [d for d in differences if d != 0]
    ranks = [
        bisect.bisect_left(sizes, abs(d)) + bisect.bisect_right(sizes, abs(d)) + 1 for d in nonzero
    ]  # of k equal sizes from place a: 2a + k + 1, twice the mean of a+1 ... a+k
    return ranks, [d > 0 for d in nonzero]


def _tails(ranks: Sequence[int], sums: Iterable[int]) -> list[float]:
    """The chance that the ranks, each taken or not by a fair coin, add up to each of the sums or more."""
    if len(ranks) <= MAX_EXACT_PAIRS:
        survival = _survival(tuple(sorted(ranks)))
        return [survival[doubled] for doubled in sums]
    total, squares = sum(ranks), sum([rank * rank for rank in ranks])
    return [_normal_tail(total, squares, doubled) for doubled in sums]


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


# --- the test turned around ---------------------------------------------------------------------


def _size(differences: Sequence[float]) -> float:
    """The shift at which slower and faster are equally likely: the middle, where it is a stretch."""
    more_than_half = sum(_capped_ranks(len(differences))) // 2 + 1
    return (_lower(differences, more_than_half) - _lower(_turned(differences), more_than_half)) / 2


def _lower(differences: Sequence[float], reach: int) -> float:
    """The largest shift above which the ranks add up to `reach`: as small as you like there are all."""
    low, high = differences[0] - 1, differences[-1] + 1
    while high - low > _PRECISION:
        middle = (low + high) / 2
        low, high = (middle, high) if _statistic(differences, middle) >= reach else (low, middle)
    return min(max(round((low + high) / 2, _DIGITS), differences[0]), differences[-1])


def _statistic(differences: Sequence[float], shift: float) -> int:
    """Twice the sum of the capped ranks of what lies above a shift: all count the cap, less what those that
    lie next to the shift fall short of it."""
    cap = _doubled_cap(len(differences))
    right = bisect.bisect_left(differences, shift)
    left, doubled = right - 1, cap * (len(differences) - right)
    for rank in range(2, min(cap, 2 * len(differences) + 1), 2):
        above = differences[right] - shift if right < len(differences) else math.inf
        below = shift - differences[left] if left >= 0 else math.inf
        if above <= below:
            doubled -= cap - rank
            right += 1
        else:
            left -= 1
    return doubled


def _turned(differences: Sequence[float]) -> tuple[float, ...]:
    return tuple(-d for d in reversed(differences))


@lru_cache(maxsize=64)
def _capped_ranks(pairs: int) -> tuple[int, ...]:
    """Twice the ranks of `pairs` differences without ties, none above the cap."""
    return tuple(min(2 * rank, _doubled_cap(pairs)) for rank in range(1, pairs + 1))


@lru_cache(maxsize=256)
def _reach(pairs: int, alpha: float) -> int:
    """The least doubled sum of ranks that has at most the probability `alpha`; 0 where none has."""
    ranks = _capped_ranks(pairs)
    sums = range(sum(ranks) + 1)
    least = bisect.bisect_left(sums, -alpha, key=lambda doubled: -_tails(ranks, [doubled])[0])
    return least if least < len(sums) else 0
