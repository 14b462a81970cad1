"""The rules that are compared: which benchmarks of a suite each calls slower."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from bench.accuracy.suites import FAMILY, Drawn
from sluicegate.evidence.records import Benchmark
from sluicegate.gates.performance.comparing import Assessment, Conclusion, compare_all
from sluicegate.gates.performance.suite import Measurement
from sluicegate.history.entries import History
from sluicegate.stats import paired, sequential
from sluicegate.stats.comparison import holm
from sluicegate.stats.student import welch

Rule = Callable[[Sequence[Drawn]], set[str]]
"""From a suite to the names of what is called slower."""

OURS = "sluicegate"


def compared(benchmarks: Iterable[Benchmark]) -> dict[str, Assessment]:
    """What the gate says of the benchmarks: its own code, as `check` runs it."""
    return compare_all({b.name: Measurement(b) for b in benchmarks}, {}, History())


def ours(suite: Sequence[Drawn]) -> set[str]:
    found = compared(d.benchmark for d in suite)
    return {name for name, c in found.items() if c.state is Conclusion.SLOWER}


def wilcoxon(suite: Sequence[Drawn]) -> set[str]:
    """What a textbook offers: the least run of each round, Wilcoxon's test, Holm's correction, the floor."""
    least = {d.benchmark.name: _least(d.benchmark) for d in suite}
    ps = {n: paired.signed_rank(paired.log_ratios(*sides)).p_greater for n, sides in least.items()}
    small = {n for n, p in holm(ps).items() if p <= sequential.ALPHA}
    return {n for n in small if paired.compare(*least[n]).ratio > 1 + sequential.FLOOR}


def _least(one: Benchmark) -> tuple[list[float], list[float]]:
    starts = range(0, len(one.base), one.per_round)
    base, head = ([min(side[i : i + one.per_round]) for i in starts] for side in (one.base, one.samples))
    return base, head


def ratio_of_means(factor: float) -> Rule:
    """The fixed ratio of other tools, and `--compare-fail=mean:10%`: one number against one number."""

    def rule(suite: Sequence[Drawn]) -> set[str]:
        found = (d.benchmark for d in suite)
        return {one.name for one in found if _mean(one.samples) > factor * _mean(one.base)}

    return rule


def t_test(alpha: float) -> Rule:
    """Welch's, one-sided, on all runs."""

    def rule(suite: Sequence[Drawn]) -> set[str]:
        found = (d.benchmark for d in suite)
        return {
            one.name
            for one in found
            if _mean(one.samples) > _mean(one.base) and welch(one.base, one.samples) / 2 < alpha
        }

    return rule


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


RULES: dict[str, Rule] = {
    OURS: ours,
    "Wilcoxon on the least run of each round": wilcoxon,
    "ratio of means above 150 %": ratio_of_means(1.5),
    "ratio of means above 200 %": ratio_of_means(2.0),
    "pytest-benchmark --compare-fail=mean:10%": ratio_of_means(1.1),
    "t-test, p < 0.05": t_test(0.05),
    f"t-test, p < 0.01 / {FAMILY}": t_test(0.01 / FAMILY),
}
