"""The gate `changes`: changes to the gate itself, and checks that the change switches off."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate.change import Change
from sluicegate.criteria import Measures
from sluicegate.evidence.records import ChangesRecord, Evidence, GateChange, Suppression
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count, not_applicable
from sluicegate.globs import matches_any
from sluicegate.model import Finding, Problem, Severity
from sluicegate.text import cut, plural

_GATE_CHANGED = "gate-changed"


def measure(evidence: Evidence, context: Context) -> Measured:
    """Counts of the suppressions that the change adds, and of the gate's own files it touches."""
    record = evidence.changes
    problems = evidence.problems.get("changes", ())
    if not isinstance(evidence.change, Change):
        return _nothing_to_look_at(evidence.change.reason, problems)
    if record is None:
        absent = evidence.absent.get("changes") or "the change was not looked at"
        return Measured(absent=absent, problems=problems)
    suppressions = [s for s in record.suppressions if not matches_any(context.settings.exclude, s.path)]
    findings = (
        *(_gate_finding(g) for g in record.gate_changes),
        *(_suppression_finding(s) for s in suppressions),
    )
    return Measured(
        measures=_measures(findings),
        summary=_summary(len(suppressions), record),
        findings=findings,
        remeasure=_measures,
        problems=problems,
        sources=(record.source,),
        remedies=_remedies(suppressions, record.gate_changes),
    )


def _measures(findings: Sequence[Finding]) -> Measures:
    changed = sum(f.rule == _GATE_CHANGED for f in findings)
    added = count("suppressions.added", len(findings) - changed)
    return Measures(by_name([added, count("gate.changed", changed)]))


def _nothing_to_look_at(reason: str, problems: tuple[Problem, ...]) -> Measured:
    """Without a change the measures do not apply, so even a required gate is SKIPPED."""
    measures = [not_applicable(name, reason) for name in ("suppressions.added", "gate.changed")]
    return Measured(Measures(by_name(measures)), summary=reason, problems=problems)


def _summary(suppressions: int, record: ChangesRecord) -> str:
    if not suppressions and not record.gate_changes:
        return "nothing of the gate itself changes"
    added = f"{plural(suppressions, 'suppression')} added"
    return f"{plural(len(record.gate_changes), 'file')} of the gate changed, {added}"


def _gate_finding(change: GateChange) -> Finding:
    return Finding(
        _GATE_CHANGED, Severity.MEDIUM, change.what, change.path, new=True,
        fingerprint=f"gate-changed:{change.path}",
    )  # fmt: skip


def _suppression_finding(suppression: Suppression) -> Finding:
    return Finding(
        f"suppression-{suppression.kind}",
        Severity.LOW,
        f"switches a check off: {cut(suppression.text, 120)}",
        suppression.path,
        suppression.line,
        suppression.line,
        new=True,
        fingerprint=f"suppression:{suppression.kind}:{suppression.path}:{suppression.text}",
    )


def _remedies(suppressions: list[Suppression], changes: tuple[GateChange, ...]) -> dict[str, tuple[str, ...]]:
    remedies: dict[str, tuple[str, ...]] = {}
    if suppressions:
        places = ", ".join(f"{s.path}:{s.line}" for s in suppressions[:3])
        text = f"Mend what the comments at {places} silence, or say in the pull request why they stay."
        remedies["suppressions.added"] = (text,)
    if changes:
        paths = ", ".join(c.path for c in changes[:3])
        remedies["gate.changed"] = (f"Ask the owner of the gate to look at {paths}.",)
    return remedies


GATE = Gate("changes", measure)
