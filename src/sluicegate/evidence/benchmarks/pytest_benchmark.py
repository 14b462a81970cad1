"""Reader of pytest-benchmark's JSON (`--benchmark-json`, or a file of `.benchmarks/`).

Samples are the `stats.data` of a benchmark: seconds a call, one for each round. A file that was
saved without them, or with only some of them (fewer than its `rounds`), still states `median` and
`mean`; the benchmark then has these alone, and the source's note states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from sluicegate.core.text import plural
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, json_reader, label, machine
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.records import Benchmark

_SAVED = re.compile(r"([0-9]{4,9})_.+\.json")


def _fill(suite: BenchmarkSuite, document: object) -> None:
    listed, info = at(document, "benchmarks"), at(document, "machine_info")
    if not isinstance(listed, list) or not isinstance(info, dict):
        suite.refuse("is JSON, but not pytest-benchmark's", "Write it with `pytest --benchmark-json=FILE`.")
    for each in listed:
        suite.add(_benchmark(each, suite))
    stated = sum(not benchmark.samples for benchmark in suite.benchmarks.values())
    if stated:
        suite.note = f"{plural(stated, 'benchmark')} by median and mean alone: no complete samples"
    suite.version, suite.machine = label(at(document, "version")), _machine(info)


def _benchmark(entry: object, suite: BenchmarkSuite) -> Benchmark:
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


def _superseded(paths: Iterable[str]) -> dict[str, str]:
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


READER = replace(
    json_reader(
        "pytest-benchmark",
        "pytest-benchmark",
        rb'\{.*"machine_info"',
        _fill,
        nothing="Check in the log of the test run whether `--benchmark-skip` or `-k` left them out.",
    ),
    superseded=_superseded,
)
