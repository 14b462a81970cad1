"""Small result files of benchmark tools: what a test is about, and the rest as the tools write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sluicegate.evidence.reader import sniff
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

Json = dict[str, Any]


def as_json(document: object) -> bytes:
    """The document as a tool would write it."""
    return json.dumps(document, indent=1).encode()


def reading(folder: Path, data: bytes, name: str = "bench.json") -> BenchmarksRecord:
    """The record of a file with these contents, by the reader that recognises it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    reader = sniff(path, Kind.BENCHMARKS)
    assert reader is not None, "no reader recognises it"
    record = reader.read(path, name)
    assert isinstance(record, BenchmarksRecord)
    return record


def only(record: BenchmarksRecord) -> Benchmark:
    """The only benchmark of the record."""
    (benchmark,) = record.benchmarks.values()
    return benchmark


# --- one factory a tool ------------------------------------------------------------------------


def pytest_entry(name: str = "a.py::test_a", **stats: Any) -> Json:
    """One benchmark of pytest-benchmark, of two rounds."""
    return {
        "name": "test_a",
        "fullname": name,
        "stats": {"mean": 0.5, "rounds": 2, "data": [0.4, 0.6]} | stats,
    }


PYTEST_MACHINE: Json = {
    "node": "host-17",
    "system": "Linux",
    "machine": "x86_64",
    "python_implementation": "CPython",
    "python_version": "3.11.7",
    "cpu": {"brand_raw": "Some CPU"},
}


def pytest_benchmark(*entries: object, **changes: Any) -> bytes:
    """A file of pytest-benchmark."""
    return as_json(
        {"machine_info": PYTEST_MACHINE, "benchmarks": list(entries), "version": "5.1.0"} | changes
    )


def hyperfine_result(command: str, times: Sequence[object] = (0.5, 0.25), **more: Any) -> Json:
    """One result; `more` adds or replaces keys."""
    codes = [0] * len(times)
    return {"command": command, "mean": 0.4, "median": 0.3, "times": list(times), "exit_codes": codes} | more


def hyperfine(*results: object) -> bytes:
    """A file of hyperfine."""
    return as_json({"results": list(results)})


def google_run(name: str, time: object = 10.0, unit: str = "ns", **more: Any) -> Json:
    """One repetition."""
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "real_time": time,
        "cpu_time": 5.0,
        "time_unit": unit,
    } | more


def google_aggregate(name: str, kind: str, time: object = 10.0, **more: Any) -> Json:
    """One aggregate."""
    own = {"name": f"{name}_{kind}", "run_name": name, "run_type": "aggregate", "aggregate_name": kind}
    return google_run(name, time) | own | more


def google(*entries: object, **context: Any) -> bytes:
    """A file of Google Benchmark."""
    caches = [{"type": "Data", "level": 1, "size": 32768}]
    about = {"date": "2030-01-01", "host_name": "host-17", "num_cpus": 4, "caches": caches}
    return as_json(
        {"context": about | {"library_build_type": "release"} | context, "benchmarks": list(entries)}
    )


def go(*lines: str, package: str = "example.com/m", cpu: str = "Some CPU") -> bytes:
    """What `go test -bench` prints for one package; tabs are written as ` | `."""
    head = ("goos: linux", "goarch: amd64", f"pkg: {package}", f"cpu: {cpu}")
    return "\n".join((*head, *(line.replace(" | ", "\t") for line in lines), "PASS", "")).encode()


def go_json(*outputs: str, package: str = "example.com/m") -> bytes:
    """The same as `go test -json` wraps it: each text is one event."""
    events = ({"Time": "now", "Action": "output", "Package": package, "Output": text} for text in outputs)
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events).encode()


def criterion(iterations: Sequence[object], times: Sequence[object]) -> bytes:
    """A `sample.json` of Criterion.rs."""
    return json.dumps({"sampling_mode": "Linear", "iters": list(iterations), "times": list(times)}).encode()


def criterion_message(name: str, **more: Any) -> Json:
    """A message of cargo-criterion, of two samples: 2 runs in 20 ns, 4 in 40."""
    return {
        "reason": "benchmark-complete",
        "id": name,
        "iteration_count": [2, 4],
        "measured_values": [20.0, 40.0],
        "unit": "ns",
        "throughput": [],
        "median": {"estimate": 10.0, "unit": "ns"},
        "mean": {"estimate": 12.0, "unit": "ns"},
    } | more


def cargo_criterion(*messages: object) -> bytes:
    """The messages, one on a line."""
    return "".join(json.dumps(message) + "\n" for message in messages).encode()


def jmh_result(
    mode: str = "avgt", unit: str = "us/op", scores: object = ((1.0, 2.0), (4.0,)), **more: Any
) -> Json:
    """One result of JMH; `score` and `percentiles` belong to its metric."""
    metric = {
        "score": more.pop("score", 2.5),
        "scorePercentiles": more.pop("percentiles", {"50.0": 2.0, "95.0": 4.0, "99.0": 4.0}),
        "scoreUnit": unit,
        "rawData": scores,
    }
    return {
        "jmhVersion": "1.37",
        "benchmark": "org.x.B.run",
        "mode": mode,
        "jdkVersion": "21.0.2",
        "vmName": "OpenJDK 64-Bit Server VM",
        "primaryMetric": metric,
        "secondaryMetrics": {},
    } | more


