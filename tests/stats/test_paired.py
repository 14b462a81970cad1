"""Signed ranks, their bounds and their size, against SciPy and enumeration."""

import itertools
import math
import random
import statistics
from collections.abc import Sequence

import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluicegate.stats import paired
from sluicegate.stats.comparison import Comparison
from sluicegate.stats.paired import MAX_EXACT_PAIRS, MAX_PAIRS, compare, log_ratios, signed_rank
from support.examples import at_most

times = st.floats(1e-6, 1e3)
pairs = st.lists(st.tuples(times, times), min_size=1, max_size=25)
tied = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=9)
signs = st.lists(st.sampled_from([-1, 1]), min_size=1, max_size=40)


def of(both: Sequence[tuple[float, float]], confidence: float = 0.99) -> Comparison:
    return compare([x for x, _ in both], [y for _, y in both], confidence)


def normal(seed: int, size: int, shift: float = 0.0) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(shift, 1) for _ in range(size)]


# --- the test -----------------------------------------------------------------------------------


@given(signs)
def test_p_is_scipys_without_ties(coins: list[int]) -> None:
    differences = [sign * (i + 1.0) for i, sign in enumerate(coins)]
    expected = scipy.stats.wilcoxon(differences, alternative="greater", method="exact")
    found = signed_rank(differences)
    assert found.statistic == expected.statistic
    assert found.p_greater == pytest.approx(expected.pvalue, rel=1e-9)


@settings(max_examples=at_most(40), deadline=None)
@given(tied.filter(lambda d: len(d) > 1 and any(d)))
def test_p_is_scipys_permutation_test_with_ties_and_pratts_zeros(differences: list[float]) -> None:
    every = scipy.stats.PermutationMethod(n_resamples=2**12)
    expected = scipy.stats.wilcoxon(differences, alternative="greater", zero_method="pratt", method=every)
    assert signed_rank(differences).p_greater == pytest.approx(expected.pvalue, abs=1e-12)


@given(tied)
def test_p_is_the_share_of_all_signs_that_go_as_far(differences: list[float]) -> None:
    sizes = [abs(d) for d in differences]
    observed = signed_rank(differences).statistic
    flips = itertools.product([-1, 1], repeat=len(sizes))
    sums = [signed_rank([s * d for s, d in zip(flip, sizes, strict=True)]).statistic for flip in flips]
    expected = sum(t >= observed for t in sums) / len(sums)
    assert signed_rank(differences).p_greater == pytest.approx(expected)


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.5, 0.8])
def test_many_pairs_are_taken_as_normal_and_carefully(shift: float) -> None:
    differences = normal(1, paired.MAX_EXACT_PAIRS + 20, shift)
    exact = scipy.stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
    corrected = scipy.stats.wilcoxon(
        differences, alternative="greater", correction=True, method="approx"
    ).pvalue
    found = signed_rank(differences).p_greater
    assert found == pytest.approx(corrected, rel=1e-9)
    assert found >= exact or exact > 0.01


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_p_turns_over_with_the_differences(differences: list[float]) -> None:
    there, back = signed_rank(differences), signed_rank([-d for d in differences])
    assert there.p_greater == back.p_less
    assert there.p_greater + there.p_less >= 1 - 1e-12  # both count what was observed


untied = st.lists(st.integers(-60, 60), min_size=1, max_size=9, unique_by=abs)


@pytest.mark.parametrize("is_capped", [False, True])
@given(untied, st.data())
def test_a_larger_difference_never_gives_a_larger_p(
    is_capped: bool, differences: list[int], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(differences) - 1))
    more = list(differences)
    more[place] += data.draw(st.integers(0, 60))
    assume(0 not in more and len({abs(d) for d in more}) == len(more) and 0 not in differences)
    there, then = (signed_rank(d, capped=is_capped).p_greater for d in (differences, more))
    assert then <= there + 1e-12


def test_differences_that_are_all_zero_prove_nothing() -> None:
    assert signed_rank([0.0] * 30).p_greater == signed_rank([0.0] * 30).p_less == 1.0


@pytest.mark.parametrize("size", [5, 10, 14])
def test_the_smallest_p_is_that_of_all_signs_alike(size: int) -> None:
    assert signed_rank(range(1, size + 1)).p_greater == 2.0**-size


def test_under_the_null_p_is_uniform() -> None:
    """Over all signs, p is at most any level exactly as often as its distribution can be."""
    ranks = range(1, 11)
    flips = itertools.product([-1, 1], repeat=10)
    ps = [signed_rank([s * r for s, r in zip(flip, ranks, strict=True)]).p_greater for flip in flips]
    for level in sorted(set(ps)):
        assert sum(p <= level for p in ps) / len(ps) == pytest.approx(level)


# --- capped ranks -------------------------------------------------------------------------------


def capped(differences: Sequence[float]) -> float:
    return signed_rank(differences, capped=True).p_greater


@given(tied)
def test_capped_ranks_are_as_exact(differences: list[float]) -> None:
    sizes = [abs(d) for d in differences]
    observed = signed_rank(differences, capped=True).statistic
    flips = itertools.product([-1, 1], repeat=len(sizes))
    signed = ([s * d for s, d in zip(flip, sizes, strict=True)] for flip in flips)
    sums = [signed_rank(d, capped=True).statistic for d in signed]
    assert capped(differences) == pytest.approx(sum(t >= observed for t in sums) / len(sums))


def test_no_rank_counts_more_than_the_mean_rank() -> None:
    assert signed_rank([1.0, 2.0, 3.0, 4.0, 5.0], capped=True).statistic == 1 + 2 + 3 + 3 + 3


