"""The findings of one run of a tool in two formats, as the JSON and the SARIF of ruff. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluicegate.evidence.findings.sarif import READER as SARIF
from sluicegate.evidence.records import FindingsRecord


@dataclass(frozen=True, slots=True)
class DistinctFindings:
    """Findings of which each counts once.

    Attributes:
        records: those that count, in their order.
        left_out: the others, each with the reason.
    """

    records: tuple[FindingsRecord, ...]
    left_out: tuple[tuple[FindingsRecord, str], ...]


def once(records: Sequence[FindingsRecord]) -> DistinctFindings:
    """The records without those whose findings one of the same tool in another format has all.

    SARIF is left out before a format of the tool's own. Records without findings are kept.
    """
    left_out: list[tuple[FindingsRecord, str]] = []
    kept = list(records)
    for record in sorted(records, key=lambda r: (r.source.format != SARIF.format, r.source.path)):
        holder = next(_holders(record, kept), None)
        if holder is not None:
            kept = [other for other in kept if other is not record]
            left_out.append((record, f"has the same findings as {holder.source.path}"))
    return DistinctFindings(tuple(kept), tuple(left_out))


def _holders(record: FindingsRecord, others: Sequence[FindingsRecord]) -> Iterator[FindingsRecord]:
    """The records of the same tool, in another format, that have all its findings."""
    own = _counted(record)
    for other in others if own else ():
        one, two = record.source, other.source
        if one.tool.lower() == two.tool.lower() and one.format != two.format and own <= _counted(other):
            yield other


def _counted(record: FindingsRecord) -> Counter[tuple[str, str, int, str]]:
    return Counter((f.rule, f.path, f.line, f.fingerprint) for f in (*record.security, *record.lint))
