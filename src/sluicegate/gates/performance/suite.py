"""The benchmarks of all files together, and those that they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence
from sluicegate.stats.quantiles import quantile

_LEAST, _MOST = 1e-12, 1e15
"""Between which samples are taken: no clock resolves shorter times, and logarithms need it."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One benchmark of all files together.

    Attributes:
        benchmark: its samples joined, and what the tools state.
        machine: the kind of machine; empty when it is unknown, or there were several.
        beside: the same of the files that have the base's samples beside the head's, where others have
            not: joined with samples that have no partner, no pairs would remain.
    """

    benchmark: Benchmark
    machine: str = ""
    beside: Benchmark | None = None

    @property
    def pairs(self) -> Benchmark:
        """What is compared in pairs, where `is_paired` is true."""
        return self.beside or self.benchmark


Measurements = Mapping[str, Measurement]
"""By name, in the order of names."""


def suite(records: Iterable[BenchmarksRecord]) -> dict[str, Measurement]:
    """The benchmarks of all files, by name."""
    found: dict[str, list[tuple[Benchmark, str]]] = {}
    for record in records:
        for name, read in record.benchmarks.items():
            found.setdefault(name, []).append((read, record.machine))
    return {name: _run(name, of_files) for name, of_files in sorted(found.items())}


def _run(name: str, of_files: Sequence[tuple[Benchmark, str]]) -> Measurement:
    """One benchmark, of the files that have it, each with its machine."""
    every = [read for read, _ in of_files]
    paired = [read for read in every if read.base]
    machines = {machine for _, machine in of_files}
    return Measurement(
        reduce(_joined, every, Benchmark(name)),
        machines.pop() if len(machines) == 1 else "",
        reduce(_joined, paired, Benchmark(name)) if 0 < len(paired) < len(every) else None,
    )


def _joined(a: Benchmark, b: Benchmark) -> Benchmark:
    return Benchmark(
        a.name,
        samples=(*a.samples, *_sane(b.samples)),
        stated={**a.stated, **b.stated},
        base=(*a.base, *_sane(b.base)),
        memory=(*a.memory, *_sane(b.memory)),
        base_memory=(*a.base_memory, *_sane(b.base_memory)),
        cpu=(*a.cpu, *b.cpu),
        base_cpu=(*a.base_cpu, *b.base_cpu),
        per_round=max(a.per_round, b.per_round),
    )


def _sane(samples: Iterable[float]) -> tuple[float, ...]:
    return tuple(min(max(x, _LEAST), _MOST) for x in samples)


def base_suite(evidence: Evidence, head: Measurements) -> dict[str, Measurement]:
    """What the benchmarks are compared with: the base's own samples where they were taken with the
    head's, else those of the baseline file."""
    pairs = {name: (run.pairs, run.machine) for name, run in head.items() if is_paired(run)}
    base = {
        name: Measurement(Benchmark(p.name, samples=p.base, memory=p.base_memory, cpu=p.base_cpu), machine)
        for name, (p, machine) in pairs.items()
    }
    return {**suite(evidence.base_benchmarks), **base}


def is_paired(run: Measurement) -> bool:
    """Are there samples of the base that were measured together with the head's?"""
    return bool(run.pairs.base) and len(run.pairs.base) == len(run.pairs.samples)


def central(run: Measurement) -> float | None:
    """What a call takes, in seconds: the median of the samples, else as the tool states it."""
    one = run.benchmark
    if one.samples:
        return quantile(one.samples, 0.5)
    stated = one.stated.get("p50") or one.stated.get("mean")
    return stated if stated and stated > 0 else None


def memory_of(runs: Measurements) -> dict[str, Measurement]:
    """The same benchmarks with their memory in the place of their times, as far as it was sampled."""
    return {
        name: replace(run, benchmark=_memory(run.benchmark), beside=run.beside and _memory(run.beside))
        for name, run in runs.items()
        if run.benchmark.memory
    }


def _memory(one: Benchmark) -> Benchmark:
    return Benchmark(one.name, samples=one.memory, base=one.base_memory, per_round=one.per_round)
