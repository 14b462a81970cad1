"""Reader of Locust's statistics (`locust --headless --csv PREFIX`: `PREFIX_stats.csv`).

One row for each request, by method and name, and one for all of them, `Aggregated`. Locust keeps
statistics only, in milliseconds, rounded to two digits from 100 ms on: `50%`, `95%`, `99%` and
`Average Response Time` are p50, p95, p99 and mean, `Requests/s` is the throughput, and the failures of all
requests are the error rate. A time of 0 is one below half a millisecond. A request that was never made has
no figures and is left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sluicegate.evidence.benchmarks.suite import Suite, in_seconds, label, number
from sluicegate.evidence.json_file import MAX_JSON
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind
from sluicegate.model import Source

_START = re.compile(rb'[\s\xef\xbb\xbf]*"?Type"?,"?Name"?,"?Request Count"?,"?Failure Count"?,')
_TIMES = {"p50": "50%", "p95": "95%", "p99": "99%", "mean": "Average Response Time"}


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts the statistics of Locust 1.0 or later."""
    return _START.match(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not Locust's statistics, without any request, with a figure that is none, or over
            a limit.
    """
    suite = Suite(shown, nothing="No request was made; see the log of Locust.")
    data, digest = read_bytes(path, shown, limit=MAX_JSON)
    for row in _rows(suite, data):
        _take(suite, row)
    return suite.record(Source(shown, "locust", digest, "Locust", note="statistics only: no samples"))


def _rows(suite: Suite, data: bytes) -> Iterator[Mapping[str, str]]:
    lines = io.StringIO(data.decode("utf-8-sig", "replace"), newline="")
    try:
        for row in csv.DictReader(lines, strict=True, restval=""):
            yield {str(key): value for key, value in row.items() if isinstance(value, str)}
    except csv.Error as error:
        suite.refuse(f"is not valid CSV: {error}", "The file may be cut short; see the log of Locust.")


def _take(suite: Suite, row: Mapping[str, str]) -> None:
    name = suite.name(f"{row.get('Type', '')} {row.get('Name', '')}")
    requests = _figure(suite, row, "Request Count", name)
    failures = _figure(suite, row, "Failure Count", name)
    if requests == 0:
        return
    if failures > requests:
        suite.refuse(f"counts more failures than requests of {name!r}")
    stated = {
        key: in_seconds(_figure(suite, row, column, name), "ms")
        for key, column in _TIMES.items()
        if column in row
    }
    stated["throughput"] = _figure(suite, row, "Requests/s", name)
    stated["error_rate"] = 100 * failures / requests
    suite.add(Benchmark(name, stated=stated))


def _figure(suite: Suite, row: Mapping[str, str], column: str, name: str) -> float:
    """A figure of the row that is not below zero."""
    try:
        found = number(float(row.get(column, "")))
    except ValueError:
        found = None
    if found is None or found < 0:
        suite.refuse(
            f"has no figure in the column {column!r} of {name!r}",
            f"Write it with `locust --csv PREFIX`; it says {label(row.get(column, ''), 40)!r} there.",
        )
    return found


READER = Reader(format="locust", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""Statistics of Locust."""
