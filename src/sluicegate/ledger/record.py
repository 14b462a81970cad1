"""Turns a report and git's facts of its commit into a ledger document and a baselines entry. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sluicegate import __version__
from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import Count, Sha, ShaOrNone
from sluicegate.core.model import Discovery, Measure, Report
from sluicegate.documents.codec import Codec
from sluicegate.history.entries import Case, Entry, is_of_gate
from sluicegate.ledger.baselines import Baselines, edges, is_item
from sluicegate.ledger.documents import REPORT, Document, DocumentError, register, seconds_of
from sluicegate.ledger.wire import OUTCOMES
from sluicegate.report.baseline import MAX_NAME, failing_by_verdict
from sluicegate.report.document import Gate, ReportDocument, report_of, to_document

MAX_LINE = 300
"""Maximum number of first parents in a document."""

_LARGE = 1024**2
"""Bytes, without names of test cases, above which a report is reduced to what is compared."""

_LARGE_CASES = 5 * 1024**2 // 2

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SPARSE = Codec(ReportDocument)
"""A report as part of a ledger document."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded report with git's facts of its commit.

    Attributes:
        report: the document.
        scope: the judged folder, from the top of the repository.
        tree: full object name; empty where it is not known.
        committed: seconds since 1970, the committer's date.
        line: the commit, its first parent, and so on, to the nearest recorded one at that time.
        code: by path of a test that failed: the object name of the file.
    """

    report: ReportDocument
    scope: str
    tree: ShaOrNone
    committed: Count
    line: tuple[Sha, ...]
    code: Mapping[str, Sha]


register(REPORT, Recorded)


def report_document(
    report: Report,
    commit: str,
    at: str,
    *,
    tree: str,
    committed: int,
    line: Sequence[str] = (),
    scope: str = "",
    code: Mapping[str, str] | None = None,
) -> Document[Recorded]:
    """The document that records a report of a commit at a time, UTC; the others as in `Recorded`."""
    fitting = _fitting(to_document(report))
    body = Recorded(fitting, scope, tree, committed, tuple(line[: MAX_LINE + 1]), dict(code or {}))
    return Document(commit, at, body, f"sluicegate {__version__}")


def entry_of(path: str, document: Document[Recorded]) -> Entry:
    """The baselines entry of a recorded report.

    Raises:
        DocumentError: its body is not a report of its commit.
    """
    body = document.body
    try:
        read = report_of(body.report, path)
        _check_commit(document.key, read.commit.tested, body.line, path)
    except EvidenceError as error:
        raise DocumentError(error.what, where=path, remedy="It is left out.") from error
    return Entry(
        document=path.rpartition(".json")[0].rpartition(".")[2],
        commit=document.key,
        tree=body.tree,
        # not after that of its report: else it would be the newest for good
        committed=min(body.committed, seconds_of(document.at)),
        at=document.at,
        scope=body.scope,
        status=str(read.status),
        measures={v.full_name: own for v in read.verdicts if (own := _valued(v.measures))},
        readings=tuple(r for r in read.readings if r.is_sound),
        cases=cases_of(read),
        code=body.code,
        names={v.full_name: tuple(sorted(v.cases)) for v in read.verdicts if v.cases},
        failing=failing_by_verdict(read),
    )


def baselines_of(path: str, document: Document[Recorded]) -> Baselines:
    """The baselines of one recorded report alone.

    Raises:
        DocumentError: its body is not a report of its commit.
    """
    return Baselines((entry_of(path, document),), edges(document.body.line))


def _check_commit(key: str, tested: str, line: Sequence[str], where: str) -> None:
    """Key, report and first commit of the line must name the same commit."""
    if not _SHA.fullmatch(key):
        raise EvidenceError("does not name a commit", where=where)
    if tested != key:
        raise EvidenceError("is a report of another commit", where=where)
    if line and line[0] != key:
        raise EvidenceError("names the first parents of another commit", where=where)
    if len(line) > MAX_LINE + 1:
        raise EvidenceError(f"names {len(line):,} first parents, above the limit of {MAX_LINE}", where=where)


def cases_of(report: Report) -> tuple[Case, ...]:
    """The test cases of a report that failed or were flaky, each once, by name."""
    found: dict[str, Case] = {}
    for verdict in report.verdicts:
        if is_of_gate(verdict.gate, "tests"):
            for f in verdict.findings:
                outcome = f.rule.removeprefix("test-")
                if outcome in OUTCOMES and 0 < len(f.fingerprint) <= MAX_NAME:
                    found[f.fingerprint] = Case(f.fingerprint, f.path[:1000], outcome)
    return tuple(found[name] for name in sorted(found))


def _valued(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Measures with a value; empty for a verdict that has measures of items alone."""
    if all('["' in name for name in measures):
        return {}
    return {name: m for name, m in measures.items() if m.value is not None}


def _fitting(report: ReportDocument) -> ReportDocument:
    """The report without traces; a very large one is reduced, step by step, to what is compared."""
    cases, fitting = report.cases, replace(report, cases={}, gates=tuple(map(_without_traces, report.gates)))
    for reduce in (_without_tables, _with_few_findings, _without_items):
        if len(SPARSE.encode(fitting)) <= _LARGE:
            break
        fitting = replace(fitting, gates=tuple(map(reduce, fitting.gates)), evidence=Discovery())
    is_small = sum(len(name) + len(packed) for name, packed in cases.items()) <= _LARGE_CASES
    return replace(fitting, cases=cases) if is_small else fitting


def _without_traces(gate: Gate) -> Gate:
    return replace(gate, findings=tuple(replace(f, trace="") if f.trace else f for f in gate.findings))


def _without_tables(gate: Gate) -> Gate:
    return replace(gate, tables=())


def _with_few_findings(gate: Gate) -> Gate:
    return replace(gate, findings=gate.findings[:200])


def _without_items(gate: Gate) -> Gate:
    measures = {name: v for name, v in gate.measures.items() if not is_item(name)}
    details = {name: v for name, v in gate.details.items() if not is_item(name)}
    return replace(gate, measures=measures, details=details)
