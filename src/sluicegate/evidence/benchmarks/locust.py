"""Reader of the statistics of Locust 1.0 or later (`locust --headless --csv PREFIX`: `PREFIX_stats.csv`).

One row for each request, by method and name, and one for all of them, `Aggregated`. Locust keeps
statistics only, in milliseconds, rounded to two digits from 100 ms on: `50%`, `95%`, `99%` and
`Average Response Time` are p50, p95, p99 and mean, `Requests/s` is the throughput, and the failures of all
requests are the error rate. A time of 0 is one below half a millisecond. A request that was never made has
no figures and is left out.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from functools import lru_cache

from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, in_seconds, label, suite_reader
from sluicegate.evidence.json_file import MAX_JSON
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import starts
from sluicegate.evidence.records import Benchmark

_TIMES = {"p50": "50%", "p95": "95%", "p99": "99%", "mean": "Average Response Time"}

_KEPT = 10_000
"""Figures whose text is remembered: Locust rounds, so that most occur in many rows."""


def _fill(suite: BenchmarkSuite, data: bytes) -> None:
    lines = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", "replace", newline="")
    rows = filter(None, csv.reader(lines, strict=True))
    try:
        header = next(rows, [])
        missing = [""] * len(header)
        for row in rows:
            _take(suite, dict(zip(header, (*row, *missing), strict=False)))
    except csv.Error as error:
        suite.refuse(f"is not valid CSV: {error}", "The file may be cut short; see the log of Locust.")


@lru_cache(_KEPT)
def _figure(text: str) -> float:
    """A cell as a figure that is not below zero; -1 if it is not a figure."""
    try:
        found = float(text)
    except ValueError:
        return -1.0
    return found if 0 <= found < math.inf else -1.0


@lru_cache(_KEPT)
def _seconds(text: str) -> float:
    """A cell of milliseconds in seconds; below zero if it is not a figure."""
    return in_seconds(_figure(text), "ms")


def _take(suite: BenchmarkSuite, row: Mapping[str, str]) -> None:
    name = suite.name(f"{row.get('Type', '')} {row.get('Name', '')}")

    def figure(column: str, convert: Callable[[str], float] = _figure) -> float:
        text = row.get(column, "")
        found = convert(text)
        if found < 0:
            suite.refuse(
                f"has no figure in the column {column!r} of {name!r}",
                f"Write it with `locust --csv PREFIX`; it says {label(text, 40)!r} there.",
            )
        return found

    requests, failures = figure("Request Count"), figure("Failure Count")
    if requests == 0:
        return
    if failures > requests:
        suite.refuse(f"counts more failures than requests of {name!r}")
    stated = {key: figure(column, _seconds) for key, column in _TIMES.items() if column in row}
    stated["throughput"] = figure("Requests/s")
    stated["error_rate"] = 100 * failures / requests
    suite.add(Benchmark(name, stated=stated))


READER = suite_reader(
    "locust",
    "Locust",
    starts(rb'"?Type"?,"?Name"?,"?Request Count"?,"?Failure Count"?,'),
    lambda path, shown: read_bytes(path, shown, limit=MAX_JSON),
    _fill,
    nothing="No request was made; see the log of Locust.",
    note="statistics only: no samples",
)
