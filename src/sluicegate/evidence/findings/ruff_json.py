"""Reader of `ruff check --output-format json`: an array of diagnostics, empty when all is well.

All of it is `lint`, also the rules that ruff took over from bandit (`S`): those are not
equivalent to bandit, which the security gate runs itself, and nothing counts twice.
"""

from __future__ import annotations

from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Finding, Source
from sluicegate.core.text import cut, one_line
from sluicegate.evidence import json_file
from sluicegate.evidence.findings import severity
from sluicegate.evidence.findings.fingerprint import fingerprint
from sluicegate.evidence.findings.meant import MAX_PATH
from sluicegate.evidence.json_file import at, line, text
from sluicegate.evidence.reader import Reader, starts
from sluicegate.evidence.records import FindingsRecord, Kind

SYNTAX_ERROR = "invalid-syntax"
"""The rule of a syntax error; older versions of ruff print `null` instead."""

_MAX_TEXT = 1000
_is_empty = starts(rb"\[\s*\]\s*\Z")
_is_array = starts(rb"\[\s*\{")
_KEYS = (b'"code"', b'"filename"', b'"location"', b'"message"', b'"noqa_row"')


def matches(name: str, head: bytes) -> bool:
    """Whether `head` starts ruff's output.

    An empty array does not show its origin, so the file's name must mention ruff.
    A diagnostic is recognised by the keys that ruff's first one always has within a few kilobytes,
    unless its fix is longer than that; then again the name decides.
    """
    named = "ruff" in name.lower()
    if _is_empty(name, head):
        return named
    told = all(key in head for key in _KEYS) or (named and b'"code"' in head)
    return told and _is_array(name, head)


def read(path: Path, shown: str) -> FindingsRecord:
    """Read one file.

    The fingerprints are without the path, which `resolve_findings` adds once it is settled. Ruff
    prints no source text, so the message takes its place in them.

    Raises:
        EvidenceError: not ruff's JSON, or over a limit.
    """
    document, digest = json_file.load(path, shown)
    if not isinstance(document, list):
        raise _not_ruff(shown)
    return FindingsRecord(
        source=Source(shown, "ruff", digest, tool="ruff"),
        lint=tuple(_finding(diagnostic, shown) for diagnostic in document),
    )


def _not_ruff(shown: str) -> EvidenceError:
    return EvidenceError(
        "is JSON, but not ruff's", where=shown, remedy="Write it with `ruff check --output-format json`."
    )


def _finding(diagnostic: object, shown: str) -> Finding:
    filename = text(at(diagnostic, "filename"))
    message = cut(one_line(text(at(diagnostic, "message"))), _MAX_TEXT)
    if not filename or not message:
        raise _not_ruff(shown)
    code = text(at(diagnostic, "code"))
    rule = cut(one_line(code or text(at(diagnostic, "name")) or SYNTAX_ERROR), _MAX_TEXT)
    first = line(at(diagnostic, "location", "row"))
    last = line(at(diagnostic, "end_location", "row"))
    return Finding(
        rule=rule,
        severity=severity.from_ruff(rule, text(at(diagnostic, "severity"))),
        message=message,
        path=cut(one_line(filename.replace("\\", "/")), MAX_PATH),
        line=first,
        end_line=max(last, first) if first else 0,
        fingerprint=fingerprint(rule, "", message),
        tool="ruff",
        help=cut(one_line(text(at(diagnostic, "url"))), _MAX_TEXT),
    )


READER = Reader("ruff", Kind.FINDINGS, matches, read)
