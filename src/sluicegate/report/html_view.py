"""What the page shows, as plain values for its template. Nothing is escaped here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluicegate.core.model import (
    SEVERITY_ORDER,
    CriterionResult,
    Discovery,
    Finding,
    Notice,
    Problem,
    Report,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.text import one_line
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import charts, listing, trends, trusted, view
from sluicegate.report.html_source import CodeFile, code_files

MAX_FINDINGS = 2_000
"""Rows of the table of findings; the worst are kept."""

MAX_WORST = 6
"""Rows of findings in a gate's own section."""


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
    """One finding; `rank` orders severities, worst first. `link` is a page that is safe to link to."""

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
    link: str


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
    worst: Sequence[FindingRow]
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
    def has_charts(self) -> bool:
        """Is any criterion drawn?"""
        return any(row.chart for row in self.criteria)

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
    skipped: Sequence[str]
    findings: Sequence[FindingRow]
    findings_left: int
    gate_names: Sequence[str]
    severity_names: Sequence[str]
    notices: Sequence[Notice]
    policy_change: str
    policy_diff: Sequence[str]
    trends: Sequence[trends.Line]
    taken: Sequence[str]
    passed_over: Sequence[tuple[str, str]]
    looked_for: Sequence[tuple[str, str]]


def page(report: Report, sources: Mapping[str, list[str]]) -> Page:
    """Everything that the template prints, in its order."""
    judged = view.judged(report)
    rows, left = _findings(judged)
    found, change = report.discovery, report.policy_change
    return Page(
        status=str(report.status),
        word=view.WORDS[report.status],
        sentence=one_line(view.sentence(report)),
        facts=_facts(report),
        gates=[_gate(n, v, sources) for n, v in enumerate(judged)],
        skipped=_skipped(report),
        findings=rows,
        findings_left=left,
        gate_names=sorted({row.gate for row in rows}),
        severity_names=[name for _, name in sorted({(row.rank, row.severity) for row in rows})],
        notices=listing.notices(report),
        policy_change=trusted.change_sentence(change) if change else "",
        policy_diff=trusted.diff_lines(change, 1000) if change else (),
        trends=trends.lines(report.trends),
        taken=[listing.source_line(s) for s in listing.sources(found.taken)],
        passed_over=[(one_line(path), one_line(why)) for path, why in listing.passed_over(found)],
        looked_for=_looked_for(found),
    )


def _looked_for(found: Discovery) -> list[tuple[str, str]]:
    return [(one_line(k), ", ".join(map(one_line, v))) for k, v in sorted(found.looked_for.items())]


def _skipped(report: Report) -> list[str]:
    """A line for each gate that was skipped, but one for all that had no evidence."""
    lines = [view.skip_text(v) for v in view.skipped(report)]
    return lines + [f"Skipped, {why}: {', '.join(names)}" for why, names in view.absences(report)]


def _findings(verdicts: Sequence[Verdict]) -> tuple[list[FindingRow], int]:
    """The worst findings of all gates, and how many were left out."""
    pairs = [(v, f) for v in verdicts for f in v.findings]
    pairs.sort(key=lambda pair: listing.finding_key(pair[1]))
    rows = [_finding(v, f) for v, f in pairs[:MAX_FINDINGS]]
    return rows, len(pairs) - len(rows)


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
    return Gate(
        anchor=f"gate-{number}",
        name=view.title(verdict),
        status=str(verdict.status),
        advisory=not verdict.blocking,
        opened=not view.is_quiet(verdict),
        summary=one_line(verdict.summary),
        headline=view.value_text(headline) if headline else "",
        headline_name=one_line(headline.name) if headline else "",
        delta=_size(delta),
        delta_word=delta.word if delta else "",
        criteria=[_criterion(c, verdict) for c in verdict.criteria],
        meters=meters,
        stats=_stats(verdict, {m.name for m in meters}),
        severities=_severities(verdict),
        findings=len(verdict.findings),
        worst=_worst(verdict),
        problems=verdict.problems,
        remedies=verdict.remedies,
        tables=verdict.tables,
        waivers=[f"{one_line(w.label())}: {_waiver(w)}" for w in listing.used_waivers(verdict)],
        sources=[listing.source_line(s) for s in listing.sources(verdict.sources)],
        code=code_files(verdict, sources),
    )


def _size(delta: view.Delta | None) -> str:
    return f"{delta.arrow} {delta.text}".strip() if delta else ""


def _severities(verdict: Verdict) -> list[charts.Segment]:
    spec = find_spec(verdict.gate)
    if spec is not None and not spec.graded:
        return []  # its findings have one severity a kind, so that a bar says nothing
    return charts.severity_bar(listing.severity_counts(verdict.findings))


def _worst(verdict: Verdict) -> list[FindingRow]:
    """The findings that a gate's section shows in place, unless its tables name their places."""
    if listing.told_by_tables(verdict):
        return []
    return [_finding(verdict, f) for f in listing.order(verdict.findings)[:MAX_WORST]]


def _stats(verdict: Verdict, drawn: set[str]) -> list[Stat]:
    """The measures that have a value, not zero, and are not drawn as bars."""
    rest = (m for m in verdict.measures.values() if m.value and m.name not in drawn)
    return [Stat(one_line(m.name), view.value_text(m)) for m in rest]


def _criterion(result: CriterionResult, verdict: Verdict) -> CriterionRow:
    delta = view.delta_of(result, verdict)
    waived = "waived" if result.waiver else ""
    return CriterionRow(
        status=view.shown_status(result),
        asked=view.asked(result),
        actual=view.actual_text(result),
        ratio=view.ratio_of(result, verdict),
        delta=_size(delta),
        delta_word=delta.word if delta else "",
        note=view.joined((view.worst_item(result), one_line(result.reason), waived), "; "),
        chart=charts.bullet(result),
        advisory=view.advisory(result),
    )


def _finding(verdict: Verdict, finding: Finding) -> FindingRow:
    return FindingRow(
        severity=str(finding.severity),
        rank=SEVERITY_ORDER[finding.severity],
        gate=view.title(verdict),
        rule=one_line(finding.rule),
        place=listing.place(finding),
        path=one_line(finding.path),
        line=finding.line,
        message=one_line(finding.message),
        new=finding.new is True,
        waived=_waiver(finding.waiver) if finding.waiver else "",
        help=one_line(finding.help),
        link=view.help_url(finding),
    )


def _waiver(waiver: Waiver) -> str:
    until = waiver.expires.isoformat()
    return f"waived until {until} by {one_line(waiver.owner)}: {one_line(waiver.reason)}"
