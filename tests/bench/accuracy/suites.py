"""Suites of benchmarks, drawn from the recorded runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from bench.accuracy.pool import SAME, Runs
from sluicegate.evidence.records import Benchmark

FAMILY = 30
"""Benchmarks of a suite."""

SLOW = 3
"""Of them are slower, in a suite that is not A/A: few, so that they do not help each other by Holm."""

_STRETCH = 4
"""Rounds that follow each other as they were measured; then another place in the recording is drawn.
So what lasts longer than a run (a busy neighbour) stays in the data."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One benchmark of a suite, and whether it is slower."""

    benchmark: Benchmark
    slower: bool


@dataclass(frozen=True, slots=True)
class Design:
    """How suites are drawn: `rounds`, each of so many pairs of runs."""

    rounds: int
    per_round: int


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
    """The pairs of one benchmark, each of runs that were taken together. Which of the two equal ones is
    the base is drawn for each pair, so that under A/A neither is the slower one of this recording."""
    both = tuple(zip(*(runs[same] for same in SAME), strict=True))
    slow, count, k = runs.get(variant), len(both), design.per_round
    base: list[float] = []
    head: list[float] = []
    while len(base) < design.rounds * k:
        start = rng.randrange(count)
        for place in range(start, start + _STRETCH * k):
            pair = both[place % count]
            coin = rng.getrandbits(1)
            base.append(pair[coin])
            head.append(slow[place % count] if slow else pair[1 - coin])
    pairs = design.rounds * k
    benchmark = Benchmark(name, samples=tuple(head[:pairs]), base=tuple(base[:pairs]), per_round=k)
    return Drawn(benchmark, bool(variant))


def straight(runs: Runs) -> Benchmark:
    """All pairs of the recording in the order measured, nothing drawn."""
    base, head = (runs[v] for v in SAME)
    return Benchmark("as recorded", samples=head, base=base)
