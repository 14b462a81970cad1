"""The report in GitHub's Markdown: for a comment, a check run, a job summary.

The verdict first, one table row a gate, failures opened, the rest folded. When the text is above
the limit it sheds detail, in the order of `LEVELS`, and says what it left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sluicegate.core.model import CriterionResult, Report, Verdict
from sluicegate.core.statuses import GateStatus
from sluicegate.report import listing, trusted, view
from sluicegate.report import markdown_parts as parts
from sluicegate.report.escape import html_text, md, md_cell, md_code, md_prose

ICONS: Mapping[str, str] = {
    "PASS": "✅",
    "WARN": "⚠️",
    "CONDITIONAL": "🟡",
    "FAIL": "❌",
    "ERROR": "💥",
    "SKIPPED": "⚪",
    "UNKNOWN": "❔",
    "BLOCKED": "❌",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much to show. `lost` says what this level leaves out, for the reader."""

    findings: int
    rows: int
    quiet: bool = True
    sources: bool = True
    bodies: bool = True
    gates: int = 10_000
    lost: str = ""


LEVELS: tuple[Detail, ...] = (
    Detail(findings=200, rows=50),
    Detail(findings=50, rows=20, lost="findings beyond the first 50 of a gate"),
    Detail(findings=50, rows=20, quiet=False, lost="trends, the criteria of gates that passed"),
    Detail(findings=20, rows=10, quiet=False, sources=False, lost="sources, findings beyond the first 20"),
    Detail(findings=5, rows=3, quiet=False, sources=False, lost="findings beyond the first 5 of a gate"),
    Detail(findings=0, rows=0, quiet=False, sources=False, lost="findings and tables"),
    Detail(0, 0, quiet=False, sources=False, bodies=False, lost="everything but the table of gates"),
    Detail(0, 0, quiet=False, sources=False, bodies=False, gates=20, lost="all but the first 20 gates"),
    Detail(0, 0, quiet=False, sources=False, bodies=False, gates=0, lost="everything but the verdict"),
)
"""From everything to the bare verdict; the first that fits is taken."""

_MAX_TEXT = 500


def render(
    report: Report,
    *,
    limit: int = 65_000,
    title: str = "Sluicegate",
    details_url: str = "",
    measured_url: str = "",
) -> str:
    """The report as Markdown.

    Args:
        report: to render.
        limit: UTF-8 bytes at the most. GitHub counts characters in a comment (65,536) and bytes
            in a summary (1 MiB); bytes are never fewer. Below 1,000 it may not be kept.
        title: heads the report; the caller's own.
        details_url: where the whole report is, linked at the end; anything but http(s) is ignored.
        measured_url: of the run that measured, where it is another one than that; linked beside it.
    """
    text = ""
    for level in LEVELS:
        text = _at(report, level, title, (details_url, measured_url))
        if len(text.encode()) <= limit:
            break
    return text


