from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.benchmarks.go_bench import matches
from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from support.benchmark_files import go, go_json, reading


def of(folder: Path, *lines: str) -> BenchmarksRecord:
    return reading(folder, go(*lines), "bench.txt")


def one(record: BenchmarksRecord, name: str) -> Benchmark:
    return record.benchmarks[f"example.com/m.{name}"]


def test_results_of_one_name_are_its_samples(tmp_path: Path) -> None:
    record = of(tmp_path, "BenchmarkFib-4 |  100 |  12.5 ns/op", "BenchmarkFib-4 |  90 |  25 ns/op")
    assert one(record, "BenchmarkFib").samples == (1.25e-8, 2.5e-8)


def test_bytes_are_memory_and_megabytes_a_second_throughput(tmp_path: Path) -> None:
    record = of(
        tmp_path, *(f"BenchmarkA-4 | 9 | 1 ns/op | {mb} MB/s | 48 B/op | 2 allocs/op" for mb in (1, 3, 2))
    )
    assert one(record, "BenchmarkA").memory == (48.0,) * 3
    assert one(record, "BenchmarkA").stated == {"throughput": 2e6}


@pytest.mark.parametrize(
    ("figures", "stated"),
    [
        ("7 req/s", {"throughput": 7.0}),
        ("7 req/s | 8 rows/s", {}),
        ("5 p95-ms/op | 250 p50-us", {"p95": 0.005, "p50": 0.00025}),
        ("3.000 widgets | 4 p12-ns | 1 p95-widgets", {}),
    ],
)
def test_of_its_own_metrics_those_with_a_meaning_are_stated(
    tmp_path: Path, figures: str, stated: dict[str, float]
) -> None:
    assert one(of(tmp_path, f"BenchmarkA-4 | 9 | 1 ns/op | {figures}"), "BenchmarkA").stated == stated


def test_the_ending_of_gomaxprocs_goes_to_the_machine(tmp_path: Path) -> None:
    record = of(tmp_path, "BenchmarkA-4 | 9 | 1 ns/op", "BenchmarkA/n=10-4 | 9 | 1 ns/op")
    assert list(record.benchmarks) == ["example.com/m.BenchmarkA", "example.com/m.BenchmarkA/n=10"]
    assert record.machine == "linux/amd64, Some CPU, GOMAXPROCS 4"


def test_several_values_of_gomaxprocs_stay_apart(tmp_path: Path) -> None:
    record = of(tmp_path, "BenchmarkA | 9 | 1 ns/op", "BenchmarkA-2 | 9 | 1 ns/op")
    assert list(record.benchmarks) == ["example.com/m.BenchmarkA", "example.com/m.BenchmarkA-2"]


def test_equal_names_of_two_packages_stay_apart(tmp_path: Path) -> None:
    both = go("BenchmarkA-4 | 9 | 1 ns/op", package="x/a") + go("BenchmarkA-4 | 9 | 1 ns/op", package="x/b")
    assert list(reading(tmp_path, both, "bench.txt").benchmarks) == ["x/a.BenchmarkA", "x/b.BenchmarkA"]


def test_a_result_that_print_statements_broke_is_joined(tmp_path: Path) -> None:
    record = of(tmp_path, "BenchmarkA-4 | hello", "more", " 1763316 |        14.5 ns/op")
    assert one(record, "BenchmarkA").samples == (1.45e-8,)


def test_a_result_without_a_name_is_a_problem(tmp_path: Path) -> None:
    record = of(tmp_path, "BenchmarkA-4 | 9 | 1 ns/op", " 1763316 | 14.5 ns/op")
    assert [p.message for p in record.problems] == ["a result of example.com/m has no name"]


def test_failures_are_problems(tmp_path: Path) -> None:
    record = of(
        tmp_path, "--- FAIL: BenchmarkX", "    a_test.go:5: no", "FAIL", "FAIL | example.com/m | 0.1s"
    )
    assert [p.message for p in record.problems] == [
        "the benchmark BenchmarkX of example.com/m failed",
        "the package example.com/m failed",
    ]


def test_the_lines_of_json_are_put_together(tmp_path: Path) -> None:
    data = go_json("goos: linux\n", "BenchmarkA\n", "BenchmarkA-4 \t", "  100\t  12.5 ns/op\n")
    assert one(reading(tmp_path, data, "x.json"), "BenchmarkA").samples == (1.25e-8,)


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "+Inf", "1e999"])
def test_an_invalid_time_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(EvidenceError, match="not a time above zero"):
        of(tmp_path, f"BenchmarkA-4 | 9 | {value} ns/op")


def test_a_log_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="has no benchmarks"):
        of(
            tmp_path,
            "ok  | example.com/m | 0.1s",
            "Benchmarking is fun | 9 | 1 ns/op",
            "BenchmarkA | 9 | . ns/op",
        )


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("x.txt", b"goos: linux\n", True),
        ("x.txt", b"PASS\nBenchmarkA-4 \t 12 \t 3.5 ns/op\n", True),
        ("x.txt", b"ok  \texample.com/m\t0.1s\n", False),
        ("x.json", go_json("ok\n"), False),
        ("bench.json", go_json("ok\n"), True),
        ("x.html", b"<p>\ngoos: linux\n", False),
    ],
)
def test_recognises_benchmarks_and_not_any_log(name: str, head: bytes, expected: bool) -> None:
    assert matches(name, head) is expected


@given(st.lists(st.floats(1e-3, 1e12), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_printed_time_is_kept_in_order(tmp_path: Path, times: list[float]) -> None:
    record = of(tmp_path, *(f"BenchmarkA-4 | 9 | {time!r} ns/op" for time in times))
    assert one(record, "BenchmarkA").samples == tuple(time / 1e9 for time in times)
