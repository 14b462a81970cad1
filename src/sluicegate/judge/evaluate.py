"""From evidence, policy and baseline to the report. Pure: the date is an argument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from operator import attrgetter

from sluicegate.core.aggregation import report_status
from sluicegate.core.change import Change
from sluicegate.core.model import NO_TESTS, WHOLE, Absence, Notice, Report, Verdict
from sluicegate.core.statuses import GateStatus
from sluicegate.core.text import plural, some
from sluicegate.criteria import Reference
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context
from sluicegate.gates.judge import judge
from sluicegate.gates.patch import unmeasured_sources
from sluicegate.gates.readings import readings_of
from sluicegate.gates.registry import gate
from sluicegate.history.baseline import Baseline
from sluicegate.history.series import with_now
from sluicegate.judge.components import part_of
from sluicegate.policy.model import Component, GateSettings, Policy
from sluicegate.policy.touched import touched, untouched
from sluicegate.policy.waivers import waiver_notices

_WAIVER = attrgetter("waiver")
_GIVE = "fetch the ledger with `sluicegate ledger fetch`, or name an earlier report with --baseline"
_NO_BASELINE = f"no baseline was given; {_GIVE}"
_REPORT_ONLY = "the policy only reports (`report-only: true`): nothing blocks"
_NOT_GIVEN = Baseline(absence=Absence.NOT_APPLICABLE, reason=_NO_BASELINE)


def evaluate(
    evidence: Evidence,
    policy: Policy,
    today: date,
    *,
    baseline: Baseline | None = None,
    only: Sequence[str] = (),
) -> Report:
    """The report of one commit.

    Args:
        evidence: all that was collected.
        policy: as resolved.
        today: decides which waivers have expired.
        baseline: the measures to compare with; None when none was named or fetched.
        only: names of the gates to judge; all of the policy's when empty.
    """
    baseline = baseline or _NOT_GIVEN
    run = _Evaluation(evidence, policy, today, baseline)
    verdicts = tuple(chain(_whole(run, only), *(_component(run, c, only) for c in policy.components)))
    found = bool(evidence.tests or evidence.coverage or only) or (
        not policy.whole and not touched(policy, evidence.change)
    )
    notices = (
        *([Notice("info", "report-only", _REPORT_ONLY)] if policy.report_only else ()),
        *_whole_notices(evidence, verdicts),
        *_evidence_notices(evidence, policy, found),
        *_baseline_notices(verdicts, baseline),
        *evidence.notices,
        *_waiver_notices(policy, verdicts, today, only),
    )
    return Report(
        status=report_status(verdicts, has_evidence=found or any(map(_is_measured, verdicts))),
        commit=evidence.commit,
        evaluated_on=today,
        policy=policy.ref,
        verdicts=verdicts,
        notices=notices,
        discovery=evidence.discovery,
        report_only=policy.report_only,
        readings=readings_of(evidence.benchmarks),
        trends=with_now(evidence.history, verdicts, today.isoformat(), policy.charted),
    )


def _is_measured(verdict: Verdict) -> bool:
    """Was there something of the gate's kind, whether a criterion applied or not?"""
    return verdict.status is not GateStatus.SKIPPED or any(
        m.value is not None for m in verdict.measures.values()
    )


def _whole_notices(evidence: Evidence, verdicts: Sequence[Verdict]) -> Iterator[Notice]:
    """What is shown in place of a change where there is none; one that cannot be seen is not replaced."""
    change = evidence.change
    if isinstance(change, Change) or change.unseen:
        return
    if any(v.status is GateStatus.SKIPPED and _is_measured(v) for v in verdicts):
        text = f"no change to judge ({change.reason}); the whole is shown, and blocks nothing"
        yield Notice("info", WHOLE, text)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    evidence: Evidence
    policy: Policy
    today: date
    baseline: Baseline
    prefix: str = ""  # of a component's names in the baseline


def _verdicts(run: _Evaluation, settings: GateSettings) -> Iterator[Verdict]:
    """The gate's own verdict, where it has criteria of its own or no suites; then each suite's."""
    if settings.criteria or not settings.suites:
        yield _verdict(run, Context(run.policy, settings))
    for suite in settings.suites:
        yield _verdict(run, Context(run.policy, settings, suite))


def _whole(run: _Evaluation, only: Sequence[str]) -> Iterator[Verdict]:
    """The verdicts of the repository as a whole; only gates without paths where components are judged."""
    for settings in run.policy.gates:
        by_part = not run.policy.whole and settings.spec is not None and settings.spec.has_paths
        if not by_part and (settings.name in only if only else _concerns(run, settings)):
            yield from _verdicts(run, settings)


