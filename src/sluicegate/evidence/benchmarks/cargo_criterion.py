"""Reader of the messages of cargo-criterion (`cargo criterion --message-format=json > FILE`).

One JSON object on each line; those with the reason `benchmark-complete` hold a benchmark's id, how
often the code ran for each sample (`iteration_count`), what that took (`measured_values`, in `unit`),
and the work of a call (`throughput`). A message without samples still states `median` and `mean`.
"""

from __future__ import annotations

import re
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.criterion import quotients
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, number
from sluicegate.evidence.json_file import at, item, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_LINE = re.compile(rb'^[\s\xef\xbb\xbf]*\{\s*"reason"\s*:\s*"(?:benchmark|group)-complete"', re.MULTILINE)
_STATED = (("p50", "median"), ("mean", "mean"))


def matches(_name: str, head: bytes) -> bool:
    """Whether a line of `head` starts a message of cargo-criterion."""
    return _LINE.search(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file of messages.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: without any benchmark, a time that is not above zero or in an unknown unit, one
            id twice, or over a limit.
    """
    messages, digest = json_file.load_lines(path, shown)
    suite = BenchmarkSuite(shown, nothing="Write it with `cargo criterion --message-format=json > FILE`.")
    for message in messages:
        if at(message, "reason") == "benchmark-complete":
            suite.add(_benchmark(suite, message))
    return suite.record(Source(shown, "cargo-criterion", digest, "cargo-criterion"))


def _benchmark(suite: BenchmarkSuite, message: object) -> Benchmark:
    name = suite.name(at(message, "id"))
    counts, values = at(message, "iteration_count"), at(message, "measured_values")
    if counts or values:
        samples = quotients(suite, counts, values, text(at(message, "unit")), name)
        return Benchmark(name, samples, _throughput(message))
    stated = {
        key: suite.seconds(at(message, own, "estimate"), text(at(message, own, "unit")), name)
        for key, own in _STATED
    }
    return Benchmark(name, stated={**stated, **_throughput(message)})


def _throughput(message: object) -> dict[str, float]:
    """Elements or bytes a second, by the median time of a call."""
    work = number(at(item(at(message, "throughput"), 0), "per_iteration"))
    median, unit = number(at(message, "median", "estimate")), at(message, "median", "unit")
    if work is None or median is None or work <= 0 or median <= 0 or unit != "ns":
        return {}
    return {"throughput": work * 1e9 / median}


READER = Reader(format="cargo-criterion", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""Messages of cargo-criterion."""
