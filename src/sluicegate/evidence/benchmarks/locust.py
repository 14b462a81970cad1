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
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, in_seconds, label
from sluicegate.evidence.json_file import MAX_JSON
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_START = re.compile(rb'[\s\xef\xbb\xbf]*"?Type"?,"?Name"?,"?Request Count"?,"?Failure Count"?,')
_TIMES = {"p50": "50%", "p95": "95%", "p99": "99%", "mean": "Average Response Time"}

_KEPT = 10_000
"""Figures whose text is remembered: Locust rounds, so that most occur in many rows."""


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts the statistics of Locust 1.0 or later."""
    return _START.match(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not Locust's statistics, without any request, with an invalid figure, or over
            a limit.
    """
    suite = BenchmarkSuite(shown, nothing="No request was made; see the log of Locust.")
    data, digest = read_bytes(path, shown, limit=MAX_JSON)
    rows = _rows(suite, data)
    table = _table(next(rows, []))
    for row in rows:
        cells = row[: table.width]
        _take(suite, table, [*cells, *[""] * (table.width + 1 - len(cells))])
    return suite.record(Source(shown, "locust", digest, "Locust", note="statistics only: no samples"))


def _rows(suite: BenchmarkSuite, data: bytes) -> Iterator[list[str]]:
    """The rows that are not empty."""
    lines = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", "replace", newline="")
    try:
        yield from filter(None, csv.reader(lines, strict=True))
    except csv.Error as error:
        suite.refuse(f"is not valid CSV: {error}", "The file may be cut short; see the log of Locust.")


@dataclass(frozen=True, slots=True)
class _CsvColumns:
    """The positions of the columns; a missing one points past the last, where each row has an empty cell."""

    width: int
    type: int
    name: int
    requests: int
    failures: int
    throughput: int
    times: tuple[tuple[str, int, str], ...]


def _table(header: Sequence[str]) -> _CsvColumns:
    width = len(header)
    places = {column: n for n, column in enumerate(header)}
    times = tuple((key, places[column], column) for key, column in _TIMES.items() if column in places)
    return _CsvColumns(
        width,
        type=places.get("Type", width),
        name=places.get("Name", width),
        requests=places.get("Request Count", width),
        failures=places.get("Failure Count", width),
        throughput=places.get("Requests/s", width),
        times=times,
    )


def _take(suite: BenchmarkSuite, table: _CsvColumns, row: Sequence[str]) -> None:
    name = suite.name(f"{row[table.type]} {row[table.name]}")
    requests = _checked(suite, _figure(row[table.requests]), row[table.requests], "Request Count", name)
    failures = _checked(suite, _figure(row[table.failures]), row[table.failures], "Failure Count", name)
    if requests == 0:
        return
    if failures > requests:
        suite.refuse(f"counts more failures than requests of {name!r}")
    stated = {
        key: _checked(suite, _seconds(row[place]), row[place], column, name)
        for key, place, column in table.times
    }
    rate = row[table.throughput]
    stated["throughput"] = _checked(suite, _figure(rate), rate, "Requests/s", name)
    stated["error_rate"] = 100 * failures / requests
    suite.add(Benchmark(name, stated=stated))


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


def _checked(suite: BenchmarkSuite, found: float, text: str, column: str, name: str) -> float:
    if found < 0:
        suite.refuse(
            f"has no figure in the column {column!r} of {name!r}",
            f"Write it with `locust --csv PREFIX`; it says {label(text, 40)!r} there.",
        )
    return found


READER = Reader(format="locust", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""Statistics of Locust."""
