"""The gate: what the benchmarks measure, and which of them are proven slower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluicegate.core.change import Change
from sluicegate.core.model import Absence, Measure
from sluicegate.criteria import Measures, Proof, comparisons
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.performance import words
from sluicegate.gates.performance.commands import commands
from sluicegate.gates.performance.comparing import Assessment, Conclusion, compare_all
from sluicegate.gates.performance.figures import absent, measures, regression, worst_regression
from sluicegate.gates.performance.suite import Measurements, base_suite, memory_of, suite
from sluicegate.gates.performance.vanished import Vanished, vanished
from sluicegate.history.entries import History
from sluicegate.stats import mann_whitney
from sluicegate.stats.sequential import ALPHA

_NOT_IN_BASE = "the baseline has no samples of such a benchmark"
_NO_BASE = "no samples of the base (`sluicegate bench` takes them), no baseline file, and too little history"

Samples = tuple[float, ...]


def measure(evidence: Evidence, context: Context) -> Measured:
    """The worst benchmark's statistics, each benchmark's own, and the worst proven slowdown."""
    problems = (
        *evidence.problems.get("performance", ()),
        *(p for r in (*evidence.benchmarks, *evidence.base_benchmarks) for p in r.problems),
    )
    if not evidence.benchmarks:
        return Measured(absent=_nothing(evidence), problems=problems)
    head = suite(evidence.benchmarks)
    base = base_suite(evidence, head)
    compared = compare_all(head, base, evidence.history, on_change=isinstance(evidence.change, Change))
    removed = (name for record in evidence.benchmarks for name in record.removed)
    gone = vanished(head, base, removed, evidence.history)
    found = _with_regressions(measures(head), compared, gone, _no_comparison(evidence, context))
    return Measured(
        measures=found,
        summary=words.summary(head, compared, gone),
        problems=problems,
        tables=words.tables(head, base, compared, gone),
        sources=tuple(r.source for r in (*evidence.benchmarks, *evidence.base_benchmarks)),
        remedies=words.remedies(
            found,
            compared,
            tuple(comparisons(context.settings.criteria)),
            commands(evidence.benchmarks),
            gone,
        ),
        prove=_prover(head, base, compared),
    )


def baseline_measures(evidence: Evidence) -> Measures | None:
    """The measures of the base, as the reference `baseline` of this gate's criteria.

    They are of the base's own samples where these were taken with the head's, else of the baseline
    file. None when there are neither: then the reference is the baseline's report.
    """
    base = base_suite(evidence, suite(evidence.benchmarks))
    return measures(base) if base else None


def _nothing(evidence: Evidence) -> str:
    """What was looked for in vain, and what an earlier commit had."""
    missing = evidence.absent.get("performance") or "no benchmark results were found"
    gone = vanished({}, {}, (), evidence.history)
    return f"{missing}; recorded before: {gone.summary()}" if gone.names else missing


def _with_regressions(
    found: Measures, compared: Mapping[str, Assessment], gone: Vanished, missing: tuple[Absence, str]
) -> Measures:
    items = {
        name: {**own, "regression": regression(compared.get(name), missing)}
        for name, own in found.items["benchmark"].items()
    }
    if compared:
        plain = worst_regression(compared, gone)
    elif missing[1] == _NOT_IN_BASE:
        plain = absent((Absence.NOT_MEASURED, "the baseline has none of these benchmarks"))
    elif gone.names and missing[0] is Absence.NOT_APPLICABLE:
        plain = worst_regression({}, gone)
    else:
        plain = absent(missing)
    return Measures({**found.plain, "regression": plain}, {"benchmark": items})


def _no_comparison(evidence: Evidence, context: Context) -> tuple[Absence, str]:
    """Why a benchmark has no regression, where it has none."""
    if evidence.base_benchmarks:
        return Absence.NOT_APPLICABLE, _NOT_IN_BASE
    if context.settings.baseline:
        return Absence.NOT_MEASURED, f"the baseline {context.settings.baseline} could not be read"
    return Absence.NOT_APPLICABLE, _NO_BASE


# --- proof for criteria that compare with the baseline ------------------------------------------


@dataclass(frozen=True, slots=True)
class _Prover:
    """Is a measure proven worse than its reference, by the samples of both?

    Attributes:
        known: by the samples of head and base, what the gate found of them.
        family: how many comparisons there are, for what it did not compare.
    """

    family: int
    known: Mapping[tuple[Samples, Samples], Assessment] = field(default_factory=dict)

    def __call__(self, measure: Measure, reference: Measure) -> Proof:
        found = self.known.get((measure.samples, reference.samples))
        if found is not None:
            return Proof(found.state is Conclusion.SLOWER, f"{found.why} ({found.on})")
        p = mann_whitney(reference.samples, measure.samples).p_greater
        bound = ALPHA / self.family
        text = f"proven: p = {p:.2g}" if p < bound else f"not proven: p = {p:.2g}, not below {bound:.2g}"
        sizes = f"{len(measure.samples):,} and {len(reference.samples):,} samples"
        return Proof(p < bound, f"{text} ({sizes})")


def _prover(head: Measurements, base: Measurements, compared: Mapping[str, Assessment]) -> _Prover:
    """Of times what was found, and of memory the same comparison, a family of its own."""
    memory, base_memory = memory_of(head), memory_of(base)
    of_memory = compare_all(memory, base_memory, History())
    larger = {name: replace(c, why=c.why.replace("slower", "larger")) for name, c in of_memory.items()}
    known = {**_by_samples(head, base, compared), **_by_samples(memory, base_memory, larger)}
    return _Prover(max(len(compared), 1), known)


def _by_samples(
    head: Measurements, base: Measurements, compared: Mapping[str, Assessment]
) -> dict[tuple[Samples, Samples], Assessment]:
    return {
        (head[name].benchmark.samples, base[name].benchmark.samples): found
        for name, found in compared.items()
        if name in base
    }


GATE = Gate("performance", measure, baseline_measures)
