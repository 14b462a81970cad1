"""Reader of the messages of cargo-criterion (`cargo criterion --message-format=json > FILE`).

One JSON object on each line; those with the reason `benchmark-complete` hold a benchmark's id, how
often the code ran for each sample (`iteration_count`), what that took (`measured_values`, in `unit`),
and the work of a call (`throughput`). A message without samples still states `median` and `mean`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sluicegate.evidence.benchmarks.criterion import quotients
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, positive, suite_reader
from sluicegate.evidence.json_file import at, item, load_lines, text
from sluicegate.evidence.records import Benchmark

_LINE = re.compile(rb'^[\s\xef\xbb\xbf]*\{\s*"reason"\s*:\s*"(?:benchmark|group)-complete"', re.MULTILINE)
_STATED = (("p50", "median"), ("mean", "mean"))


def _fill(suite: BenchmarkSuite, messages: Iterable[object]) -> None:
    for message in messages:
        if at(message, "reason") == "benchmark-complete":
            suite.add(_benchmark(suite, message))


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
    work = positive(at(item(at(message, "throughput"), 0), "per_iteration"))
    median, unit = positive(at(message, "median", "estimate")), at(message, "median", "unit")
    return {"throughput": work * 1e9 / median} if work and median and unit == "ns" else {}


READER = suite_reader(
    "cargo-criterion",
    "cargo-criterion",
    lambda _name, head: _LINE.search(head) is not None,
    load_lines,
    _fill,
    nothing="Write it with `cargo criterion --message-format=json > FILE`.",
)
