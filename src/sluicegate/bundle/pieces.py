"""How two shards' pieces of one kind are united. Pure; every function here is associative,
commutative and idempotent in the pieces of one identity, and keeps what is worse.

A source that one shard could not look at (a syntax newer than its Python, a sparse checkout) and another
did is looked at: its measures and findings are there, so it is no problem of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from sluicegate.core.change import Change, FileChange, NoChange
from sluicegate.core.model import SEVERITY_ORDER, Better, Finding, Measure, Problem, Source
from sluicegate.evidence.analysed import (
    ChangesRecord,
    ComplexityRecord,
    DocsRecord,
    FunctionComplexity,
    FunctionState,
    PublicName,
    RunRecord,
)
from sluicegate.evidence.records import FindingsRecord

_K = TypeVar("_K")
_V = TypeVar("_V")

Tool = tuple[str, str, bool, bool]
"""Whose findings: format, tool, whether it is a security tool, whether `new` is known."""


def in_key_order(records: Mapping[Any, _V]) -> tuple[_V, ...]:
    """The records in the order of their identities."""
    return tuple(record for _, record in sorted(records.items(), key=lambda item: item[0]))


def either(one: _V | None, two: _V | None, both: Callable[[_V, _V], _V]) -> _V | None:
    """What both make; one that is missing leaves the other."""
    if one is None or two is None or one is two:
        return two if one is None else one
    return both(one, two)


def by_key(one: Mapping[_K, _V], two: Mapping[_K, _V], both: Callable[[_V, _V], _V]) -> Mapping[_K, _V]:
    """Two mappings as one; `both` joins what stands under one key."""
    if not two:
        return one
    result = dict(one)
    for key, value in two.items():
        result[key] = both(result[key], value) if key in result and result[key] is not value else value
    return result


def larger(one: _V, two: _V) -> _V:
    """Two records under one identity are equal unless they are forged; then any fixed choice does."""
    return max(one, two, key=repr) if one != two else one


def joined_source(one: Source, two: Source) -> Source:
    """Of an engine's sources: what differs in a field, both say."""
    if one == two:
        return one
    return Source(*(_words(getattr(one, f.name), getattr(two, f.name)) for f in fields(Source)))


def _words(one: str, two: str) -> str:
    return " | ".join(sorted({*one.split(" | "), *two.split(" | ")} - {""}))


# --- the change --------------------------------------------------------------------------------


def join_changes(one: Change | NoChange, two: Change | NoChange) -> Change | NoChange:
    """All that either calls changed; a shard that knows no change (a shallow clone) adds nothing."""
    match one, two:
        case Change(), Change():
            return one if one == two else Change(by_key(one.files, two.files, _join_file))
        case NoChange(), NoChange():
            return min(one, two, key=lambda c: (not c.unseen, c.reason))
        case Change(), NoChange():
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


def tool(record: FindingsRecord) -> Tool:
    """Whose findings these are."""
    source = record.source
    return source.format, source.tool.lower(), record.is_security_tool, record.new_known


def in_order(record: FindingsRecord) -> FindingsRecord:
    """The record in the order that joining keeps."""
    return replace(
        record,
        security=tuple(sorted(record.security, key=_place)),
        lint=tuple(sorted(record.lint, key=_place)),
        problems=tuple(sorted(set(record.problems), key=repr)),
    )


def _place(finding: Finding) -> tuple[Any, ...]:
    return finding.path, finding.line, finding.rule, repr(finding)


def added(one: FindingsRecord, two: FindingsRecord) -> FindingsRecord:
    """Two files of one shard: every finding of both counts, as in a check of that shard alone."""
    return in_order(
        FindingsRecord(
            joined_source(one.source, two.source),
            (*one.security, *two.security),
            (*one.lint, *two.lint),
            one.is_security_tool,
            tuple(sorted({*one.unresolved, *two.unresolved})),
            _unsettled(one, two),
            one.new_known,
            _looked_at(one, two),
        )
    )


