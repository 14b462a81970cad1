"""The readings of a run's benchmarks: what the ledger keeps of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from sluicegate.core.readings import Reading
from sluicegate.evidence.records import Benchmark, BenchmarksRecord
from sluicegate.stats import paired

_STATED = ("p50", "mean")
"""What replaces the central value when there are no samples, the better one first."""


def readings_of(records: Iterable[BenchmarksRecord]) -> tuple[Reading, ...]:
    """One reading a benchmark and kind of machine; those without any time are left out."""
    found = {(r.machine, r.benchmark): r for record in records for r in _readings(record)}
    return tuple(found[key] for key in sorted(found))


def _readings(record: BenchmarksRecord) -> Iterator[Reading]:
    for name, benchmark in record.benchmarks.items():
        if benchmark.samples:
            middle = median(benchmark.samples)
            spread = median(abs(x - middle) for x in benchmark.samples)
            yield Reading(name, record.machine, middle, spread, len(benchmark.samples), _ratio(benchmark))
        elif (
            stated := next((benchmark.stated[name] for name in _STATED if name in benchmark.stated), 0.0)
        ) > 0:
            yield Reading(name, record.machine, stated, 0.0, 0)


def _ratio(benchmark: Benchmark) -> float | None:
    if len(benchmark.base) != len(benchmark.samples) or min(*benchmark.base, *benchmark.samples) <= 0:
        return None
    return paired.compare(benchmark.base, benchmark.samples).ratio
