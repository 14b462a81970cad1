"""Change points, on series whose changes are known."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.stats import changepoint
from sluicegate.stats.changepoint import change_points
from support.examples import at_most


def series(*levels: tuple[float, int], noise: float = 0.02, seed: int = 1) -> list[float]:
    """Stretches of (level, readings), with noise."""
    rng = random.Random(seed)
    return [level * rng.lognormvariate(0, noise) for level, size in levels for _ in range(size)]


def places(values: Sequence[float]) -> list[int]:
    return [point.index for point in change_points(values)]


def energy(left: Sequence[float], right: Sequence[float]) -> float:
    """Formula 5 of Matteson and James, as it is written."""
    m, n = len(left), len(right)
    between = 2 / (m * n) * sum(abs(x - y) for x in left for y in right)
    within = [sum(abs(x - y) for x in s for y in s) / (len(s) * (len(s) - 1)) for s in (left, right)]
    return m * n / (m + n) * (between - sum(within))


@given(st.lists(st.integers(0, 50).map(float), min_size=6, max_size=14))
def test_the_best_split_has_the_largest_energy_distance(values: list[float]) -> None:
    short = changepoint.SHORTEST
    found, size = changepoint._best_split(values)
    largest = max(energy(values[:k], values[k:]) for k in range(short, len(values) - short + 1))
    assert size == pytest.approx(largest, abs=1e-9)
    assert energy(values[:found], values[found:]) == pytest.approx(largest, abs=1e-9)


def test_a_step_is_found_where_it_is() -> None:
    (point,) = change_points(series((1.0, 30), (1.1, 20)))
    assert point.index == 30
    assert point.ratio == pytest.approx(1.1, abs=0.02)
    assert point.p < 1e-6


def test_two_changes_close_to_each_other_are_two() -> None:
    assert places(series((1.0, 40), (1.1, 8), (1.0, 40), noise=0.01)) == [40, 48]


def test_changes_in_a_long_series_are_found_in_every_window() -> None:
    assert places(series((1.0, 90), (1.2, 70), (0.9, 140))) == [90, 160]


def test_a_change_at_the_end_needs_three_readings() -> None:
    assert places(series((1.0, 30), (1.5, 2))) == []
    assert places(series((1.0, 30), (1.5, 3))) == [30]


def test_one_reading_far_off_is_no_change() -> None:
    values = series((1.0, 40))
    values[20] = 3.0
    assert places(values) == []


def test_a_series_without_any_noise_is_split_at_its_step() -> None:
    assert places([1.0] * 20 + [1.01] * 20) == [20]


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [5.0] * 30])
def test_little_or_nothing_has_no_changes(values: list[float]) -> None:
    assert places(values) == []


def test_values_are_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        change_points([1.0, 0.0])


@settings(max_examples=at_most(20), deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-6, 1e6))
def test_the_unit_does_not_matter_and_chance_is_fixed(seed: int, unit: float) -> None:
    values = series((1.0, 15), (1.08, 15), seed=seed)
    assert places([v * unit for v in values]) == places(values) == places(values)


@pytest.mark.slow
def test_noise_alone_seldom_changes() -> None:
    alarms = sum(bool(places(series((1.0, 60), noise=0.2, seed=seed))) for seed in range(60))
    assert alarms <= 3


@settings(max_examples=at_most(50), deadline=None)
@given(st.lists(st.floats(1e-9, 1e9), max_size=40))
def test_changes_are_in_order_and_apart(values: list[float]) -> None:
    found = places(values)
    assert found == sorted(set(found))
    assert all(0 < index < len(values) for index in found)
