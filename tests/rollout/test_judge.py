"""The judge: its test vectors, SciPy and exact enumeration as oracles, and its promises as properties."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.rollout.judge import (
    RATIOS,
    SHARE_ALPHA,
    BinCounts,
    Comparison,
    Counts,
    Evidence,
    Guard,
    ShareVerdict,
    Test,
    course,
    log_course,
    share_evidence,
    share_verdict,
    shown_interval,
    weigh,
)

ALPHA = 0.05


def one(bad: int, total: int) -> BinCounts:
    return BinCounts(Counts(bad, total))


def two(bad: int, total: int, control_bad: int, control: int) -> BinCounts:
    return BinCounts(Counts(bad, total), Counts(control_bad, control))


def values(test: Test, bins: Iterable[BinCounts], dispersion: float = 1) -> list[float]:
    return [math.exp(log) for log in log_course(test, bins, dispersion)]


def rounded(numbers: Iterable[float]) -> list[float]:
    return [round(number, 3) for number in numbers]


class TestVectors:
    """Figures that were computed twice before the code was written."""

    def test_guard(self) -> None:
        found = values(Guard(0.05), [one(8, 100)] * 6)
        assert rounded(found) == [1.094, 1.852, 3.468, 6.770, 13.579, 27.816]

    def test_comparison(self) -> None:
        assert rounded(values(Comparison(), [two(5, 100, 19, 1900)] * 3)) == [8.974, 223.345, 7237.537]

    def test_comparison_with_a_margin(self) -> None:
        found = values(Comparison(0.005), [two(5, 100, 19, 1900)] * 3)
        assert rounded(found) == [3.815, 28.016, 243.506]

    def test_no_errors(self) -> None:
        assert values(Comparison(), [two(0, 100, 0, 1900)]) == pytest.approx([1.0], abs=1e-15)
        assert round(values(Comparison(0.005), [two(0, 100, 0, 1900)])[0], 4) == 0.6312

    def test_interval(self) -> None:
        assert [round(p, 4) for p in shown_interval(8, 100, ALPHA)] == [0.0192, 0.2000]
        assert [round(p, 4) for p in shown_interval(0, 100, ALPHA)] == [0, 0.0570]

    @pytest.mark.slow
    def test_chance_of_a_false_alarm_by_enumeration_of_the_stopped_process(self) -> None:
        assert round(exact_trips(Guard(0.05), looks=6, each=5, rate=0.05), 7) == 0.0040594


def exact_trips(test: Guard, *, looks: int, each: int, rate: float) -> float:
    """The chance that M reaches 1/ALPHA, summed over every possible outcome of the bins."""
    chances = scipy.stats.binom.pmf(range(each + 1), each, rate)

    def beyond(before: tuple[int, ...], chance: float) -> float:
        if before and weigh(test, [one(x, each) for x in before]).proves(ALPHA):
            return chance
        if len(before) == looks:
            return 0.0
        return math.fsum(beyond((*before, x), chance * float(p)) for x, p in enumerate(chances))

    return beyond((), 1.0)


class TestOracles:
    @given(st.integers(0, 400), st.integers(1, 400), st.floats(0.001, 0.9), st.sampled_from(RATIOS))
    def test_a_guard_is_the_ratio_of_two_binomial_likelihoods(
        self, bad: int, good: int, bound: float, ratio: float
    ) -> None:
        odds = ratio * bound / (1 - bound)
        n, p = bad + good, odds / (1 + odds)
        wanted = scipy.stats.binom.logpmf(bad, n, p) - scipy.stats.binom.logpmf(bad, n, bound)
        assert Guard(bound).log_ratio(one(bad, n), ratio) == pytest.approx(wanted, abs=1e-6, rel=1e-9)

    @given(*[st.integers(1, 500)] * 2, *[st.integers(0, 60)] * 2, st.sampled_from(RATIOS))
    def test_a_comparison_without_margin_is_the_conditional_binomial_test(
        self, nc: int, n0: int, x: int, y: int, ratio: float
    ) -> None:
        x, y = min(x, nc), min(y, n0)
        share, supposed = nc / (nc + n0), ratio * nc / (ratio * nc + n0)
        wanted = scipy.stats.binom.logpmf(x, x + y, supposed) - scipy.stats.binom.logpmf(x, x + y, share)
        assert Comparison().log_ratio(two(x, nc, y, n0), ratio) == pytest.approx(wanted, abs=1e-7)

    @given(st.integers(0, 300), st.integers(0, 3000), st.floats(0.001, 0.2))
    def test_the_interval_ends_where_the_mixture_refutes(self, bad: int, good: int, alpha: float) -> None:
        def excess(p: float) -> float:
            mixture = scipy.special.betaln(bad + 0.5, good + 0.5) - scipy.special.betaln(0.5, 0.5)
            return float(
                mixture - scipy.special.xlogy(bad, p) - scipy.special.xlog1py(good, -p) + math.log(alpha)
            )

        low, high = shown_interval(bad, bad + good, alpha)
        rate = bad / (bad + good) if bad + good else 0.5
        if bad:
            assert low == pytest.approx(scipy.optimize.brentq(excess, 1e-300, rate), rel=1e-6)
        if good:
            assert high == pytest.approx(scipy.optimize.brentq(excess, rate, 1 - 1e-16), rel=1e-6)
        assert low <= rate <= high

    def test_an_interval_without_events_says_nothing(self) -> None:
        assert shown_interval(0, 0, ALPHA) == (0.0, 1.0)
        assert shown_interval(3, 3, ALPHA)[1] == 1.0


def chance(bad: int, total: int, rate: float) -> float:
    return math.comb(total, bad) * rate**bad * (1 - rate) ** (total - bad)


def expectation(
    test: Test, before: Sequence[BinCounts], exposed: tuple[int, float], control: tuple[int, float]
) -> float:
    """E M after one more bin, over every outcome of its arms, each given by its total and its rate."""
    (nc, pc), (n0, p0) = exposed, control
    outcomes = itertools.product(range(nc + 1), range(n0 + 1))
    chances = ((x, y, chance(x, nc, pc) * chance(y, n0, p0)) for x, y in outcomes)
    return math.fsum(p * values(test, [*before, two(x, nc, y, n0)])[-1] for x, y, p in chances)


SMALL = st.integers(0, 5)
RATES = st.floats(0, 1)


@st.composite
def small_bins(draw: st.DrawFn) -> list[BinCounts]:
    """Bins of at most five requests an arm."""
    made = []
    for _ in range(draw(st.integers(0, 3))):
        nc, n0 = draw(SMALL), draw(SMALL)
        made.append(two(draw(st.integers(0, nc)), nc, draw(st.integers(0, n0)), n0))
    return made


def last(test: Test, bins: Sequence[BinCounts]) -> float:
    return values(test, bins)[-1] if bins else 1.0


class TestSupermartingale:
    """Whatever happened before, another bin raises M by nothing on average while the hypothesis holds."""

    @given(small_bins(), SMALL, st.floats(0.01, 0.9), RATES)
    def test_guard(self, before: list[BinCounts], n: int, bound: float, part: float) -> None:
        test = Guard(bound)
        found = expectation(test, before, (n, bound * part), (0, 0.0))
        assert found <= last(test, before) * (1 + 1e-9)

    @given(small_bins(), SMALL, SMALL, RATES, RATES, st.sampled_from([0.0, 0.005, 0.1]))
    def test_comparison_with_a_margin(
        self, before: list[BinCounts], nc: int, n0: int, p0: float, part: float, margin: float
    ) -> None:
        test, most = Comparison(margin), min(1.0, p0 + margin)
        found = expectation(test, before, (nc, most * part), (n0, p0))
        assert found <= last(test, before) * (1 + 1e-9)

    @given(small_bins(), SMALL, SMALL, RATES, RATES, st.sampled_from([0.1, 0.5, 2.0]))
    def test_comparison_with_growth(
        self, before: list[BinCounts], nc: int, n0: int, p0: float, part: float, growth: float
    ) -> None:
        test, most = Comparison(growth=growth), min(1.0, p0 * (1 + growth))
        found = expectation(test, before, (nc, most * part), (n0, p0))
        assert found <= last(test, before) * (1 + 1e-9)

    def test_dispersion_keeps_it(self) -> None:
        test, n = Guard(0.2), 8
        for dispersion in (1.0, 2.0, 5.0):
            chances = scipy.stats.binom.pmf(range(n + 1), n, 0.2)
            mean = sum(float(p) * values(test, [one(x, n)], dispersion)[0] for x, p in enumerate(chances))
            assert mean <= 1 + 1e-12

    def test_the_weights_leave_nothing(self) -> None:
        weights = [Fraction(3, 4), *(Fraction(1, 4 * (t - 1) * t) for t in range(2, 200))]
        for t in range(1, 200):
            assert 1 - sum(weights[:t]) == Fraction(1, 4 * t)

    @pytest.mark.parametrize("looks", [1, 3, 5])
    @pytest.mark.parametrize("rate", [0.02, 0.05, 0.2])
    def test_false_alarms_stay_below_alpha_exactly(self, looks: int, rate: float) -> None:
        assert exact_trips(Guard(rate), looks=looks, each=4, rate=rate) <= ALPHA


BINS = st.lists(
    st.tuples(*[st.integers(0, 2000)] * 2, *[st.floats(0, 1)] * 2).map(
        lambda b: two(int(b[0] * b[2]), b[0], int(b[1] * b[3]), b[1])
    ),
    min_size=1,
    max_size=12,
)
TESTS = st.sampled_from(
    [Guard(0.05), Guard(0.5), Guard(0), Comparison(), Comparison(0.005), Comparison(growth=0.2)]
)


class TestProperties:
    @given(TESTS, BINS, st.data())
    def test_one_more_bad_event_never_lowers_the_evidence(
        self, test: Test, bins: list[BinCounts], data: st.DataObject
    ) -> None:
        at = data.draw(st.integers(0, len(bins) - 1))
        exposed = bins[at].exposed
        worse = BinCounts(Counts(min(exposed.bad + 1, exposed.total), exposed.total), bins[at].control)
        changed = [*bins[:at], worse, *bins[at + 1 :]]
        pairs = zip(log_course(test, bins), log_course(test, changed), strict=True)
        assert all(after >= before - 1e-9 for before, after in pairs)

    @given(TESTS, BINS)
    def test_what_was_proven_stays_proven(self, test: Test, bins: list[BinCounts]) -> None:
        proven = [weigh(test, bins[:t]).proves(ALPHA) for t in range(len(bins) + 1)]
        assert proven == sorted(proven)

    @given(TESTS, BINS)
    def test_the_course_of_some_bins_is_the_start_of_that_of_more(
        self, test: Test, bins: list[BinCounts]
    ) -> None:
        assert log_course(test, bins)[:-1] == log_course(test, bins[:-1])

    @given(TESTS, BINS)
    def test_a_bin_without_requests_is_no_evidence(self, test: Test, bins: list[BinCounts]) -> None:
        silent = BinCounts(Counts(0, 0))
        assert all(test.log_ratio(silent, ratio) == 0 for ratio in RATIOS)

    @given(st.lists(st.tuples(st.integers(1, 10**9), st.floats(0, 1)), min_size=1, max_size=9))
    def test_no_count_is_too_large(self, counts: list[tuple[int, float]]) -> None:
        bins = [two(int(n * rate), n, n // 100, n) for n, rate in counts]
        for test in (Guard(0.05), Comparison(0.001), Comparison(growth=0.1)):
            assert all(math.isfinite(log) for log in log_course(test, bins))


class TestVerdicts:
    def test_a_fault_after_a_healthy_day_is_found_at_once(self) -> None:
        healthy = [one(1, 100)] * 240
        assert not weigh(Guard(0.05), healthy).proves(ALPHA)
        assert weigh(Guard(0.05), [*healthy, one(50, 100)]).proves(ALPHA)
        assert first(Guard(0.05), healthy, one(15, 100)) == 3
        assert first(Guard(0.05), healthy, one(8, 100)) == 21

    def test_a_comparison_needs_both_arms(self) -> None:
        for lonely in (two(100, 100, 0, 0), two(0, 0, 0, 1000)):
            assert weigh(Comparison(), [lonely] * 5).peak == pytest.approx(0, abs=1e-12)

    def test_a_bound_of_zero_is_broken_by_any_event(self) -> None:
        assert weigh(Guard(0), [one(0, 10**6), one(1, 10**6), one(0, 5)]).proves(1e-12)
        assert not weigh(Guard(0), [one(0, 10**6)] * 99).proves(0.5)

    def test_evidence_says_where_its_peak_was(self) -> None:
        found = weigh(Guard(0.05), [one(3, 100), one(30, 100), one(0, 1000)])
        assert (found.peak_bin, found.proves(ALPHA)) == (2, True)
        assert found.now < found.peak

    def test_no_bins_are_no_evidence(self) -> None:
        assert weigh(Guard(0.05), []) == Evidence(0.0, 0.0, 0)
        assert course([]) == []

    def test_dispersion_divides_the_evidence(self) -> None:
        assert weigh(Guard(0.05), [one(30, 100)], 10).peak < weigh(Guard(0.05), [one(30, 100)]).peak


def first(test: Test, before: list[BinCounts], each: BinCounts) -> int:
    """After how many bins of a fault it is proven."""
    return next(t for t in range(1, 500) if weigh(test, [*before, *[each] * t]).proves(ALPHA))


class TestShares:
    def test_true_share_fits(self) -> None:
        assert share_verdict(0.05, 0.2, [(10, 200)] * 24) is ShareVerdict.FITS

    def test_doubled_share_is_found_soon(self) -> None:
        assert share_verdict(0.05, 0.2, [(200, 2000)]) is ShareVerdict.HIGH
        assert share_verdict(0.05, 0.2, [(20, 200)] * 4) is ShareVerdict.FITS
        assert share_verdict(0.05, 0.2, [(20, 200)] * 5) is ShareVerdict.HIGH

    def test_halved_share_is_too_low(self) -> None:
        assert share_verdict(0.5, 0.2, [(250, 1000)] * 3) is ShareVerdict.LOW

    def test_within_the_tolerance_nothing_is_proven(self) -> None:
        high, low = share_evidence(0.25, 0.2, [(300, 1000)] * 50)
        assert not high.proves(SHARE_ALPHA)
        assert not low.proves(SHARE_ALPHA)

    def test_a_share_near_one_has_a_bound_below_one(self) -> None:
        assert share_verdict(0.9, 0.2, [(1000, 1000)] * 10) is ShareVerdict.FITS

    def test_both_proven_is_too_high(self) -> None:
        assert share_verdict(0.5, 0.2, [(0, 5000), (5000, 5000)]) is ShareVerdict.HIGH
