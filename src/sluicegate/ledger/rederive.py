"""Differences between the baselines and those that follow from the documents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sluicegate.core.model import Measure
from sluicegate.core.text import cut, one_line, plural
from sluicegate.history.entries import Entry
from sluicegate.ledger.baselines import MAX_ENTRIES, Baselines, is_item

MAX_DIFFERENCES = 20
"""Differences that are listed; the others are counted."""

REMEDY = "`sluicegate ledger rebuild` rebuilds the baselines"

Key = tuple[str, str, str]
"""Scope, verdict and name of a measure."""

Order = tuple[int, str, str]
"""See `Entry.order`."""

_LAST: Order = (1 << 64, "", "")
"""Behind that of every entry."""

K = TypeVar("K")


@dataclass(slots=True)
class DocumentFacts:
    """What follows from the documents.

    Attributes:
        wanted: digests of the documents that the baselines hold.
        entries: of those, by digest, as the baselines would hold each alone.
        parents, disputed: commit to first parent, and the commits for which documents name different ones.
    """

    wanted: frozenset[str] = frozenset()
    entries: dict[str, Entry] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)

    def add(self, own: Baselines) -> None:
        """Add the baselines of one document."""
        self.entries.update({e.document: e for e in own.entries if e.document in self.wanted})
        for commit, parent in own.parents.items():
            if self.parents.setdefault(commit, parent) != parent:
                self.disputed.add(commit)


def differences(found: Baselines, facts: DocumentFacts, new: Baselines, *, whole: bool) -> list[str]:
    """Differences between the found baselines and the documents, a line each.

    `new` are the baselines that a rebuild would write. With `whole` every document was read and none pruned:
    one of them must name each parent.
    """
    lines = [
        *(f"documents name different parents of {commit[:12]}" for commit in sorted(facts.disputed)),
        *_entries(found, facts.entries),
        *_lacking(found, new),
        *_nameless(found, new),
        *_parents(found.parents, facts, whole=whole),
    ]
    more = len(lines) - MAX_DIFFERENCES
    summary = [f"and {plural(more, 'more difference')} of the baselines; {REMEDY}"] if more > 0 else []
    return [*lines[:MAX_DIFFERENCES], *summary]


def _entries(found: Baselines, own: Mapping[str, Entry]) -> Iterator[str]:
    varied = _varied(own.values())
    # older entries than the first that keep measures of items, or names of test cases, have lost theirs
    since = _since((e.scope, e) for e in found.entries if any(map(_is_item, _measures(e))))
    named = _since(((e.scope, verdict), e) for e in found.entries for verdict in e.names)
    for entry in filter(lambda entry: entry.document in own, found.entries):
        theirs = own[entry.document]
        is_trimmed = entry.order < since.get(entry.scope, _LAST)
        free = varied | set(filter(_is_item, _measures(theirs))) if is_trimmed else varied
        for words in (*_entry(entry, theirs, free), *_names(entry, theirs, named)):
            yield f"the baselines differ from the report of {entry.commit[:12]}: {words}"


def _since(pairs: Iterable[tuple[K, Entry]]) -> dict[K, Order]:
    """By key, the order of the first of its entries."""
    found: dict[K, Order] = {}
    for key, entry in pairs:
        found[key] = min(found.get(key, entry.order), entry.order)
    return found


def _names(found: Entry, own: Entry, since: Mapping[tuple[str, str], Order]) -> Iterator[str]:
    """Where the names of test cases differ; old entries have lost theirs."""
    for verdict in sorted(found.names.keys() | own.names.keys()):
        first = since.get((found.scope, verdict))
        is_kept = verdict in found.names or (first is not None and first < found.order)
        if is_kept and found.names.get(verdict) != own.names.get(verdict):
            yield f"it has other names of the test cases of {cut(one_line(verdict), 60)}"


def _entry(found: Entry, own: Entry, free: set[Key]) -> Iterator[str]:
    """Where an entry differs from its document; measures in `free` may be missing."""
    for name in ("commit", "tree", "committed", "at", "scope", "status"):
        one, other = getattr(found, name), getattr(own, name)
        if one != other:
            yield f"{name} is {_shown(one)} and not {_shown(other)}"
    for name in ("readings", "cases"):
        if set(getattr(found, name)) != set(getattr(own, name)):
            yield f"it has other {name}"
    if found.failing != own.failing:
        yield "it has other failing cases"
    if found.code != own.code:
        yield "it names other files of tests"
    yield from _values(_measures(found), _measures(own), free)


def _values(ours: Mapping[Key, Measure], theirs: Mapping[Key, Measure], free: set[Key]) -> Iterator[str]:
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key), theirs.get(key)
        if one != other and (one is not None or key not in free):
            name = cut(one_line(f"{key[1]}.{key[2]}"), 100)
            yield f"{name} is {_value(one)} and not {_value(other)}"


def _measures(entry: Entry) -> dict[Key, Measure]:
    return {(entry.scope, v, name): m for v, own in entry.measures.items() for name, m in own.items()}


def _is_item(key: Key) -> bool:
    return is_item(key[2])


def _varied(entries: Iterable[Entry]) -> set[Key]:
    """Measures whose unit changed: baselines keep the values of the newest unit alone."""
    units: dict[Key, set[tuple[str, str]]] = {}
    for entry in entries:
        for key, m in _measures(entry).items():
            units.setdefault(key, set()).add((m.unit, m.better))
    return {key for key, own in units.items() if len(own) > 1}


def _value(measure: Measure | None) -> str:
    return "missing" if measure is None or measure.value is None else _shown(f"{measure.value}{measure.unit}")


def _shown(value: object) -> str:
    return cut(one_line(str(value)), 60) or "empty"


def _lacking(found: Baselines, new: Baselines) -> Iterator[str]:
    """Reports that a rebuild would add, except those that are too old for their scope."""
    there = {e.document for e in found.entries}
    oldest: dict[str, Order] = {}
    for scope in {e.scope for e in found.entries}:
        own = sorted(e.order for e in found.of_scope(scope))
        oldest[scope] = own[0] if len(own) >= MAX_ENTRIES else (-1, "", "")
    for entry in new.entries:
        if entry.document not in there and entry.order > oldest.get(entry.scope, (-1, "", "")):
            yield f"the baselines lack the report of {entry.commit[:12]}"


def _nameless(found: Baselines, new: Baselines) -> Iterator[str]:
    """The newest report of a scope without the names of test cases that a rebuild would keep."""
    newest = {entry.scope: entry for entry in sorted(new.entries, key=lambda entry: entry.order)}
    there = {entry.document: entry for entry in found.entries}
    for entry in newest.values():
        own = there.get(entry.document, entry)
        for verdict in sorted(entry.names.keys() - own.names.keys()):
            yield (
                f"the baselines lack the names of the test cases of {cut(one_line(verdict), 60)} "
                f"in the report of {entry.commit[:12]}"
            )


def _parents(parents: Mapping[str, str], facts: DocumentFacts, *, whole: bool) -> Iterator[str]:
    for commit, parent in sorted(parents.items()):
        own = facts.parents.get(commit)
        if own is None and whole:
            yield f"the baselines name a parent of {commit[:12]}, and no document does"
        elif own not in (None, parent) and commit not in facts.disputed:
            yield f"the baselines name another parent of {commit[:12]} than the documents"
