"""Gates of the user's own: measures or SARIF that a `run:` command printed."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from sluicegate.core.change import Change
from sluicegate.core.model import Measure
from sluicegate.core.units import format_value
from sluicegate.criteria import Measures
from sluicegate.evidence.findings.fingerprint import mark_new_by_lines
from sluicegate.evidence.findings.meant import ChangedPaths
from sluicegate.evidence.records import Evidence
from sluicegate.gates.findings import of_findings
from sluicegate.gates.interface import Context, Gate, Measured, no_change_reason
from sluicegate.policy.model import RunOutput


def measure(evidence: Evidence, context: Context) -> Measured:
    """What the command printed."""
    settings = context.settings
    problems = evidence.problems.get(settings.name, ())
    record = evidence.runs.get(settings.name)
    if record is None:
        return Measured(absent="the command did not run", problems=problems)
    if settings.run is not None and settings.run.output is RunOutput.SARIF:
        found, change = record.findings, evidence.change
        if isinstance(change, Change):
            place = posixpath.join(settings.run.directory, "output")
            found = mark_new_by_lines(found, ChangedPaths(change, place, record.unresolved))
        measured = of_findings(found, no_change_reason(evidence))
        return replace(measured, problems=problems, sources=(record.source,))
    return Measured(
        measures=Measures(record.measures),
        summary=", ".join(_shown(m) for m in record.measures.values()),
        problems=problems,
        sources=(record.source,),
    )


def _shown(measure: Measure) -> str:
    value = "not printed" if measure.value is None else format_value(measure.value, measure.unit)
    return f"{measure.name} {value}"


def gate(name: str) -> Gate:
    """The gate of the `run:` entry `name`."""
    return Gate(name, measure)
