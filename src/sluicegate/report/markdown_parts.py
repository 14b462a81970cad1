"""The parts of a gate's section in Markdown: tables, findings, waivers, remedies, sources."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate.core.model import CriterionResult, Finding, Series, Source, Table, Verdict, Waiver
from sluicegate.core.text import cut as cut_text
from sluicegate.core.text import one_line, some
from sluicegate.report import listing, view
from sluicegate.report import trends as course
from sluicegate.report.escape import md, md_cell, md_code, md_prose

MAX_TRENDS = 20
"""Measures whose course is shown."""

MAX_CHARTS = 2
"""Of these, how many are drawn large."""

_DOTS = {"critical": "🟣", "high": "🔴", "medium": "🟠", "low": "🟡", "info": "🔵", "unknown": "⚪"}


def cut(text: str, length: int) -> str:
    """The text on one line, at most `length` characters."""
    return cut_text(one_line(text), length)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """A table of cells that are already escaped; `align` holds `l` or `r` a column.

    A column that is empty in every row is left out, but for the first two.
    """
    kept = [n for n in range(len(columns)) if n < 2 or any(row[n].strip() for row in rows)]
    sides = align.ljust(len(columns), "l")
    marks = ["--:" if side == "r" else ":--" for side in sides]
    lines = [columns, marks, *rows]
    return "\n".join("| " + " | ".join(line[n] for n in kept) + " |" for line in lines)


def gate_table(data: Table, rows: int) -> str:
    """A gate's own table with at most `rows` rows, and how many were left out."""
    shown = [tuple(md_cell(cut(cell, 200)) for cell in row) for row in listing.cells(data, rows)]
    columns = [md_cell(cut(c, 60)) for c in data.columns] or [" "]
    parts = (
        f"**{md(cut(data.title, 100))}**",
        table(columns, shown, data.align),
        listing.more_rows(data, len(shown)),
    )
    return view.joined(parts, "\n\n")


def note(result: CriterionResult) -> str:
    """What else a criterion's row must say: the worst item, the reason, that it only warns."""
    words = []
    if result.subject:
        words.append(f"worst: {md_code(cut(result.subject, 200))}")
    if result.reason:
        words.append(md(cut(result.reason, 300)))
    if view.advisory(result):
        words.append("advisory")
    if result.waiver:
        words.append("waived")
    return "; ".join(words) or " "


def problems(verdict: Verdict) -> str:
    """Tools and files that failed, each with its remedy."""
    return "\n".join(
        "- "
        + (f"{md_code(cut(p.path, 300))}: " if p.path else "")
        + md_prose(cut(p.message, 500))
        + (f". {md_prose(cut(p.remedy, 500))}" if p.remedy else "")
        for p in verdict.problems[:20]
    )


def waivers(verdict: Verdict) -> str:
    """The waivers that this verdict rests on, each once: what, why, who, until when."""
    return "\n".join(_waiver(w) for w in listing.used_waivers(verdict)[:20])


def _waiver(waiver: Waiver) -> str:
    until = waiver.expires.isoformat()
    return (
        f"- 🟡 waived until {until}: {md_code(cut(waiver.label(), 200))}, "
        f"{md(cut(waiver.reason, 300))} (owner {md_code(cut(waiver.owner, 60))})"
    )


def findings(verdict: Verdict, limit: int) -> str:
    """The worst findings as a table, and how many of which severity were left out.

    A rule leads to its page in the tool's own documentation, where the finding names one.
    """
    if not verdict.findings or not limit or listing.told_by_tables(verdict):
        return ""
    ordered, older = listing.told(verdict)
    rows = [_finding(f) for f in ordered[:limit]]
    blocks = (
        table(("Severity", "Where", "Rule", "Finding"), rows, "llll") if rows else "",
        listing.more_findings(ordered[limit:]),
        older,
    )
    return view.joined(blocks, "\n\n")


def _finding(finding: Finding) -> tuple[str, ...]:
    tags = [tag for tag, on in (("new", finding.new), ("waived", finding.waiver)) if on]
    severity = f"{_DOTS[finding.severity]} {finding.severity}" + "".join(f", {tag}" for tag in tags)
    return (
        severity,
        md_code(cut(listing.place(finding), 300)) or " ",
        _rule(finding) or " ",
        md_cell(cut(finding.message, 300)),
    )


def _rule(finding: Finding) -> str:
    rule, url = md_code(cut(finding.rule, 100)), view.help_url(finding)
    return f"[{rule}]({url})" if rule and url else rule


def remedies(verdict: Verdict) -> str:
    """What to do next, a line each."""
    return "\n".join(f"- 👉 {md_prose(cut(r, 500))}" for r in verdict.remedies[:10])


def source_text(source: Source) -> str:
    """Where evidence came from: path, format, tool and version, note."""
    tool = " ".join(one_line(w) for w in (source.tool, source.version) if w)
    note_text = listing.near(source.note)
    words = [w for w in (source.format, tool if tool != source.path else "", note_text) if w]
    about = f" ({md(cut(', '.join(words), 200))})" if words else ""
    return f"{md_code(cut(listing.near(source.path), 300))}{about}"


def sources(label: str, taken: Sequence[Source]) -> str:
    """One small line that names the sources of a verdict."""
    if not taken:
        return ""
    first = [source_text(s) for s in listing.sources(taken)[:10]]
    return f"<sub>{label} {some(first, len(taken))}</sub>"


def trends(series: Sequence[Series]) -> str:
    """The courses of the headline measures, folded: a row each, and a chart of the first few."""
    shown = [s for s in series[:MAX_TRENDS] if course.sparkline(s)]
    if not shown:
        return ""
    rows = [
        (
            f"**{md_cell(cut(s.name, 100))}**",
            md_code(course.sparkline(s)),
            md_cell(course.latest_text(s)),
            md_cell(str(course.movement(s) or "")),
            md_cell(course.span_text(s)),
        )
        for s in shown
    ]
    charts = filter(None, (course.mermaid(s) for s in shown[:MAX_CHARTS]))
    blocks = (
        f"<details><summary>📈 Trends of {len(shown)} measures</summary>",
        table(("Measure", "Course", "Now", "Change", "Since"), rows, "llrrl"),
        *(f"```mermaid\n{chart}\n```" for chart in charts),
        "</details>",
    )
    return "\n\n".join(blocks)
