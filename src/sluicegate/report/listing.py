"""The lists of a report in the order in which every renderer shows them: findings, waivers, tables.

Pure. Nothing here is escaped yet but to one line: that is the business of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from sluicegate.core.model import (
    SEVERITY_ORDER,
    CriterionResult,
    Finding,
    Notice,
    Report,
    Severity,
    Verdict,
    Waiver,
)
from sluicegate.core.text import one_line
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import view

_NEW = re.compile(r"new\b")
_WORDS = re.compile(r"[a-z]+")
_OF_CHANGE = frozenset(("new", "patch", "grown", "added"))
_OTHER_PART = {"new": False, "known": True}
"""What `Finding.new` is for those that a criterion on a part does not count."""

_SUPPRESSED, _SILENCED = "suppressed", "silenced by # nosec"
"""The criterion on findings that a comment silences, and what their messages say."""

_SEVERITIES = frozenset(map(str, Severity))

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


def shown_order(verdict: Verdict) -> list[Finding]:
    """The findings of a verdict: those first that do not satisfy a criterion, each part as `order` has it."""
    failed = [c for c in view.unmet(verdict) if c.waiver is None]
    counts = [counting(c, verdict) for c in failed]
    return sorted(
        verdict.findings, key=lambda f: (not any(is_counted(f) for is_counted in counts), *finding_key(f))
    )


def counting(result: CriterionResult, verdict: Verdict) -> Callable[[Finding], bool]:
    """Says of a finding whether it is one of those that the criterion counts.

    A criterion on a severity counts its findings, one on the change those that are new or may be, one on a
    kind of findings those of its rules. Where the worst item of a selector is known, only those there count.
    """
    spec, expect = find_spec(verdict.gate), result.shown.expect
    words = set(_WORDS.findall(expect.partition("]")[2] or expect))
    asked = words & _SEVERITIES if is_graded(verdict) else set()
    is_meant = _meaning(words)

    @cache
    def is_of_kind(rule: str, severity: str) -> bool:
        is_counted = spec is None or spec.is_counted(expect.partition(" ")[0], rule, severity)
        return is_counted and (not asked or severity in asked)

    def is_counted(finding: Finding) -> bool:
        if finding.waiver is not None or result.subject not in ("", finding.path):
            return False
        return is_of_kind(finding.rule, str(finding.severity)) and is_meant(finding)

    return is_counted


def _meaning(words: set[str]) -> Callable[[Finding], bool]:
    """Says of a finding whether it is of the part, new or known, suppressed or not, that the words name."""
    other, is_suppressed = _OTHER_PART.get(_part(words), ...), _SUPPRESSED in words
    return lambda finding: finding.new is not other and is_suppressed == (_SILENCED in finding.message)


def _part(words: set[str]) -> str:
    return "new" if words & _OF_CHANGE else "known" if "known" in words else ""


def is_graded(verdict: Verdict) -> bool:
    """Do the findings of the gate differ in severity?"""
    spec = find_spec(verdict.gate)
    return spec is None or spec.graded


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

    What was there before the change is only counted, but where a criterion on the whole is not satisfied.
    """
    ordered = shown_order(verdict)
    if any(c.waiver is None and not _NEW.match(c.expect) for c in view.unmet(verdict)):
        return ordered, []
    return [f for f in ordered if f.new is not False], [f for f in ordered if f.new is False]


def used_waivers(verdict: Verdict) -> list[Waiver]:
    """The waivers that a verdict rests on, each once, those of criteria first."""
    used = [c.waiver for c in verdict.criteria] + [f.waiver for f in order(verdict.findings)]
    return list(dict.fromkeys(filter(None, used)))
