"""The report as a document, schema `sluicegate.report/1`, and back.

Deterministic: the same report gives the same bytes. What has no order of its own (measures, findings,
sources, notices) is sorted; gates, criteria, remedies and table rows keep theirs.

Numbers are exact: where the shortest decimal text of a float is not the value (two thirds), an exact one is
beside it, so that a baseline read back compares as it was measured. Samples of measures are left out: they
are evidence, not result. A document comes from another job, so reading takes it for a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from sluicegate.core import model
from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import Exact, Shown, Text, number
from sluicegate.core.model import (
    Absence,
    CriterionResult,
    Discovery,
    Measure,
    Report,
    Source,
    Verdict,
    Waiver,
)
from sluicegate.core.readings import Reading
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.text import encodable
from sluicegate.core.trust import Override, PolicyChange
from sluicegate.documents.codec import Codec, JsonSchema
from sluicegate.evidence.limits import read_bytes
from sluicegate.history.caselist import MAX_TEXT, pack, unpack
from sluicegate.report.listing import finding_key

T = TypeVar("T")
C = TypeVar("C", bound="Compared")


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of a criterion.

    Attributes:
        subject: the worst item of a selector.
        of: numerator and denominator, exact counts.
        exact: `actual` as a fraction, when no JSON number is exactly it.
        exact_baseline: `baseline` likewise.
    """

    expect: str
    status: CriterionStatus
    actual: Shown | None
    unit: str
    subject: str | None
    of: tuple[int, int] | None
    baseline: Shown | None
    reason: str | None
    exact: Exact | None
    exact_baseline: Exact | None