def join_findings(one: FindingsRecord, two: FindingsRecord) -> FindingsRecord:
    """The findings of one tool in two shards."""
    if one == two:
        return one
    return replace(
        added(one, two),
        security=_distinct(one.security, two.security),
        lint=_distinct(one.lint, two.lint),
    )


def _distinct(one: tuple[Finding, ...], two: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each finding once; of equal ones as many as the shard with most has."""
    if one == two:
        return one
    united = by_key(_numbered(one), _numbered(two), _worse_finding)
    return tuple(sorted(united.values(), key=_place))


def _numbered(findings: Iterable[Finding]) -> dict[tuple[Any, ...], Finding]:
    """Findings by identity; the n-th of equal ones has n in its key."""
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


def _worse_finding(one: Finding, two: Finding) -> Finding:
    return min(one, two, key=_rank)


# --- what the engines and the user's commands measured -----------------------------------------


def join_complexity(one: ComplexityRecord, two: ComplexityRecord) -> ComplexityRecord:
    """The functions of two shards."""
    if one == two:
        return one
    first, second = ({(f.path, f.line, f.name): f for f in r.functions} for r in (one, two))
    functions = by_key(first, second, _worse_function)
    return ComplexityRecord(
        joined_source(one.source, two.source),
        in_key_order(functions),
        _unsettled(one, two),
        _looked_at(one, two),
    )


_STATES = (None, FunctionState.SAME, FunctionState.CHANGED, FunctionState.NEW)


def _worse_function(one: FunctionComplexity, two: FunctionComplexity) -> FunctionComplexity:
    return max(one, two, key=lambda f: (_STATES.index(f.state), f.complexity, repr(f)))


def join_docs(one: DocsRecord, two: DocsRecord) -> DocsRecord:
    """The public names of two shards."""
    if one == two:
        return one
    first, second = ({(n.path, n.line, n.kind, n.name): n for n in r.names} for r in (one, two))
    names = by_key(first, second, _worse_name)
    return DocsRecord(
        joined_source(one.source, two.source),
        in_key_order(names),
        _unsettled(one, two),
        _looked_at(one, two),
    )


def _worse_name(one: PublicName, two: PublicName) -> PublicName:
    return max(one, two, key=lambda n: (not n.documented, bool(n.new), n.new is not None, repr(n)))


def join_gate_changes(one: ChangesRecord, two: ChangesRecord) -> ChangesRecord:
    """What two shards saw the change do to the gate itself."""
    if one == two:
        return one
    return ChangesRecord(
        joined_source(one.source, two.source),
        tuple(sorted({*one.suppressions, *two.suppressions}, key=lambda s: (s.path, s.line, repr(s)))),
        tuple(sorted({*one.gate_changes, *two.gate_changes}, key=repr)),
        tuple(sorted({*one.lost, *two.lost}, key=lambda t: (t.path, t.line, repr(t)))),
        _unsettled(one, two),
        _looked_at(one, two),
    )


_Looking = FindingsRecord | ComplexityRecord | DocsRecord | ChangesRecord


def _unsettled(one: _Looking, two: _Looking) -> tuple[Problem, ...]:
    """The problems of both, without those of sources that either looked at."""
    seen = {*one.looked_at, *two.looked_at}
    both = {*_problems_of(one), *_problems_of(two)}
    return tuple(sorted((problem for problem in both if problem.path not in seen), key=repr))


def _problems_of(record: _Looking) -> tuple[Problem, ...]:
    return record.unseen if isinstance(record, ChangesRecord) else record.problems


def _looked_at(one: _Looking, two: _Looking) -> tuple[str, ...]:
    return tuple(sorted({*one.looked_at, *two.looked_at}))


def join_runs(one: RunRecord, two: RunRecord) -> RunRecord:
    """What a user's own command printed in two shards."""
    if one == two:
        return one
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
