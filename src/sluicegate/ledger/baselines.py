"""The baselines: what a pull request needs of the last recorded reports, in one small document. Pure.

They can be rebuilt from the documents of the ledger at any time. Joining two is commutative and
idempotent: entries are named by their documents, and parents are facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sluicegate.history.entries import Entry

MAX_ENTRIES = 300
"""Recorded reports of one scope that are kept."""

MAX_ITEMS = 30
"""The newest of them keep what selectors name (`file["src/a.py"].line`), and the names of test cases."""

MAX_BASELINES = 32 * 1024**2
"""Bytes of the document."""

MAX_SCOPES = 200
"""Judged folders."""

MAX_LINE = 1000
"""Commits whose first parent is kept."""


@dataclass(frozen=True, slots=True)
class Baselines:
    """The last recorded reports.

    Attributes:
        entries: by scope in order of `Entry.order`.
        parents: commit to first parent, as far as it was known when reports were recorded.
    """

    entries: tuple[Entry, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)

    def of_scope(self, scope: str) -> tuple[Entry, ...]:
        """The entries of one judged folder."""
        return tuple(e for e in self.entries if e.scope == scope)


@dataclass(frozen=True, slots=True)
class ParentLine:
    """A commit, its first parent, and so on, as far as they are known; `what` names the commit to people.

    It is whole where it reaches the first commit of all, or further back than baselines go.
    """

    commits: tuple[str, ...]
    whole: bool
    what: str = "the base"


def joined(one: Baselines, other: Baselines) -> Baselines:
    """The union, within the limits."""
    by_document: dict[str, Entry] = {}
    for entry in (*one.entries, *other.entries):
        there = by_document.get(entry.document)
        if there is None or size(entry) > size(there):
            by_document[entry.document] = entry
    entries = tuple(_trimmed(by_document.values()))
    parents = {**one.parents, **other.parents}
    return Baselines(entries, _reachable([e.commit for e in reversed(entries)], parents))


def edges(line: Sequence[str]) -> dict[str, str]:
    """Commit to first parent, of a line of commits that begins with the newest."""
    return dict(pairwise(line))


def walk(start: str, parents: Mapping[str, str], limit: int = MAX_LINE) -> list[str]:
    """The line of first parents from a commit, itself first, as far as it is known."""
    line: dict[str, None] = {}
    while start and start not in line and len(line) < limit:
        line[start] = None
        start = parents.get(start, "")
    return list(line)


def size(entry: Entry) -> int:
    """Number of measures and names of test cases of an entry."""
    return sum(len(own) for part in (entry.measures, entry.names, entry.failing) for own in part.values())


def _trimmed(entries: Iterable[Entry]) -> Iterator[Entry]:
    scopes: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.order):
        scopes.setdefault(entry.scope, []).append(entry)
    for scope in sorted(scopes):
        kept = scopes[scope][-MAX_ENTRIES:]
        yield from map(_without_items, kept[:-MAX_ITEMS])
        yield from kept[-MAX_ITEMS:]


def latest(baselines: Baselines, count: int) -> Baselines:
    """The latest entries of the scopes that were recorded last, without measures of items."""
    ordered = sorted(baselines.entries, key=lambda e: e.order, reverse=True)
    scopes = list(dict.fromkeys(e.scope for e in ordered))[:MAX_SCOPES]
    entries = (e for scope in sorted(scopes) for e in baselines.of_scope(scope)[-count:])
    return Baselines(tuple(map(_without_items, entries)), baselines.parents)


def _without_items(entry: Entry) -> Entry:
    if not entry.names and not any(is_item(name) for own in entry.measures.values() for name in own):
        return entry
    return replace(
        entry,
        names={},
        measures={v: {n: m for n, m in own.items() if not is_item(n)} for v, own in entry.measures.items()},
    )


def is_item(measure: str) -> bool:
    """Is it a measure of one item, `file["src/a.py"].line`?"""
    return '["' in measure


def _reachable(starts: Iterable[str], parents: Mapping[str, str]) -> dict[str, str]:
    """The parents on the lines from these commits, the first commits' first."""
    found: dict[str, str] = {}
    for start in starts:
        at = start
        while at in parents and at not in found and len(found) < MAX_LINE:
            found[at] = parents[at]
            at = parents[at]
    return found


def nearest(line: Sequence[str], recorded: Iterable[str]) -> int:
    """The distance from the line's first commit to the nearest recorded one; -1 if no commit is recorded."""
    known = frozenset(recorded)
    return next((n for n, commit in enumerate(line) if commit in known), -1)
