"""The texts on verdicts and reports in every format: titles, what stops, the verdict in words.

Pure. Nothing here is escaped yet: that is the business of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sluicegate.core.model import NO_TESTS, WHOLE, CriterionResult, Finding, Report, Verdict
from sluicegate.core.statuses import CriterionStatus, GateStatus, ReportStatus
from sluicegate.core.text import one_line, plural
from sluicegate.core.trust import Override

WORDS: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "passed",
    ReportStatus.WARN: "passed, with warnings",
    ReportStatus.CONDITIONAL: "passed, on conditions",
    ReportStatus.BLOCKED: "blocked",
}
"""The overall status, as the end of the sentence `Sluicegate: …`."""

_HOSTS = (
    "bandit.readthedocs.io codeql.github.com cwe.mitre.org docs.astral.sh docs.sonarsource.com "
    "eslint.org flake8.pycqa.org mypy.readthedocs.io nvd.nist.gov osv.dev owasp.org "
    "pylint.readthedocs.io staticcheck.dev typescript-eslint.io"
)
DOCUMENTATION = frozenset(_HOSTS.split())
"""Hosts of tools' own documentation, where no stranger writes: what a finding's help may link to."""

_HOW = {
    "label": "with a label",
    "comment": "in a comment",
    "approval": "by approving this change of the policy",
}
_HELP = re.compile(r"https://(?P<host>[a-z0-9.-]+)(?:/[\w./~%#?=&+:-]{0,300})?", re.ASCII)
_UNMET_ORDER = (CriterionStatus.FAIL, CriterionStatus.UNKNOWN, CriterionStatus.WARN)
_STOPS = (GateStatus.FAIL, GateStatus.ERROR)


_DECIDES: Mapping[ReportStatus, tuple[GateStatus, ...]] = {
    ReportStatus.CONDITIONAL: (GateStatus.CONDITIONAL,),
    ReportStatus.WARN: (GateStatus.WARN, *_STOPS),
    ReportStatus.PASS: (GateStatus.PASS,),
}


def title(verdict: Verdict) -> str:
    """The gate's name with its suite, and its component before it."""
    name = one_line(verdict.name)
    return f"{one_line(verdict.component)}/{name}" if verdict.component else name


def short(sha: str) -> str:
    """The first ten characters of an object name."""
    return one_line(sha)[:10]


def unmet(verdict: Verdict) -> list[CriterionResult]:
    """Criteria that did not pass, the worst first, waived ones after those that block."""
    results = [c for c in verdict.criteria if c.status in _UNMET_ORDER]
    return sorted(results, key=lambda c: (c.waiver is not None, _UNMET_ORDER.index(c.status)))


def stops(verdict: Verdict) -> bool:
    """Does this verdict alone block the report?"""
    return verdict.blocking and verdict.status in _STOPS


def judged(report: Report) -> list[Verdict]:
    """The verdicts of gates that had something to judge."""
    return [v for v in report.verdicts if v.status is not GateStatus.SKIPPED]


def is_absent(verdict: Verdict) -> bool:
    """Was it skipped before anything was measured?"""
    return verdict.status is GateStatus.SKIPPED and not verdict.criteria and not verdict.measures


def skip_text(verdict: Verdict) -> str:
    """`security not judged: nothing differs from main`: a skipped gate with the reason."""
    summary = one_line(verdict.summary)
    return f"{title(verdict)} {'' if summary.startswith('not judged') else 'skipped: '}{summary}"


def help_url(finding: Finding) -> str:
    """The finding's help when it is a page of `DOCUMENTATION`, safe in Markdown and HTML; else empty."""
    match = _HELP.fullmatch(finding.help)
    return finding.help if match and match["host"] in DOCUMENTATION else ""


def sentence(report: Report) -> str:
    """What decided the overall status, in one line of plain text; and whether there was no test at all."""
    return "; ".join((decided(report), *_messages(report, NO_TESTS)))


def _messages(report: Report, code: str) -> Iterator[str]:
    return (one_line(notice.message) for notice in report.notices if notice.code == code)


def decided(report: Report) -> str:
    """What decided the overall status, in one line of plain text."""
    if report.override is not None:
        return override_sentence(report.override)
    count, names = len(judged(report)), _deciding(report)
    if not count:
        return next(_messages(report, WHOLE), "no gate had anything to judge")
    match report.status:
        case ReportStatus.BLOCKED:
            verb = "blocks" if len(names) == 1 else "block"
            return f"{plural(len(names), 'gate')} of {count} {verb}: {', '.join(names)}"
        case ReportStatus.CONDITIONAL:
            return f"accepted by waivers: {', '.join(names)}"
        case ReportStatus.WARN:
            return f"look at: {', '.join(names)}"
        case ReportStatus.PASS:
            return f"{plural(count, 'gate')} passed"


def override_sentence(override: Override) -> str:
    """`overridden by @mona in a comment, 2026-11-21T10:00:00Z: the feed is down`."""
    how = _HOW.get(override.kind, "")
    why = f": {one_line(override.why)}" if override.why else ""
    return f"overridden by @{one_line(override.who)} {how}, {one_line(override.when)}{why}"


def _deciding(report: Report) -> list[str]:
    if report.status is ReportStatus.BLOCKED:
        return [title(v) for v in report.verdicts if stops(v)]
    return [title(v) for v in report.verdicts if v.status in _DECIDES[report.status]]


def joined(words: Iterable[str], separator: str = ", ") -> str:
    """The words that are not empty, joined."""
    return separator.join(filter(None, words))


def shown_status(result: CriterionResult) -> str:
    """The status to show: a failure that is waived is CONDITIONAL."""
    waived = result.status is CriterionStatus.FAIL and result.waiver is not None
    return "CONDITIONAL" if waived else str(result.status)