def _at(report: Report, level: Detail, title: str, urls: tuple[str, str]) -> str:
    blocks = [
        f"## {ICONS[report.status]} {md(title)}: {view.WORDS[report.status]}",
        _lead(report, level),
        *_table(report, level),
        *(_section(v, level) for v in report.verdicts if level.bodies and _has_section(v, level)),
        _policy_change(report, level),
        parts.trends(report.trends) if level.quiet else "",
        _notices(report, "info") if level.gates else "",
        _sources(report) if level.sources else "",
        _footer(report, level, urls),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _lead(report: Report, level: Detail) -> str:
    text = parts.cut(view.sentence(report), _MAX_TEXT if level.gates else 100)
    return f"**{md(text[:1].upper() + text[1:])}.**"


def _table(report: Report, level: Detail) -> Iterator[str]:
    """The warnings, a row a gate, and one line for all gates that had no evidence."""
    if level.gates:
        yield _notices(report, "warning")
        yield _gates(report, level)
        yield _absent(report)


def _gates(report: Report, level: Detail) -> str:
    shown = [v for v in report.verdicts if not view.is_absent(v)][: level.gates]
    if not shown:
        return ""
    rows = [
        (
            f"{ICONS[v.status]} {v.status}" + ("" if v.blocking else " (advisory)"),
            f"**{md_cell(parts.cut(view.title(v), 100))}**",
            md_cell(parts.cut(v.summary, 300)),
            md_cell(view.headline_text(v)),
            md_cell(str(view.headline_delta(v) or "")),
        )
        for v in shown
    ]
    return parts.table(("", "Gate", "Result", "Measure", "Against the baseline"), rows, "lllrr")


def _absent(report: Report) -> str:
    named = (
        (why, ", ".join(md(parts.cut(n, 100)) for n in names[:50])) for why, names in view.absences(report)
    )
    return "\n\n".join(f"Skipped: {names} ({why})" for why, names in named)


def _has_section(verdict: Verdict, level: Detail) -> bool:
    if verdict.status is GateStatus.SKIPPED:
        return False
    return level.quiet or not view.is_quiet(verdict)


def _section(verdict: Verdict, level: Detail) -> str:
    opened = " open" if verdict.status in (GateStatus.FAIL, GateStatus.ERROR) else ""
    name, summary = html_text(view.title(verdict)), html_text(parts.cut(verdict.summary, 300))
    head = f"<details{opened}><summary>{ICONS[verdict.status]} <b>{name}</b>: {summary}</summary>"
    blocks = [
        head,
        parts.problems(verdict),
        _criteria(verdict),
        parts.waivers(verdict),
        parts.findings(verdict, level.findings),
        *(parts.gate_table(t, level.rows) for t in verdict.tables if level.rows),
        parts.remedies(verdict),
        parts.sources("Measured from", verdict.sources) if level.sources else "",
        "</details>",
    ]
    return "\n\n".join(block for block in blocks if block)


def _criteria(verdict: Verdict) -> str:
    if not verdict.criteria:
        return ""
    return parts.table(
        ("", "Criterion", "Actual", "Against the baseline", "Note"),
        [_criterion(c, verdict) for c in verdict.criteria],
        "llrrl",
    )


def _criterion(result: CriterionResult, verdict: Verdict) -> tuple[str, ...]:
    status, ratio = view.shown_status(result), view.ratio_of(result, verdict)
    actual = view.actual_text(result) + (f" ({ratio})" if ratio else "")
    return (
        f"{ICONS[status]} {status}",
        md_code(parts.cut(view.asked(result), 300)),
        md_cell(actual),
        md_cell(str(view.delta_of(result, verdict) or "")),
        parts.note(result),
    )


def _policy_change(report: Report, level: Detail) -> str:
    change = report.policy_change
    if change is None:
        return ""
    if not level.gates:
        return "⚠️ This change edits the policy."
    said = f"⚠️ {md(parts.cut(trusted.change_sentence(change), _MAX_TEXT))}"
    lines = trusted.diff_lines(change, 4 * level.rows)
    if not change.diff or not level.rows:
        return said
    fence = trusted.fence(lines)
    body = "\n".join(line.replace("<!--", "<\u200b!--") for line in lines)
    return (
        f"{said}\n\n<details><summary>Difference of the policy</summary>\n\n"
        f"{fence}diff\n{body}\n{fence}\n\n</details>"
    )


def _notices(report: Report, level: str) -> str:
    """The notices of one level: warnings stand before the gates, the others at the end."""
    icon, warns = ("⚠️", True) if level == "warning" else ("💡", False)
    texts = [n.message for n in listing.notices(report) if (n.level == "warning") == warns]
    return "\n".join(f"- {icon} {md_prose(parts.cut(text, _MAX_TEXT))}" for text in texts[:20])


def _sources(report: Report) -> str:
    lines = list(_discovery(report))
    if not lines:
        return ""
    body = "\n".join(lines)
    return f"<details><summary>Evidence</summary>\n\n{body}\n\n</details>"


def _discovery(report: Report) -> Iterator[str]:
    found = report.discovery
    yield from (f"- taken: {parts.source_text(s)}" for s in listing.sources(found.taken)[:50])
    for path, why in listing.passed_over(found)[:20]:
        yield f"- passed over: {md_code(parts.cut(path, 300))} ({md(parts.cut(why, 200))})"
    if not found.taken:
        for kind, patterns in sorted(found.looked_for.items()):
            yield f"- looked for {md(kind)}: {_codes(patterns)}"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(md_code(parts.cut(t, 100)) for t in list(texts)[:20])


def _footer(report: Report, level: Detail, urls: tuple[str, str]) -> str:
    words = [*_commits(report), _policy(report), f"evaluated on {report.evaluated_on.isoformat()}"]
    lines = [f"<sub>{' · '.join(words)}</sub>"]
    named = zip(("The whole report", "The run that measured this"), map(_safe_url, urls), strict=True)
    if level.lost:
        lines.append(f"<sub>Left out for length: {level.lost}.</sub>")
    if links := " · ".join(f"[{name}]({url})" for name, url in named if url):
        lines.append(links)
    return "\n\n".join(lines)


def _commits(report: Report) -> Iterator[str]:
    commit = report.commit
    if commit.head:
        dirty = " with uncommitted changes" if commit.dirty else ""
        yield f"commit {md_code(view.short(commit.head))}{dirty}"
    if commit.base:
        label = f" ({html_text(parts.cut(commit.base_label, 100))})" if commit.base_label else ""
        yield f"against {md_code(view.short(commit.base))}{label}"


def _policy(report: Report) -> str:
    policy = report.policy
    where = {"base": " of the base branch", "head": " of this change", "preset": ""}.get(policy.origin, "")
    kind = "preset" if policy.origin == "preset" else "policy"
    return f"{kind} {md_code(parts.cut(policy.ref, 100))}{where}"


def _safe_url(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        return ""
    return quote(url, safe="/:?&=#%@+,;~-._")
