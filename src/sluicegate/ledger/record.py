"""From a report document and what git says of its commit to a document of the ledger, and its entry. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate import __version__
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Measure, Report
from sluicegate.history.entries import Case, Entry, is_of_gate
from sluicegate.ledger.baselines import MAX_ENTRIES
from sluicegate.ledger.documents import REPORT, Body, Document, DocumentError, seconds_of
from sluicegate.ledger.wire_fields import OUTCOMES
from sluicegate.report.baseline import checked_document
from sluicegate.report.reading import report_of
from sluicegate.report.reading_fields import Node

MAX_LINE = 300
"""First parents that a document names at the most."""

_LARGE = 1024**2
"""Bytes of a report above which it is cut to what is compared, without the names of test cases."""

_LARGE_CASES = 5 * 1024**2 // 2

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


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


def report_document(report: Mapping[str, object], facts: Facts, at: str) -> Document:
    """The document that records a report.

    Args:
        report: as `report.document.to_document` gives it.
        facts: of its commit.
        at: the time, UTC.
    """
    body = {
        "report": _fitting(report),
        "scope": facts.scope,
        "tree": facts.tree,
        "committed": facts.committed,
        "line": list(facts.line[: MAX_LINE + 1]),
        "code": dict(facts.code),
    }
    return Document(REPORT, facts.commit, at, body, f"sluicegate {__version__}")


def entry_of(path: str, document: Document) -> Entry:
    """What the baselines keep of a recorded report.

    Raises:
        DocumentError: its body is none of a report.
    """
    try:
        return _entry(path, document)
    except EvidenceError as error:
        raise DocumentError(error.what, where=path, remedy="It is left out.") from error


def _entry(path: str, document: Document) -> Entry:
    body = Node(dict(document.body), path)
    read = report_of(body.value.get("report"), where=path)
    code = {p: body.child("code").text(p) for p in body.child("code").value}
    line = body.texts("line")
    tree = body.text("tree")
    _check_names((document.key, tree or document.key, *code.values(), *line), path)
    _check_commit(document.key, read.commit.tested, line, path)
    return Entry(
        document=path.rpartition(".json")[0].rpartition(".")[2],
        commit=document.key,
        tree=tree,
        committed=_committed(body, document.at),
        at=document.at,
        scope=body.text("scope"),
        status=str(read.status),
        measures={v.full_name: own for v in read.verdicts if (own := _valued(v.measures))},
        readings=tuple(r for r in read.readings if r.is_sound),
        cases=cases_of(read),
        code=code,
        names=_names(read),
    )


def _committed(body: Node, at: str) -> int:
    """The commit's time, not after that of its report: else it would be the newest for good."""
    seconds = body.count("committed")
    if seconds >= 1 << 53:
        raise body.wrong("committed", "a time")
    return min(seconds, seconds_of(at))


def _names(report: Report) -> dict[str, tuple[str, ...]]:
    return {v.full_name: tuple(sorted(v.cases)) for v in report.verdicts if v.cases}


def _check_names(shas: Iterable[str], where: str) -> None:
    if not all(map(_SHA.fullmatch, shas)):
        raise EvidenceError("names a commit or a file that is none", where=where)


def _check_commit(key: str, tested: str, line: Sequence[str], where: str) -> None:
    """A document is of one commit: its key, its report's, and the first of its line."""
    if tested != key:
        raise EvidenceError("is the report of another commit", where=where)
    if line and line[0] != key:
        raise EvidenceError("names the first parents of another commit", where=where)
    if len(line) > MAX_LINE + 1:
        raise EvidenceError(f"names {len(line):,} first parents, above the limit of {MAX_LINE}", where=where)


def line_of(document: Document) -> tuple[str, ...]:
    """The first parents that a document names."""
    found = document.body.get("line")
    texts = found if isinstance(found, list) else []
    return tuple(t for t in texts if isinstance(t, str) and _SHA.fullmatch(t))


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


def _fitting(report: Mapping[str, object]) -> Mapping[str, object]:
    """The report; a very large one without what nothing is compared with."""
    cases = {key: report[key] for key in ("cases",) if key in report}
    report = {key: value for key, value in report.items() if key not in cases}
    for step in (_same, _without_tables, _with_few_findings, _without_items):
        report = step(report)
        if len(json.dumps(report)) <= _LARGE:
            break
    return {**report, **cases} if len(json.dumps(cases)) <= _LARGE_CASES else report


Step = Callable[[Mapping[str, object]], Mapping[str, object]]


def _same(report: Mapping[str, object]) -> Mapping[str, object]:
    return report


def _gates(report: Mapping[str, object], change: Callable[[dict[str, object]], Body]) -> Mapping[str, object]:
    gates = report.get("gates")
    changed = [{**g, **change(g)} for g in gates if isinstance(g, dict)] if isinstance(gates, list) else []
    return {**report, "gates": changed}


def _without_tables(report: Mapping[str, object]) -> Mapping[str, object]:
    empty: Body = {"taken": [], "passed_over": [], "looked_for": {}}
    return {**_gates(report, lambda _gate: {"tables": []}), "evidence": empty}


def _with_few_findings(report: Mapping[str, object]) -> Mapping[str, object]:
    def change(gate: dict[str, object]) -> Body:
        findings = gate.get("findings")
        return {"findings": findings[:200] if isinstance(findings, list) else []}

    return _gates(report, change)


def _without_items(report: Mapping[str, object]) -> Mapping[str, object]:
    def change(gate: dict[str, object]) -> Body:
        parts = {k: gate.get(k) for k in ("measures", "details")}
        return {
            k: {n: v for n, v in own.items() if '["' not in n}
            for k, own in parts.items()
            if isinstance(own, dict)
        }

    return _gates(report, change)


def checked_report(document: object, where: str) -> Mapping[str, object]:
    """A report document that can be recorded.

    Raises:
        EvidenceError: it is none, or has another schema version.
    """
    checked = checked_document(document, where)
    report_of(checked, where=where)
    return checked


NEWEST = MAX_ENTRIES
"""How many documents the baselines are made of, when they are made anew."""
