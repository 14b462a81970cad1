"""Floors from history."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.stats.noise import ENOUGH, between_machines, floor_of_ratios, floor_of_readings

readings = st.lists(st.floats(1e-6, 1e3), min_size=ENOUGH + 1, max_size=40)


def steady(seed: int, size: int = 40, noise: float = 0.05) -> list[float]:
    rng = random.Random(seed)
    return [rng.lognormvariate(0, noise) for _ in range(size)]


def test_few_readings_say_nothing() -> None:
    assert floor_of_readings(steady(1, ENOUGH)) is None
    assert floor_of_ratios(steady(1, ENOUGH - 1)) is None
    assert between_machines([(1.0, 2.0)] * (ENOUGH - 1)) is None


def test_the_floor_is_what_nine_of_ten_differences_lie_within() -> None:
    floor = floor_of_readings([1.0, 1.02] * 8 + [1.5])
    assert floor == pytest.approx(0.02)


def test_a_step_does_not_lift_the_floor() -> None:
    values = steady(1)
    stepped = [*values[:20], *(3 * v for v in values[20:])]
    assert floor_of_readings(stepped) == pytest.approx(floor_of_readings(values), rel=0.3)


@given(readings, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(values: list[float], unit: float) -> None:
    assert floor_of_readings([v * unit for v in values]) == pytest.approx(floor_of_readings(values), rel=1e-6)


@given(readings)
def test_it_is_the_same_backwards(values: list[float]) -> None:
    assert floor_of_readings(values[::-1]) == pytest.approx(floor_of_readings(values), rel=1e-9)


def test_ratios_count_either_way() -> None:
    assert floor_of_ratios([1.1] * 10) == pytest.approx(0.1)
    assert floor_of_ratios([1 / 1.1] * 10) == pytest.approx(0.1)


def test_two_machines_are_compared_by_the_commits_that_both_measured() -> None:
    found = between_machines([(v, 1.7 * v) for v in steady(1, 10)])
    assert found is not None
    assert found.ratio == pytest.approx(1.7)
    assert found.floor == pytest.approx(0, abs=1e-12)


def test_their_spread_is_a_floor() -> None:
    found = between_machines(list(zip(steady(1, 200), steady(2, 200), strict=True)))
    assert found is not None
    assert 0.08 < found.floor < 0.16  # 1.645 times 5 % times the root of two
