"""The lists of a report in the order in which every renderer shows them: findings, waivers, tables.

Pure. Nothing here is escaped yet but to one line: that is the business of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sluicegate.core.model import SEVERITY_ORDER, Finding, Notice, Report, Severity, Verdict, Waiver
from sluicegate.core.text import one_line
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


def unrepeated(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, with a finding that the whole and a component both judge in one of them only.

    It stays where it blocks. Equal findings of one verdict are several.
    """
    seen: dict[tuple[str, str | None], set[Finding]] = {}
    result = list(verdicts)
    for index, verdict in sorted(enumerate(verdicts), key=lambda pair: not view.stops(pair[1])):
        listed = seen.setdefault((verdict.gate, verdict.suite), set())
        result[index] = replace(
            verdict, findings=tuple(f for f in verdict.findings if _identified(f) not in listed)
        )
        listed.update(map(_identified, verdict.findings))
    return result


def _identified(finding: Finding) -> Finding:
    """Without what depends on the verdict: whose a failing test is, and whether its trace is shown."""
    is_of_test = finding.rule.startswith("test-")
    return replace(finding, message="", new=None, trace="") if is_of_test else finding


def notices(report: Report) -> list[Notice]:
    """Warnings first, each kind together."""
    return sorted(report.notices, key=lambda n: (n.level != "warning", n.level, n.code, n.message))


def near(text: str) -> str:
    """The text on one line, with paths outside the project's folder cut to their end: `…/bin/python`."""
    return _FAR.sub(lambda m: "/".join(("…", *re.split(r"[/\\]", m[0])[-2:])), one_line(text))


def parted(verdict: Verdict) -> tuple[list[Finding], list[Finding]]:
    """The findings to show, worst first, and those that need only be counted.

    What was there before the change is only counted where all criteria that failed are about the new.
    """
    ordered = order(verdict.findings)
    older = [f for f in ordered if f.new is False]
    if len(older) <= _FEW or not _only_new_failed(verdict):
        return ordered, []
    return [f for f in ordered if f.new is not False], older


def _only_new_failed(verdict: Verdict) -> bool:
    failed = [c for c in view.unmet(verdict) if c.waiver is None]
    return bool(failed) and all(_NEW.match(c.expect) for c in failed)


def used_waivers(verdict: Verdict) -> list[Waiver]:
    """The waivers that a verdict rests on, each once, those of criteria first."""
    used = [c.waiver for c in verdict.criteria] + [f.waiver for f in order(verdict.findings)]
    return list(dict.fromkeys(filter(None, used)))
