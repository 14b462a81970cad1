"""What the history says of a benchmark."""

import pytest

from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from sluicegate.gates.performance.past import LEAST_FLOOR, READINGS, between, readings
from sluicegate.gates.readings import readings_of
from sluicegate.history import Entry, History
from sluicegate.model import Source
from sluicegate.readings import Reading


def past(*values: float, machine: str = "m", ratio: float | None = None) -> History:
    of = [Reading("a", machine, value, 0.0, 5, ratio) for value in values]
    return History(tuple(Entry(f"{machine}{i}", f"c{i}", readings=(one,)) for i, one in enumerate(of)))


def test_readings_are_of_one_benchmark_on_one_machine() -> None:
    both = History((*past(1.0, 2.0).entries, *past(5.0, machine="other").entries))
    assert readings(both, "a", "m").values == (1.0, 2.0)
    assert readings(both, "a", "m").commits == ("c0", "c1")
    assert readings(both, "b", "m").values == ()


def test_only_the_latest_are_looked_at() -> None:
    assert len(readings(past(*([1.0] * (READINGS + 5))), "a", "m").values) == READINGS


def test_the_floor_is_that_of_consecutive_readings() -> None:
    assert readings(past(*([1.0, 1.05] * 8)), "a", "m").floor == pytest.approx(0.05)
    assert readings(past(*([1.0] * 16)), "a", "m").floor == LEAST_FLOOR
    assert readings(past(1.0, 1.05), "a", "m").floor is None


def test_the_floor_of_pairs_is_that_of_their_ratios() -> None:
    assert readings(past(*range(1, 17), ratio=1.04), "a", "m").floor_of_pairs == pytest.approx(0.04)
    assert readings(past(*range(1, 17)), "a", "m").floor_of_pairs is None


def test_machines_are_compared_by_the_commits_that_both_have_read() -> None:
    values = [1.0 + i / 10 for i in range(10)]
    slow = past(*(2 * v for v in values), machine="slow")
    found = between(History((*past(*values).entries, *slow.entries)), "a", "m", "slow")
    assert found is not None
    assert found.ratio == pytest.approx(2.0)
    assert found.commits == 10


def test_a_run_in_pairs_leaves_its_ratio() -> None:
    one = Benchmark("a", samples=(2.2,) * 9, base=(2.0,) * 9)
    alone = Benchmark("b", samples=(2.2,) * 9)
    record = BenchmarksRecord(Source("b.json", "x"), {"a": one, "b": alone}, "m")
    paired, unpaired = readings_of([record])
    assert paired.ratio == pytest.approx(1.1)
    assert unpaired.ratio is None
