"""Verifying a ledger: the chain of its commits, every document, and the baselines that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sluicegate.core.errors import EvidenceError
from sluicegate.history.entries import Entry
from sluicegate.ledger.baselines import Baselines, edges
from sluicegate.ledger.chain import Link, believed, chain, chain_problems, first_kept, resurrected
from sluicegate.ledger.documents import PRUNED, REPORT, Document, DocumentError, Pruning, place_of
from sluicegate.ledger.gitview import GitView
from sluicegate.ledger.interface import View
from sluicegate.ledger.record import Recorded, entry_of
from sluicegate.ledger.recording import (
    LATEST,
    WHERE,
    checked,
    is_late,
    made_anew,
    read_all,
    readable,
    to_come,
)
from sluicegate.ledger.rederive import Told, differences
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode

_AT_ONCE = 100
"""Reports whose bodies are looked at together."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong.

    Attributes:
        commits, documents: how many there are.
        pruned: the old tips that prunings name, oldest first.
        problems: one line each.
    """

    commits: int
    documents: int
    pruned: tuple[str, ...]
    problems: tuple[str, ...]


def verify(view: View, until: str = LATEST) -> Verified:
    """Look at everything.

    Args:
        view: of the ledger.
        until: the latest time that a document can be of, as documents have it.

    Raises:
        UnreachableError: documents could not be fetched.
    """
    links = _links(view)
    problems = [*view.lost, *chain_problems(links, view.foreign)]
    found, unreadable = _baselines(view)
    bodies = _Bodies(problems, until, Told(frozenset(e.document for e in found.entries)))
    prunings = bodies.of(view)
    is_sound = not problems
    real, forged = believed(dict(sorted(prunings.items(), key=lambda item: item[1].at)), links)
    problems += [*forged, *resurrected(view.paths, real), *unreadable]
    if not unreadable:
        anew = decode(readable(made_anew(view, until).baselines or Baselines()), WHERE)
        problems += _unknown(found.entries, view, real)
        problems += differences(found, bodies.told, anew, whole=is_sound and not real)
    tips = tuple(d.body.tip for d in real)
    return Verified(len(links), len(view.paths), tips, tuple(problems))


def _links(view: View) -> list[Link]:
    """The chain, where there is one and all of it was fetched."""
    return chain(view.run, view.tip) if isinstance(view, GitView) and view.tip and view.chained else []


@dataclass(slots=True)
class _Bodies:
    """The bodies of reports: each must be what the baselines can hold, as `recording.of_document` asks.

    That is asked of many together, which costs a fraction: where they all come back, each would alone.
    """

    problems: list[str]
    until: str
    told: Told
    waiting: list[tuple[str, Baselines]] = field(default_factory=list)

    def of(self, view: View) -> dict[str, Document[Pruning]]:
        """Look at every document; those that tell of prunings, by where they stand."""
        prunings: dict[str, Document[Pruning]] = {}
        for path, document, unread in read_all(view, sorted(view.paths)):
            if document is None:
                self.problems.append(unread)
            elif document.kind == REPORT:
                self.add(path, document)
            elif document.kind == PRUNED:
                prunings[path] = document
        self.check()
        return prunings

    def add(self, path: str, document: Document[Recorded]) -> None:
        """Look at one; some of what is wrong is found by `check`."""
        place = place_of(path)
        if place is not None and place.digest in self.told.wanted:
            self._alone(path, document)
            return
        try:
            own = Baselines((entry_of(path, document),), edges(document.body.line))
        except DocumentError as error:
            self.problems.append(str(error))
            return
        if document.at > self.until or is_late(path, self.until):
            self.problems.append(to_come(path))
            return
        self.waiting.append((path, own))
        if len(self.waiting) >= _AT_ONCE:
            self.check()

    def _alone(self, path: str, document: Document[Recorded]) -> None:
        """One that the baselines speak of."""
        own = checked(path, document, self.until)
        if isinstance(own, str):
            self.problems.append(own)
        else:
            self.told.add(own)

    def check(self) -> None:
        """Look at those that wait."""
        together = _come_back([own for _, own in self.waiting])
        for path, own in self.waiting:
            try:
                self.told.add(own if together else decode(encode(own), path))
            except DocumentError as error:
                self.problems.append(str(error))
        self.waiting.clear()


def _come_back(many: Sequence[Baselines]) -> bool:
    """Can they be written together, and read back with every measure of each?"""
    entries = tuple(e for own in many for e in own.entries)
    parents = {c: p for own in many for c, p in own.parents.items()}
    try:
        read = decode(encode(Baselines(entries, parents)), WHERE)
    except EvidenceError:
        return False
    return _measured(read.entries) == _measured(entries)


def _measured(entries: Iterable[Entry]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    return {
        (e.scope, e.document): {(verdict, name) for verdict, own in e.measures.items() for name in own}
        for e in entries
    }


# --- baselines -----------------------------------------------------------------------------------


def _baselines(view: View) -> tuple[Baselines, list[str]]:
    """The baselines, and why they cannot be read."""
    data = view.baselines
    if data is None:
        missing = ["there are no baselines; `sluicegate ledger rebuild` makes them"]
        return Baselines(), missing if view.paths else []
    try:
        return decode(data, WHERE), []
    except DocumentError as error:
        return Baselines(), [str(error)]


def _unknown(entries: Iterable[Entry], view: View, prunings: Iterable[Document[Pruning]]) -> Iterator[str]:
    """Entries of the baselines whose report the ledger does not have, unless it was pruned."""
    first = first_kept(prunings)
    since = first.isoformat() if first else ""
    there = {(p.key, p.digest) for p in map(place_of, view.paths) if p is not None}
    for entry in entries:
        if (entry.commit, entry.document) not in there and entry.at[:10] >= since:
            yield f"the baselines speak of a report of {entry.commit[:12]} that the ledger does not have"
