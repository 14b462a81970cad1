"""The gate `performance`: benchmarks, and what the samples prove against a baseline file.

A slowdown counts when the rank test of Mann and Whitney gives p < 0.01 after Bonferroni's
correction (divided by the number of benchmarks compared), so that a suite of many benchmarks
raises no more false alarms than one. Its size is the Hodges-Lehmann ratio, which one slow sample
cannot move.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sluicegate.criteria import Criterion, Measures, Proof, Relative
from sluicegate.evidence.records import Benchmark, BenchmarksRecord, Evidence
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count, not_applicable, not_measured, number
from sluicegate.model import Absence, Better, Measure, Problem, Table
from sluicegate.stats import hodges_lehmann_ratio, mann_whitney, quantile
from sluicegate.text import plural, some
from sluicegate.units import decimal_text, format_value

ALPHA = 0.01
"""The chance of one false alarm among all benchmarks compared, at the most."""

_SHORTEST, _LONGEST = 1e-12, 1e12
"""Seconds between which samples lie: shorter ones no clock tells from zero."""

_QUANTILES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
_STATISTICS = (*_QUANTILES, "mean")
_NOT_IN_BASE = "the baseline has no samples of such a benchmark"
_NOT_STATED = "there are no samples, and the tool does not state it"
_ROWS = 10
_NAMED = 3

Samples = tuple[float, ...]
Suite = Mapping[str, Benchmark]
"""By name, of all files together: the samples joined, and what the tools state."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One benchmark against its baseline: `p` of being slower, and by which factor if proven."""

    p: float
    ratio: float | None

    @property
    def slowdown(self) -> Fraction:
        """In per cent; 0 when none is proven."""
        return Fraction(0) if self.ratio is None else max(Fraction(self.ratio) * 100 - 100, Fraction(0))


def measure(evidence: Evidence, context: Context) -> Measured:
    """The slowest benchmark's statistics, each benchmark's own, and the worst proven slowdown."""
    problems = (*evidence.problems.get("performance", ()), *_failed(evidence))
    if not evidence.benchmarks:
        absent = evidence.absent.get("performance") or "no benchmark results were found"
        return Measured(absent=absent, problems=problems)
    head, base = _suite(evidence.benchmarks), _suite(evidence.base_benchmarks)
    compared = _compared(head, base)
    missing = _no_comparison(evidence, context)
    measures = _measures(head)
    regressions = {name: _regression(compared.get(name), missing) for name in head}
    items = {
        name: {**own, "regression": regressions[name]} for name, own in measures.items["benchmark"].items()
    }
    worst = max((c.slowdown for c in compared.values()), default=None)
    plain = number("regression", worst, "%") if worst is not None else _nothing_compared(missing)
    gone = sorted(base.keys() - head.keys())
    foreign = _other_machine(evidence)
    return Measured(
        measures=Measures({**measures.plain, "regression": plain}, {"benchmark": items}),
        summary=_summary(measures, compared, gone, foreign),
        problems=problems,
        tables=_tables(head, base, compared, gone),
        sources=tuple(r.source for r in (*evidence.benchmarks, *evidence.base_benchmarks)),
        remedies=_remedies(measures, compared, context.settings.criteria),
        prove=_Prover(max(len(compared), 1), foreign),
    )


def baseline_measures(evidence: Evidence) -> Measures | None:
    """The measures of the baseline file, as the reference `baseline` of this gate's criteria.

    None when the policy names no baseline file, or it could not be read.
    """
    return _measures(_suite(evidence.base_benchmarks)) if evidence.base_benchmarks else None


# --- measuring ---------------------------------------------------------------------------------


def _suite(records: Iterable[BenchmarksRecord]) -> dict[str, Benchmark]:
    suite: dict[str, Benchmark] = {}
    for record in records:
        for name, read in record.benchmarks.items():
            known = suite.get(name, Benchmark(name))
            sane = (min(max(x, _SHORTEST), _LONGEST) for x in read.samples)
            suite[name] = replace(
                known, samples=(*known.samples, *sane), stated={**known.stated, **read.stated}
            )
    return dict(sorted(suite.items()))