@dataclass(frozen=True, slots=True)
class Criterion(Compared):
    """A criterion, judged.

    Attributes:
        parts: the comparisons of which one must be satisfied, the one that decides first; its values are
            for the whole.
    """

    id: str
    else_: Otherwise
    incomplete: bool
    waiver: Waiver | None
    parts: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """What else is known of a measure.

    Attributes:
        unit: canonical: %, s, B, /s, or empty for a count.
        of: numerator and denominator, exact counts.
        exact: the value as a fraction, when no JSON number is exactly it.
    """

    unit: str
    better: model.Better
    of: tuple[int, int] | None
    exact: Exact | None
    absence: Absence | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate's outcome.

    Attributes:
        measures: measure name to value, in the unit that `details` names.
        details: measure name to what else is known of it.
        before: measure name to its value in the baseline, as an exact fraction.
    """

    gate: str
    component: str | None
    suite: str | None
    required: bool
    blocking: bool
    status: GateStatus
    summary: str
    criteria: tuple[Criterion, ...]
    measures: Mapping[str, Shown | None]
    details: Mapping[str, Detail]
    before: Mapping[str, Exact]
    findings: tuple[model.Finding, ...]
    problems: tuple[model.Problem, ...]
    remedies: tuple[str, ...]
    tables: tuple[model.Table, ...]
    sources: tuple[Source, ...]


Packed = Annotated[str, Text(MAX_TEXT)]
"""Names, as `caselist` writes them."""


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """The verdicts of one commit.

    Attributes:
        report_only: the policy lets nothing block.
        trends: headline measures over the recorded commits.
        cases: by verdict: the names of all test cases, or the measured files where a criterion compares
            uncovered lines, in order, one a line: how many characters are those of the name before, a
            space, and the others.
    """

    status: ReportStatus
    commit: model.Commit
    evaluated_on: date
    policy: model.PolicyRef
    report_only: bool
    policy_change: PolicyChange | None
    override: Override | None
    gates: tuple[Gate, ...]
    notices: tuple[model.Notice, ...]
    evidence: Discovery
    readings: tuple[Reading, ...]
    trends: tuple[model.Series, ...]
    cases: Mapping[str, Packed]


REPORT = Codec(
    ReportDocument,
    "sluicegate.report/1",
    remedy="Write it again with this version of `sluicegate check --format json`.",
    sparse=False,
    portable=True,
)
"""A change that old readers cannot take gets a new number."""


def render(report: Report) -> str:
    """The document as text, indented, with a final line feed; ASCII, for terminals and logs."""
    return REPORT.encode(to_document(report), indent=2).decode()


def read_report(data: bytes, where: str = "report") -> Report:
    """The report in the bytes of a document.

    Raises:
        EvidenceError: they are no document of this version.
    """
    return report_of(REPORT.decode(data, where), where)


def load_report(path: Path, name: str) -> Report:
    """The report in the document at `path`, which errors call `name`.

    Raises:
        EvidenceError: it is missing, too large, or no report document.
    """
    return read_report(read_bytes(path, name, limit=REPORT.limit)[0], name)


def report_schema() -> JsonSchema:
    """The JSON Schema of the document; a copy is in `docs/report.schema.json`, kept equal by a test."""
    about = "The verdicts of one commit, as `sluicegate check --format json` prints them."
    return REPORT.json_schema("Sluicegate report", about)


def to_document(report: Report) -> ReportDocument:
    """The report, in the order that a document has."""
    discovery = report.discovery
    return _like(
        ReportDocument,
        report,
        gates=tuple(map(_gate, report.verdicts)),
        notices=tuple(sorted(report.notices, key=astuple)),
        evidence=Discovery(
            tuple(sorted(discovery.taken, key=astuple)),
            tuple(sorted(discovery.passed_over)),
            {encodable(kind): patterns for kind, patterns in sorted(discovery.looked_for.items())},
        ),
        readings=tuple(sorted(report.readings, key=lambda r: (r.machine, r.benchmark))),
        cases={
            encodable(v.full_name): encodable(names)
            for v in report.verdicts
            if (names := pack(v.cases or ()))
        },
    )


def _like(kind: type[T], source: object, **others: object) -> T:
    """A record of the values that the source has under the same names, and of others."""
    shared = {f.name: getattr(source, f.name) for f in fields(cast("Any", kind)) if hasattr(source, f.name)}
    return kind(**{**shared, **others})


def exact(value: Fraction | None) -> Fraction | None:
    """The value when its JSON number is not exactly it, else None."""
    return None if value is None or Fraction(repr(number(value))) == value else value


def _gate(verdict: Verdict) -> Gate:
    measures = {encodable(name): m for name, m in sorted({**verdict.measures, **verdict.items}.items())}
    return _like(
        Gate,
        verdict,
        component=verdict.component or None,
        suite=verdict.suite or None,
        criteria=tuple(
            _compared(Criterion, c, else_=c.otherwise, parts=tuple(_compared(Compared, p) for p in c.parts))
            for c in verdict.criteria
        ),
        measures={name: m.value for name, m in measures.items()},
        details={
            name: _like(Detail, m, exact=exact(m.value), reason=m.reason or None)
            for name, m in measures.items()
        },
        before=_sorted(verdict.before),
        findings=tuple(sorted(verdict.findings, key=lambda f: (f.path, f.line, *finding_key(f)))),
        sources=tuple(sorted(verdict.sources, key=astuple)),
    )


def _sorted(values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return dict(sorted((encodable(name), value) for name, value in values.items()))


def _compared(kind: type[C], result: CriterionResult, **others: object) -> C:
    return _like(
        kind,
        result,
        subject=result.subject or None,
        reason=result.reason or None,
        exact=exact(result.actual),
        exact_baseline=exact(result.baseline),
        **others,
    )


def report_of(document: ReportDocument, where: str = "report") -> Report:
    """The report of a document.

    Raises:
        EvidenceError: it names measures or test cases that do not fit.
    """
    verdicts = tuple(_verdict(gate, document.cases, where) for gate in document.gates)
    return _like(Report, document, verdicts=verdicts, discovery=document.evidence)


def _verdict(gate: Gate, cases: Mapping[str, str], where: str) -> Verdict:
    if gate.measures.keys() != gate.details.keys():
        raise EvidenceError("has details of other measures", where=where, remedy=REPORT.remedy)
    criteria = (
        _part(c, otherwise=c.else_, parts=tuple(_part(p, id=p.expect, otherwise=c.else_) for p in c.parts))
        for c in gate.criteria
    )
    measures = {name: _measure(name, value, gate.details[name]) for name, value in gate.measures.items()}
    verdict = _like(Verdict, gate, criteria=tuple(criteria), measures=measures)
    try:
        names = unpack(cases.get(verdict.full_name, ""))
    except ValueError as error:
        raise EvidenceError(f"'cases' holds {error}", where=where, remedy=REPORT.remedy) from error
    return replace(verdict, cases=frozenset(names) or None)


_ITEM = re.compile(r'\w+\[".*"\]\.(.+)', re.DOTALL)


def _measure(name: str, shown: Fraction | None, detail: Detail) -> Measure:
    """A measure; of an item (`file["a.py"].line`) by its last name."""
    value = shown if detail.exact is None else detail.exact
    absence = (detail.absence or Absence.NOT_MEASURED) if value is None else None
    item = _ITEM.fullmatch(name)
    return _like(
        Measure,
        detail,
        name=item[1] if item else name,
        value=value,
        absence=absence,
        reason=detail.reason or "",
    )


def _part(own: Compared, **others: object) -> CriterionResult:
    return _like(
        CriterionResult,
        own,
        subject=own.subject or "",
        reason=own.reason or "",
        actual=own.actual if own.exact is None else own.exact,
        baseline=own.baseline if own.exact_baseline is None else own.exact_baseline,
        **others,
    )
