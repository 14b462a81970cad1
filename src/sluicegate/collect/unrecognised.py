"""Errors for a file that is not the report that was expected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.reader import head_of, sniff
from sluicegate.evidence.records import Kind
from sluicegate.evidence.unread import recognise


def no_reader(paths: Sequence[Path], kind: Kind | None, where: str) -> EvidenceError:
    """The error for files without a report of the kind that was asked for."""
    if all(map(_is_empty, paths)):
        remedy = "The tool that writes it probably crashed; see its log."
        return EvidenceError("is empty", where=where, remedy=remedy)
    if other := next(filter(None, (identify_other(path, kind) for path in paths)), None):
        what = other[0] if len(paths) == 1 else f"holds a file that {other[0]}"
        return EvidenceError(what, where=where, remedy=other[1])
    verb = "is not a" if len(paths) == 1 else "holds no"
    what = f"{kind.value} report" if kind else "report"
    return EvidenceError(
        f"{verb} {what} in a supported format",
        where=where,
        remedy="Formats: coverage.py data, JSON and XML, Cobertura, LCOV; JUnit XML; SARIF 2.1.0, "
        "ruff JSON; benchmarks of the tools that `sluicegate explain performance` lists.",
    )


def identify_other(path: Path, asked: Kind | None) -> tuple[str, str] | None:
    """The actual format of a file, and the remedy; None for an unknown format."""
    try:
        reader, head = sniff(path), head_of(path)
    except OSError:
        return None
    if reader is not None:
        kind = reader.kind.value
        instead = f", not of {asked.value}" if asked else ""
        remedy = f"Name it as that: `--evidence {kind}=…`, or under the gate that judges it in the policy."
        return f"is a report of {kind} ({reader.format}){instead}", remedy
    known = recognise(head)
    return (f"is {known[1].name}, which is not supported", known[1].remedy) if known else None


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False
