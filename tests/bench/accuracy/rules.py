"""The rules that are compared: which benchmarks of a suite each calls slower."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from bench.accuracy.suites import FAMILY, Drawn
from sluicegate.evidence.records import Benchmark
from sluicegate.gates.performance.comparing import Compared, State, compare_all
from sluicegate.gates.performance.suite import Run
from sluicegate.history import History
from sluicegate.stats import paired, sequential
from sluicegate.stats.family import holm
from sluicegate.stats.student import welch

Rule = Callable[[Sequence[Drawn]], set[str]]
"""From a suite to the names of what is called slower."""

OURS = "sluicegate"


def compared(benchmarks: Iterable[Benchmark]) -> dict[str, Compared]:
    """What the gate says of the benchmarks: its own code, as `check` runs it."""
    return compare_all({b.name: Run(b) for b in benchmarks}, {}, History())


def ours(suite: Sequence[Drawn]) -> set[str]:
    found = compared(d.benchmark for d in suite)
    return {name for name, c in found.items() if c.state is State.SLOWER}


def wilcoxon(suite: Sequence[Drawn]) -> set[str]:
    """Ours with Wilcoxon's own ranks: what it gains that they are capped."""
    plan = sequential.plan(len(suite))
    ps = {
        d.benchmark.name: sequential.sequential_p(d.benchmark.base, d.benchmark.samples, plan, capped=False)
        for d in suite
    }
    corrected = holm(ps)
    found = {d.benchmark.name: paired.compare(d.benchmark.base, d.benchmark.samples) for d in suite}
    rule = {name: sequential.decided(found[name], p, sequential.FLOOR) for name, p in corrected.items()}
    return {name for name, decision in rule.items() if decision is sequential.Decision.SLOWER}


def ratio_of_means(factor: float) -> Rule:
    """The fixed ratio of other tools, and `--compare-fail=mean:10%`: one number against one number."""

    def rule(suite: Sequence[Drawn]) -> set[str]:
        return {d.benchmark.name for d in suite if _mean(d.head_runs) > factor * _mean(d.base_runs)}

    return rule


def t_test(alpha: float) -> Rule:
    """Welch's, one-sided, on all runs."""

    def rule(suite: Sequence[Drawn]) -> set[str]:
        return {
            d.benchmark.name
            for d in suite
            if _mean(d.head_runs) > _mean(d.base_runs) and welch(d.base_runs, d.head_runs) / 2 < alpha
        }

    return rule


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


RULES: dict[str, Rule] = {
    OURS: ours,
    "the same, with ranks that are not capped": wilcoxon,
    "ratio of means above 150 %": ratio_of_means(1.5),
    "ratio of means above 200 %": ratio_of_means(2.0),
    "pytest-benchmark --compare-fail=mean:10%": ratio_of_means(1.1),
    "t-test, p < 0.05": t_test(0.05),
    f"t-test, p < 0.01 / {FAMILY}": t_test(0.01 / FAMILY),
}
