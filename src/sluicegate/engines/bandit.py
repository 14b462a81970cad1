"""bandit's findings as evidence, and which of them the change brought.

The findings are those of bandit's command line over the same files, with the project's own
settings (`bandit_config`) and every `# nosec` honoured. bandit knows the severities low, medium
and high. Its confidence and the weakness (CWE, with OWASP's category where MITRE maps one) stand
in the message; the help is the page of bandit's documentation.

A finding is new when the changed file has more findings of the same rule, path and source lines
than its version in the base (a multiset: a second copy of an old finding is new). Findings of
files that the change does not touch are not new.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from sluicegate.core.model import Finding, Source
from sluicegate.engines.syntax import Parsed
from sluicegate.evidence.findings import severity
from sluicegate.evidence.findings.fingerprint import fingerprint

if TYPE_CHECKING:
    from sluicegate.engines.bandit_scan import Scanner


class Issue(NamedTuple):
    """One finding in bandit's words: severity and confidence are HIGH, MEDIUM, LOW or UNDEFINED.

    `cwe` is 0 when bandit names none; `url` is the check's page in bandit's documentation.
    """

    rule: str
    severity: str
    confidence: str
    cwe: int
    text: str
    url: str
    line: int
    end_line: int


Row = tuple[Issue, str]
"""An issue and its fingerprint: what travels between processes."""


def rows(scanner: Scanner, parsed: Parsed, path: str, *, known_as: str) -> list[Row]:
    """The issues of one file, in the order of their lines.

    Args:
        scanner: bandit's checks.
        parsed: the file, or its version in the base.
        path: the file, as bandit's checks see it.
        known_as: the path that fingerprints are made with: a renamed file's new one.
    """
    found = sorted(scanner.scan(parsed, path), key=lambda issue: (issue.line, issue.end_line, issue))
    return [(issue, _fingerprint(issue, parsed, known_as)) for issue in found]


def _fingerprint(issue: Issue, parsed: Parsed, path: str) -> str:
    snippet = parsed.text(issue.line, issue.end_line).decode("utf-8", "replace")
    return fingerprint(issue.rule, path, snippet)


def findings(path: str, found: Iterable[Row], *, new: bool | None) -> list[Finding]:
    """The issues of one file as evidence."""
    return [_finding(path, issue, mark, new) for issue, mark in found]


def _finding(path: str, issue: Issue, mark: str, new: bool | None) -> Finding:
    return Finding(
        rule=issue.rule,
        severity=severity.from_bandit(issue.severity),
        message=_message(issue),
        path=path,
        line=issue.line,
        end_line=issue.end_line,
        new=new,
        fingerprint=mark,
        tool="bandit",
        help=issue.url,
    )


def _message(issue: Issue) -> str:
    category = severity.owasp(issue.cwe)
    weakness = [f"CWE-{issue.cwe}"] if issue.cwe else []
    owasp = [f"OWASP {category}"] if category else []
    return f"{issue.text} ({', '.join([*weakness, *owasp, f'confidence {issue.confidence.lower()}'])})"


def source(note: str, failures: int = 0) -> Source:
    """Where the findings come from; `failures` are checks that failed inside bandit."""
    if failures:
        note += f"; {failures} checks failed inside bandit, as they do on its command line"
    return Source("bandit", "bandit", tool="bandit", version=version("bandit"), note=note)
