"""The benchmarks of all files together, and those that they are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence

_LEAST, _MOST = 1e-12, 1e15
"""Between which samples are taken: shorter times no clock tells from zero, and logarithms need it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark of all files together.

    Attributes:
        benchmark: its samples joined, and what the tools state.
        machine: the kind of machine; empty when it is unknown, or there were several.
    """

    benchmark: Benchmark
    machine: str = ""


Suite = Mapping[str, Run]
"""By name, in the order of names."""


def suite(records: Iterable[BenchmarksRecord]) -> dict[str, Run]:
    """What the files say together."""
    runs: dict[str, Run] = {}
    for record in records:
        for name, read in record.benchmarks.items():
            known = runs.get(name)
            machine = record.machine if known is None or known.machine == record.machine else ""
            joined = _joined(known.benchmark if known else Benchmark(name), read)
            runs[name] = Run(joined, machine)
    return dict(sorted(runs.items()))


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
    one = run.benchmark
    return Run(Benchmark(one.name, samples=one.base, memory=one.base_memory, cpu=one.base_cpu), run.machine)


def is_paired(run: Run) -> bool:
    """Has every sample one of the base that was measured together with it?"""
    return bool(run.benchmark.base) and len(run.benchmark.base) == len(run.benchmark.samples)


def memory_of(runs: Suite) -> dict[str, Run]:
    """The same benchmarks with their memory in the place of their times, as far as it was sampled."""
    return {
        name: replace(run, benchmark=_memory(one))
        for name, run in runs.items()
        if (one := run.benchmark).memory
    }


def _memory(one: Benchmark) -> Benchmark:
    return Benchmark(one.name, samples=one.memory, base=one.base_memory, per_round=one.per_round)