def _concerns(run: _Evaluation, settings: GateSettings) -> bool:
    """Is a gate judged that nobody asked for by name? One of the run only where the run was handed over."""
    return settings.required or not settings.of_run or run.evidence.jobs is not None


def _component(run: _Evaluation, component: Component, only: Sequence[str]) -> Iterator[Verdict]:
    """A component's verdicts; SKIPPED, with the reason, where the change does not touch it."""
    gates = [g for g in component.gates if not only or g.name in only]
    reason = untouched(component, run.evidence.change)
    if reason:
        for g in gates:
            yield Verdict(
                g.name, GateStatus.SKIPPED, g.required, reason, component=component.name, blocking=g.blocking
            )
        return
    part = replace(run, evidence=part_of(run.evidence, component, run.policy), prefix=f"{component.name}/")
    for settings in gates:
        for verdict in _verdicts(part, settings):
            yield replace(verdict, component=component.name)


def _verdict(run: _Evaluation, context: Context) -> Verdict:
    name = context.settings.name
    full_name = run.prefix + (f"{name}.{context.suite.name}" if context.suite else name)
    found = gate(context.settings)
    own = found.own_baseline(run.evidence)
    reference = _recorded(full_name, run.baseline) if own is None else Reference(own)
    before = run.baseline.before(full_name)
    context = replace(context, before=before, baseline=reference.measures, today=run.today)
    measured = found.measure(run.evidence, context)
    return judge(measured, context, run.today, reference)


def _recorded(name: str, baseline: Baseline) -> Reference:
    if baseline.absence is not None:
        return Reference(absence=baseline.absence, reason=baseline.reason)
    if name not in baseline.measures:
        return Reference(absence=Absence.NOT_APPLICABLE, reason="the baseline has no such gate")
    return Reference(baseline.measures[name], note=baseline.notes.get(name, ""))


def _evidence_notices(evidence: Evidence, policy: Policy, found: bool) -> Iterator[Notice]:
    broken = evidence.problems.keys() & {"tests", "coverage"}
    if not found and not broken:
        yield Notice("info", NO_TESTS, "neither tests nor coverage were found")
    yield from _unmeasured(evidence, policy)
    for coverage in evidence.coverage:
        yield from _unresolved(coverage.source.path, coverage.unresolved)
    for findings in evidence.findings:
        yield from _unresolved(findings.source.path, findings.unresolved)


def _unmeasured(evidence: Evidence, policy: Policy) -> Iterator[Notice]:
    """Changed sources that no coverage report has, and reports that have no source."""
    missing = unmeasured_sources(evidence, policy)
    if missing:
        names = some(missing[:3], len(missing))
        text = f"{plural(len(missing), 'changed file')} in no coverage report, so not judged by it: {names}"
        yield Notice("warning", "unmeasured-change", text)
    for record in evidence.coverage:
        if record.files and all(map(policy.source.is_test, record.files)):
            yield Notice("warning", "only-tests-measured", f"{record.source.path} holds only test files")


def _baseline_notices(verdicts: Sequence[Verdict], baseline: Baseline) -> Iterator[Notice]:
    """Which commit is the baseline; or, in one notice, the criteria that need one when there is none."""
    if baseline.label:
        yield Notice("info", "baseline", f"baseline: {baseline.label}")
    names = [
        f"{verdict.name}: {c.expect}"
        for verdict in verdicts
        for c in verdict.criteria
        if baseline.reason and c.reason == baseline.reason and "baseline" in c.expect
    ]
    if names:
        those = plural(len(names), "criterion", "criteria")
        why = _GIVE if baseline.reason == _NO_BASELINE else baseline.reason
        text = f"{those} not judged without a baseline ({some(names[:4], len(names))}); {why}"
        yield Notice("warning", "no-baseline", text)


def _unresolved(source: str, paths: Sequence[str]) -> Iterator[Notice]:
    if paths:
        text = f"{source} names paths that are no file of this repository: {some(paths[:3], len(paths))}"
        yield Notice("warning", "path-unresolved", text)


def _waiver_notices(
    policy: Policy, verdicts: Sequence[Verdict], today: date, only: Sequence[str]
) -> tuple[Notice, ...]:
    judged = {g.name for g in policy.everywhere if not only or g.name in only}
    relevant = [w for w in policy.waivers if w.gate in judged]
    results = chain.from_iterable((*v.findings, *v.criteria) for v in verdicts)
    used = set(filter(None, map(_WAIVER, results)))
    return waiver_notices(relevant, used, today)
