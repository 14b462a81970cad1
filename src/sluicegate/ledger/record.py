"""From a report document and what git says of its commit to a document of the ledger, and its entry. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sluicegate import __version__
from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import Count, Sha, ShaOrNone
from sluicegate.core.model import Discovery, Measure, Report
from sluicegate.documents.codec import Codec
from sluicegate.history.entries import Case, Entry, is_of_gate
from sluicegate.ledger.baselines import MAX_ENTRIES, is_item
from sluicegate.ledger.documents import REPORT, Document, DocumentError, register, seconds_of
from sluicegate.ledger.wire import OUTCOMES
from sluicegate.report.document import Gate, ReportDocument, report_of, to_document

MAX_LINE = 300
"""First parents that a document names at the most."""

_LARGE = 1024**2
"""Bytes of a report above which it is cut to what is compared, without the names of test cases."""

_LARGE_CASES = 5 * 1024**2 // 2

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SPARSE = Codec(ReportDocument)
"""A report as it stands in a document of the ledger."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What git says of the commit that is recorded.

    Attributes:
        commit, tree: full object names.
        committed: seconds since 1970, the committer's date.
        line: the commit, its first parent, and so on, to the nearest that is recorded already.
        scope: the judged folder, from the top of the repository.
        code: by path of a test that failed: the object name of the file.
    """

    commit: str
    tree: str
    committed: int
    line: Sequence[str] = ()
    scope: str = ""
    code: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded report, and what git said of its commit.

    Attributes:
        report: the document.
        scope: the judged folder, from the top of the repository.
        tree: full object name; empty where it is not known.
        committed: seconds since 1970, the committer's date.
        line: the commit, its first parent, and so on, to the nearest that was recorded then.
        code: by path of a test that failed: the object name of the file.
    """

    report: ReportDocument
    scope: str
    tree: ShaOrNone
    committed: Count
    line: tuple[Sha, ...]
    code: Mapping[str, Sha]


REPORTS = register(REPORT, Recorded)


def report_document(report: Report, facts: Facts, at: str) -> Document[Recorded]:
    """The document that records a report.

    Args:
        report: of the commit.
        facts: of its commit.
        at: the time, UTC.
    """
    line = tuple(facts.line[: MAX_LINE + 1])
    fitting = _fitting(to_document(report))
    body = Recorded(fitting, facts.scope, facts.tree, facts.committed, line, dict(facts.code))
    return Document(facts.commit, at, body, f"sluicegate {__version__}")


def entry_of(path: str, document: Document[Recorded]) -> Entry:
    """What the baselines keep of a recorded report.

    Raises:
        DocumentError: its body is none of a report of its commit.
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
        names=_names(read),
    )


def _names(report: Report) -> dict[str, tuple[str, ...]]:
    return {v.full_name: tuple(sorted(v.cases)) for v in report.verdicts if v.cases}


def _check_commit(key: str, tested: str, line: Sequence[str], where: str) -> None:
    """A document is of one commit: its key, its report's, and the first of its line."""
    if not _SHA.fullmatch(key):
        raise EvidenceError("is about no commit", where=where)
    if tested != key:
        raise EvidenceError("is the report of another commit", where=where)
    if line and line[0] != key:
        raise EvidenceError("names the first parents of another commit", where=where)
    if len(line) > MAX_LINE + 1:
        raise EvidenceError(f"names {len(line):,} first parents, above the limit of {MAX_LINE}", where=where)


def cases_of(report: Report) -> tuple[Case, ...]:
    """The test cases of a report that did not simply pass, each once, by name."""
    found: dict[str, Case] = {}
    for verdict in report.verdicts:
        if is_of_gate(verdict.gate, "tests"):
            for f in verdict.findings:
                outcome = f.rule.removeprefix("test-")
                if outcome in OUTCOMES and 0 < len(f.fingerprint) <= 1000:
                    found[f.fingerprint] = Case(f.fingerprint, f.path[:1000], outcome)
    return tuple(found[name] for name in sorted(found))


def _valued(measures: Mapping[str, Measure]) -> dict[str, Measure]:
    """Measures with a value; none of a verdict that measured nothing but single items."""
    if all('["' in name for name in measures):
        return {}
    return {name: m for name, m in measures.items() if m.value is not None}


# --- size --------------------------------------------------------------------------------------


def _fitting(report: ReportDocument) -> ReportDocument:
    """The report; a very large one without what nothing is compared with."""
    cases, fitting = report.cases, replace(report, cases={})
    for step in (_same, _without_tables, _with_few_findings, _without_items):
        fitting = step(fitting)
        if len(SPARSE.encode(fitting)) <= _LARGE:
            break
    is_small = sum(len(name) + len(packed) for name, packed in cases.items()) <= _LARGE_CASES
    return replace(fitting, cases=cases) if is_small else fitting


def _same(report: ReportDocument) -> ReportDocument:
    return report


def _gates(report: ReportDocument, change: Callable[[Gate], Gate]) -> ReportDocument:
    return replace(report, gates=tuple(map(change, report.gates)))


def _without_tables(report: ReportDocument) -> ReportDocument:
    return replace(_gates(report, lambda gate: replace(gate, tables=())), evidence=Discovery())


def _with_few_findings(report: ReportDocument) -> ReportDocument:
    return _gates(report, lambda gate: replace(gate, findings=gate.findings[:200]))


def _without_items(report: ReportDocument) -> ReportDocument:
    def change(gate: Gate) -> Gate:
        measures = {name: v for name, v in gate.measures.items() if not is_item(name)}
        details = {name: v for name, v in gate.details.items() if not is_item(name)}
        return replace(gate, measures=measures, details=details)

    return _gates(report, change)


NEWEST = MAX_ENTRIES
"""How many documents the baselines are made of, when they are made anew."""
