"""The gate `changes`: what the change does to the gate itself, which checks and tests it takes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from sluicegate.core.change import Change
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Finding, Severity
from sluicegate.core.text import cut, one_line, plural, some
from sluicegate.criteria import Measures
from sluicegate.evidence.analysed import ChangesRecord, LostTest, Suppression
from sluicegate.evidence.records import Evidence
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count, not_applicable

_GATE_CHANGED = "gate-changed"
_DELETED = "test-deleted"
_WEAKENED = "assertions-removed"
_UNSEEN = "not-looked-at"
_ADDED = "suppressions.added"
_UNSAFE = "suppressions.unsafe"
_NAMES = (_ADDED, _UNSAFE, "gate.changed", "tests.deleted", "assertions.removed")


def measure(evidence: Evidence, context: Context) -> Measured:
    """Counts of what the change switches off and takes out, and of the gate's own files that it touches."""
    problems = evidence.problems.get("changes", ())
    if not isinstance(evidence.change, Change):
        measures = [not_applicable(name, evidence.change.reason) for name in _NAMES]
        return Measured(Measures(by_name(measures)), summary=evidence.change.reason, problems=problems)
    if evidence.changes is None:
        absent = evidence.absent.get("changes") or "the change was not looked at"
        return Measured(absent=absent, problems=problems)
    record = _judged(evidence.changes, context)
    findings = tuple(_findings(record))
    taken = {_lost_key(lost): lost.before - (lost.after or 0) for lost in record.lost}

    def remeasure(part: Sequence[Finding]) -> Measures:
        return _measures(part, taken)

    return Measured(
        measures=remeasure(findings),
        summary=", ".join(_parts(record)) or "nothing of the gate itself changes",
        findings=findings,
        remeasure=remeasure,
        problems=(*problems, *(record.unseen if context.settings.required else ())),
        sources=(record.source,),
        remedies=_remedies(record),
    )


def _judged(record: ChangesRecord, context: Context) -> ChangesRecord:
    """The record without what the policy leaves out; foreign and generated code need not be legible.

    Only in sources of the project's own can a suppression be unsafe: no scan and no coverage is about others.
    """
    own, source = context.settings.exclude, context.policy.source
    unread = (*own, *source.exclude, *source.vendored)
    return replace(
        record,
        suppressions=tuple(
            replace(s, unsafe=s.unsafe and source.is_analysed(s.path) and not source.is_test(s.path))
            for s in record.suppressions
            if not matches_any(own, s.path)
        ),
        lost=tuple(t for t in record.lost if not matches_any(own, t.path)),
        unseen=tuple(p for p in record.unseen if not matches_any(unread, p.path)),
    )


def _measures(findings: Sequence[Finding], taken: dict[str, int]) -> Measures:
    """The measures of some findings; in doubt, and at best WARN, while a file was not looked at."""
    tally = Counter(f.rule for f in findings)
    weakened = sum(taken[f.fingerprint] for f in findings if f.rule == _WEAKENED)
    added = [f.severity for f in findings if f.rule.startswith("suppression-")]
    doubt = _doubt([f.path for f in findings if f.rule == _UNSEEN])
    values = (len(added), added.count(Severity.MEDIUM), tally[_GATE_CHANGED], tally[_DELETED], weakened)
    counts = by_name(replace(m, doubt=doubt) for m in map(count, _NAMES, values))
    counts["gate.changed"] = replace(counts["gate.changed"], doubt="")
    return Measures(counts)


def _doubt(paths: Sequence[str]) -> str:
    """Why there may be more than was counted; empty when every file was looked at."""
    if not paths:
        return ""
    return f"{plural(len(paths), 'changed file')} not looked at: {some(paths[:3], len(paths))}"


def _parts(record: ChangesRecord) -> Iterator[str]:
    if record.gate_changes or record.suppressions:
        yield f"{plural(len(record.gate_changes), 'file')} of the gate changed"
        yield f"{plural(len(record.suppressions), 'suppression')} added{_unsafe_part(record)}"
    deleted = sum(t.after is None for t in record.lost)
    weakened = len(record.lost) - deleted
    if deleted:
        yield f"{plural(deleted, 'test')} deleted"
    if weakened:
        yield f"assertions taken out of {plural(weakened, 'test')}"
    if record.unseen:
        yield _doubt([p.path for p in record.unseen])


