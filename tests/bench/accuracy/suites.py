"""Suites of benchmarks, drawn from the recorded runs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bench.accuracy.pool import SAME, Runs
from sluicegate.evidence.records import Benchmark

FAMILY = 30
"""Benchmarks of a suite."""

SLOW = 3
"""Of them are slower, in a suite that is not A/A: few, so that they do not help each other by Holm."""

_STRETCH = 4
"""Samples that follow each other as they were measured; then another place in the recording is drawn.
So what lasts longer than a run (a busy neighbour) stays in the data."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One benchmark of a suite.

    Attributes:
        benchmark: its pairs: a sample is the minimum of so many runs.
        base_runs, head_runs: every single run, for the rules that take means.
        slower: it is.
    """

    benchmark: Benchmark
    base_runs: tuple[float, ...]
    head_runs: tuple[float, ...]
    slower: bool


@dataclass(frozen=True, slots=True)
class Design:
    """How suites are drawn: `pairs` of samples, each the minimum of `minimum_of` runs."""

    pairs: int
    minimum_of: int


def suite(workloads: Mapping[str, Runs], variant: str, design: Design, rng: random.Random) -> list[Drawn]:
    """Thirty benchmarks, each a workload at random; `variant` is what the slow ones run, empty for none."""
    slow = set(rng.sample(range(FAMILY), SLOW)) if variant else set()
    names = sorted(workloads)
    return [
        _drawn(f"{i:02} {name}", workloads[name], variant if i in slow else "", design, rng)
        for i in range(FAMILY)
        for name in (rng.choice(names),)
    ]


def _drawn(name: str, runs: Runs, variant: str, design: Design, rng: random.Random) -> Drawn:
    """The pairs of one benchmark: runs of the same rounds, and which of the two equal ones is the base
    is drawn for each pair, so that under A/A neither is the slower one of this recording."""
    rounds, k = len(runs[SAME[0]]), design.minimum_of
    base: list[tuple[float, ...]] = []
    head: list[tuple[float, ...]] = []
    while len(base) < design.pairs:
        start = rng.randrange(rounds)
        for sample in range(_STRETCH):
            mine, other = rng.sample(SAME, 2)
            base.append(_round_and_round(runs[mine], start + sample * k, k))
            head.append(_round_and_round(runs[variant or other], start + sample * k, k))
    base, head = base[: design.pairs], head[: design.pairs]
    benchmark = Benchmark(name, samples=tuple(map(min, head)), base=tuple(map(min, base)))
    return Drawn(benchmark, tuple(chain(*base)), tuple(chain(*head)), bool(variant))


def _round_and_round(runs: tuple[float, ...], start: int, count: int) -> tuple[float, ...]:
    """So many runs from a place; after the last comes the first."""
    start %= len(runs)
    found = runs[start : start + count]
    return found if len(found) == count else found + _round_and_round(runs, 0, count - len(found))


def _least(runs: Sequence[float], k: int) -> tuple[float, ...]:
    return tuple(min(runs[i : i + k]) for i in range(0, len(runs), k))


def straight(runs: Runs, minimum_of: int) -> Benchmark:
    """All pairs of the recording in the order measured, nothing drawn."""
    whole = len(runs[SAME[0]]) // minimum_of * minimum_of
    base, head = (_least(runs[v][:whole], minimum_of) for v in SAME)
    return Benchmark("as recorded", samples=head, base=base)
