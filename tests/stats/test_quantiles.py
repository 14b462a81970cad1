"""Quantiles against the standard library, and thinning."""

import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.stats.quantiles import MAX_SAMPLES, quantile, thinned
from support.examples import at_most

# --- quantiles ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "q", "value"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([1.0, 2.0, 3.0, 4.0], 0.25, 1.75),
        ([0.0, 10.0], 0.95, 9.5),
        ([5.0], 0.99, 5.0),
        ([1.0, 2.0, 3.0], 0, 1.0),
        ([1.0, 2.0, 3.0], 1, 3.0),
    ],
)
def test_quantiles_interpolate_linearly(samples: list[float], q: float, value: float) -> None:
    assert quantile(samples, q) == pytest.approx(value)


@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=40))
def test_percentiles_are_those_of_the_standard_library(samples: list[float]) -> None:
    cuts = statistics.quantiles(samples, n=100, method="inclusive")
    for percent in (1, 50, 95, 99):
        assert quantile(samples, percent / 100) == pytest.approx(cuts[percent - 1], abs=1e-9)


@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=20), st.floats(0, 1))
def test_a_quantile_lies_among_its_samples(samples: list[float], q: float) -> None:
    value = quantile(samples, q)
    slack = 1e-12 * max(map(abs, samples))
    assert min(samples) - slack <= value <= max(samples) + slack


@pytest.mark.parametrize(("samples", "q"), [([], 0.5), ([1.0], -0.1), ([1.0], 1.1), ([1.0], math.nan)])
def test_a_quantile_needs_samples_and_a_share(samples: list[float], q: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        quantile(samples, q)


# --- thinning -----------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), max_size=40))
def test_few_samples_are_all_kept(samples: list[float]) -> None:
    assert thinned(samples) == tuple(sorted(samples))


@pytest.mark.slow
@settings(max_examples=at_most(30), deadline=None)
@given(st.integers(MAX_SAMPLES + 1, 1500), st.randoms(use_true_random=False))
def test_many_samples_are_thinned_by_their_values_alone(size: int, rng: random.Random) -> None:
    samples = [rng.random() for _ in range(size)]
    kept = thinned(samples)
    assert len(kept) == MAX_SAMPLES
    assert kept == thinned(rng.sample(samples, size))
    assert (kept[0], kept[-1]) == (min(samples), max(samples))
    assert quantile(kept, 0.5) == pytest.approx(quantile(samples, 0.5), abs=0.02)