def _failed(evidence: Evidence) -> tuple[Problem, ...]:
    """The benchmarks that failed in their tools."""
    return tuple(p for r in (*evidence.benchmarks, *evidence.base_benchmarks) for p in r.problems)


def _statistic(name: str, benchmark: Benchmark) -> Measure:
    """From the samples; without any as the tool states it."""
    q, samples = _QUANTILES.get(name), benchmark.samples
    if not samples:
        stated = benchmark.stated.get(name)
        if stated is None:
            return not_applicable(name, _NOT_STATED, "s")
        return number(name, Fraction(stated), "s")
    value = math.fsum(samples) / len(samples) if q is None else quantile(samples, q)
    return Measure(name, Fraction(value), "s", Better.LOWER, samples=samples)


def _measures(suite: Suite) -> Measures:
    """Each benchmark's statistics; of all, for each statistic the highest, so that it is monotone."""
    items = {name: {s: _statistic(s, one) for s in _STATISTICS} for name, one in suite.items()}
    nothing = {s: not_measured(s, "no benchmark gave a result", "s") for s in _STATISTICS}
    plain = [max((own[s] for own in items.values()), key=_seconds, default=nothing[s]) for s in _STATISTICS]
    return Measures(by_name((*plain, count("benchmarks", len(suite), Better.HIGHER))), {"benchmark": items})


def _seconds(measure: Measure) -> Fraction:
    return measure.value or Fraction(0)


def _compared(head: Suite, base: Suite) -> dict[str, _Comparison]:
    common = [name for name in head if name in base and head[name].samples and base[name].samples]
    return {name: _compare(base[name].samples, head[name].samples, len(common)) for name in common}


def _compare(before: Samples, after: Samples, comparisons: int) -> _Comparison:
    p = mann_whitney(before, after).p_greater
    return _Comparison(p, hodges_lehmann_ratio(before, after) if p < ALPHA / comparisons else None)


def _no_comparison(evidence: Evidence, context: Context) -> tuple[Absence, str]:
    """Why a benchmark has no regression, where it has none."""
    if evidence.base_benchmarks:
        return Absence.NOT_APPLICABLE, _NOT_IN_BASE
    if context.settings.baseline:
        return Absence.NOT_MEASURED, f"the baseline {context.settings.baseline} could not be read"
    return Absence.NOT_APPLICABLE, "the policy names no baseline file"


def _regression(comparison: _Comparison | None, missing: tuple[Absence, str]) -> Measure:
    if comparison is not None:
        return number("regression", comparison.slowdown, "%")
    absence, reason = missing
    make = not_applicable if absence is Absence.NOT_APPLICABLE else not_measured
    return make("regression", reason, "%")


def _nothing_compared(missing: tuple[Absence, str]) -> Measure:
    """Without one benchmark in common a baseline that was named has proven nothing."""
    if missing[1] == _NOT_IN_BASE:
        return not_measured("regression", "the baseline has none of these benchmarks", "%")
    return _regression(None, missing)


@dataclass(frozen=True, slots=True)
class _Prover:
    """Is a measure proven worse than its reference, by the samples of both?"""

    comparisons: int
    foreign: str

    def __call__(self, measure: Measure, reference: Measure) -> Proof:
        p = mann_whitney(reference.samples, measure.samples).p_greater
        bound = ALPHA / self.comparisons
        proven = p < bound
        verdict = (
            f"proven slower: p = {p:.2g}"
            if proven
            else f"not proven slower: p = {p:.2g}, not below {bound:.2g}"
        )
        sizes = f"{len(measure.samples):,} and {len(reference.samples):,} samples"
        return Proof(proven, "; ".join(filter(None, (f"{verdict} ({sizes})", self.foreign))))


def _other_machine(evidence: Evidence) -> str:
    head = {r.machine for r in evidence.benchmarks if r.machine}
    base = {r.machine for r in evidence.base_benchmarks if r.machine}
    return "the baseline is of another machine" if head and base and head != base else ""


# --- words -------------------------------------------------------------------------------------


def _proven(compared: Mapping[str, _Comparison]) -> list[tuple[str, _Comparison]]:
    """The slowdowns, worst first."""
    slower = ((name, c) for name, c in compared.items() if c.slowdown)
    return sorted(slower, key=lambda item: (-item[1].slowdown, item[0]))


