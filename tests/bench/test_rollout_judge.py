"""The bench of the judge: its rules say what the judge says, and what SciPy says of the others."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from bench import rollout_judge as bench
from sluicegate.rollout.judge import BinCounts, Comparison, Counts, Guard, Test, weigh

RNG = np.random.default_rng(7)


def judged(test: Test, draw: bench.Draw, alpha: float) -> list[int]:
    """The first look that stops each run, by the judge itself."""
    found = []
    for xs, ys in zip(draw.x.tolist(), draw.y.tolist(), strict=True):
        bins = [BinCounts(Counts(x, draw.n), Counts(y, draw.m)) for x, y in zip(xs, ys, strict=True)]
        found.append(next((t for t in range(1, len(bins) + 1) if weigh(test, bins[:t]).proves(alpha)), 0))
    return found


@pytest.mark.parametrize("test", [Guard(0.05), Comparison(), Comparison(0.005)])
@pytest.mark.parametrize("alpha", [bench.ALPHA, bench.SPLIT])
def test_ours_is_the_judge(test: Test, alpha: float) -> None:
    draw = bench.drawn(RNG, 40, (100, 1900), (0.07, 0.03), looks=12)
    assert bench.ours(test, draw, alpha).tolist() == judged(test, draw, alpha)


@pytest.mark.slow
def test_wilson_is_the_bound_of_scipy() -> None:
    draw = bench.drawn(RNG, 60, (50, 0), (0.09, 0.0), looks=1)
    stopped = bench.wilson(0.05, draw) > 0
    for x, found in zip(draw.x[:, 0].tolist(), stopped.tolist(), strict=True):
        low = scipy.stats.binomtest(x, 50).proportion_ci(0.90, method="wilson").low
        assert found == (low > 0.05)


def test_the_rank_test_is_that_of_scipy() -> None:
    draw = bench.drawn(RNG, 40, (200, 200), (0.08, 0.05), looks=5)
    stopped = bench.mann_whitney(draw) > 0
    for xs, ys, found in zip(draw.x, draw.y, stopped.tolist(), strict=True):
        p = scipy.stats.mannwhitneyu(xs / 200, ys / 200, alternative="greater", method="asymptotic").pvalue
        assert found == (p < 0.01)


def test_the_z_test_is_the_pooled_one() -> None:
    draw = bench.drawn(RNG, 60, (300, 300), (0.08, 0.05), looks=1)
    stopped = bench.z_test(draw) > 0
    for x, y, found in zip(draw.x[:, 0].tolist(), draw.y[:, 0].tolist(), stopped.tolist(), strict=True):
        chi2 = scipy.stats.chi2_contingency([[x, 300 - x], [y, 300 - y]], correction=False).statistic
        assert found == (x > y and chi2 > bench.ONE_SIDED**2)


def test_the_share_over_a_threshold_is_that_of_the_distribution() -> None:
    scale = 2.4 / np.exp(bench.ONE_SIDED * 0.8)
    assert bench.over_threshold(2.4, 2.0, 0.8) == pytest.approx(scipy.stats.lognorm.sf(2.0, 0.8, scale=scale))
    assert bench.over_threshold(2.0, 2.0, 0.8) == pytest.approx(0.05)


def stopped(
    test: Test, arms: tuple[int, int], rates: tuple[float, float], alpha: float = bench.ALPHA
) -> float:
    draw = bench.drawn(np.random.default_rng(11), 4000, arms, rates)
    return float((bench.ours(test, draw, alpha) > 0).mean())


@pytest.mark.parametrize(
    ("test", "arms", "rates", "low", "high"),
    [
        (Guard(0.05), (100, 0), (0.05, 0), 0, 0.02),
        (Guard(0.05), (20, 0), (0.08, 0), 0.50, 0.60),
        (Guard(0.05), (100, 0), (0.08, 0), 0.99, 1),
        (Comparison(), (100, 1900), (0.01, 0.01), 0, 0.025),
        (Comparison(0.005), (100, 1900), (0.015, 0.01), 0, 0.025),
        (Comparison(), (100, 1900), (0.05, 0.01), 0.999, 1),
        (Comparison(), (100, 1900), (0.005, 0.001), 0.86, 0.92),
        (Comparison(), (100, 1900), (0.02, 0.01), 0.87, 0.93),
        (Comparison(0.005), (100, 1900), (0.02, 0.01), 0.20, 0.27),
    ],
)
def test_the_figures_that_the_rules_were_chosen_by(
    test: Test, arms: tuple[int, int], rates: tuple[float, float], low: float, high: float
) -> None:
    assert low <= stopped(test, arms, rates) <= high


def test_the_page_has_a_row_for_each_case() -> None:
    text = bench.page(runs=20)
    assert text.count("\n| ") == 4 * 2 + 17 + 24 + 3 + 4 + 0
    assert "| 8%, 500 |" in text
    assert "p95 of 2.4 s: 7.8% over 2 s, 100" in text


def test_a_cell_says_how_many_and_how_soon() -> None:
    assert bench.cell(np.array([0, 0, 0, 3]), 50) == "25.0%"
    assert bench.cell(np.array([1, 2, 3, 0]), 50) == "75.0% (2; 100)"
