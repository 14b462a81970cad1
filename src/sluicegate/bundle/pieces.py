"""Unites two shards' pieces of one kind. Pure; every function here is associative, commutative and
idempotent in the pieces of one identity, and keeps the worse one.

A source that one shard could not analyse (a syntax newer than its Python, a sparse checkout) and another
could counts as analysed: its measures and findings are there, so the whole has no problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from sluicegate.core.change import Change, FileChange, NoChange
from sluicegate.core.model import SEVERITY_ORDER, Better, Finding, Measure, Source
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord, FunctionState, RunRecord
from sluicegate.evidence.records import FindingsRecord

_K = TypeVar("_K")
_V = TypeVar("_V")

ToolKey = tuple[str, str, bool, bool]
"""Identity of findings: format, tool, whether it is a security tool, whether `new` is known."""


def in_key_order(records: Mapping[Any, _V]) -> tuple[_V, ...]:
    """The records in the order of their identities."""
    return tuple(record for _, record in sorted(records.items(), key=lambda item: item[0]))


def either(one: _V | None, two: _V | None, both: Callable[[_V, _V], _V]) -> _V | None:
    """`both` of two different pieces; the other one where one is missing."""
    if one is None or two is None or one is two or one == two:
        return two if one is None else one
    return both(one, two)


def by_key(one: Mapping[_K, _V], two: Mapping[_K, _V], both: Callable[[_V, _V], _V]) -> Mapping[_K, _V]:
    """Two mappings as one; `both` joins different values of a common key."""
    if not two:
        return one
    result = dict(one)
    for key, value in two.items():
        own = result.get(key, value)
        result[key] = own if own is value or own == value else both(own, value)
    return result


def larger(one: _V, two: _V) -> _V:
    """Two records of one identity are equal unless they are forged; then any fixed choice is right."""
    return max(one, two, key=repr)


def joined_source(one: Source, two: Source) -> Source:
    """The source of an engine's records; fields that differ hold both values."""
    if one == two:
        return one
    pairs = ((getattr(one, f.name).split(" | "), getattr(two, f.name).split(" | ")) for f in fields(Source))
    return Source(*(" | ".join(sorted({*first, *second} - {""})) for first, second in pairs))


# --- the change --------------------------------------------------------------------------------


def join_changes(one: Change | NoChange | None, two: Change | NoChange | None) -> Change | NoChange | None:
    """The lines that either changed; a shard without a change (a shallow clone) adds nothing."""
    match one, two:
        case Change(), Change():
            return Change(by_key(one.files, two.files, _join_file))
        case NoChange(), NoChange():
            return min(one, two, key=lambda c: (not c.unseen, c.reason))
        case (Change(), _) | (_, None):
            return one
        case _:
            return two


def _join_file(one: FileChange, two: FileChange) -> FileChange:
    return FileChange(
        one.path,
        min(one.old_path, two.old_path),
        one.added | two.added,
        one.removed | two.removed,
        one.binary or two.binary,
        one.deleted and two.deleted,
        one.unaligned or two.unaligned,
        one.submodule or two.submodule,
    )


# --- findings ----------------------------------------------------------------------------------


def tool(record: FindingsRecord) -> ToolKey:
    """The identity of the record."""
    source = record.source
    return source.format, source.tool.lower(), record.is_security_tool, record.new_known


def in_order(record: FindingsRecord) -> FindingsRecord:
    """The record in the order that joining keeps."""
    return replace(
        record,
        security=tuple(sorted(record.security, key=_place)),
        lint=tuple(sorted(record.lint, key=_place)),
        suppressed=tuple(sorted(record.suppressed, key=_place)),
        problems=tuple(sorted(set(record.problems), key=repr)),
    )


def _place(finding: Finding) -> tuple[Any, ...]:
    return finding.path, finding.line, finding.rule, repr(finding)


def added(one: FindingsRecord, two: FindingsRecord) -> FindingsRecord:
    """Two files of one shard: every finding of both counts, as in a check of that shard alone."""
    own = {
        "security": (*one.security, *two.security),
        "lint": (*one.lint, *two.lint),
        "suppressed": (*one.suppressed, *two.suppressed),
        "rated": tuple(sorted({*one.rated, *two.rated})),
        "unresolved": tuple(sorted({*one.unresolved, *two.unresolved})),
        "externals": {},
    }
    return in_order(_joined(one, two, own))


def join_findings(one: FindingsRecord, two: FindingsRecord) -> FindingsRecord:
    """The findings of one tool in two shards."""
    return replace(
        added(one, two),
        security=_distinct(one.security, two.security),
        lint=_distinct(one.lint, two.lint),
        suppressed=_distinct(one.suppressed, two.suppressed),
    )


