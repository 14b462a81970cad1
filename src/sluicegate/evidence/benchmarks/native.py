"""Reader of our own benchmarks document, `sluicegate.benchmarks/1`.

`sluicegate bench` writes it, and so can anything that has raw samples. It holds to the schema of
`native_schema` exactly, so that a misspelt key is an error and not a missing figure. `unit` is that of
`samples` and `cpu` and of their base; pair i is `samples[i]` with `base_samples[i]`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.native_schema import SCHEMA, violation
from sluicegate.evidence.benchmarks.suite import Suite, in_seconds, label, machine
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_START = re.compile(rb"[\s\xef\xbb\xbf]*\{")
_SCHEMA = re.compile(rb'"schema"\s*:\s*"sluicegate\.benchmarks/')
_REMEDY = "Compare it with the schema that `sluicegate schema benchmarks` prints."
_PAIRS = (("samples", "base_samples"), ("cpu", "base_cpu"), ("memory", "base_memory"))


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` names our schema, of any version."""
    return _START.match(head) is not None and _SCHEMA.search(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: of another version, against the schema, a series and its base of different
            lengths, one name twice, or over a limit.
    """
    document, digest = json_file.load(path, shown, nan_allowed=True)
    suite = Suite(shown)
    stated = text(at(document, "schema"))
    if stated != SCHEMA:
        suite.refuse(
            f"is of the schema {label(stated, 60)!r}, and {SCHEMA!r} is read here",
            "Update Sluicegate, or write the version that it reads.",
        )
    wrong = violation(document)
    if wrong:
        suite.refuse(f"is no benchmarks document: {label(wrong)}", _REMEDY)
    for entry in sequence(at(document, "benchmarks")):
        suite.add(_benchmark(suite, entry))
    for problem in sequence(at(document, "problems")):
        suite.failed(text(at(problem, "message")), text(at(problem, "remedy")))
    tool, version = label(at(document, "tool")), label(at(document, "version"))
    record = suite.record(
        Source(shown, "sluicegate-benchmarks", digest, tool, version),
        _machine(at(document, "machine")),
        paired=any(benchmark.base for benchmark in suite.benchmarks.values()),
        looks=max(index(at(document, "plan", "looks")), 1),
        removed=tuple(label(name) for name in sequence(at(document, "removed"))),
    )
    return replace(record, commit=label(at(document, "head", "commit")))


def _benchmark(suite: Suite, entry: object) -> Benchmark:
    """One benchmark of a document that holds to the schema."""
    name, unit = suite.name(at(entry, "name")), text(at(entry, "unit"))
    _check_pairs(suite, entry, name)
    samples, base = (suite.samples(sequence(at(entry, key)), unit, name) for key in _PAIRS[0])
    cpu, base_cpu = (tuple([in_seconds(x, unit) for x in _numbers(entry, key)]) for key in _PAIRS[1])
    memory, base_memory = (_numbers(entry, key) for key in _PAIRS[2])
    figures = {key: value for key in ("throughput", "error_rate") if (value := _numbers(entry, key))}
    stated = {key: value[0] for key, value in figures.items()}
    per_round = max(index(at(entry, "pairs_per_round")), 1)
    return Benchmark(name, samples, stated, base, memory, base_memory, cpu, base_cpu, per_round)


def _check_pairs(suite: Suite, entry: object, name: str) -> None:
    """Refuse a series of the base that is not as long as that of the head."""
    for own, other in _PAIRS:
        heads, bases = len(sequence(at(entry, own))), len(sequence(at(entry, other)))
        if bases not in (0, heads):
            suite.refuse(
                f"has {heads:,} {own} and {bases:,} {other} for the benchmark {name!r}",
                "Each value of the base belongs to one of the head; leave out what has no partner.",
            )


def _numbers(entry: object, key: str) -> tuple[float, ...]:
    """The numbers of a series, or the one of a figure."""
    value = mapping(entry).get(key)
    return tuple(
        [float(x) for x in (value if isinstance(value, list) else [value]) if isinstance(x, int | float)]
    )


def _machine(stated: object) -> str:
    cores = index(at(stated, "cores"))
    system, architecture, processor, runtime = (
        text(at(stated, key)) for key in ("system", "architecture", "processor", "runtime")
    )
    return machine(f"{system} {architecture}", processor, plural(cores, "core") if cores > 0 else "", runtime)


READER = Reader(format="sluicegate-benchmarks", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""Our own JSON with raw samples."""
