"""The rank test and the ratio, against exhaustive enumeration and published tables."""

import itertools
import math
import random
import statistics
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sluicegate.stats import unpaired
from sluicegate.stats.unpaired import compare, mann_whitney

sides = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=12)
distinct = st.lists(st.integers(1, 10**6), min_size=2, max_size=16, unique=True)


def pairs_above(a: Sequence[float], b: Sequence[float]) -> float:
    """U from its definition."""
    return sum(1.0 if y > x else 0.5 if y == x else 0.0 for x in a for y in b)


def enumerated(a: Sequence[float], b: Sequence[float]) -> float:
    """P(U at least as large) over all ways to deal the pooled samples to both sides."""
    pooled, observed = [*a, *b], pairs_above(a, b)
    larger = total = 0
    for chosen in itertools.combinations(range(len(pooled)), len(b)):
        second = [pooled[i] for i in chosen]
        first = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        larger += pairs_above(first, second) >= observed
        total += 1
    return larger / total


# --- the rank test ------------------------------------------------------------------------------


few = st.lists(st.integers(1, 4) | st.integers(1, 10**6), min_size=1, max_size=5)


@given(few, few)
def test_p_is_exact_for_small_samples_with_ties_or_without(a: list[int], b: list[int]) -> None:
    assert mann_whitney(a, b) == pytest.approx(enumerated(a, b), abs=1e-12)


def test_ties_among_many_samples_are_counted_exactly() -> None:
    slow_ones_are_all_here = math.comb(20, 5) / math.comb(40, 5)
    assert mann_whitney([1] * 20, [1] * 15 + [2] * 5) == pytest.approx(slow_ones_are_all_here)


# One-sided 5 % and 1 % points of U as tables print them: at most `low` pairs the wrong way are
# significant, `low + 1` are not.
CRITICAL = [
    (3, 3, 0.05, 0), (4, 4, 0.05, 1), (5, 5, 0.05, 4), (5, 5, 0.01, 1), (6, 6, 0.05, 7), (7, 7, 0.05, 11),
    (8, 8, 0.05, 15), (8, 8, 0.01, 9), (10, 10, 0.05, 27), (10, 10, 0.01, 19), (12, 12, 0.05, 42),
    (15, 15, 0.05, 72), (20, 20, 0.05, 138), (20, 20, 0.01, 114), (5, 10, 0.05, 11), (10, 20, 0.05, 62),
]  # fmt: skip


@pytest.mark.parametrize(("m", "n", "level", "low"), CRITICAL)
def test_critical_values_are_those_of_the_tables(m: int, n: int, level: float, low: int) -> None:
    assert p_of_wrong_pairs(m, n, low) <= level < p_of_wrong_pairs(m, n, low + 1)


def p_of_wrong_pairs(m: int, n: int, wrong: int) -> float:
    """p of two sides in which exactly `wrong` pairs have the second below the first."""
    a, b = [float(i) for i in range(m)], [float(m + i) for i in range(n)]
    position = 0
    while wrong:
        down = min(wrong, m)
        b[position] = m - down - 0.5 + position * 0.01 / n
        wrong -= down
        position += 1
    return mann_whitney(a, b)


@given(distinct, st.data())
def test_p_is_symmetric(pooled: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(pooled) - 1))
    a, b = pooled[:cut], pooled[cut:]
    mirrored = mann_whitney([-x for x in b], [-x for x in a])
    there, back = mann_whitney(a, b), mann_whitney(b, a)
    assert mirrored == pytest.approx(there, abs=1e-12)
    assert there + back >= 1 - 1e-9  # both count what was observed


@given(sides, sides, st.randoms(use_true_random=False))
def test_order_does_not_matter(a: list[float], b: list[float], rng: random.Random) -> None:
    assert mann_whitney(rng.sample(a, len(a)), rng.sample(b, len(b))) == mann_whitney(a, b)


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=12),
    st.lists(st.integers(1, 50), min_size=1, max_size=12),
)
def test_only_ranks_matter(a: list[int], b: list[int]) -> None:
    cubed = mann_whitney([x**3 - 7 for x in a], [x**3 - 7 for x in b])
    assert cubed == mann_whitney(a, b)


@given(distinct, st.data())
def test_greater_samples_are_never_less_significant(pooled: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(pooled) - 1))
    a, b = pooled[:cut], pooled[cut:]
    shift = data.draw(st.integers(0, 10**6))
    moved = [x + shift for x in b]
    assume(not set(moved) & set(a))
    assert mann_whitney(a, moved) <= mann_whitney(a, b) + 1e-12


