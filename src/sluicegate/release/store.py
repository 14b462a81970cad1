"""The journal and the decisions of releases in the ledger: read, and added to by compare-and-swap."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sluicegate import __version__
from sluicegate.core.decision import Decision, Decisions, Verified, Wanted, in_force
from sluicegate.core.errors import EvidenceError
from sluicegate.ledger.decisions import read_decisions, verify_commit
from sluicegate.ledger.documents import Document, DocumentError, of_kind, parse_path, read_document, stamp_of
from sluicegate.ledger.interface import LedgerStore, Update, View
from sluicegate.release.entries import RELEASE, Journal, ReleaseEntry
from sluicegate.release.evaluation import Settled
from sluicegate.release.record import document_of, is_same, only_of


def read_journal(view: View, release: str) -> Journal:
    """The journal of a release; without documents where the ledger has none.

    Raises:
        UnreachableError: the ledger cannot be read.
    """
    places = filter(None, map(parse_path, of_kind(view.paths, RELEASE, release)))
    documents: dict[str, Document[ReleaseEntry]] = {}
    unread: dict[str, str] = {}
    for path, data in view.read([place.path for place in places if place.key == release]):
        try:
            if data is None:
                raise DocumentError("is missing or too large", where=path)
            documents[path] = read_document(path, data)
        except EvidenceError as error:
            unread[path] = str(error)
    return Journal(release, documents, unread)


def decisions_in_force(view: View, release: str, commit: str) -> dict[str, Document[Decision]]:
    """The decisions on a commit that nothing supersedes, by path; of one release.

    Raises:
        DocumentError: one of the commit cannot be read, so that it may be in force.
        UnreachableError: the ledger cannot be read.
    """
    found = read_decisions(view, commit)
    if found.unread:
        path, why = next(iter(found.unread.items()))
        remedy = "Nothing is decided over it. `sluicegate ledger verify` says what is wrong."
        raise DocumentError(f"a decision on this commit cannot be read: {why}", where=path, remedy=remedy)
    return {path: found.documents[path] for path in in_force(only_of(found.decisions, release))}


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of a ledger."""

    store: LedgerStore

    def add(self, release: str, entry: ReleaseEntry) -> Document[ReleaseEntry]:
        """Add an event to a journal.

        Raises:
            WorldError: as `LedgerStore.update`.
        """
        document = Document(release, stamp_of(entry.at), entry, f"sluicegate {__version__}")

        def decide(view: View) -> Update | None:
            if document.path in view.paths:
                return None
            return Update({document.path: document.data}, f"release {release}: {entry.event}")

        self.store.update(decide)
        return document

    def settle(self, new: Decision, seen: Mapping[str, Document[Decision]]) -> Settled:
        """Put a decision in force in place of those that were seen.

        Nothing is written where the decision in force is the same. Where another run decided meanwhile, its
        decision counts: both runs then answer the same.

        Raises:
            DocumentError: a decision on the commit cannot be read.
            WorldError: as `LedgerStore.update`.
        """
        document = document_of(replace(new, supersedes=tuple(sorted(seen))))
        if len(seen) == 1 and is_same(next(iter(seen.values())).body, new):
            return Settled(next(iter(seen.values())))
        once = hashlib.sha256("\n".join((new.release, new.commit, *sorted(seen))).encode()).hexdigest()[:32]

        def decide(view: View) -> Update | None:
            now = decisions_in_force(view, new.release, new.commit)
            if now.keys() != seen.keys():
                return None
            message = f"release {new.release}: {new.outcome} of {new.commit[:12]}"
            return Update({document.path: document.data}, message, once=f"decision-{once}")

        self.store.update(decide)
        now = decisions_in_force(self.store.view(), new.release, new.commit)
        if document.path in now:
            return Settled(document, is_new=True)
        other = max(now.values(), key=lambda found: (found.at, found.path), default=document)
        return Settled(other, is_others=True)

    def verify(self, wanted: Wanted) -> Verified:
        """Do the recorded decisions let a commit go?

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        return verify_commit(self.store.view(), wanted)

    def decision(self, path: str, commit: str) -> Document[Decision]:
        """A recorded decision on a commit.

        Raises:
            DocumentError: it is not there, or cannot be read.
            UnreachableError: the ledger cannot be read.
        """
        found = read_decisions(self.store.view(), commit).documents.get(path)
        if found is None:
            raise DocumentError("is not in the ledger any more", where=path)
        return found

    def history(self, release: str) -> tuple[Journal, Decisions]:
        """The journal of a release, and all decisions on it.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        view = self.store.view()
        return read_journal(view, release), only_of(read_decisions(view).decisions, release)
