"""Reader of BenchmarkDotNet's JSON (`--exporters json`: `*-report-full-compressed.json`, full or brief).

Samples are `Statistics.OriginalValues`: nanoseconds a call, one for each measured iteration, without the
outliers that BenchmarkDotNet removed. A file of a version that did not write them still has its
`Percentiles` and `Mean`. `Memory.BytesAllocatedPerOperation` is there with the memory diagnoser. A
benchmark without `Statistics` did not run to its end: it failed.

The name is `FullName`, with its parameters; where one method ran as several jobs (runtimes), the job is
added as `DisplayInfo` (`Type.Method: Job(Runtime=…)`) has it.
"""

from __future__ import annotations

from collections import Counter

from sluicegate.core.text import plural
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, json_reader, label, machine
from sluicegate.evidence.json_file import at, index, mapping, sequence, text
from sluicegate.evidence.records import Benchmark

_STATED = {"p50": "P50", "p95": "P95", "p99": "P99"}
_HOST = "HostEnvironmentInfo"


def _fill(suite: BenchmarkSuite, document: object) -> None:
    listed = sequence(at(document, "Benchmarks"))
    names = Counter(_name(suite, entry) for entry in listed)
    for entry in listed:
        name = _name(suite, entry)
        if names[name] > 1 and (job := label(at(entry, "DisplayInfo")).partition(": ")[2]):
            name = label(f"{name} [{job}]")
        _take(suite, entry, name)
    host = at(document, _HOST)
    suite.version, suite.machine = label(at(host, "BenchmarkDotNetVersion")), _machine(host)


def _name(suite: BenchmarkSuite, entry: object) -> str:
    """`Namespace.Type.Method(parameters)`."""
    full = label(at(entry, "FullName"))
    if full:
        return full
    parameters = label(at(entry, "Parameters"))
    parts = [label(at(entry, key)) for key in ("Namespace", "Type", "Method")]
    return suite.name(".".join(filter(None, parts)) + (f"({parameters})" if parameters else ""))


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


READER = json_reader(
    "benchmarkdotnet",
    "BenchmarkDotNet",
    rb'\{\s*(?:"Title"\s*:\s*"[^"]*"\s*,\s*)?"HostEnvironmentInfo"\s*:',
    _fill,
    remedy="A benchmark that takes no time does nothing that can be measured: return its result.",
    nothing="Check in its log whether `--filter` left them all out.",
)