def _unsafe_part(record: ChangesRecord) -> str:
    unsafe = sum(s.unsafe for s in record.suppressions)
    return f" ({unsafe:,} of security or coverage)" if unsafe else ""


_new_finding = partial(Finding, new=True)


def _findings(record: ChangesRecord) -> Iterator[Finding]:
    for change in record.gate_changes:
        mark = f"{_GATE_CHANGED}:{change.path}"
        yield _new_finding(_GATE_CHANGED, Severity.MEDIUM, change.what, change.path, fingerprint=mark)
    for s in record.suppressions:
        rule, what = f"suppression-{s.kind}", f"switches a check off: {cut(s.text, 120)}"
        severity = Severity.MEDIUM if s.unsafe else Severity.LOW
        mark = f"suppression:{s.kind}:{s.path}:{s.text}"
        yield _new_finding(rule, severity, what, s.path, s.line, s.line, fingerprint=mark)
    for lost in record.lost:
        rule, what, mark = _lost_rule(lost), _lost_words(lost), _lost_key(lost)
        yield _new_finding(rule, Severity.LOW, what, lost.path, lost.line, lost.line, fingerprint=mark)
    for p in record.unseen:
        mark = f"{_UNSEEN}:{p.path}"
        yield _new_finding(_UNSEEN, Severity.UNKNOWN, p.message, p.path, fingerprint=mark, help=p.remedy)


def _lost_rule(lost: LostTest) -> str:
    return _DELETED if lost.after is None else _WEAKENED


def _lost_key(lost: LostTest) -> str:
    return f"{_lost_rule(lost)}:{lost.path}:{lost.name}"


def _lost_words(lost: LostTest) -> str:
    name = cut(one_line(lost.name), 120)
    if lost.after is None:
        return f"the test '{name}' is deleted"
    whose = f"the test '{name}'" if name else "the file"
    return f"{whose} has {plural(lost.after, 'assertion')}, and had {lost.before:,}"


def _remedies(record: ChangesRecord) -> dict[str, tuple[str, ...]]:
    unsafe = tuple(s for s in record.suppressions if s.unsafe)
    remedies = dict(_lost_remedies(record.lost))
    remedies |= _silenced(_ADDED, record.suppressions) | _silenced(_UNSAFE, unsafe)
    if record.gate_changes:
        paths = _places(c.path for c in record.gate_changes)
        remedies["gate.changed"] = (f"Ask the owner of the gate to look at {paths}.",)
    if record.unseen:
        look = f"Look by hand at {_places(p.path for p in record.unseen)}, or exclude it from the gate."
        remedies |= {name: (*remedies.get(name, ()), look) for name in _NAMES if name != "gate.changed"}
    return remedies


def _silenced(name: str, suppressions: Sequence[Suppression]) -> dict[str, tuple[str, ...]]:
    if not suppressions:
        return {}
    places = _places(f"{s.path}:{s.line}" for s in suppressions)
    return {
        name: (f"Fix what the comments at {places} silence, or explain in the pull request why they stay.",)
    }


def _lost_remedies(lost: Sequence[LostTest]) -> Iterator[tuple[str, tuple[str, ...]]]:
    deleted = [f"{t.path} ({cut(one_line(t.name), 60)})" for t in lost if t.after is None]
    weakened = [f"{t.path}:{t.line}" if t.line else t.path for t in lost if t.after is not None]
    if deleted:
        yield "tests.deleted", (f"Explain in the pull request why these tests go: {_places(deleted)}.",)
    if weakened:
        text = f"Explain in the pull request why assertions go: {_places(weakened)}."
        yield "assertions.removed", (text,)


def _places(places: Iterable[str]) -> str:
    found = list(places)
    return some(found[:3], len(found))


GATE = Gate("changes", measure)
