"""The lists of a report in the order in which every renderer shows them: findings, waivers, tables.

Pure. Nothing here is escaped yet but to one line: that is the business of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sluicegate.core.model import (
    SEVERITY_ORDER,
    Discovery,
    Finding,
    Notice,
    Report,
    Severity,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.text import one_line, plural
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import view

_NEW = re.compile(r"new\b")
_FEW = 2
"""Old findings that are still shown one by one beside the new ones that failed."""

_NAME = r"""[^/\\\s()'"`,;]+"""
_FAR = re.compile(rf"(?<![\w.:/\\])(?:(?:/{_NAME}){{3,}}|[A-Za-z]:(?:[/\\]{_NAME}){{3,}})")
"""An absolute path of three names or more; those within the project's folder are relative."""


def place(finding: Finding) -> str:
    """`src/a.py:3`, `src/a.py`, or empty."""
    path = one_line(finding.path)
    return f"{path}:{finding.line}" if path and finding.line else path


def order(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first: not waived, brought by the change, severity, then place."""
    return sorted(findings, key=finding_key)


def finding_key(finding: Finding) -> tuple[object, ...]:
    """The sort key of `order`; total, so that equal sets give equal texts."""
    return (
        finding.waiver is not None,
        {True: 0, None: 1, False: 2}[finding.new],
        SEVERITY_ORDER[finding.severity],
        finding.path,
        finding.line,
        finding.end_line,
        finding.rule,
        finding.tool,
        finding.message,
        finding.fingerprint,
    )


def severity_counts(findings: Iterable[Finding]) -> list[tuple[Severity, int]]:
    """How many findings each severity has, worst first, without zeros; waived ones left out."""
    counts = Counter(f.severity for f in findings if f.waiver is None)
    return [(s, counts[s]) for s in sorted(counts, key=SEVERITY_ORDER.__getitem__)]


def told_by_tables(verdict: Verdict) -> bool:
    """Do the gate's tables already name the places of its findings?"""
    spec = find_spec(verdict.gate)
    return spec is not None and spec.tables_place_findings and bool(verdict.tables)


def sources(taken: Iterable[Source]) -> list[Source]:
    """Sources by path; they have no order of their own."""
    return sorted(taken, key=lambda s: (s.path, s.format, s.sha256, s.tool, s.version, s.note))


def passed_over(discovery: Discovery) -> list[tuple[str, str]]:
    """The files that were passed over, each with the reason, by path."""
    return sorted(discovery.passed_over)


def unrepeated(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, with a finding that the whole and a component both judge in one of them only.

    It stays where it blocks. Equal findings of one verdict are several.
    """
    seen: dict[tuple[str, str | None], set[Finding]] = {}
    result = list(verdicts)
    for index, verdict in sorted(enumerate(verdicts), key=lambda pair: not view.stops(pair[1])):
        told = seen.setdefault((verdict.gate, verdict.suite), set())
        result[index] = replace(verdict, findings=tuple(f for f in verdict.findings if f not in told))
        told.update(verdict.findings)
    return result


def notices(report: Report) -> list[Notice]:
    """Warnings first, each kind together."""
    return sorted(report.notices, key=lambda n: (n.level != "warning", n.level, n.code, n.message))


def source_line(source: Source) -> str:
    """`coverage.xml (cobertura, coverage.py 7.17.3)`."""
    path, form, note_text = near(source.path), one_line(source.format), near(source.note)
    tool = " ".join(one_line(w) for w in (source.tool, source.version) if w)
    words = [w for w in (form if form != path else "", tool, note_text) if w]
    return f"{path} ({', '.join(words)})" if words else path


def near(text: str) -> str:
    """The text on one line, with paths outside the project's folder cut to their end: `…/bin/python`."""
    return _FAR.sub(_end, one_line(text))


def _end(match: re.Match[str]) -> str:
    names = match[0].replace("\\", "/").split("/")
    return f"…/{'/'.join(names[-2:])}"


def more_findings(left: Sequence[Finding]) -> str:
    """`…and 26 more findings: 1 high, 25 low`; empty when none is left."""
    return f"…and {plural(len(left), 'more finding')}{_counts(left)}" if left else ""


def told(verdict: Verdict) -> tuple[list[Finding], str]:
    """The findings to show, worst first, and the others in words: `5 older findings: 3 high, 2 low`.

    What was there before the change is only counted where all criteria that failed are about the new.
    """
    ordered = order(verdict.findings)
    older = [f for f in ordered if f.new is False]
    if len(older) <= _FEW or not _only_new_failed(verdict):
        return ordered, ""
    words = f"{plural(len(older), 'older finding')}{_counts(older)}"
    return [f for f in ordered if f.new is not False], words


def _only_new_failed(verdict: Verdict) -> bool:
    failed = [c for c in view.unmet(verdict) if c.waiver is None]
    return bool(failed) and all(_NEW.match(c.expect) for c in failed)


def _counts(findings: Sequence[Finding]) -> str:
    waived = sum(f.waiver is not None for f in findings)
    words = [f"{n:,} {severity}" for severity, n in severity_counts(findings)]
    words += [f"{waived:,} waived"] if waived else []
    return f": {', '.join(words)}" if words else ""


def used_waivers(verdict: Verdict) -> list[Waiver]:
    """The waivers that a verdict rests on, each once, those of criteria first."""
    used = [c.waiver for c in verdict.criteria] + [f.waiver for f in order(verdict.findings)]
    return list(dict.fromkeys(waiver for waiver in used if waiver))


def cells(table: Table, limit: int) -> list[tuple[str, ...]]:
    """At most `limit` rows, each with exactly as many cells as there are columns (one at least)."""
    width = max(1, len(table.columns))
    return [(*row, *[""] * width)[:width] for row in table.rows[:limit]]


def more_rows(table: Table, shown: int) -> str:
    """`…and 3 more rows`, or empty when all are shown."""
    left = len(table.rows) - shown + table.more
    return f"…and {plural(left, 'more row')}" if left else ""
