"""The benchmarks of all files together, and those that they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence

_LEAST, _MOST = 1e-12, 1e15
"""Between which samples are taken: shorter times no clock tells from zero, and logarithms need it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark of all files together.

    Attributes:
        benchmark: its samples joined, and what the tools state.
        machine: the kind of machine; empty when it is unknown, or there were several.
        beside: the same of the files that have the base's samples beside the head's, where others have
            not: joined with samples that have no partner, pairs would be none any more.
    """

    benchmark: Benchmark
    machine: str = ""
    beside: Benchmark | None = None

    @property
    def pairs(self) -> Benchmark:
        """What is compared in pairs, where `is_paired` says that there are any."""
        return self.beside or self.benchmark


Suite = Mapping[str, Run]
"""By name, in the order of names."""


def suite(records: Iterable[BenchmarksRecord]) -> dict[str, Run]:
    """What the files say together."""
    found: dict[str, list[tuple[Benchmark, str]]] = {}
    for record in records:
        for name, read in record.benchmarks.items():
            found.setdefault(name, []).append((read, record.machine))
    return {name: _run(name, of_files) for name, of_files in sorted(found.items())}


def _run(name: str, of_files: Sequence[tuple[Benchmark, str]]) -> Run:
    """One benchmark, of the files that have it, each with its machine."""
    every = [read for read, _ in of_files]
    paired = [read for read in every if read.base]
    machines = {machine for _, machine in of_files}
    return Run(
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


def base_suite(evidence: Evidence, head: Suite) -> dict[str, Run]:
    """What the benchmarks are compared with: the base's own samples where they were taken with the
    head's, else those of the baseline file."""
    return {**suite(evidence.base_benchmarks), **{n: _base(r) for n, r in head.items() if is_paired(r)}}


def _base(run: Run) -> Run:
    one = run.pairs
    return Run(Benchmark(one.name, samples=one.base, memory=one.base_memory, cpu=one.base_cpu), run.machine)


def is_paired(run: Run) -> bool:
    """Are there samples of the base that were measured together with the head's?"""
    return bool(run.pairs.base) and len(run.pairs.base) == len(run.pairs.samples)


def memory_of(runs: Suite) -> dict[str, Run]:
    """The same benchmarks with their memory in the place of their times, as far as it was sampled."""
    return {
        name: replace(run, benchmark=_memory(run.benchmark), beside=run.beside and _memory(run.beside))
        for name, run in runs.items()
        if run.benchmark.memory
    }


def _memory(one: Benchmark) -> Benchmark:
    return Benchmark(one.name, samples=one.memory, base=one.base_memory, per_round=one.per_round)
