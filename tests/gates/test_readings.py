"""What the ledger keeps of benchmarks."""

from __future__ import annotations

import pytest

from sluicegate.core.model import Source
from sluicegate.core.readings import LEAST, MOST, Reading
from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from sluicegate.gates.readings import readings_of


def record(*benchmarks: Benchmark, machine: str = "m") -> BenchmarksRecord:
    return BenchmarksRecord(Source("b.json", "x"), {b.name: b for b in benchmarks}, machine)


def test_samples_give_median_and_deviation() -> None:
    (reading,) = readings_of([record(Benchmark("a", (1.0, 2.0, 9.0)))])
    assert reading == Reading("a", "m", 2.0, 1.0, 3)


def test_without_samples_the_stated_median_counts_before_the_mean() -> None:
    (reading,) = readings_of([record(Benchmark("a", stated={"mean": 3.0, "p50": 2.0}))])
    assert reading == Reading("a", "m", 2.0, 0.0, 0)


def test_without_any_time_there_is_no_reading() -> None:
    assert readings_of([record(Benchmark("a", stated={"throughput": 5.0}))]) == ()


def test_machines_are_told_apart() -> None:
    a = Benchmark("a", (1.0,))
    assert [r.machine for r in readings_of([record(a, machine="y"), record(a, machine="x")])] == ["x", "y"]


@pytest.mark.parametrize(("base", "head"), [(LEAST, MOST), (MOST, LEAST)])
def test_the_extremes_of_what_can_be_measured_are_sound(base: float, head: float) -> None:
    (reading,) = readings_of([record(Benchmark("a", (head,) * 20, base=(base,) * 20))])
    assert reading.is_sound
