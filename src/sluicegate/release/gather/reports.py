"""The verdicts of this very commit, as the ledger has them. Reads views; no other I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sluicegate.core.decision import DecisionEvidence
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Measure, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.core.text import some
from sluicegate.ledger.documents import REPORT, Document, of_kind, read_document, seconds_of
from sluicegate.ledger.interface import View
from sluicegate.ledger.record import Recorded
from sluicegate.release.facts import Fact, LastRelease, measured, unknown, unmeasured
from sluicegate.release.gather.patch import patch_measures
from sluicegate.release.settings import REPORT as SPECS
from sluicegate.release.settings import SELECTORS
from sluicegate.report.document import report_of

_GATE = SELECTORS["gate"]
_BAD = (GateStatus.FAIL, GateStatus.ERROR)
_SLACK = 300
"""Seconds by which clocks of machines may differ."""
_REMEDY = (
    "Judge this commit and record it: `sluicegate check --output json=report.json`, then "
    "`sluicegate ledger record report.json`."
)


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    at: int
    report: Report
    sha256: str


def report_facts(view: View, commit: str, now: int, since: LastRelease | str = "") -> dict[str, Fact]:
    """The facts `report` and `gate`: the newest report of the commit in each judged folder.

    A report that cannot be read may be the one that blocks, so then nothing is known.

    Args:
        view: of the ledger.
        commit: full object name.
        now: seconds since 1970.
        since: the last release; a text says why it is not known.

    Raises:
        UnreachableError: the ledger cannot be read.
    """
    try:
        every = list(_reports(view, commit))
    except EvidenceError as error:
        return _unknown(f"a report of this commit cannot be read: {error.what}")
    if not every:
        return _unknown("the ledger has no report of this commit")
    newest = _newest(every)
    whole = _whole([*newest.values()], now)
    against = [] if isinstance(since, str) else [e for e in every if e[1].report.commit.base == since.commit]
    of_patch = patch_measures([one.report for one in _newest(against).values()], since)
    whole = replace(whole, measures={**whole.measures, **of_patch})
    return {"report": whole, "gate": Fact(items=_gates(newest), remedy=_REMEDY)}


def _newest(found: Iterable[tuple[str, _Found]]) -> dict[str, _Found]:
    """The newest report of each judged folder."""
    newest: dict[str, _Found] = {}
    for scope, one in found:
        if scope not in newest or (newest[scope].at, newest[scope].path) < (one.at, one.path):
            newest[scope] = one
    return newest


def _unknown(reason: str) -> dict[str, Fact]:
    return {"report": unknown(SPECS, reason, _REMEDY), "gate": Fact(remedy=_REMEDY, reason=reason)}


def _reports(view: View, commit: str) -> Iterator[tuple[str, _Found]]:
    for path, data in view.read(of_kind(view.paths, REPORT, commit)):
        if data is None:
            raise EvidenceError("it is missing or too large", where=path)
        document: Document[Recorded] = read_document(path, data)
        report = report_of(document.body.report, path)
        if document.key == commit and report.commit.tested == commit and not report.commit.dirty:
            digest = hashlib.sha256(data).hexdigest()
            yield document.body.scope, _Found(path, seconds_of(document.at), report, digest)


def _whole(found: list[_Found], now: int) -> Fact:
    oldest = min(found, key=lambda one: (one.at, one.path))
    verdicts = [verdict for one in found for verdict in one.report.verdicts]
    blocking = [name for one in found for name in _blocking(one.report)]
    warned = [v.full_name for v in verdicts if v.status is GateStatus.WARN]
    measures = {
        "blocked": measured(SPECS["blocked"], len(blocking), some(blocking[:4], len(blocking))),
        "warned": measured(SPECS["warned"], len(warned), some(warned[:4], len(warned))),
        "age": _age(now - oldest.at),
    }
    return Fact(
        measures,
        remedy=_REMEDY,
        evidence=DecisionEvidence("report", oldest.path, oldest.sha256),
        conditions=tuple(words for one in found for words in _conditions(one.report)),
    )


def _age(seconds: int) -> Measure:
    if seconds < -_SLACK:
        return unmeasured(SPECS["age"], "the report is dated in the future")
    return measured(SPECS["age"], max(seconds, 0))


def _blocking(report: Report) -> list[str]:
    if report.status is not ReportStatus.BLOCKED:
        return []
    return [f"{v.full_name} is {v.status}" for v in report.verdicts if _blocks(v)] or ["the report"]


def _blocks(verdict: Verdict) -> bool:
    return verdict.blocking and verdict.status in _BAD


def _conditions(report: Report) -> Iterator[str]:
    if report.status is not ReportStatus.CONDITIONAL:
        return
    if report.override is not None:
        yield f"the report is CONDITIONAL: @{report.override.who} overrode it: {report.override.why}"
        return
    names = [v.full_name for v in report.verdicts if v.status is GateStatus.CONDITIONAL]
    yield f"the report is CONDITIONAL: waivers in {some(names[:4], len(names)) or 'the policy'}"


def _gates(newest: Mapping[str, _Found]) -> dict[str, dict[str, Measure]]:
    return {
        (f"{scope}:{v.full_name}" if scope and len(newest) > 1 else v.full_name): _gate(v)
        for scope, one in newest.items()
        for v in one.report.verdicts
    }


def _gate(verdict: Verdict) -> dict[str, Measure]:
    if verdict.status is GateStatus.SKIPPED:
        reason = f"{verdict.full_name} was skipped: {verdict.summary}"
        return {name: unmeasured(spec, reason) for name, spec in _GATE.items()}
    return {
        "blocked": measured(_GATE["blocked"], _blocks(verdict), f"{verdict.status}: {verdict.summary}"),
        "warned": measured(_GATE["warned"], verdict.status is GateStatus.WARN, verdict.summary),
    }
