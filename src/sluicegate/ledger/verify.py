"""Verifying a ledger: the chain of its commits, every document, and the baselines that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sluicegate.core.errors import EvidenceError
from sluicegate.history.entries import Entry
from sluicegate.ledger import recording
from sluicegate.ledger.baselines import Baselines
from sluicegate.ledger.chain import chain, chain_problems, first_kept, resurrected, verified_prunings
from sluicegate.ledger.documents import PRUNED, REPORT, Document, DocumentError, Pruning, of_kind, parse_path
from sluicegate.ledger.gitview import GitView
from sluicegate.ledger.interface import View
from sluicegate.ledger.record import Recorded, baselines_of
from sluicegate.ledger.rederive import DocumentFacts, differences
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode

_AT_ONCE = 100
"""Reports whose bodies are recording.checked together."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying found: numbers, the old tips that prunings name, oldest first, and a line a problem."""

    commits: int
    documents: int
    pruned: tuple[str, ...]
    problems: tuple[str, ...]


def verify(view: View, until: str = recording.LATEST) -> Verified:
    """Verify the whole ledger, in which no document can have a time after `until`.

    Raises:
        UnreachableError: documents could not be fetched.
    """
    links = chain(view.run, view.tip) if isinstance(view, GitView) and view.tip and view.chained else []
    problems = [*view.lost, *chain_problems(links, view.foreign)]
    found, unreadable = _baselines(view)
    bodies = _Bodies(problems, until, DocumentFacts(frozenset(e.document for e in found.entries)))
    prunings = bodies.of(view)
    is_sound = not problems
    real, forged = verified_prunings(dict(sorted(prunings.items(), key=lambda item: item[1].at)), links)
    problems += [*forged, *resurrected(view.paths, real), *unreadable]
    if not unreadable:
        rebuilt = recording.rebuilt(view, until).baselines or Baselines()
        new = decode(recording.readable(rebuilt), recording.WHERE)
        problems += _unknown(found.entries, view, real)
        problems += differences(found, bodies.facts, new, whole=is_sound and not real)
    tips = tuple(d.body.tip for d in real)
    return Verified(len(links), len(view.paths), tips, tuple(problems))


@dataclass(slots=True)
class _Bodies:
    """The bodies of reports: the baselines must be able to hold each, as `recording.of_document` checks.

    Many are recording.checked together, which is faster: where all survive a round trip, each alone would.
    """

    problems: list[str]
    until: str
    facts: DocumentFacts
    waiting: list[tuple[str, Baselines]] = field(default_factory=list)

    def of(self, view: View) -> dict[str, Document[Pruning]]:
        """Check every document; returns those of prunings, by path."""
        prunings: dict[str, Document[Pruning]] = {}
        for path, document, unread in recording.read_all(view, sorted(view.paths)):
            if document is None:
                self.problems.append(unread)
            elif document.kind == REPORT:
                self.add(path, document)
            elif document.kind == PRUNED:
                prunings[path] = document
        self.check()
        return prunings

    def add(self, path: str, document: Document[Recorded]) -> None:
        """Check one report; `check` finds the problems that remain."""
        place = parse_path(path)
        if place is not None and place.digest in self.facts.wanted:
            alone = recording.checked(path, document, self.until)
            if isinstance(alone, str):
                self.problems.append(alone)
            else:
                self.facts.add(alone)
            return
        try:
            own = baselines_of(path, document)
        except DocumentError as error:
            self.problems.append(str(error))
            return
        if document.at > self.until or recording.is_late(path, self.until):
            self.problems.append(recording.future_problem(path))
            return
        self.waiting.append((path, own))
        if len(self.waiting) >= _AT_ONCE:
            self.check()

    def check(self) -> None:
        together = _round_trips([own for _, own in self.waiting])
        for path, own in self.waiting:
            try:
                self.facts.add(own if together else decode(encode(own), path))
            except DocumentError as error:
                self.problems.append(str(error))
        self.waiting.clear()


def _round_trips(many: Sequence[Baselines]) -> bool:
    """Does writing them together and reading them back keep every measure?"""
    entries = tuple(e for own in many for e in own.entries)
    parents = {c: p for own in many for c, p in own.parents.items()}
    try:
        read = decode(encode(Baselines(entries, parents)), recording.WHERE)
    except EvidenceError:
        return False
    return _measured(read.entries) == _measured(entries)


def _measured(entries: Iterable[Entry]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    return {
        (e.scope, e.document): {(verdict, name) for verdict, own in e.measures.items() for name in own}
        for e in entries
    }


def _baselines(view: View) -> tuple[Baselines, list[str]]:
    found, why = recording.stored(view)
    if found is None and not why and of_kind(view.paths, REPORT):
        why = "there are no baselines; `sluicegate ledger rebuild` creates them"
    return found or Baselines(), [why] if why else []


def _unknown(entries: Iterable[Entry], view: View, prunings: Iterable[Document[Pruning]]) -> Iterator[str]:
    """Entries of the baselines whose report is missing in the ledger and was not pruned."""
    first = first_kept(prunings)
    since = first.isoformat() if first else ""
    there = {(p.key, p.digest) for p in map(parse_path, view.paths) if p is not None}
    for entry in entries:
        if (entry.commit, entry.document) not in there and entry.at[:10] >= since:
            yield f"the baselines hold a report of {entry.commit[:12]} that the ledger does not have"
