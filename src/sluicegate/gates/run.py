"""Gates of the user's own: measures or SARIF that a `run:` command printed."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Finding, Measure
from sluicegate.core.units import format_value
from sluicegate.criteria import Measures
from sluicegate.evidence.analysed import RunRecord
from sluicegate.evidence.findings.fingerprint import mark_new_by_lines
from sluicegate.evidence.findings.meant import ChangedPaths
from sluicegate.evidence.records import Evidence
from sluicegate.gates.findings import finding_measures, ordered, remedies, summary
from sluicegate.gates.interface import Context, Gate, Measured, no_change_reason
from sluicegate.gates.measures import by_name
from sluicegate.policy.model import RunOutput


def measure(evidence: Evidence, context: Context) -> Measured:
    """What the command printed."""
    settings = context.settings
    problems = evidence.problems.get(settings.name, ())
    record = evidence.runs.get(settings.name)
    if record is None:
        return Measured(absent="the command did not run", problems=problems)
    if settings.run is not None and settings.run.output is RunOutput.SARIF:
        place = posixpath.join(settings.run.directory, "output")
        return replace(_findings(evidence, record, place), problems=problems)
    return Measured(
        measures=Measures(record.measures),
        summary=", ".join(_shown(m) for m in record.measures.values()),
        problems=problems,
        sources=(record.source,),
    )


def _shown(measure: Measure) -> str:
    value = "not printed" if measure.value is None else format_value(measure.value, measure.unit)
    return f"{measure.name} {value}"


def _marked(change: Change | NoChange, record: RunRecord, place: str) -> Sequence[Finding]:
    if not isinstance(change, Change):
        return record.findings
    return mark_new_by_lines(record.findings, ChangedPaths(change, place, record.unresolved))


def _findings(evidence: Evidence, record: RunRecord, place: str) -> Measured:
    """Findings that it printed; `place` is a path in the folder that it ran in."""
    no_change = no_change_reason(evidence)
    findings = ordered(_marked(evidence.change, record, place))

    def remeasure(part: tuple[Finding, ...]) -> Measures:
        return Measures(by_name(finding_measures(part, no_change)))

    return Measured(
        measures=remeasure(findings),
        summary=summary(findings, no_change),
        findings=findings,
        sources=(record.source,),
        remedies=remedies(findings),
        remeasure=remeasure,
    )


def gate(name: str) -> Gate:
    """The gate of the `run:` entry `name`."""
    return Gate(name, measure)
