"""Reader of Google Benchmark's JSON (`--benchmark_out=FILE`, or `--benchmark_format=json`).

The repetitions of a benchmark (`--benchmark_repetitions`) are its samples: `real_time`, the mean
wall time of an iteration, in the order of the file; `cpu_time` beside it. Entries of one
`run_name` belong together, also where a benchmark was registered twice. Aggregates are figures about
these samples and are read only where `--benchmark_report_aggregates_only` left nothing else: then
`median` and `mean` are stated. A repetition whose code called `SkipWithError` makes the benchmark a
failure; one that skipped itself without an error was not measured, and the source's note counts it.

`items_per_second`, or else `bytes_per_second`, is the stated throughput, in the median over the
repetitions. The tool writes `NaN` where it has no number (a variation of zeros), which JSON forbids:
it is accepted here, and refused as a time.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from fractions import Fraction

from sluicegate.core.text import plural
from sluicegate.core.units import format_value
from sluicegate.evidence.benchmarks.suite import BenchmarkSuite, json_reader, label, machine, positive
from sluicegate.evidence.json_file import at, index, sequence, text
from sluicegate.evidence.records import Benchmark

_STATED = {"median": "p50", "mean": "mean"}
_RATES = ("items_per_second", "bytes_per_second")

Entries = Sequence[object]


def _fill(suite: BenchmarkSuite, document: object) -> None:
    grouped: dict[str, list[object]] = {}
    for entry in sequence(at(document, "benchmarks")):
        grouped.setdefault(suite.name(at(entry, "run_name") or at(entry, "name")), []).append(entry)
    skipped = sum(_take(suite, name, entries) for name, entries in grouped.items())
    suite.note = f"{plural(skipped, 'benchmark')} skipped by the code itself" if skipped else ""
    context = at(document, "context")
    suite.version, suite.machine = label(at(context, "library_version")), _machine(context)


def _take(suite: BenchmarkSuite, name: str, entries: Entries) -> bool:
    """Take one benchmark; whether it skipped itself."""
    runs = [entry for entry in entries if at(entry, "run_type") != "aggregate"]
    measured = [entry for entry in runs if at(entry, "skipped") is not True]
    error = _error(entries)
    if error:
        suite.failed(f"the benchmark {name!r} failed: {error}")
    elif measured:
        _take_runs(suite, name, measured)
    elif not runs:
        _take_aggregates(suite, name, entries)
    else:
        return True
    return False


def _error(entries: Entries) -> str:
    """The message of the first error; empty without any."""
    errors = (at(entry, "error_message") for entry in entries if at(entry, "error_occurred") is True)
    return next((label(message) or "no message" for message in errors), "")


def _take_runs(suite: BenchmarkSuite, name: str, runs: Entries) -> None:
    samples = _times(suite, runs, "real_time", name)
    memory = [suite.figure(used, "memory", name) for run in runs if (used := at(run, "max_bytes_used"))]
    is_timed = all(positive(at(run, "cpu_time")) for run in runs)  # none is below the clock's resolution
    cpu = _times(suite, runs, "cpu_time", name) if is_timed else ()
    suite.add(Benchmark(name, samples, _throughput(runs), memory=tuple(memory), cpu=cpu))


def _take_aggregates(suite: BenchmarkSuite, name: str, aggregates: Entries) -> None:
    """What is stated of a benchmark of which nothing else was written."""
    typical = {
        _STATED[kind]: entry for entry in aggregates if (kind := text(at(entry, "aggregate_name"))) in _STATED
    }
    if typical:
        times = {key: _times(suite, [entry], "real_time", name)[0] for key, entry in typical.items()}
        suite.add(Benchmark(name, stated={**times, **_throughput([typical.get("p50", typical.get("mean"))])}))


def _times(suite: BenchmarkSuite, entries: Entries, key: str, name: str) -> tuple[float, ...]:
    return tuple([suite.seconds(at(e, key), text(at(e, "time_unit")) or "ns", name) for e in entries])


def _throughput(entries: Entries) -> dict[str, float]:
    for key in _RATES:
        rates = [rate for entry in entries if (rate := positive(at(entry, key)))]
        if rates:
            return {"throughput": statistics.median(rates)}
    return {}


def _machine(context: object) -> str:
    """CPUs, caches and the library's build: the frequency changes on one machine."""
    cpus = index(at(context, "num_cpus"))
    sizes = [index(at(cache, "size")) for cache in sequence(at(context, "caches"))]
    caches = " ".join(format_value(Fraction(size), "B") for size in sizes if size > 0)
    build = text(at(context, "library_build_type"))
    return machine(plural(cpus, "CPU") if cpus > 0 else "", f"caches {caches}" if caches else "", build)


READER = json_reader(
    "google-benchmark",
    "Google Benchmark",
    rb'\{\s*"context"\s*:\s*\{.*"num_cpus"',
    _fill,
    nothing="Check whether `--benchmark_filter` left them all out.",
)
