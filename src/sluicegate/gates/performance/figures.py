"""The measures of benchmarks: of each, and of all together the worst."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from sluicegate.core.model import Absence, Better, Measure
from sluicegate.core.text import plural
from sluicegate.criteria import Measures
from sluicegate.gates.measures import by_name, count, not_applicable, not_measured
from sluicegate.gates.performance.comparing import Assessment, Conclusion
from sluicegate.gates.performance.suite import Measurement, Measurements
from sluicegate.gates.performance.vanished import Vanished
from sluicegate.stats.quantiles import quantile

QUANTILES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}

STATISTICS: Mapping[str, tuple[str, Better]] = {
    **dict.fromkeys((*QUANTILES, "mean"), ("s", Better.LOWER)),
    "throughput": ("/s", Better.HIGHER),
    "error_rate": ("%", Better.LOWER),
    "memory": ("B", Better.LOWER),
}
"""The statistics of a benchmark beside its regression: unit, and the direction of improvement."""

_NOT_STATED = "there are no samples, and the tool does not state it"


def statistic(name: str, run: Measurement) -> Measure:
    """From the samples; without any as the tool states it."""
    one, (unit, better) = run.benchmark, STATISTICS[name]
    if name == "memory" and one.memory:
        return Measure(name, Fraction(max(one.memory)), unit, better, samples=one.memory)
    if unit == "s" and one.samples:
        q = QUANTILES.get(name)
        value = math.fsum(one.samples) / len(one.samples) if q is None else quantile(one.samples, q)
        return Measure(name, Fraction(value), unit, better, samples=one.samples)
    if name in one.stated:
        return Measure(name, Fraction(one.stated[name]), unit, better)
    return not_applicable(name, _NOT_STATED, unit, better)


def measures(runs: Measurements) -> Measures:
    """Each benchmark's statistics; of all, for each statistic the worst, so that it is monotone."""
    items = {name: {s: statistic(s, run) for s in STATISTICS} for name, run in runs.items()}
    plain = [_worst(s, [own[s] for own in items.values()]) for s in STATISTICS]
    return Measures(by_name((*plain, count("benchmarks", len(runs), Better.HIGHER))), {"benchmark": items})


def _worst(name: str, of_all: Sequence[Measure]) -> Measure:
    unit, better = STATISTICS[name]
    known = [(m.value, m) for m in of_all if m.value is not None]
    if known:
        choose = max if better is Better.LOWER else min
        return choose(known, key=lambda pair: pair[0])[1]
    if of_all:
        return of_all[0]
    return not_measured(name, "no benchmark gave a result", unit, better)


def slowdown(compared: Assessment) -> Fraction:
    """In per cent, 0 for none."""
    return max(Fraction(compared.ratio) * 100 - 100, Fraction(0))


def regression(compared: Assessment | None, missing: tuple[Absence, str]) -> Measure:
    """Of one benchmark: what is proven, and what is suspected."""
    if compared is None:
        return absent(missing)
    if compared.state is Conclusion.SUSPECT:
        return _doubted(Fraction(0), slowdown(compared), compared.why)
    return _doubted(slowdown(compared) if compared.state is Conclusion.SLOWER else Fraction(0))


def absent(missing: tuple[Absence, str]) -> Measure:
    """No regression, and why."""
    absence, reason = missing
    return Measure("regression", None, "%", Better.LOWER, absence=absence, reason=reason)


def worst_regression(compared: Mapping[str, Assessment], gone: Vanished) -> Measure:
    """Of all benchmarks compared; in doubt where one is suspected, or did not run any more."""
    proven = [slowdown(c) for c in compared.values() if c.state is Conclusion.SLOWER]
    suspects = [(slowdown(c), name, c) for name, c in compared.items() if c.state is Conclusion.SUSPECT]
    value = max(proven, default=Fraction(0))
    doubts = [f"{name}: {c.why}" for _, name, c in sorted(suspects, key=lambda s: (-s[0], s[1]))[:1]]
    if not gone.names:
        return _doubted(value, max([value, *(size for size, _, _ in suspects)]), "; ".join(doubts))
    doubts.append(f"{plural(len(gone.names), 'benchmark')} of the baseline did not run: {gone.summary()}")
    alone = () if compared else ("the others have nothing to be compared with",)
    return _doubted(value, None, "; ".join((*doubts, *alone)))


def _doubted(value: Fraction, suspected: Fraction | None = None, doubt: str = "") -> Measure:
    return Measure("regression", value, "%", Better.LOWER, doubt=doubt, suspected=suspected)
