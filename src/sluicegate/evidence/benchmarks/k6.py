"""Reader of k6's summary, in its three layouts.

- `k6 run --summary-export=FILE`: the metrics with their values beside each other, no types.
- `handleSummary(data)` in the script, written with `JSON.stringify(data)`: each metric with `type`,
  `contains` and `values`.
- `--new-machine-readable-summary`: `results.metrics` as a list, and the length of the run in `config`.

k6 keeps statistics only, so there are no samples. A benchmark is what k6 times as one call:
`http_req_duration`, `grpc_req_duration` and `browser_http_req_duration`, each with its tagged parts
(`http_req_duration{scenario:login}`), and every trend of the script's own that says that it `contains`
time; the first layout does not have it, so these are left out there. Milliseconds become seconds;
`med`, `p(95)`, `p(99)` and `avg` are p50, p95, p99 and mean, as far as `summaryTrendStats` asked
for them. `http_reqs` is the throughput and `http_req_failed` the error rate of the calls. `iterations`
has its own throughput, and, where the script makes no such call, the times of `iteration_duration`;
`checks` has the share that failed as its error rate.

A time of zero means that no call was answered, and a threshold that was crossed is k6's own "failed":
both are failures, not figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.evidence.benchmarks import suite as suites
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, label, number, positive
from sluicegate.evidence.json_file import at, mapping, sequence, text
from sluicegate.evidence.records import Benchmark

_CALLS: Mapping[str, tuple[str, str]] = {
    "http_req_duration": ("http_reqs", "http_req_failed"),
    "grpc_req_duration": ("", ""),
    "browser_http_req_duration": ("", "browser_http_req_failed"),
}
"""What times a call -> what counts the calls, and what counts those that failed."""

_BUILT_IN = ("http_req_", "grpc_", "ws_", "browser_", "iteration_duration", "group_duration")
_TIMES: Mapping[str, tuple[str, ...]] = {
    "p50": ("med", "p(50)"),
    "p95": ("p(95)", "p95"),
    "p99": ("p(99)", "p99"),
    "mean": ("avg",),
}
_METRIC = re.compile(
    rb'"(?:http_req_\w+|http_reqs|iterations|iteration_duration|vus|vus_max|data_sent|data_received)(?:\{[^"]*\})?"'
)
_LAYOUTS = re.compile(
    rb'"root_group"\s*:\s*\{|"metrics"\s*:\s*[\[{]|"k6_?[vV]ersion"|"execution"\s*:\s*"(?:local|cloud)"'
)


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts a summary of k6: a layout of its, and a metric that every run has."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    marks = {found.split(b'"')[1] for found in _LAYOUTS.findall(head)}
    return bool(marks - {b"metrics"}) or (b"metrics" in marks and bool(_METRIC.search(head)))


@dataclass(frozen=True, slots=True)
class _K6Metric:
    """One metric of any layout: `values` by the names of the summary, `contains` is empty if absent."""

    values: Mapping[str, object]
    contains: str
    crossed: tuple[str, ...]


Metrics = Mapping[str, _K6Metric]


def _fill(suite: BenchmarkSuite, document: object) -> None:
    metrics = _metrics(document)
    length = positive(at(document, "config", "duration"))
    for name, metric in metrics.items():
        for threshold in metric.crossed:
            suite.failed(
                f"{name} crossed the threshold {threshold!r} of the script",
                "Fix what got slow, or take the threshold out and let a criterion judge.",
            )
        is_own = metric.contains == "time" and not name.startswith(_BUILT_IN)
        if is_own or name.partition("{")[0] in _CALLS:
            _take_call(suite, name, metrics, length)
    _take_iterations(suite, metrics, length)
    _take_checks(suite, metrics)
    metadata = at(document, "metadata")
    suite.version = label(at(metadata, "k6_version")) or label(at(metadata, "k6Version"))


def _metrics(document: object) -> Metrics:
    results = at(document, "results")
    listed = (*sequence(at(results, "metrics")), *sequence(at(results, "checks", "metrics")))
    named = [(at(metric, "name"), metric) for metric in listed] + [*mapping(at(document, "metrics")).items()]
    found = {label(name): _metric(metric) for name, metric in named}
    return {name: found[name] for name in sorted(found)}  # k6 writes them in any order


def _metric(metric: object) -> _K6Metric:
    values, contains = at(metric, "values"), text(at(metric, "contains"))
    crossed = tuple(
        label(threshold, 100)
        for threshold, state in mapping(at(metric, "thresholds")).items()
        if state is True or at(state, "ok") is False  # `true` in the layout of --summary-export
    )
    return _K6Metric(mapping(metric if values is None else values), contains, crossed)


def _take_call(suite: BenchmarkSuite, name: str, metrics: Metrics, length: float) -> None:
    base, brace, tag = name.partition("{")
    calls, failures = _CALLS.get(base, ("", ""))
    stated = _times(suite, name, metrics[name])
    stated |= _throughput(metrics.get(calls + brace + tag), length)
    stated |= _error_rate(metrics.get(failures + brace + tag))
    if stated:
        suite.add(Benchmark(suite.name(name), stated=stated))


def _take_iterations(suite: BenchmarkSuite, metrics: Metrics, length: float) -> None:
    stated = _throughput(metrics.get("iterations"), length)
    if not suite.benchmarks and "iteration_duration" in metrics:
        stated |= _times(suite, "iteration_duration", metrics["iteration_duration"])
    if stated:
        suite.add(Benchmark("iterations", stated=stated))


def _take_checks(suite: BenchmarkSuite, metrics: Metrics) -> None:
    if "checks" in metrics:
        values = metrics["checks"].values
        passed, failed = number(values.get("passes")), number(values.get("fails"))
        rate = _share(failed, passed)
    else:
        rate = _error_rate(metrics.get("checks_failed")).get("error_rate")
    if rate is not None:
        suite.add(Benchmark("checks", stated={"error_rate": rate}))


def _times(suite: BenchmarkSuite, name: str, metric: _K6Metric) -> dict[str, float]:
    """Seconds by measure; nothing where one is not above zero."""
    given = {
        key: positive(metric.values[own])
        for key, owns in _TIMES.items()
        for own in owns
        if own in metric.values
    }
    wrong = [key for key, value in given.items() if not value]
    if wrong:
        suite.failed(
            f"{name} has a {wrong[0]} that is not a time above zero: too few calls were answered",
            "Check in the log of k6 whether the server was reached.",
        )
        return {}
    return {key: suites.in_seconds(value, "ms") for key, value in given.items()}


def _throughput(metric: _K6Metric | None, length: float) -> dict[str, float]:
    """Calls a second: as stated, or their count over the run's length in seconds."""
    if metric is None:
        return {}
    rate, count = number(metric.values.get("rate")), number(metric.values.get("count"))
    if rate is None and count is not None and length > 0:
        rate = count / length
    return {} if rate is None or rate < 0 else {"throughput": rate}


def _error_rate(metric: _K6Metric | None) -> dict[str, float]:
    """The failed calls in per cent: from their counts, or else as stated."""
    if metric is None:
        return {}
    values = metric.values
    failed, fine, total = (number(values.get(key)) for key in ("passes", "fails", "total"))
    if total is not None and (matched := number(values.get("matches"))) is not None:
        failed, fine = matched, total - matched
    share = _share(failed, fine)
    if share is None:
        stated = number(values.get("rate", values.get("value")))
        share = stated * 100 if stated is not None and 0 <= stated <= 1 else None
    return {} if share is None else {"error_rate": share}


def _share(part: float | None, rest: float | None) -> float | None:
    """`part` of both, in per cent; None of nothing."""
    if part is None or rest is None or part < 0 or rest < 0 or part + rest == 0:
        return None
    return 100 * part / (part + rest)


READER = suites.suite_reader(
    "k6",
    "k6",
    matches,
    suites.load_json,
    _fill,
    nothing="Write it with `k6 run --summary-export=FILE`, or in `handleSummary`.",
    note="statistics only: no samples",
)
