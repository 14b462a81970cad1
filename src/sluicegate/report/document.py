"""The report as a document: plain JSON values, schema `sluicegate.report/1`.

Deterministic: the same report gives the same document. What has no order of its own (measures,
findings, sources, notices) is sorted; gates, criteria, remedies and table rows keep theirs.

Numbers are exact. A `Fraction` becomes an integer where it is one, else the float whose shortest
decimal text stands for it; where that text is not the exact value (two thirds), `details` holds
the exact one beside it, so that a baseline read back compares as it was measured.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sluicegate.core.model import (
    Commit,
    CriterionResult,
    Discovery,
    Finding,
    Measure,
    Notice,
    Problem,
    Report,
    Series,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.readings import Reading
from sluicegate.core.text import encodable as text
from sluicegate.core.trust import Override, PolicyChange
from sluicegate.history.caselist import pack
from sluicegate.report.listing import finding_key

SCHEMA = "sluicegate.report/1"
"""Name and version of the document; a change that old readers cannot take gets a new number."""


def to_document(report: Report) -> dict[str, Any]:
    """The report as JSON values. Samples of measures are left out: they are evidence, not result."""
    return {
        "schema": SCHEMA,
        "status": str(report.status),
        "commit": _commit(report.commit),
        "evaluated_on": report.evaluated_on.isoformat(),
        "policy": {
            "origin": text(report.policy.origin),
            "ref": text(report.policy.ref),
            "sha256": text(report.policy.sha256),
        },
        "report_only": report.report_only,
        "policy_change": _policy_change(report.policy_change),
        "override": _override(report.override),
        "gates": [_verdict(v) for v in report.verdicts],
        "notices": sorted(map(_notice, report.notices), key=lambda n: tuple(n.values())),
        "evidence": _discovery(report.discovery),
        "readings": [_reading(r) for r in sorted(report.readings, key=lambda r: (r.machine, r.benchmark))],
        "trends": [_series(s) for s in report.trends],
        "cases": {text(v.full_name): packed for v in report.verdicts if (packed := pack(v.cases or ()))},
    }


def number(value: Fraction | None) -> int | float | None:
    """The JSON number of an exact value: an integer where it is one, else the nearest float."""
    if value is None:
        return None
    if value.denominator == 1:
        return value.numerator
    try:
        return float(value)
    except OverflowError:
        return round(value)


def exact(value: Fraction | None) -> str | None:
    """`200/3` when the JSON number of the value is not exactly the value, else None."""
    shown = number(value)
    if value is None or shown is None or Fraction(repr(shown)) == value:
        return None
    return f"{value.numerator}/{value.denominator}"


def _optional(value: str | None) -> str | None:
    return text(value) if value else None


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "head": text(commit.head),
        "tested": text(commit.tested),
        "base": text(commit.base),
        "base_label": text(commit.base_label),
        "dirty": commit.dirty,
    }


def _policy_change(change: PolicyChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "ref": text(change.ref),
        "sha256": text(change.sha256),
        "status": text(change.status),
        "summary": text(change.summary),
        "diff": [text(line) for line in change.diff],
        "more": change.more,
    }


def _override(override: Override | None) -> dict[str, Any] | None:
    if override is None:
        return None
    return {
        "kind": text(override.kind),
        "who": text(override.who),
        "when": text(override.when),
        "why": text(override.why),
        "url": text(override.url),
        "commit": text(override.commit),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    measures = sorted({**verdict.measures, **verdict.items}.items())
    return {
        "gate": text(verdict.gate),
        "component": _optional(verdict.component),
        "suite": _optional(verdict.suite),
        "required": verdict.required,
        "blocking": verdict.blocking,
        "status": str(verdict.status),
        "summary": text(verdict.summary),
        "criteria": [_criterion(c) for c in verdict.criteria],
        "measures": {text(name): number(m.value) for name, m in measures},
        "details": {text(name): _detail(m) for name, m in measures},
        "findings": [_finding(f) for f in sorted(verdict.findings, key=_by_place)],
        "problems": [_problem(p) for p in verdict.problems],
        "remedies": [text(r) for r in verdict.remedies],
        "tables": [_table(t) for t in verdict.tables],
        "sources": _sources(verdict.sources),
    }


def _by_place(finding: Finding) -> tuple[object, ...]:
    return (finding.path, finding.line, *finding_key(finding))


def _criterion(result: CriterionResult) -> dict[str, Any]:
    return {
        "id": text(result.id),
        "expect": text(result.expect),
        "status": str(result.status),
        "actual": number(result.actual),
        "unit": text(result.unit),
        "subject": _optional(result.subject),
        "of": list(result.of) if result.of else None,
        "baseline": number(result.baseline),
        "else": str(result.otherwise),
        "reason": _optional(result.reason),
        "waiver": _waiver(result.waiver),
    } | ({"parts": [_part(part) for part in result.parts]} if result.parts else {})


def _part(result: CriterionResult) -> dict[str, Any]:
    return {key: value for key, value in _criterion(result).items() if key not in ("id", "else", "waiver")}


def _detail(measure: Measure) -> dict[str, Any]:
    return {
        "unit": text(measure.unit),
        "better": str(measure.better),
        "of": list(measure.of) if measure.of else None,
        "exact": exact(measure.value),
        "absence": str(measure.absence) if measure.absence else None,
        "reason": _optional(measure.reason),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": text(finding.rule),
        "severity": str(finding.severity),
        "message": text(finding.message),
        "path": text(finding.path),
        "line": finding.line,
        "end_line": finding.end_line,
        "new": finding.new,
        "fingerprint": text(finding.fingerprint),
        "tool": text(finding.tool),
        "help": text(finding.help),
        "waiver": _waiver(finding.waiver),
    }


def _waiver(waiver: Waiver | None) -> dict[str, Any] | None:
    if waiver is None:
        return None
    return {
        "gate": text(waiver.gate),
        "criterion": _optional(waiver.criterion),
        "rule": _optional(waiver.rule),
        "path": _optional(waiver.path),
        "fingerprint": _optional(waiver.fingerprint),
        "reason": text(waiver.reason),
        "owner": text(waiver.owner),
        "expires": waiver.expires.isoformat(),
        "where": _optional(waiver.where),
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"message": text(problem.message), "path": text(problem.path), "remedy": text(problem.remedy)}


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": text(table.title),
        "columns": [text(c) for c in table.columns],
        "rows": [[text(cell) for cell in row] for row in table.rows],
        "align": text(table.align),
        "more": table.more,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "path": text(source.path),
        "format": text(source.format),
        "sha256": text(source.sha256),
        "tool": text(source.tool),
        "version": text(source.version),
        "note": text(source.note),
    }


def _sources(sources: tuple[Source, ...]) -> list[dict[str, Any]]:
    return sorted(map(_source, sources), key=lambda s: tuple(s.values()))


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "benchmark": text(reading.benchmark),
        "machine": text(reading.machine),
        "median": reading.median,
        "spread": reading.spread,
        "samples": reading.samples,
        "ratio": reading.ratio or 0,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"level": text(notice.level), "code": text(notice.code), "message": text(notice.message)}


def _discovery(discovery: Discovery) -> dict[str, Any]:
    passed_over = [{"path": text(path), "reason": text(why)} for path, why in discovery.passed_over]
    return {
        "taken": _sources(discovery.taken),
        "passed_over": sorted(passed_over, key=lambda p: (p["path"], p["reason"])),
        "looked_for": {
            text(kind): [text(p) for p in patterns] for kind, patterns in sorted(discovery.looked_for.items())
        },
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "verdict": text(series.verdict),
        "measure": text(series.measure),
        "unit": text(series.unit),
        "better": str(series.better),
        "points": [
            {"commit": text(p.commit), "on": text(p.on), "value": number(p.value), "carried": p.carried}
            for p in series.points
        ],
    }
