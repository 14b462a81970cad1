"""Reader of BenchmarkDotNet's JSON (`--exporters json`: `*-report-full-compressed.json`, full or brief).

Samples are `Statistics.OriginalValues`: nanoseconds a call, one for each measured iteration, without the
outliers that BenchmarkDotNet removed. A file of a version that did not write them still has its
`Percentiles` and `Mean`. `Memory.BytesAllocatedPerOperation` is there with the memory diagnoser. A
benchmark without `Statistics` did not run to its end: it failed.

The name is `FullName`, with its parameters; where one method ran as several jobs (runtimes), the job is
added as `DisplayInfo` has it.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence import json_file
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, label, machine
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Kind

_START = re.compile(rb'[\s\xef\xbb\xbf]*\{\s*(?:"Title"\s*:\s*"[^"]*"\s*,\s*)?"HostEnvironmentInfo"\s*:')
_STATED = {"p50": "P50", "p95": "P95", "p99": "P99"}
_REMEDY = "A benchmark that takes no time does nothing that can be measured: return its result."
_HOST = "HostEnvironmentInfo"


def matches(_name: str, head: bytes) -> bool:
    """Whether `head` starts BenchmarkDotNet's JSON."""
    return _START.match(head) is not None


def read(path: Path, shown: str) -> BenchmarksRecord:
    """Read one file.

    Args:
        path: the file on disk.
        shown: its path for people.

    Raises:
        EvidenceError: not BenchmarkDotNet's JSON, a time that is not above zero, one benchmark twice, or
            over a limit.
    """
    document, digest = json_file.load(path, shown, nan_allowed=True)
    suite = BenchmarkSuite(shown, _REMEDY, "Check in its log whether `--filter` left them all out.")
    listed = sequence(at(document, "Benchmarks"))
    names = Counter(_name(suite, entry) for entry in listed)
    for entry in listed:
        name = _name(suite, entry)
        _take(suite, entry, _with_job(name, entry) if names[name] > 1 else name)
    host = at(document, _HOST)
    version = label(at(host, "BenchmarkDotNetVersion"))
    return suite.record(Source(shown, "benchmarkdotnet", digest, "BenchmarkDotNet", version), _machine(host))


def _name(suite: BenchmarkSuite, entry: object) -> str:
    """`Namespace.Type.Method(parameters)`."""
    full = label(at(entry, "FullName"))
    if full:
        return full
    parameters = label(at(entry, "Parameters"))
    parts = [label(at(entry, key)) for key in ("Namespace", "Type", "Method")]
    return suite.name(".".join(filter(None, parts)) + (f"({parameters})" if parameters else ""))


def _with_job(name: str, entry: object) -> str:
    """`Type.Method: Job(Runtime=…)` names the job behind the colon."""
    job = label(at(entry, "DisplayInfo")).partition(": ")[2]
    return label(f"{name} [{job}]") if job else name


def _take(suite: BenchmarkSuite, entry: object, name: str) -> None:
    statistics = at(entry, "Statistics")
    if not isinstance(statistics, dict):
        suite.failed(
            f"the benchmark {name!r} gave no result", "See its errors in the log of BenchmarkDotNet."
        )
        return
    samples = suite.samples(sequence(statistics.get("OriginalValues")), "ns", name)
    allocated = at(entry, "Memory", "BytesAllocatedPerOperation")
    memory = () if allocated is None else (suite.figure(allocated, "memory", name),)
    suite.add(Benchmark(name, samples, {} if samples else _stated(suite, statistics, name), memory=memory))


def _stated(suite: BenchmarkSuite, statistics: object, name: str) -> dict[str, float]:
    percentiles = mapping(at(statistics, "Percentiles"))
    given = {key: percentiles[own] for key, own in _STATED.items() if own in percentiles}
    given.setdefault("p50", at(statistics, "Median"))
    given["mean"] = at(statistics, "Mean")
    return {key: suite.seconds(value, "ns", name) for key, value in given.items()}


def _machine(host: object) -> str:
    """Operating system, processor, cores, architecture and runtime, without the numbers of builds."""
    processor = at(host, "ProcessorName")
    cores = index(at(host, "LogicalCoreCount"))
    return machine(
        text(at(host, "OsVersion")).partition(" (")[0],
        text(processor) or text(at(processor, "Value")),
        plural(cores, "core") if cores > 0 else "",
        text(at(host, "Architecture")),
        (text(at(host, "RuntimeVersion")) or text(at(host, "ClrVersion"))).partition(" (")[0],
    )


READER = Reader(format="benchmarkdotnet", kind=Kind.BENCHMARKS, matches=matches, read=read)
"""JSON of BenchmarkDotNet."""
