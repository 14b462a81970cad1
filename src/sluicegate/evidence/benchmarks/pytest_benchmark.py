"""Reader of pytest-benchmark's JSON (`--benchmark-json`, or a file of `.benchmarks/`).

Samples are the `stats.data` of a benchmark: seconds a call, one for each round. A file that was
saved without them, or with only some of them (fewer than its `rounds`), still states `median` and
`mean`; the benchmark then has these alone, and the source's note states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, label, machine
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_NOTHING = "Check in the log of the test run whether `--benchmark-skip` or `-k` left them out."
_SAVED = re.compile(r"([0-9]{4,9})_.+\.json")
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
    document, digest = json_file.load(path, shown, nan_allowed=True)
    listed = at(document, "benchmarks")
    if not isinstance(listed, list) or not isinstance(at(document, "machine_info"), dict):
        raise EvidenceError(
            "is JSON, but not pytest-benchmark's",
            where=shown,
            remedy="Write it with `pytest --benchmark-json=FILE`.",
        )
    suite = BenchmarkSuite(shown, nothing=_NOTHING)
    for each in listed:
        suite.add(_benchmark(each, suite))
    stated = sum(not benchmark.samples for benchmark in suite.benchmarks.values())
    note = f"{plural(stated, 'benchmark')} by median and mean alone: no complete samples" if stated else ""
    source = Source(
        shown, "pytest-benchmark", digest, "pytest-benchmark", label(at(document, "version")), note
    )
    return suite.record(source, _machine(at(document, "machine_info")))


def _benchmark(entry: object, suite: BenchmarkSuite) -> Benchmark:
    """One benchmark: its samples, or else what the file states of them."""
    name = suite.name(at(entry, "fullname") or at(entry, "name"))
    stats = at(entry, "stats")
    if not isinstance(stats, dict):
        suite.refuse(f"has no stats for the benchmark {name!r}")
    samples = _samples(stats, name, suite)
    if samples:
        return Benchmark(name, samples)
    stated = {"mean": suite.seconds(stats.get("mean"), "s", name)}
    if stats.get("median") is not None:
        stated["p50"] = suite.seconds(stats.get("median"), "s", name)
    return Benchmark(name, stated=stated)


def _samples(stats: object, name: str, suite: BenchmarkSuite) -> tuple[float, ...]:
    """The rounds, if all of them are there."""
    data = sequence(at(stats, "data"))
    rounds = index(at(stats, "rounds"))
    if rounds == 0:
        suite.refuse(f"says that the benchmark {name!r} ran no round")
    complete = rounds in (-1, len(data)) and not any(isinstance(value, str) for value in data)
    return suite.samples(data, "s", name) if complete else ()


def _machine(info: object) -> str:
    """An identifier of the kind of machine, the same on equal ones: no host name.

    System, architecture, processor, and Python's implementation and version.
    """
    cpu = at(info, "cpu")
    brand = text(at(cpu, "brand_raw")) or text(at(cpu, "brand")) or text(cpu)
    keys = ("system", "machine", "python_implementation", "python_version")
    system, architecture, implementation, version = (text(mapping(info).get(key)) for key in keys)
    return machine(f"{system} {architecture}", brand, f"{implementation} {version}")


def superseded(paths: Iterable[str]) -> dict[str, str]:
    """The saved runs that are not the newest of their folder, each with the one that is.

    `--benchmark-autosave` and `--benchmark-save` count the runs that they keep in a folder, which is one
    for each kind of machine: `.benchmarks/Linux-CPython-3.13-64bit/0012_….json`.
    """
    folders: dict[str, list[tuple[int, str]]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if saved := _SAVED.fullmatch(name):
            folders.setdefault(folder, []).append((int(saved[1]), path))
    found: dict[str, str] = {}
    for runs in folders.values():
        count, newest = max(runs)
        reason = f"is an earlier run than {newest.rpartition('/')[2]}"
        found |= {path: reason for number, path in runs if number < count}
    return found


READER = Reader("pytest-benchmark", Kind.BENCHMARKS, matches, read, superseded=superseded)
"""JSON of pytest-benchmark."""