@pytest.mark.parametrize(("m", "n"), [(3, 3), (4, 5), (2, 7)])
def test_under_the_null_p_is_never_too_small(m: int, n: int) -> None:
    deals = list(itertools.combinations(range(m + n), n))
    ps = [mann_whitney([i for i in range(m + n) if i not in d], list(d)) for d in deals]
    for level in sorted(set(ps)):
        assert sum(p <= level for p in ps) / len(ps) == pytest.approx(level)


def test_among_many_ties_the_approximation_is_within_a_factor_of_three() -> None:
    exact = math.comb(100, 7) / math.comb(200, 7)
    assert exact / 3 < mann_whitney([1] * 100, [1] * 93 + [2] * 7) < exact * 3


def test_samples_that_are_all_equal_prove_nothing() -> None:
    assert mann_whitney([1.0] * 30, [1.0] * 30) == 1.0
    assert mann_whitney([1.0], [1.0]) == 1.0


@pytest.mark.parametrize(("m", "n"), [(31, 31), (10, 100), (100, 10), (5, 200)])
def test_the_approximation_is_close_and_careful(m: int, n: int) -> None:
    for u in range(0, m * n + 1, m * n // 20):
        exact = unpaired._exact_tail(m, n, 2 * u, [1] * (m + n))
        approximate = unpaired._normal_tail(m, n, 2 * u, [1] * (m + n))
        assert approximate == pytest.approx(exact, abs=0.006)
        assert exact > 0.01 or approximate >= exact


def test_a_side_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="samples on both sides"):
        mann_whitney([], [1.0])


def test_a_million_samples_take_no_time_to_speak_of() -> None:
    a = [1 + (i * 7919 % 1000) / 1000 for i in range(200_000)]
    assert mann_whitney(a, [x * 1.2 for x in a]) < 1e-6


# --- the ratio ----------------------------------------------------------------------------------


@given(sides, st.floats(0.1, 10))
def test_a_factor_is_found(a: list[float], factor: float) -> None:
    found = compare(a, [x * factor for x in a])
    assert found.ratio == pytest.approx(factor, rel=1e-9)


@given(sides, sides)
def test_the_ratio_is_the_median_of_all_ratios(a: list[float], b: list[float]) -> None:
    expected = math.exp(statistics.median(math.log(y / x) for x in a for y in b))
    assert compare(a, b).ratio == pytest.approx(expected, rel=1e-9)


@given(sides, sides, st.floats(0.6, 0.999))
def test_the_bounds_hold_the_ratio_between_them(a: list[float], b: list[float], confidence: float) -> None:
    found = compare(a, b, confidence)
    assert found.lower <= found.ratio * (1 + 1e-12)
    assert found.ratio <= found.upper * (1 + 1e-12)


def test_a_p_that_is_just_small_enough_has_its_bound() -> None:
    found = compare([1.0], [float(n) for n in range(2, 11)], 0.9)
    assert found.p_slower == pytest.approx(0.1)
    assert found.lower == pytest.approx(2)


@given(distinct, st.sampled_from([0.9, 0.95, 0.99]), st.data())
def test_the_lower_bound_is_above_one_exactly_when_the_test_says_slower(
    pooled: list[int], confidence: float, data: st.DataObject
) -> None:
    """Without ties the bound is the test turned around."""
    cut = data.draw(st.integers(1, len(pooled) - 1))
    found = compare(pooled[:cut], pooled[cut:], confidence)
    assert (found.lower > 1) == (found.p_slower <= 1 - confidence + 1e-12)


def test_the_bounds_cover_the_truth_as_often_as_they_say() -> None:
    rng = random.Random(5)
    covered = 0
    for _ in range(300):
        a = [rng.lognormvariate(0, 0.2) for _ in range(12)]
        b = [1.1 * rng.lognormvariate(0, 0.2) for _ in range(15)]
        covered += compare(a, b, 0.95).lower < 1.1
    assert 0.915 <= covered / 300 <= 0.985


@given(sides, sides)
def test_the_ratio_turns_over(a: list[float], b: list[float]) -> None:
    assert compare(a, b).ratio * compare(b, a).ratio == pytest.approx(1)


def test_one_slow_sample_does_not_move_the_ratio() -> None:
    assert compare([1.0] * 20, [1.0] * 19 + [1000.0]).ratio == 1.0


@pytest.mark.parametrize(("a", "b"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([1.0], [-1.0])])
def test_a_ratio_needs_samples_above_zero(a: list[float], b: list[float]) -> None:
    with pytest.raises(ValueError, match="above zero"):
        compare(a, b)
