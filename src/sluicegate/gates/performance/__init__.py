"""The gate `performance`: what benchmarks measure, and which of them are proven slower.

`suite` unites what was read, `past` asks the history, `comparing` decides what is slower, `vanished` finds
what is gone, `figures` makes measures of it, and `words` text (`commands`: how one is run alone).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sluicegate.core.change import Change
from sluicegate.core.model import Absence, Measure
from sluicegate.criteria import Measures, Proof, Prove, comparisons
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.performance import words
from sluicegate.gates.performance.commands import commands
from sluicegate.gates.performance.comparing import Assessment, Conclusion, compare_all
from sluicegate.gates.performance.figures import absent, measures, regression, worst_regression
from sluicegate.gates.performance.suite import Measurements, base_suite, memory_of, suite
from sluicegate.gates.performance.vanished import Vanished, vanished
from sluicegate.history.entries import History
from sluicegate.stats.sequential import ALPHA
from sluicegate.stats.unpaired import mann_whitney

_NOT_IN_BASE = "the baseline has no samples of such a benchmark"
_NO_BASE = "no samples of the base (`sluicegate bench` takes them), no baseline file, and too little history"


def measure(evidence: Evidence, context: Context) -> Measured:
    """The worst benchmark's statistics, each benchmark's own, and the worst proven slowdown."""
    problems = (
        *evidence.problems.get("performance", ()),
        *(p for r in (*evidence.benchmarks, *evidence.base_benchmarks) for p in r.problems),
    )
    if not evidence.benchmarks:
        missing = evidence.absent.get("performance") or "no benchmark results were found"
        gone = vanished({}, {}, (), evidence.history)
        if gone.names:
            missing += f"; recorded before: {gone.summary()}"
        return Measured(absent=missing, problems=problems)
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
            found, compared, comparisons(context.settings.criteria), commands(evidence.benchmarks), gone
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


def _with_regressions(
    found: Measures, compared: Mapping[str, Assessment], gone: Vanished, missing: tuple[Absence, str]
) -> Measures:
    items = {
        name: {**own, "regression": regression(compared.get(name), missing)}
        for name, own in found.items["benchmark"].items()
    }
    if not compared and missing[1] == _NOT_IN_BASE:
        plain = absent((Absence.NOT_MEASURED, "the baseline has none of these benchmarks"))
    elif compared or (gone.names and missing[0] is Absence.NOT_APPLICABLE):
        plain = worst_regression(compared, gone)
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


def _prover(head: Measurements, base: Measurements, compared: Mapping[str, Assessment]) -> Prove:
    """Is a measure proven worse than its reference, by the samples of both?

    Of times it is what was found, of memory the same comparison, a family of its own; what the gate did not
    compare is tested here.
    """
    memory, base_memory = memory_of(head), memory_of(base)
    of_memory = compare_all(memory, base_memory, History())
    larger = {name: replace(c, why=c.why.replace("slower", "larger")) for name, c in of_memory.items()}
    known = {
        (runs[name].benchmark.samples, bases[name].benchmark.samples): found
        for runs, bases, all_found in ((head, base, compared), (memory, base_memory, larger))
        for name, found in all_found.items()
        if name in bases
    }
    bound = ALPHA / max(len(compared), 1)

    def prove(measure: Measure, reference: Measure) -> Proof:
        found = known.get((measure.samples, reference.samples))
        if found is not None:
            return Proof(found.state is Conclusion.SLOWER, f"{found.why} ({found.on})")
        p = mann_whitney(reference.samples, measure.samples)
        text = f"proven: p = {p:.2g}" if p < bound else f"not proven: p = {p:.2g}, not below {bound:.2g}"
        sizes = f"{len(measure.samples):,} and {len(reference.samples):,} samples"
        return Proof(p < bound, f"{text} ({sizes})")

    return prove


GATE = Gate("performance", measure, baseline_measures)
