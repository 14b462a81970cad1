"""What the history says of a benchmark."""

import pytest

from sluicegate.core.model import Source
from sluicegate.core.readings import Reading
from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from sluicegate.gates.performance.comparing import compare_all
from sluicegate.gates.performance.past import LEAST_FLOOR, READINGS, Past, between, readings
from sluicegate.gates.performance.suite import Measurement
from sluicegate.gates.readings import readings_of
from sluicegate.history.entries import Entry, History
from support.speed import soon


def past(*values: float, machine: str = "m", ratio: float | None = None) -> Past:
    return history(*values, machine=machine, ratio=ratio).by_benchmark()


def history(*values: float, machine: str = "m", ratio: float | None = None) -> History:
    of = [Reading("a", machine, value, 0.0, 5, ratio) for value in values]
    return History(tuple(Entry(f"{machine}{i}", f"c{i}", readings=(one,)) for i, one in enumerate(of)))


def test_readings_are_of_one_benchmark_on_one_machine() -> None:
    entries = (*history(1.0, 2.0).entries, *history(5.0, machine="other").entries)
    both = History(entries).by_benchmark()
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
    slow = history(*(2 * v for v in values), machine="slow")
    both = History((*history(*values).entries, *slow.entries))
    found = between(both.by_benchmark(), "a", "m", "slow")
    assert found is not None
    assert found.ratio == pytest.approx(2.0)


def test_a_run_in_pairs_leaves_its_ratio() -> None:
    one = Benchmark("a", samples=(2.2,) * 9, base=(2.0,) * 9)
    alone = Benchmark("b", samples=(2.2,) * 9)
    record = BenchmarksRecord(Source("b.json", "x"), {"a": one, "b": alone}, "m")
    paired, unpaired = readings_of([record])
    assert paired.ratio == pytest.approx(1.1)
    assert unpaired.ratio is None


def test_a_thousand_benchmarks_are_looked_up_in_time() -> None:
    names = [f"b{i}" for i in range(1_000)]
    of_run = tuple(Reading(name, "m", 1.0, 0.0, 5) for name in names)
    there = History(tuple(Entry(f"{i}", f"c{i}", readings=of_run) for i in range(100)))
    with soon(5):
        head = {name: Measurement(Benchmark(name, (1.0,) * 3, base=(1.0,) * 3), "m") for name in names}
        assert len(compare_all(head, {}, there)) == len(names)
