"""Reader of pytest-benchmark's JSON (`--benchmark-json`, or a file of `.benchmarks/`).

Samples are the `stats.data` of a benchmark: seconds a call, one for each round. A file that was
saved without them, or with only some of them (fewer than its `rounds`), still states `median` and
`mean`; the benchmark then has these alone, and the source's note says so.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from sluicegate.errors import EvidenceError
from sluicegate.evidence import json_file
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind
from sluicegate.model import Source
from sluicegate.text import cut, one_line, plural

_MAX_NAME = 500
_OBJECT = re.compile(rb"[\s\xef\xbb\xbf]*\{")


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts pytest-benchmark's JSON, which describes the machine first."""
    return _OBJECT.match(head) is not None and b'"machine_info"' in head


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not pytest-benchmark's JSON, without any benchmark, with a duration that is
            not above zero, with one name twice, or over a limit.
    """
    document, digest = json_file.load(path, shown)
    listed = at(document, "benchmarks")
    if not isinstance(listed, list) or not isinstance(at(document, "machine_info"), dict):
        raise EvidenceError(
            "is JSON, but not pytest-benchmark's",
            where=shown,
            remedy="Write it with `pytest --benchmark-json=FILE`.",
        )
    if not listed:
        raise EvidenceError(
            "has no benchmarks",
            where=shown,
            remedy="See in the log of the test run whether `--benchmark-skip` or `-k` left them out.",
        )
    benchmarks: dict[str, Benchmark] = {}
    for each in listed:
        benchmark = _benchmark(each, shown)
        if benchmark.name in benchmarks:
            raise EvidenceError(f"has the benchmark {benchmark.name!r} twice", where=shown)
        benchmarks[benchmark.name] = benchmark
    stated = sum(not benchmark.samples for benchmark in benchmarks.values())
    note = f"{plural(stated, 'benchmark')} by median and mean alone: no complete samples" if stated else ""
    version = cut(one_line(text(at(document, "version"))), _MAX_NAME)
    source = Source(shown, "pytest-benchmark", digest, "pytest-benchmark", version, note)
    return BenchmarksRecord(source, benchmarks, _machine(at(document, "machine_info")))


def _benchmark(entry: object, shown: str) -> Benchmark:
    """One benchmark: its samples, or else what the file states of them."""
    name = cut(one_line(text(at(entry, "fullname")) or text(at(entry, "name"))), _MAX_NAME)
    if not name:
        raise EvidenceError("has a benchmark without a name", where=shown)
    stats = at(entry, "stats")
    if not isinstance(stats, dict):
        raise EvidenceError(f"has no stats for the benchmark {name!r}", where=shown)
    samples = _samples(stats, name, shown)
    if samples:
        return Benchmark(name, samples)
    stated = {"mean": _duration(stats.get("mean"), name, shown)}
    if stats.get("median") is not None:
        stated["p50"] = _duration(stats.get("median"), name, shown)
    return Benchmark(name, stated=stated)


def _samples(stats: object, name: str, shown: str) -> tuple[float, ...]:
    """The rounds, if all of them are there."""
    data = sequence(at(stats, "data"))
    rounds = index(at(stats, "rounds"))
    if rounds == 0:
        raise EvidenceError(f"says that the benchmark {name!r} ran no round", where=shown)
    complete = rounds in (-1, len(data)) and not any(isinstance(value, str) for value in data)
    return tuple(_duration(value, name, shown) for value in data) if complete else ()


def _duration(value: object, name: str, shown: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except OverflowError:
            seconds = math.inf
        if 0 < seconds < math.inf:
            return seconds
    raise EvidenceError(
        f"has a duration that is no time above zero, for the benchmark {name!r}",
        where=shown,
        remedy="Run the benchmark again; the file may have been edited, or the clock is too coarse.",
    )


def _machine(info: object) -> str:
    """What tells machines apart, and stays the same on equal ones: no host name.

    System, architecture, processor, and Python's implementation and version.
    """
    cpu = at(info, "cpu")
    brand = text(at(cpu, "brand_raw")) or text(at(cpu, "brand")) or text(cpu)
    keys = ("system", "machine", "python_implementation", "python_version")
    system, machine, implementation, version = (text(mapping(info).get(key)) for key in keys)
    parts = (f"{system} {machine}", brand, f"{implementation} {version}")
    return ", ".join(cut(one_line(part), 100) for part in parts if part.strip())


READER = Reader(format="pytest-benchmark", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""JSON of pytest-benchmark."""
