"""Where a series of readings changed: E-divisive in windows, then a t-test on what is left.

Matteson and James, "A nonparametric approach for multiple change point analysis of multivariate data", JASA
109 (2014), find the split of a stretch that sets its sides apart the most by the energy distance, and ask by
permutation whether chance does as well; then the same in each part. Fleming and others, "Hunter: using change
point detection to hunt for performance regressions", ICPE (2023), do so in windows, with a weak test (here a
quick t-test, then the permutations), and then drop the weakest change points until what is left passes a
strict t-test between its neighbours; that finds two changes close to each other.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sluicegate.stats.quantiles import quantile
from sluicegate.stats.student import welch

ALPHA = 0.001
"""Of the t-test between the stretches before and after a change."""

WINDOW = 50
"""Readings that are looked at together."""

SHORTEST = 3
"""Readings between two changes, at least: one or two points are no level."""

_WEAK = 0.05
_SHUFFLES = 99
_SEED = 1


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """A change of level.

    Attributes:
        index: of the first reading after it.
        ratio: of the median up to the next change to that since the one before; above 1 is slower for times.
        p: of the t-test between these two stretches.
    """

    index: int
    ratio: float
    p: float


def change_points(values: Sequence[float], alpha: float = ALPHA, window: int = WINDOW) -> list[ChangePoint]:
    """The changes of level in a series, in order.

    It depends on the values alone: the permutations come from a fixed seed.

    Args:
        values: above zero, in the order of their commits.
        alpha: of the t-test that decides in the end.
        window: readings that are looked at together; windows overlap by half.

    Raises:
        ValueError: a value is not above zero.
    """
    if values and min(values) <= 0:
        raise ValueError("changes are looked for among values above zero")
    logs = [math.log(v) for v in values]
    kept = _merged(logs, sorted(_candidates(logs, window)), alpha)
    edges = [0, *(index for index, _ in kept), len(values)]
    levels = [quantile(values[a:b], 0.5) for a, b in pairwise(edges)] if values else []
    return [ChangePoint(index, b / a, p) for (index, p), (a, b) in zip(kept, pairwise(levels), strict=True)]


# --- E-divisive, in windows ---------------------------------------------------------------------


def _candidates(logs: Sequence[float], window: int) -> set[int]:
    rng = random.Random(_SEED)
    starts = range(0, max(len(logs) - window // 2, 1), max(window // 2, 1))
    return {start + place for start in starts for place in _divided(logs[start : start + window], rng)}


def _divided(stretch: Sequence[float], rng: random.Random) -> list[int]:
    """The places at which a stretch splits, again and again while chance would not do as well."""
    place, energy = _best_split(stretch)
    if not place or welch(stretch[:place], stretch[place:]) > _WEAK:
        return []
    if not _beyond_chance(stretch, energy, rng):
        return []
    right = [place + inner for inner in _divided(stretch[place:], rng)]
    return [*_divided(stretch[:place], rng), place, *right]


def _best_split(stretch: Sequence[float]) -> tuple[int, float]:
    """Where the energy distance between both sides, scaled by their sizes, is largest; 0 if nowhere.

    `ahead[k]` sums the distances of reading k to those before it. What joins the left side brings
    these to its inner sum, and takes its distances to the rest from the sum between the sides.
    """
    size = len(stretch)
    rows = [[abs(x - y) for y in stretch] for x in stretch]
    ahead = [sum(row[:k]) for k, row in enumerate(rows)]
    behind = [sum(row[k + 1 :]) for k, row in enumerate(rows)]
    left = list(accumulate(ahead, initial=0.0))
    total = left[-1]
    right = [total - part for part in accumulate(behind, initial=0.0)]
    splits = range(SHORTEST, size - SHORTEST + 1)
    energies = {cut: _energy(cut, size - cut, left[cut], right[cut], total) for cut in splits}
    best = max(energies, key=lambda cut: energies[cut], default=0)
    return best, energies.get(best, 0.0)


def _energy(m: int, n: int, left: float, right: float, total: float) -> float:
    """Formula 5 of Matteson and James with the exponent 1; `left` and `right` sum over pairs."""
    between = total - left - right
    return (2 * between - (n * 2 * left / (m - 1)) - (m * 2 * right / (n - 1))) / (m + n)


def _beyond_chance(stretch: Sequence[float], energy: float, rng: random.Random) -> bool:
    """Do few of the shuffled stretches split as well? It stops as soon as too many do."""
    allowed = math.floor(_WEAK * (_SHUFFLES + 1)) - 1
    shuffled = list(stretch)
    for _ in range(_SHUFFLES):
        rng.shuffle(shuffled)
        allowed -= _best_split(shuffled)[1] >= energy
        if allowed < 0:
            return False
    return True


# --- what is left -------------------------------------------------------------------------------


def _merged(logs: Sequence[float], places: Sequence[int], alpha: float) -> list[tuple[int, float]]:
    """The places that pass the t-test between their neighbours, the weakest dropped one by one."""
    kept = list(places)
    while True:
        edges = [0, *kept, len(logs)]
        ps = [welch(logs[a:b], logs[b:c]) for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)]
        if not ps or max(ps) <= alpha:
            return list(zip(kept, ps, strict=True))
        del kept[ps.index(max(ps))]
