"""What the page shows, as plain values for its template. Nothing is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluicegate.model import (
    SEVERITY_ORDER,
    CriterionResult,
    CriterionStatus,
    Finding,
    GateStatus,
    Notice,
    Problem,
    Report,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.report import charts, view
from sluicegate.report.html_source import CodeFile, code_files
from sluicegate.text import one_line

MAX_FINDINGS = 2_000
"""Rows of the table of findings; the worst are kept."""


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion: `delta_word` is better, worse, same or empty."""

    status: str
    asked: str
    actual: str
    ratio: str
    delta: str
    delta_word: str
    note: str
    chart: charts.Bullet | None
    advisory: bool


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding; `rank` orders severities, worst first."""

    severity: str
    rank: int
    gate: str
    rule: str
    place: str
    path: str
    line: int
    message: str
    new: bool
    waived: str
    help: str


@dataclass(frozen=True, slots=True)
class Stat:
    """A measure that is not drawn as a bar."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: its card and its section. `anchor` is unique in the page."""

    anchor: str
    name: str
    status: str
    advisory: bool
    opened: bool
    summary: str
    headline: str
    headline_name: str
    delta: str
    delta_word: str
    criteria: Sequence[CriterionRow]
    meters: Sequence[charts.Meter]
    stats: Sequence[Stat]
    severities: Sequence[charts.Segment]
    findings: int
    problems: Sequence[Problem]
    remedies: Sequence[str]
    tables: Sequence[Table]
    waivers: Sequence[str]
    sources: Sequence[str]
    code: Sequence[CodeFile]

    @property
    def has_deltas(self) -> bool:
        """Is any criterion compared with a baseline?"""
        return any(row.delta for row in self.criteria)

    @property
    def chart(self) -> charts.Bullet | None:
        """The card's chart: of the criterion that judges the headline."""
        drawn = [r for r in self.criteria if r.chart and r.asked.startswith(f"{self.headline_name} ")]
        return drawn[0].chart if drawn else None


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    status: str
    word: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    gates: Sequence[Gate]
    skipped: Sequence[tuple[str, str]]
    findings: Sequence[FindingRow]
    findings_left: int
    gate_names: Sequence[str]
    severity_names: Sequence[str]
    notices: Sequence[Notice]
    taken: Sequence[str]
    passed_over: Sequence[tuple[str, str]]
    looked_for: Sequence[tuple[str, str]]


def page(report: Report, sources: Mapping[str, list[str]]) -> Page:
    """Everything that the template prints, in its order."""
    judged = [v for v in report.verdicts if v.status is not GateStatus.SKIPPED]
    pairs = [(v, f) for v in judged for f in v.findings]
    pairs.sort(key=lambda pair: view.finding_key(pair[1]))
    shown = [_finding(v, f) for v, f in pairs[:MAX_FINDINGS]]
    found = report.discovery
    return Page(
        status=str(report.status),
        word=view.WORDS[report.status],
        sentence=one_line(view.sentence(report)),
        facts=_facts(report),
        gates=[_gate(n, v, sources) for n, v in enumerate(judged)],
        skipped=[
            (view.title(v), one_line(v.summary)) for v in report.verdicts if v.status is GateStatus.SKIPPED
        ],
        findings=shown,
        findings_left=len(pairs) - len(shown),
        gate_names=sorted({row.gate for row in shown}),
        severity_names=sorted({r.severity for r in shown}, key=[str(s) for s in SEVERITY_ORDER].index),
        notices=report.notices,
        taken=[view.source_line(s) for s in found.taken],
        passed_over=[(one_line(path), one_line(why)) for path, why in found.passed_over],
        looked_for=[(one_line(k), ", ".join(map(one_line, v))) for k, v in sorted(found.looked_for.items())],
    )


def _facts(report: Report) -> list[tuple[str, str]]:
    commit, policy = report.commit, report.policy
    dirty = " with uncommitted changes" if commit.dirty else ""
    label = f" ({one_line(commit.base_label)})" if commit.base_label else ""
    origin = {"base": " of the base branch", "head": " of this change"}.get(policy.origin, "")
    facts = [
        ("Commit", view.short(commit.head) + dirty if commit.head else ""),
        ("Against", view.short(commit.base) + label if commit.base else ""),
        ("Preset" if policy.origin == "preset" else "Policy", one_line(policy.ref) + origin),
        ("Evaluated on", report.evaluated_on.isoformat()),
    ]
    return [(name, text) for name, text in facts if text]


def _gate(number: int, verdict: Verdict, sources: Mapping[str, list[str]]) -> Gate:
    headline, delta = view.headline(verdict), view.headline_delta(verdict)
    meters = charts.meters(verdict.measures.values())
    drawn = {m.name for m in meters}
    return Gate(
        anchor=f"gate-{number}",
        name=view.title(verdict),
        status=str(verdict.status),
        advisory=not verdict.blocking,
        opened=not view.is_quiet(verdict),
        summary=one_line(verdict.summary),
        headline=view.value_text(headline) if headline else "",
        headline_name=one_line(headline.name) if headline else "",
        delta=f"{delta.arrow} {delta.text}".strip() if delta else "",
        delta_word=delta.word if delta else "",
        criteria=[_criterion(c, verdict) for c in verdict.criteria],
        meters=meters,
        stats=[
            Stat(one_line(m.name), view.value_text(m))
            for m in verdict.measures.values()
            if m.value is not None and m.name not in drawn
        ],
        severities=charts.severity_bar(view.severity_counts(verdict.findings)),
        findings=len(verdict.findings),
        problems=verdict.problems,
        remedies=verdict.remedies,
        tables=verdict.tables,
        waivers=_waivers(verdict),
        sources=[view.source_line(s) for s in verdict.sources],
        code=code_files(verdict, sources),
    )


def _criterion(result: CriterionResult, verdict: Verdict) -> CriterionRow:
    delta = view.delta_of(result, verdict)
    waived = result.status is CriterionStatus.FAIL and result.waiver is not None
    subject = f"worst: {one_line(result.subject)}" if result.subject else ""
    return CriterionRow(
        status="CONDITIONAL" if waived else str(result.status),
        asked=view.asked(result),
        actual=view.actual_text(result),
        ratio=view.ratio_text(result.of),
        delta=f"{delta.arrow} {delta.text}".strip() if delta else "",
        delta_word=delta.word if delta else "",
        note="; ".join(w for w in (subject, one_line(result.reason), "waived" if waived else "") if w),
        chart=charts.bullet(result),
        advisory=view.advisory(result),
    )


def _finding(verdict: Verdict, finding: Finding) -> FindingRow:
    return FindingRow(
        severity=str(finding.severity),
        rank=SEVERITY_ORDER[finding.severity],
        gate=view.title(verdict),
        rule=one_line(finding.rule),
        place=view.place(finding),
        path=one_line(finding.path),
        line=finding.line,
        message=one_line(finding.message),
        new=finding.new is True,
        waived=_waiver(finding.waiver) if finding.waiver else "",
        help=one_line(finding.help),
    )


def _waivers(verdict: Verdict) -> list[str]:
    used = [c.waiver for c in verdict.criteria if c.waiver]
    used += [f.waiver for f in verdict.findings if f.waiver]
    return [f"{one_line(w.label())}: {_waiver(w)}" for w in dict.fromkeys(used)]


def _waiver(waiver: Waiver) -> str:
    until = waiver.expires.isoformat()
    return f"waived until {until} by {one_line(waiver.owner)}: {one_line(waiver.reason)}"
