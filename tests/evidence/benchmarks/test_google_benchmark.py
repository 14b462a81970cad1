from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from support.benchmark_files import google, google_aggregate, google_run, only, reading


def test_repetitions_are_the_samples(tmp_path: Path) -> None:
    record = reading(tmp_path, google(google_run("BM/8", 10.0), google_run("BM/8", 20.0)))
    assert (only(record).name, only(record).samples, only(record).cpu) == ("BM/8", (1e-8, 2e-8), (5e-9, 5e-9))


@pytest.mark.parametrize(("unit", "seconds"), [("ns", 4e-9), ("us", 4e-6), ("ms", 4e-3), ("s", 4.0)])
def test_the_unit_is_the_benchmarks_own(tmp_path: Path, unit: str, seconds: float) -> None:
    assert only(reading(tmp_path, google(google_run("a", 4.0, unit)))).samples == (seconds,)


def test_aggregates_beside_repetitions_are_not_read(tmp_path: Path) -> None:
    entries = [google_run("a", 10.0), google_aggregate("a", "mean", 99.0), google_aggregate("a", "cv", 0.1)]
    one = only(reading(tmp_path, google(*entries)))
    assert (one.samples, one.stated) == ((1e-8,), {})


def test_aggregates_alone_are_stated(tmp_path: Path) -> None:
    entries = [
        google_aggregate("a", kind, time) for kind, time in (("mean", 20.0), ("median", 10.0), ("cv", 0.1))
    ]
    one = only(reading(tmp_path, google(*entries)))
    assert (one.samples, one.stated) == ((), {"mean": 2e-8, "p50": 1e-8})


def test_the_complexity_of_a_family_is_no_benchmark(tmp_path: Path) -> None:
    big_o = {"name": "BM_BigO", "run_name": "BM", "run_type": "aggregate", "aggregate_name": "BigO"}
    assert list(reading(tmp_path, google(google_run("BM/8"), big_o)).benchmarks) == ["BM/8"]


def test_throughput_is_the_median_of_items_before_bytes(tmp_path: Path) -> None:
    runs = [google_run("a", items_per_second=rate, bytes_per_second=1e9) for rate in (10.0, 30.0, 20.0)]
    assert only(reading(tmp_path, google(*runs))).stated == {"throughput": 20.0}
    assert only(reading(tmp_path, google(google_run("a", bytes_per_second=5.0)))).stated == {
        "throughput": 5.0
    }


def test_an_error_is_a_problem_and_no_reading(tmp_path: Path) -> None:
    failed = google_run("a", 0.0, error_occurred=True, error_message='no "file"')
    record = reading(tmp_path, google(google_run("a"), failed, google_run("b")))
    assert list(record.benchmarks) == ["b"]
    assert [problem.message for problem in record.problems] == ["the benchmark 'a' failed: no \"file\""]


def test_what_skipped_itself_is_noted(tmp_path: Path) -> None:
    record = reading(tmp_path, google(google_run("a"), google_run("b", 0.0, skipped=True)))
    assert (list(record.benchmarks), record.source.note) == (["a"], "1 benchmark skipped by the code itself")


def test_nan_is_accepted_where_it_is_no_time(tmp_path: Path) -> None:
    nan = float("nan")
    assert only(reading(tmp_path, google(google_run("a"), google_aggregate("a", "cv", zero=nan)))).samples
    with pytest.raises(EvidenceError, match="not a time above zero"):
        reading(tmp_path, google(google_run("a", nan)))


def test_a_clock_that_saw_no_cpu_time_leaves_it_out(tmp_path: Path) -> None:
    assert only(reading(tmp_path, google(google_run("a", cpu_time=0.0)))).cpu == ()


def test_the_machine_is_cpus_and_caches(tmp_path: Path) -> None:
    assert reading(tmp_path, google(google_run("a"))).machine == "4 CPUs, caches 32KiB, release"


@pytest.mark.parametrize(
    "entries", [[], [{"name": ""}], [google_run("a", unit="eons")], [google_run("a", None)]]
)
def test_what_cannot_be_is_refused(tmp_path: Path, entries: list[object]) -> None:
    with pytest.raises(EvidenceError):
        reading(tmp_path, google(*entries))