def _summary(
    measures: Measures, compared: Mapping[str, _Comparison], gone: Sequence[str], foreign: str
) -> str:
    parts = [plural(len(measures.items["benchmark"]), "benchmark")]
    if compared:
        proven = _proven(compared)
        names = [f"{name} by {decimal_text(c.slowdown, 1)}%" for name, c in proven]
        parts.append(
            f"{len(proven)} proven slower: {some(names[:_NAMED], len(names))}"
            if proven
            else "none proven slower"
        )
    if gone:
        parts.append(f"{len(gone):,} of the baseline did not run: {some(gone[:_NAMED], len(gone))}")
    return "; ".join((*parts, foreign) if foreign else parts)


def _tables(
    head: Suite, base: Suite, compared: Mapping[str, _Comparison], gone: Sequence[str]
) -> tuple[Table, ...]:
    order = sorted(head, key=lambda name: (-_slowdown(compared, name), -_typical(head[name]), name))
    rows = [(name, _shown("p50", head[name]), _shown("p95", head[name])) for name in order[:_ROWS]]
    more = max(len(order) - _ROWS, 0)
    columns = ("Benchmark", "p50", "p95")
    if not base:
        return (Table("Benchmarks", columns, tuple(rows), "lrr", more),)
    against = [(*row, *_against(base.get(row[0]), compared.get(row[0]))) for row in rows]
    tables = [Table("Benchmarks", (*columns, "baseline p50", "slower", "p"), tuple(against), "lrrrrr", more)]
    if gone:
        names = tuple((name,) for name in gone[:_ROWS])
        left = max(len(gone) - _ROWS, 0)
        tables.append(Table("Benchmarks of the baseline that did not run", ("Benchmark",), names, "l", left))
    return tuple(tables)


def _typical(benchmark: Benchmark) -> Fraction:
    return _seconds(_statistic("p50", benchmark))


def _against(base: Benchmark | None, comparison: _Comparison | None) -> tuple[str, str, str]:
    if base is None:
        return "", "new", ""
    if comparison is None:
        return _shown("p50", base), "no samples", ""
    slower = f"{decimal_text(comparison.slowdown, 1)}%" if comparison.slowdown else "not proven"
    return _shown("p50", base), slower, f"{comparison.p:.2g}"


def _slowdown(compared: Mapping[str, _Comparison], name: str) -> Fraction:
    return compared[name].slowdown if name in compared else Fraction(0)


def _shown(statistic: str, benchmark: Benchmark) -> str:
    value = _statistic(statistic, benchmark).value
    return "" if value is None else format_value(value, "s")


def _remedies(
    measures: Measures, compared: Mapping[str, _Comparison], criteria: Sequence[Criterion]
) -> dict[str, tuple[str, ...]]:
    """The benchmarks that got slower; for criteria that do not compare each of them, the slowest."""
    slower = tuple(
        f"{name} is slower by {decimal_text(c.slowdown, 1)}%: profile it on the base and on the "
        f"change, on the same machine: {_command(name)}"
        for name, c in _proven(compared)[:_NAMED]
    )
    remedies = dict.fromkeys(("regression", *_STATISTICS), slower)
    overall = {c.measure.name for c in criteria if not (c.selector and isinstance(c.bound, Relative))}
    items = measures.items["benchmark"]
    if not items:
        return {}
    for statistic in overall.intersection(_STATISTICS):
        slowest = max(items, key=lambda name: _seconds(items[name][statistic]))
        value = format_value(_seconds(items[slowest][statistic]), "s")
        remedies[statistic] = (f"The slowest is {slowest} with {value}; profile it: {_command(slowest)}",)
    return {name: texts for name, texts in remedies.items() if texts}


def _command(name: str) -> str:
    """The command that runs one benchmark: by its node id where the name is one."""
    quoted = "'" + name.replace("'", "'\\''") + "'"
    return f"pytest {quoted} --benchmark-only" if "::" in name else f"pytest -k {quoted} --benchmark-only"


GATE = Gate("performance", measure)