def _distinct(one: tuple[Finding, ...], two: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each finding once; of equal ones as many as the shard with the most has."""
    if one == two:
        return one
    united = by_key(_numbered(one), _numbered(two), lambda a, b: min(a, b, key=_rank))
    return tuple(sorted(united.values(), key=_place))


def _numbered(findings: Iterable[Finding]) -> dict[tuple[Any, ...], Finding]:
    """Findings by identity; the key of the n-th of equal ones contains n."""
    seen: Counter[tuple[str, str, str]] = Counter()
    result: dict[tuple[Any, ...], Finding] = {}
    for finding in sorted(findings, key=_rank):
        identity = (finding.fingerprint or finding.message, finding.rule, finding.path)
        result[(*identity, seen[identity])] = finding
        seen[identity] += 1
    return result


def _rank(finding: Finding) -> tuple[Any, ...]:
    """The worst first: by severity, new ones before known ones."""
    novelty = {True: 0, None: 1, False: 2}[finding.new]
    return SEVERITY_ORDER[finding.severity], novelty, finding.line, repr(finding)


# --- what the engines and the user's commands measured -----------------------------------------


def join_complexity(one: ComplexityRecord, two: ComplexityRecord) -> ComplexityRecord:
    """The functions of two shards: the known state, the higher complexity."""
    functions = _worst(
        one.functions,
        two.functions,
        identity=lambda f: (f.path, f.line, f.name),
        rank=lambda f: (_STATES.index(f.state), f.complexity, repr(f)),
    )
    return _joined(one, two, {"functions": functions})


_STATES = (None, FunctionState.SAME, FunctionState.CHANGED, FunctionState.NEW)


def join_docs(one: DocsRecord, two: DocsRecord) -> DocsRecord:
    """The public names of two shards."""
    names = _worst(
        one.names,
        two.names,
        identity=lambda n: (n.path, n.line, n.kind, n.name),
        rank=lambda n: (not n.documented, bool(n.new), n.new is not None, repr(n)),
    )
    return _joined(one, two, {"names": names})


def join_gate_changes(one: ChangesRecord, two: ChangesRecord) -> ChangesRecord:
    """The changes of the gate itself in two shards."""
    suppressions = sorted({*one.suppressions, *two.suppressions}, key=lambda s: (s.path, s.line, repr(s)))
    lost = sorted({*one.lost, *two.lost}, key=lambda t: (t.path, t.line, repr(t)))
    gate_changes = tuple(sorted({*one.gate_changes, *two.gate_changes}, key=repr))
    own = {"suppressions": tuple(suppressions), "lost": tuple(lost), "gate_changes": gate_changes}
    return _joined(one, two, own)


def _worst(
    one: Iterable[_V], two: Iterable[_V], *, identity: Callable[[_V], Any], rank: Callable[[_V], Any]
) -> tuple[_V, ...]:
    """The pieces of both by identity; of two with one identity that of the higher rank."""
    first, second = ({identity(piece): piece for piece in pieces} for pieces in (one, two))
    return in_key_order(by_key(first, second, lambda a, b: max(a, b, key=rank)))


_Analysed = TypeVar("_Analysed", FindingsRecord, ComplexityRecord, DocsRecord, ChangesRecord)


def _joined(one: _Analysed, two: _Analysed, own: Mapping[str, Any]) -> _Analysed:
    """A record with the fields that all have, beside its `own`.

    A problem of a source that either shard analysed is settled.
    """
    seen = {*one.looked_at, *two.looked_at}
    both = {p for r in (one, two) for p in (r.unseen if isinstance(r, ChangesRecord) else r.problems)}
    problems = tuple(sorted((problem for problem in both if problem.path not in seen), key=repr))
    name = "unseen" if isinstance(one, ChangesRecord) else "problems"
    source = joined_source(one.source, two.source)
    return replace(one, **{**own, name: problems}, source=source, looked_at=tuple(sorted(seen)))


def join_runs(one: RunRecord, two: RunRecord) -> RunRecord:
    """The output of a user's own command in two shards."""
    return RunRecord(
        joined_source(one.source, two.source),
        by_key(one.measures, two.measures, _worse_measure),
        _distinct(one.findings, two.findings),
        tuple(sorted({*one.unresolved, *two.unresolved})),
    )


def _worse_measure(one: Measure, two: Measure) -> Measure:
    if one.value is None or two.value is None:
        return min((m for m in (one, two) if m.value is None), key=repr)
    if one.value == two.value:
        return min(one, two, key=repr)
    return one if (one.value > two.value) == (one.better is Better.LOWER) else two
