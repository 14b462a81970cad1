"""Coverage measures the fast tests, and neither slow ones nor searches (`Measured` in conftest.py)."""

from __future__ import annotations

import sys

import coverage
import pytest


def test_a_fast_test_is_measured(pytestconfig: pytest.Config) -> None:
    wanted = pytestconfig.pluginmanager.has_plugin("_cov") and not pytestconfig.getoption("no_cov")
    assert (coverage.Coverage.current() is not None) == wanted


@pytest.mark.slow
def test_a_slow_test_is_not_measured() -> None:
    assert coverage.Coverage.current() is None
    assert sys.gettrace() is None


@pytest.mark.parametrize("row", range(3))
def test_of_a_test_with_many_rows_the_first_is_measured(row: int, pytestconfig: pytest.Config) -> None:
    wanted = pytestconfig.pluginmanager.has_plugin("_cov") and not pytestconfig.getoption("no_cov")
    assert (coverage.Coverage.current() is not None) == (wanted and row == 0)
