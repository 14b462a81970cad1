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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, in_seconds, label, number
from sluicegate.evidence.json_file import at, mapping, sequence, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

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


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one summary.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not a summary of k6, without anything that was timed or counted, or over a limit.
    """
    document, digest = json_file.load(path, shown, nan_allowed=True)
    suite = BenchmarkSuite(
        shown, nothing="Write it with `k6 run --summary-export=FILE`, or in `handleSummary`."
    )
    metrics = _metrics(document)
    length = number(at(document, "config", "duration")) or 0.0
    for name, metric in metrics.items():
        for threshold in metric.crossed:
            suite.failed(
                f"{name} crossed the threshold {threshold!r} of the script",
                "Fix what got slow, or take the threshold out and let a criterion judge.",
            )
        if _is_call(name, metric):
            _take_call(suite, name, metrics, length)
    _take_iterations(suite, metrics, length)
    _take_checks(suite, metrics)
    version = label(at(document, "metadata", "k6_version")) or label(at(document, "metadata", "k6Version"))
    return suite.record(Source(shown, "k6", digest, "k6", version, "statistics only: no samples"))


def _metrics(document: object) -> Metrics:
    """The metrics by name, sorted: k6 writes them in any order."""
    found = {**dict(_listed(document)), **dict(_keyed(document))}
    return dict(sorted(found.items()))


def _keyed(document: object) -> Iterator[tuple[str, _K6Metric]]:
    for name, metric in mapping(at(document, "metrics")).items():
        values = at(metric, "values")
        yield (
            label(name),
            _K6Metric(
                mapping(metric if values is None else values),
                text(at(metric, "contains")),
                tuple(_crossed(at(metric, "thresholds"))),
            ),
        )


def _crossed(thresholds: object) -> Iterator[str]:
    """Thresholds that were crossed: `{"ok": false}`, or `true` in the layout of --summary-export."""
    for threshold, state in mapping(thresholds).items():
        if state is True or at(state, "ok") is False:
            yield label(threshold, 100)


def _listed(document: object) -> Iterator[tuple[str, _K6Metric]]:
    results = at(document, "results")
    for metric in (*sequence(at(results, "metrics")), *sequence(at(results, "checks", "metrics"))):
        yield (
            label(at(metric, "name")),
            _K6Metric(mapping(at(metric, "values")), text(at(metric, "contains")), ()),
        )


def _is_call(name: str, metric: _K6Metric) -> bool:
    return name.partition("{")[0] in _CALLS or (metric.contains == "time" and not name.startswith(_BUILT_IN))


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
    given = {key: number(metric.values[own]) for key, own in _owns() if own in metric.values}
    times = {key: in_seconds(value, "ms") for key, value in given.items() if value is not None and value > 0}
    wrong = [key for key in given if key not in times]
    if wrong:
        suite.failed(
            f"{name} has a {wrong[0]} that is not a time above zero: too few calls were answered",
            "Check in the log of k6 whether the server was reached.",
        )
        return {}
    return times


def _owns() -> Iterator[tuple[str, str]]:
    """Our names of the statistics with each of k6's own."""
    return ((key, own) for key, owns in _TIMES.items() for own in owns)


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


READER = Reader(format="k6", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""Summaries of k6."""
