"""From what a gate measured to its verdict: criteria, waivers and status, the same for all gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from sluicegate.core.aggregation import gate_status
from sluicegate.core.globs import glob_matches
from sluicegate.core.model import Absence, CriterionResult, Finding, Measure, Problem, Verdict, Waiver
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise
from sluicegate.criteria import Criterion, Measures, Reference, Relative, comparisons, evaluate
from sluicegate.gates.interface import Context, Measured
from sluicegate.policy.gatespec import GateSpec
from sluicegate.policy.waivers import for_criterion, matching

_UNSATISFIED = (CriterionStatus.FAIL, CriterionStatus.WARN)


def judge(measured: Measured, context: Context, today: date, baseline: Reference) -> Verdict:
    """The verdict of one gate, or of one suite of it.

    A waived finding does not count for any criterion; where the criterion fails with it and
    passes without it, the gate is CONDITIONAL. Waivers are looked at as of `today`.
    """
    if measured.absent:
        return _absent(measured, context)
    settings, waivers = context.settings, context.policy.waivers
    criteria = context.suite.criteria if context.suite else settings.criteria
    findings = _waive(measured.findings, settings.name, waivers, today)

    def waived(result: CriterionResult) -> CriterionResult:
        if result.status is not CriterionStatus.FAIL or result.waiver is not None:
            return result
        return replace(result, waiver=for_criterion(settings.name, result.id, waivers, today))

    baseline = _comparable(baseline, measured.incomparable)
    results = tuple(map(waived, _judge_criteria(criteria, measured, findings, baseline)))
    status = gate_status(
        results,
        required=settings.required,
        failed=any(not p.unseen for p in measured.problems),
        unseen=any(p.unseen for p in measured.problems),
        cautioned=bool(measured.cautions),
    )
    summary = _not_judged(results, measured.summary) if status is GateStatus.SKIPPED else ""
    return replace(
        _verdict(context, measured, status, summary=summary, problems=measured.problems),
        criteria=results,
        measures=measured.measures.plain,
        cases=measured.cases,
        items={**measured.recorded, **_items(criteria, measured.measures)},
        before=_before(measured.measures, baseline.measures),
        findings=findings,
        remedies=(*_remedies(criteria, results, measured, settings.spec), *measured.advice),
    )


def _not_judged(results: Sequence[CriterionResult], summary: str) -> str:
    """Why nothing was judged, before what was measured."""
    reasons = list(dict.fromkeys(r.reason for r in results if r.reason)) or ["it has no criteria"]
    return f"not judged: {reasons[0]}" + (f"; {summary}" if summary not in ("", reasons[0]) else "")


def _absent(measured: Measured, context: Context) -> Verdict:
    """Nothing of the gate's kind is there: ERROR when it is required or a file was broken.

    Where its files merely were not looked at, a gate that is not required warns.
    """
    settings, problems = context.settings, measured.problems
    if not problems and not settings.required:
        return _verdict(context, measured, GateStatus.SKIPPED, summary=measured.absent)
    if not problems:
        remedy = (
            f"The policy requires the gate '{settings.name}': let the build write its report before "
            f"this step, or write 'required: auto' in the policy."
        )
        problems = (Problem(measured.absent, remedy=remedy),)
    lenient = not settings.required and all(p.unseen for p in problems)
    status = GateStatus.WARN if lenient else GateStatus.ERROR
    return _verdict(context, measured, status, summary=problems[0].message, problems=problems)


def _verdict(
    context: Context,
    measured: Measured,
    status: GateStatus,
    *,
    summary: str = "",
    problems: tuple[Problem, ...] = (),
) -> Verdict:
    headline = summary or measured.summary or (problems[0].message if problems else "")
    return Verdict(
        gate=context.settings.name,
        status=status,
        required=context.settings.required,
        summary="; ".join(filter(None, (headline, *measured.cautions))),
        suite=context.suite.name if context.suite else None,
        blocking=context.settings.blocking,
        problems=problems,
        tables=measured.tables,
        sources=measured.sources,
    )


def _waive(
    findings: Sequence[Finding], gate: str, waivers: Sequence[Waiver], today: date
) -> tuple[Finding, ...]:
    """The findings, each with the waiver that accepts it.

    A fingerprint names one finding: where an old finding has it, it does not accept a new one with
    the same fingerprint, such as a copy of the line.
    """
    old = {f.fingerprint for f in findings if f.new is False}
    unnamed = [w for w in waivers if not w.fingerprint]

    def waived(finding: Finding) -> Finding:
        is_copy = finding.new is True and finding.fingerprint in old
        waiver = matching(finding, gate, unnamed if is_copy else waivers, today)
        return replace(finding, waiver=waiver) if waiver else finding

    return tuple(map(waived, findings))


def _judge_criteria(
    criteria: Sequence[Criterion], measured: Measured, findings: tuple[Finding, ...], baseline: Reference
) -> list[CriterionResult]:
    references = {"baseline": baseline}

    def results(measures: Measures) -> list[CriterionResult]:
        return [evaluate(c, measures, references, measured.prove) for c in criteria]

    full = results(measured.measures)
    waived = [f for f in findings if f.waiver is not None]
    if not waived or measured.remeasure is None:
        return full
    without = results(measured.remeasure(tuple(f for f in findings if f.waiver is None)))
    return [_through_waiver(*pair, waived) for pair in zip(full, without, strict=True)]


def _comparable(baseline: Reference, reasons: Mapping[str, str]) -> Reference:
    """The baseline without the values that do not count; there it is not measured."""
    known = baseline.measures
    plain = {
        name: replace(m, value=None, of=None, absence=Absence.NOT_MEASURED, reason=reasons[name])
        if name in reasons
        else m
        for name, m in known.plain.items()
    }
    return replace(baseline, measures=replace(known, plain=plain)) if reasons else baseline


def _through_waiver(
    full: CriterionResult, without: CriterionResult, waived: Sequence[Finding]
) -> CriterionResult:
    """A failure that disappears with the waived findings is a waived failure."""
    if full.status in _UNSATISFIED and without.status in (CriterionStatus.PASS, CriterionStatus.SKIPPED):
        first = next((f for f in waived if f.severity.value in full.expect), waived[0]).waiver
        more = f"; satisfied without the waived {'finding' if len(waived) == 1 else 'findings'}"
        reason = (full.reason + more).removeprefix("; ")
        if full.otherwise is Otherwise.WARN:
            return replace(without, reason=reason)
        return replace(full, waiver=first, reason=reason)
    return without


def _before(now: Measures, then: Measures) -> dict[str, Fraction]:
    """The baseline's value of each plain measure that both have, in the same unit."""
    pairs = ((name, m, then.plain.get(name)) for name, m in now.plain.items())
    return {
        name: old.value
        for name, new, old in pairs
        if old is not None and old.value is not None and new.value is not None and old.unit == new.unit
    }


def _items(criteria: Sequence[Criterion], measures: Measures) -> dict[str, Measure]:
    """The measures behind the selectors that are compared with a reference."""
    found: dict[str, Measure] = {}
    for criterion in comparisons(criteria):
        selector, name = criterion.selector, criterion.measure.name
        if selector is None or not isinstance(criterion.bound, Relative):
            continue
        for item, of_item in measures.items.get(selector.kind, {}).items():
            if name in of_item and glob_matches(selector.glob, item):
                found[f'{selector.kind}["{item}"].{name}'] = of_item[name]
    return found


def _remedies(
    criteria: Sequence[Criterion],
    results: Sequence[CriterionResult],
    measured: Measured,
    spec: GateSpec | None,
) -> tuple[str, ...]:
    """What to do about the criteria that are not satisfied, in the gate's words or the catalogue's."""
    texts: dict[str, None] = {}
    generic = spec.remedies if spec else {}
    for criterion, result in zip(criteria, results, strict=True):
        if result.status not in _UNSATISFIED or result.waiver is not None:
            continue
        for part in criterion.comparisons:
            name = part.measure.name
            own = measured.remedies.get(name) or ((generic[name],) if name in generic else ())
            texts.update(dict.fromkeys(own))
    return tuple(texts)
