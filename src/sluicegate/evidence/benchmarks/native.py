"""Reader of our own benchmarks document: a misspelt key is an error and not a missing figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, in_seconds, label, machine
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import Reader, starts
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

if TYPE_CHECKING:
    from sluicegate.evidence.benchmarks.native_document import BenchmarkSeries


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Raises:
        EvidenceError: of another version, against the schema, a series and its base of different
            lengths, one name twice, or over a limit.
    """
    from sluicegate.evidence.benchmarks.native_document import BENCHMARKS  # its classes take 10 ms

    data, digest = read_bytes(path, shown, limit=BENCHMARKS.limit)
    document = BENCHMARKS.decode(data, shown)
    suite = BenchmarkSuite(shown)
    for series in document.benchmarks:
        suite.add(_benchmark(suite, series))
    for problem in document.problems:
        suite.failed(problem.message, problem.remedy)
    own = document.machine
    cores = plural(own.cores, "core") if own.cores else ""
    source = Source(shown, "sluicegate-benchmarks", digest, label(document.tool), label(document.version))
    return replace(
        suite.record(source),
        machine=machine(f"{own.system} {own.architecture}", own.processor, cores, own.runtime),
        paired=any(benchmark.base for benchmark in suite.benchmarks.values()),
        looks=document.plan.looks,
        removed=tuple(map(label, document.removed)),
        commit=label(document.head.commit),
    )


def _benchmark(suite: BenchmarkSuite, own: BenchmarkSeries) -> Benchmark:
    name = suite.name(own.name)
    for what, heads, bases in (
        ("samples", own.samples, own.base_samples),
        ("cpu", own.cpu, own.base_cpu),
        ("memory", own.memory, own.base_memory),
    ):
        if bases and len(bases) != len(heads):
            suite.refuse(
                f"has {len(heads):,} {what} and {len(bases):,} base_{what} for the benchmark {name!r}",
                "Each value of the base belongs to one of the head; leave out what has no partner.",
            )
    stated = {"throughput": own.throughput, "error_rate": own.error_rate}
    return Benchmark(
        name,
        suite.samples(own.samples, own.unit, name),
        {key: value for key, value in stated.items() if value is not None},
        suite.samples(own.base_samples, own.unit, name),
        own.memory,
        own.base_memory,
        tuple([in_seconds(x, own.unit) for x in own.cpu]),
        tuple([in_seconds(x, own.unit) for x in own.base_cpu]),
        own.pairs_per_round,
    )


_MATCHES = starts(rb'\{.*"schema"\s*:\s*"sluicegate\.benchmarks/')

READER = Reader("sluicegate-benchmarks", Kind.BENCHMARKS, _MATCHES, read)