def jmh(*results: object) -> bytes:
    """A file of JMH."""
    return as_json(list(results))


def dotnet_entry(name: str = "N.T.M", values: object = (10.0, 20.0), **more: Any) -> Json:
    """One benchmark of BenchmarkDotNet."""
    statistics = {
        "OriginalValues": values,
        "Median": 15.0,
        "Mean": 15.0,
        "Percentiles": {"P50": 15.0, "P95": 19.5},
    }
    return {"DisplayInfo": "T.M: Job-A(Runtime=.NET 8.0)", "FullName": name, "Statistics": statistics} | more


def dotnet(*entries: object, **host: Any) -> bytes:
    """A file of BenchmarkDotNet."""
    about = {
        "BenchmarkDotNetVersion": "0.15.8",
        "OsVersion": "Windows 11 (10.0.26200)",
        "ProcessorName": "Some CPU",
        "LogicalCoreCount": 8,
        "Architecture": "X64",
        "RuntimeVersion": ".NET 8.0.1 (8.0.1, 8.0.123)",
    }
    return as_json({"Title": "T", "HostEnvironmentInfo": about | host, "Benchmarks": list(entries)})


K6_TIMES: Json = {"avg": 20.0, "min": 1.0, "med": 15.0, "max": 90.0, "p(90)": 40.0, "p(95)": 50.0}


def k6_export(**metrics: Any) -> bytes:
    """What `--summary-export` writes: values beside each other."""
    return as_json({"root_group": {"name": "", "groups": {}, "checks": {}}, "metrics": metrics})


def k6_handled(**metrics: Any) -> bytes:
    """What `handleSummary` writes: each of `metrics` is (type, contains, values[, thresholds])."""
    keys = ("type", "contains", "values", "thresholds")
    typed = {name: dict(zip(keys, metric, strict=False)) for name, metric in metrics.items()}
    state = {"testRunDurationMs": 1000}
    return as_json({"root_group": {}, "options": {}, "state": state, "metrics": typed})


def k6_listed(*metrics: object, duration: float = 2.0, checks: Sequence[object] = ()) -> bytes:
    """What `--new-machine-readable-summary` writes."""
    return as_json(
        {
            "config": {"duration": duration, "execution": "local", "script": "export default () => {}"},
            "metadata": {"generated_at": "now", "k6_version": "2.0.0"},
            "results": {"checks": {"metrics": list(checks)}, "metrics": list(metrics)},
            "version": "1.0.0",
        }
    )


LOCUST_COLUMNS = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,"
    "Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,"
    "99%,99.9%,99.99%,100%"
)


def locust_row(name: str, requests: object = 10, failures: object = 0, average: object = 7.5) -> str:
    """One row; its percentiles are 7, 20 (95 %) and 30 ms (99 %), at 5 requests a second."""
    return f"GET,{name},{requests},{failures},7,{average},1,40,100,5.0,0.0,7,8,9,9,10,20,25,30,40,40,40"


def locust(*rows: str) -> bytes:
    """A `_stats.csv` of Locust."""
    return "\r\n".join((LOCUST_COLUMNS, *rows, "")).encode()


def native_entry(name: str = "parse", samples: object = (0.5, 0.25), unit: str = "s", **more: Any) -> Json:
    """One benchmark of our own document."""
    return {"name": name, "unit": unit, "samples": samples} | more


def native(*entries: object, **more: Any) -> bytes:
    """Our own document."""
    return as_json({"schema": "sluicegate.benchmarks/1", "tool": "t", "benchmarks": list(entries)} | more)


GOOD: dict[str, tuple[str, bytes]] = {
    "sluicegate-benchmarks": ("bench.json", native(native_entry(), native_entry("render"))),
    "pytest-benchmark": ("bench.json", pytest_benchmark(pytest_entry(), pytest_entry("b"))),
    "hyperfine": ("bench.json", hyperfine(hyperfine_result("a"), hyperfine_result("b"))),
    "google-benchmark": (
        "bench.json",
        google(google_run("a"), google_run("a"), google_aggregate("a", "cv")),
    ),
    "go-bench": (
        "bench.txt",
        go("BenchmarkA-4 | 100 | 12.5 ns/op | 8 B/op", "BenchmarkB-4 | 100 | 1 ns/op"),
    ),
    "criterion": ("target/criterion/a/b/new/sample.json", criterion([1, 2], [10, 20])),
    "cargo-criterion": ("bench.json", cargo_criterion(criterion_message("a"), criterion_message("b"))),
    "jmh": ("bench.json", jmh(jmh_result(), jmh_result("sample", "ms/op", None))),
    "benchmarkdotnet": ("bench.json", dotnet(dotnet_entry(), dotnet_entry("N.T.O"))),
    "k6": ("k6.json", k6_export(http_req_duration=K6_TIMES, http_reqs={"count": 9, "rate": 3.0})),
    "locust": ("load_stats.csv", locust(locust_row("/"), locust_row("Aggregated"))),
}
"""By format: the file's name, and a good file of the tool."""
