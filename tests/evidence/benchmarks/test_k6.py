from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from support.benchmark_files import K6_TIMES, as_json, k6_export, k6_handled, k6_listed, reading

SECONDS = {"p50": 0.015, "p95": 0.05, "mean": 0.02}
TREND = ("trend", "time", K6_TIMES)


def stated(record: BenchmarksRecord) -> dict[str, dict[str, float]]:
    assert all(one == Benchmark(one.name, stated=one.stated) for one in record.benchmarks.values())
    return {name: dict(one.stated) for name, one in record.benchmarks.items()}


def listed(name: str, kind: str, contains: str = "default", **values: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "contains": contains, "values": values}


FAILED = {"http_req_failed": {"value": 0.25, "passes": 1, "fails": 3}}
COUNTED = {"http_reqs": {"count": 4, "rate": 2.0}, "iterations": {"count": 2, "rate": 1.0}}
EXPECTED = {
    "http_req_duration": {**SECONDS, "throughput": 2.0, "error_rate": 25.0},
    "iterations": {"throughput": 1.0},
    "checks": {"error_rate": 10.0},
}


def test_the_layout_of_summary_export(tmp_path: Path) -> None:
    checks = {"checks": {"value": 0.9, "passes": 9, "fails": 1}}
    data = k6_export(http_req_duration=K6_TIMES, http_req_waiting=K6_TIMES, **FAILED, **COUNTED, **checks)
    assert stated(reading(tmp_path, data)) == EXPECTED


def test_the_layout_of_handle_summary(tmp_path: Path) -> None:
    data = k6_handled(
        http_req_duration=TREND,
        http_req_waiting=TREND,
        http_req_failed=("rate", "default", {"rate": 0.25, "passes": 1, "fails": 3}),
        http_reqs=("counter", "default", {"count": 4, "rate": 2.0}),
        iterations=("counter", "default", {"count": 2, "rate": 1.0}),
        checks=("rate", "default", {"rate": 0.9, "passes": 9, "fails": 1}),
    )
    assert stated(reading(tmp_path, data)) == EXPECTED


def test_the_machine_readable_layout(tmp_path: Path) -> None:
    data = k6_listed(
        listed("http_req_duration", "trend", "time", avg=20.0, med=15.0, p95=50.0),
        listed("http_req_failed", "rate", matches=1, rate=0.25, total=4),
        listed("http_reqs", "counter", count=4),
        listed("iterations", "counter", count=2),
        checks=[listed("checks_failed", "rate", matches=1, rate=0.1, total=10)],
    )
    record = reading(tmp_path, data)
    assert (stated(record), record.source.version) == (EXPECTED, "2.0.0")


def test_tagged_parts_are_benchmarks_with_their_own_counts(tmp_path: Path) -> None:
    tag = "{scenario:login}"
    data = k6_export(**{f"http_req_duration{tag}": K6_TIMES, f"http_reqs{tag}": {"count": 1, "rate": 0.5}})
    assert stated(reading(tmp_path, data)) == {f"http_req_duration{tag}": {**SECONDS, "throughput": 0.5}}


def test_a_trend_of_the_script_counts_when_it_says_that_it_is_a_time(tmp_path: Path) -> None:
    data = k6_handled(login=TREND, size=("trend", "data", K6_TIMES), http_req_duration=TREND)
    assert stated(reading(tmp_path, data)).keys() == {"http_req_duration", "login"}
    old = k6_export(login=K6_TIMES, http_req_duration=K6_TIMES)
    assert stated(reading(tmp_path, old)).keys() == {"http_req_duration"}


def test_iterations_have_times_where_nothing_is_called(tmp_path: Path) -> None:
    data = k6_export(iteration_duration=K6_TIMES, iterations={"count": 2, "rate": 1.0})
    assert stated(reading(tmp_path, data)) == {"iterations": {**SECONDS, "throughput": 1.0}}


def test_p99_is_read_where_it_was_asked_for(tmp_path: Path) -> None:
    data = k6_export(http_req_duration={**K6_TIMES, "p(99)": 80.0})
    assert stated(reading(tmp_path, data))["http_req_duration"]["p99"] == 0.08


def test_unanswered_calls_are_a_problem_and_not_a_time(tmp_path: Path) -> None:
    record = reading(tmp_path, k6_export(http_req_duration=dict.fromkeys(K6_TIMES, 0), **FAILED))
    assert stated(record) == {"http_req_duration": {"error_rate": 25.0}}
    assert record.problems[0].message.startswith("http_req_duration has a p50 that is not a time above zero")


@pytest.mark.parametrize("layout", ["export", "handled"])
@pytest.mark.parametrize("crossed", [True, False])
def test_a_threshold_that_was_crossed_is_a_problem(tmp_path: Path, layout: str, crossed: bool) -> None:
    old = k6_export(http_req_duration={**K6_TIMES, "thresholds": {"p(95)<9": crossed}})
    new = k6_handled(http_req_duration=(*TREND, {"p(95)<9": {"ok": not crossed}}))
    record = reading(tmp_path, old if layout == "export" else new)
    said = ["http_req_duration crossed the threshold 'p(95)<9' of the script"]
    assert [p.message for p in record.problems] == (said if crossed else [])


@pytest.mark.parametrize("data", [k6_export(vus={"value": 1}), as_json({"root_group": {}, "metrics": []})])
def test_a_summary_of_nothing_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EvidenceError, match="has no benchmarks"):
        reading(tmp_path, data)


def test_counts_beyond_any_double_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="a figure of an absurd size"):
        reading(tmp_path, k6_export(vus={"value": 1}, checks={"passes": 1, "fails": 1e308}))
