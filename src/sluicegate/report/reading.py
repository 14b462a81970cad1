"""The report, read back from its document: the inverse of `document.to_document`.

A document comes from another job, so it is data from a stranger: any JSON gives a report or an
`EvidenceError` that names the field, in time bounded by its size. What the document does not hold
(samples of measures) is not there; every rendering of the result is the original's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sluicegate.core.model import (
    Better,
    Commit,
    CriterionResult,
    Discovery,
    Finding,
    Measure,
    Notice,
    Point,
    PolicyRef,
    Problem,
    Report,
    Series,
    Severity,
    Source,
    Table,
    Verdict,
    Waiver,
)
from sluicegate.core.readings import Reading
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ProposedStatus, ReportStatus
from sluicegate.core.trust import KINDS, Override, PolicyChange
from sluicegate.report.baseline import cases_of, checked_document, measure_of, parse_document
from sluicegate.report.document import number
from sluicegate.report.reading_fields import Node


def read_report(data: bytes, *, where: str = "report") -> Report:
    """The report that the bytes of a document say.

    Raises:
        EvidenceError: not JSON, another schema version, or another shape.
    """
    return report_of(parse_document(data, where=where), where=where)


def report_of(document: object, *, where: str = "report") -> Report:
    """The report that a document (parsed JSON) says.

    Args:
        document: as `to_document` gives it.
        where: the place to name in an error.

    Raises:
        EvidenceError: another schema version, or another shape.
    """
    root = Node(checked_document(document, where), where)
    cases = cases_of(document, where=where)
    return Report(
        status=root.one_of("status", ReportStatus),
        commit=_commit(root.child("commit")),
        evaluated_on=root.day("evaluated_on"),
        policy=_policy(root.child("policy")),
        verdicts=tuple(_with_cases(_verdict(gate), cases) for gate in root.children("gates")),
        notices=tuple(_notice(notice) for notice in root.children("notices")),
        discovery=_discovery(root.child("evidence")),
        policy_change=_policy_change(root.child_or_none("policy_change")),
        override=_override(root.child_or_none("override")),
        report_only=root.flag("report_only"),
        readings=tuple(_reading(reading) for reading in root.children("readings")),
        trends=tuple(_series(series) for series in root.children("trends")),
    )


def _with_cases(verdict: Verdict, cases: Mapping[str, Sequence[str]]) -> Verdict:
    names = cases.get(verdict.full_name)
    return replace(verdict, cases=frozenset(names)) if names else verdict


def _policy_change(node: Node | None) -> PolicyChange | None:
    if node is None:
        return None
    return PolicyChange(
        ref=node.text("ref"),
        sha256=node.text("sha256"),
        status=str(node.one_of("status", ProposedStatus)),
        summary=node.text("summary"),
        diff=node.texts("diff"),
        more=node.count("more"),
    )


def _override(node: Node | None) -> Override | None:
    if node is None:
        return None
    kind = node.text("kind")
    if kind not in KINDS:
        raise node.wrong("kind", f"one of {', '.join(KINDS)}")
    return Override(
        kind=kind,
        who=node.text("who"),
        when=node.text("when"),
        why=node.text("why"),
        url=node.text("url"),
        commit=node.text("commit"),
    )


def _series(node: Node) -> Series:
    return Series(
        verdict=node.text("verdict"),
        measure=node.text("measure"),
        unit=node.text("unit"),
        better=node.one_of("better", Better),
        points=tuple(_point(point) for point in node.children("points")),
    )


def _point(node: Node) -> Point:
    return Point(node.text("commit"), node.text("on"), node.number("value"), node.flag("carried"))


def _commit(node: Node) -> Commit:
    return Commit(
        head=node.text("head"),
        tested=node.text("tested"),
        base=node.text("base"),
        base_label=node.text("base_label"),
        dirty=node.flag("dirty"),
    )


def _policy(node: Node) -> PolicyRef:
    return PolicyRef(node.text("origin"), node.text("ref"), node.text("sha256"))


def _verdict(node: Node) -> Verdict:
    measures = _measures(node)
    exact = _by_number(measures.values())
    return Verdict(
        gate=node.text("gate"),
        status=node.one_of("status", GateStatus),
        required=node.flag("required"),
        summary=node.text("summary"),
        suite=node.text_or_none("suite"),
        component=node.text_or_none("component"),
        blocking=node.flag("blocking"),
        criteria=tuple(_criterion(c, exact) for c in node.children("criteria")),
        measures=measures,
        findings=tuple(_finding(f) for f in node.children("findings")),
        problems=tuple(_problem(p) for p in node.children("problems")),
        remedies=node.texts("remedies"),
        tables=tuple(_table(t) for t in node.children("tables")),
        sources=_sources(node, "sources"),
    )


def _measures(node: Node) -> dict[str, Measure]:
    values, details = node.child("measures"), node.child("details")
    if values.value.keys() != details.value.keys():
        raise node.wrong("details", "about the same measures as 'measures'")
    return {
        name: measure_of(name, value, details.value[name], f"{node.where}: {node.place}")
        for name, value in values.value.items()
    }


def _by_number(measures: Iterable[Measure]) -> dict[float | None, Fraction]:
    """The values of measures by the numbers that they are shown as; of the same number, the first."""
    values = [m.value for m in measures if m.value is not None]
    return {number(value): value for value in reversed(values)}


def _criterion(node: Node, known: Mapping[float | None, Fraction]) -> CriterionResult:
    identity, otherwise = node.text("id"), node.one_of("else", Otherwise)
    parts = node.children("parts") if "parts" in node.value else ()
    return replace(
        _compared(node, identity, otherwise, known),
        waiver=_waiver(node.child_or_none("waiver")),
        parts=tuple(_compared(part, part.text("expect"), otherwise, known) for part in parts),
    )


def _compared(
    node: Node, identity: str, otherwise: Otherwise, known: Mapping[float | None, Fraction]
) -> CriterionResult:
    of = node.pair("of")
    actual, baseline = _exact(node.number("actual"), of, known), node.number("baseline")
    same = {**known, number(actual): actual}  # what is shown as the same number is the same value
    return CriterionResult(
        id=identity,
        expect=node.text("expect"),
        status=node.one_of("status", CriterionStatus),
        otherwise=otherwise,
        actual=actual,
        unit=node.text("unit"),
        subject=node.optional("subject"),
        of=of,
        baseline=same.get(number(baseline), baseline),
        reason=node.optional("reason"),
    )


def _exact(
    shown: Fraction | None, of: tuple[int, int] | None, known: Mapping[float | None, Fraction]
) -> Fraction | None:
    """The exact value behind a number that was rounded to a float: its measure's, or its counts'."""
    if shown is None:
        return None
    told = number(shown)
    if told in known:
        return known[told]
    counted = Fraction(100 * of[0], of[1]) if of and of[1] else shown
    return counted if number(counted) == told else shown


def _finding(node: Node) -> Finding:
    return Finding(
        rule=node.text("rule"),
        severity=node.one_of("severity", Severity),
        message=node.text("message"),
        path=node.text("path"),
        line=node.count("line"),
        end_line=node.count("end_line"),
        new=node.flag_or_none("new"),
        fingerprint=node.text("fingerprint"),
        tool=node.text("tool"),
        help=node.text("help"),
        waiver=_waiver(node.child_or_none("waiver")),
    )


def _waiver(node: Node | None) -> Waiver | None:
    if node is None:
        return None
    return Waiver(
        gate=node.text("gate"),
        reason=node.text("reason"),
        owner=node.text("owner"),
        expires=node.day("expires"),
        rule=node.optional("rule"),
        path=node.optional("path"),
        fingerprint=node.optional("fingerprint"),
        criterion=node.optional("criterion"),
        where=node.optional("where"),
    )


def _problem(node: Node) -> Problem:
    return Problem(node.text("message"), node.text("path"), node.text("remedy"))


def _table(node: Node) -> Table:
    return Table(
        title=node.text("title"),
        columns=node.texts("columns"),
        rows=node.rows("rows"),
        align=node.text("align"),
        more=node.count("more"),
    )


def _sources(node: Node, key: str) -> tuple[Source, ...]:
    return tuple(
        Source(
            path=s.text("path"),
            format=s.text("format"),
            sha256=s.text("sha256"),
            tool=s.text("tool"),
            version=s.text("version"),
            note=s.text("note"),
        )
        for s in node.children(key)
    )


def _reading(node: Node) -> Reading:
    return Reading(
        node.text("benchmark"),
        node.text("machine"),
        node.duration("median"),
        node.duration("spread"),
        node.count("samples"),
        node.duration("ratio") or None,
    )


def _notice(node: Node) -> Notice:
    return Notice(node.text("level"), node.text("code"), node.text("message"))


def _discovery(node: Node) -> Discovery:
    looked_for = node.child("looked_for")
    return Discovery(
        taken=_sources(node, "taken"),
        passed_over=tuple((p.text("path"), p.text("reason")) for p in node.children("passed_over")),
        looked_for={kind: looked_for.texts(kind) for kind in looked_for.value},
    )
