"""What to say of a file that is not the report that it was taken for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.reader import head_of, sniff
from sluicegate.evidence.records import Kind
from sluicegate.evidence.unread import recognise


def no_reader(paths: Sequence[Path], kind: Kind | None, where: str) -> EvidenceError:
    """The error for files of which none is a report of the kind that was asked for."""
    if all(map(_is_empty, paths)):
        return EvidenceError(
            "is empty", where=where, remedy="The tool that writes it probably crashed; see its log."
        )
    if told := next(filter(None, (what_else(path, kind) for path in paths)), None):
        what, remedy = told
        return EvidenceError(
            what if len(paths) == 1 else f"holds a file that {what}", where=where, remedy=remedy
        )
    verb = "is" if len(paths) == 1 else "holds"
    what = f"no {kind.value} report" if kind else "no report"
    return EvidenceError(
        f"{verb} {what} in a format that is read here",
        where=where,
        remedy="Formats: coverage.py data, JSON and XML, Cobertura, LCOV; JUnit XML; SARIF 2.1.0, "
        "ruff JSON; benchmarks of the tools that `sluicegate explain performance` lists.",
    )


def what_else(path: Path, asked: Kind | None) -> tuple[str, str] | None:
    """What a file is instead, and what to do; None for a stranger."""
    try:
        reader, head = sniff(path), head_of(path)
    except OSError:
        return None
    if reader is not None:
        kind = reader.kind.value
        other = f", not of {asked.value}" if asked else ""
        remedy = f"Name it as that: `--evidence {kind}=…`, or under the gate that judges it in the policy."
        return f"is a report of {kind} ({reader.format}){other}", remedy
    known = recognise(head)
    return (f"is {known[1].name}, which is not read", known[1].remedy) if known else None


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False
