"""Welch's t-test, against SciPy."""

import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.stats.student import two_sided, welch

values = st.lists(st.integers(-1000, 1000).map(lambda n: n / 8), min_size=2, max_size=30)


@given(values.filter(lambda v: len(set(v)) > 1), values.filter(lambda v: len(set(v)) > 1))
def test_p_is_scipys(a: list[float], b: list[float]) -> None:
    assert welch(a, b) == pytest.approx(
        scipy.stats.ttest_ind(a, b, equal_var=False).pvalue, rel=1e-7, abs=1e-300
    )


@given(st.floats(-50, 50), st.floats(1, 500))
def test_the_distribution_is_scipys(t: float, freedom: float) -> None:
    assert two_sided(t, freedom) == pytest.approx(2 * scipy.stats.t.sf(abs(t), freedom), rel=1e-7, abs=1e-300)


@pytest.mark.parametrize(("a", "b"), [([], [1.0, 2.0]), ([1.0], [1.0, 2.0]), ([3.0, 3.0], [3.0, 3.0])])
def test_too_few_or_all_equal_prove_nothing(a: list[float], b: list[float]) -> None:
    assert welch(a, b) == 1.0


def test_levels_without_any_spread_differ_for_certain() -> None:
    assert welch([1.0, 1.0], [2.0, 2.0]) == 0.0


@given(values, values)
def test_the_sides_may_be_exchanged(a: list[float], b: list[float]) -> None:
    assert welch(a, b) == pytest.approx(welch(b, a), rel=1e-9)