def test_of_more_pairs_than_are_enumerated_none_counts_more_than_half_the_mean_rank() -> None:
    size = MAX_EXACT_PAIRS + 9
    differences = [float(n) for n in range(1, size + 1)]
    expected = sum(min(n, (size + 1) / 4) for n in differences)
    assert signed_rank(differences, capped=True).statistic == expected


def test_where_a_neighbour_slows_every_other_run_hundreds_of_pairs_still_show_it() -> None:
    rng = random.Random(3)
    logs = [
        rng.gauss(0.05, 0.07) + 0.65 * (rng.random() < 0.6) - 0.65 * (rng.random() < 0.6) for _ in range(600)
    ]
    assert capped(logs) < 0.02 * signed_rank(logs).p_greater


def test_two_pairs_far_off_hide_less_from_capped_ranks() -> None:
    differences = [*(0.05 + i / 1000 for i in range(18)), -0.8, -0.9]
    assert signed_rank(differences).p_greater > 3e-3
    assert capped(differences) < 1e-3


# --- size and bounds ----------------------------------------------------------------------------


@given(pairs)
def test_nothing_is_left_where_the_size_is_taken_away(both: list[tuple[float, float]]) -> None:
    size = of(both).ratio
    assert of([(x * size, y) for x, y in both]).ratio == pytest.approx(1, abs=1e-6)


def test_of_even_noise_the_size_is_close_to_the_median_of_the_walsh_averages() -> None:
    logs = [d / 100 for d in normal(2, 200, shift=0.5)]
    averages = [(a + b) / 2 for i, a in enumerate(logs) for b in logs[i:]]
    found = compare([1.0] * len(logs), [math.exp(d) for d in logs])
    assert math.log(found.ratio) == pytest.approx(statistics.median(averages), abs=0.001)


@given(pairs, st.floats(0.5, 0.999))
def test_the_bounds_hold_the_size_between_them(both: list[tuple[float, float]], confidence: float) -> None:
    found = of(both, confidence)
    assert found.lower <= found.ratio * (1 + 1e-12)
    assert found.ratio <= found.upper * (1 + 1e-12)


@given(pairs)
def test_more_confidence_widens_the_bounds(both: list[tuple[float, float]]) -> None:
    wide, narrow = of(both, 0.999), of(both, 0.9)
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


@given(signs, st.sampled_from([0.9, 0.95, 0.99, 0.999]))
def test_the_lower_bound_is_above_one_exactly_when_the_test_says_slower(
    coins: list[int], confidence: float
) -> None:
    """Without ties the bound is the test turned around."""
    logs = [sign * (i + 1.3) / 100 for i, sign in enumerate(coins)]
    found = compare([1.0] * len(logs), [math.exp(x) for x in logs], confidence)
    assert (found.lower > 1) == (capped(logs) <= 1 - confidence + 1e-12)


def test_of_hundreds_of_pairs_too() -> None:
    for shift in (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        logs = normal(4, 300, shift)
        found = compare([1.0] * len(logs), [math.exp(x) for x in logs])
        assert (found.lower > 1) == (capped(logs) <= 0.01)
        assert found.p_slower == capped(logs)


@given(pairs, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_only_the_ratio_of_units_matters(both: list[tuple[float, float]], a: float, b: float) -> None:
    scaled = of([(x * a, y * b) for x, y in both])
    assert scaled.ratio == pytest.approx(of(both).ratio * b / a, rel=1e-6)


@given(pairs)
def test_the_comparison_turns_over(both: list[tuple[float, float]]) -> None:
    there, back = of(both), of([(y, x) for x, y in both])
    assert there.ratio * back.ratio == pytest.approx(1, rel=1e-6)
    assert (there.p_slower, there.p_faster) == (back.p_faster, back.p_slower)
    assert there.lower * back.upper == pytest.approx(1, rel=1e-6) or there.lower == 0


def test_few_pairs_have_no_bounds() -> None:
    found = compare([1.0] * 6, [2.0] * 6)
    assert (found.lower, found.upper) == (0.0, math.inf)
    assert compare([1.0] * 7, [2.0] * 7).lower == pytest.approx(2.0)  # 2^-7 is below 1 %


def test_the_bounds_cover_the_truth_as_often_as_they_say() -> None:
    rng = random.Random(5)
    runs = 400
    covered = 0
    for _ in range(runs):
        base = [rng.lognormvariate(0, 0.3) for _ in range(15)]
        covered += compare(base, [1.1 * x * rng.lognormvariate(0, 0.1) for x in base], 0.95).lower < 1.1
    assert 0.92 <= covered / runs <= 0.98


def test_one_slow_pair_hardly_moves_the_size() -> None:
    assert compare([1.0] * 20, [1.0] * 19 + [1000.0]).ratio == 1.0


@pytest.mark.parametrize(
    ("base", "head", "message"),
    [
        ([], [], "at least one"),
        ([1.0, 2.0], [1.0], "as many"),
        ([0.0], [1.0], "above zero"),
        ([1.0], [-1.0], "above zero"),
    ],
)
def test_what_is_no_pair_is_refused(base: list[float], head: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        log_ratios(base, head)


def test_of_very_many_pairs_some_are_taken_evenly() -> None:
    base = [1 + i % 97 / 100 for i in range(20_000)]
    found = compare(base, [x * 1.05 for x in base])
    assert MAX_PAIRS / 2 < found.count <= MAX_PAIRS
    assert found.ratio == pytest.approx(1.05)
