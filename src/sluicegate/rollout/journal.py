"""The journals of rollouts in the ledger: read, and added to by compare-and-swap.

Who decided on a journal that somebody else has added to meanwhile writes nothing, reads it again and decides
again. A document whose writing was not answered is recognised by its path, which is made of its bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sluicegate import __version__
from sluicegate.core.errors import EvidenceError, SluicegateError, WorldError
from sluicegate.core.text import plural
from sluicegate.ledger.documents import Document, DocumentError, of_kind, parse_path, read_document, stamp_of
from sluicegate.ledger.interface import (
    Decide,
    LedgerStore,
    UnreachableError,
    Update,
    UpdateResult,
    View,
)
from sluicegate.rollout.entries import ROLLOUT, Entry
from sluicegate.rollout.state import State, fold

_ID: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,59})-(?P<at>[0-9]{8}T[0-9]{6}Z)")


class MovedError(WorldError):
    """The journal is no longer as it was read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One rollout as the ledger has it.

    Attributes:
        id: of the rollout.
        documents: by path.
        unread: why documents of it could not be read, a line each, by path.
    """

    id: str
    documents: Mapping[str, Document[Entry]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> frozenset[str]:
        """Of all its documents."""
        return frozenset((*self.documents, *self.unread))

    @property
    def name(self) -> str:
        """Of the rollout, without its time."""
        return name_of(self.id)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its events in their order."""
        return tuple(sorted((d.body for d in self.documents.values()), key=lambda e: (e.seq, e.at)))

    @property
    def commit(self) -> str:
        """What is rolled out; empty where the start does not say."""
        return next((e.commit for e in self.entries if e.commit), "")

    @property
    def state(self) -> State:
        """What the documents add up to; one that cannot be read is a conflict, since it may be a rollback.

        Raises:
            EvidenceError: there is no start, or its plan cannot be read.
        """
        return self.without(())

    def without(self, events: Collection[int]) -> State:
        """The same, as if the events of these numbers changed nothing.

        Raises:
            EvidenceError: as `state`.
        """
        state = fold(self.documents, events)
        if not self.unread:
            return state
        text = f"{plural(len(self.unread), 'document')} of the journal cannot be read"
        return replace(state, conflict=state.conflict or text, next_seq=state.next_seq + len(self.unread))

    def with_document(self, document: Document[Entry]) -> Recorded:
        """With one more."""
        return replace(self, documents={**self.documents, document.path: document})


def name_of(id_: str) -> str:
    """The name in a rollout's id; the text itself where it is no id."""
    match = _ID.fullmatch(id_)
    return match["name"] if match else id_


def document_of(id_: str, entry: Entry) -> Document[Entry]:
    """The document of an event."""
    return Document(id_, stamp_of(entry.at), entry, f"sluicegate {__version__}")


@dataclass(frozen=True, slots=True)
class Journals:
    """The journals of a ledger."""

    store: LedgerStore

    def read(self, id_: str) -> Recorded:
        """One rollout; without documents where the ledger has no such rollout.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        return _read(self.store.view(), id_)

    def newest(self, name: str = "") -> tuple[Recorded, ...]:
        """The newest rollout of every name, or of one: an older one has ended.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        view = self.store.view()
        return tuple(_read(view, id_) for id_ in _newest(view) if not name or name_of(id_) == name)

    def every(self) -> tuple[Recorded, ...]:
        """All rollouts, the newest first.

        Raises:
            UnreachableError: the ledger cannot be read.
        """
        view = self.store.view()
        ids = sorted(_ids(view), key=lambda id_: id_.rpartition("-")[2], reverse=True)
        return tuple(_read(view, id_) for id_ in ids)

    def append(self, seen: Recorded, entry: Entry) -> Recorded:
        """Add an event behind those that were seen; the journal with it.

        Raises:
            MovedError: there are others by now.
            WorldError: as `LedgerStore.update`; whether it was written is not known then.
        """
        document = document_of(seen.id, entry)

        def decide(view: View) -> Update | None:
            there = frozenset(_paths(view, seen.id))
            if document.path in there:
                return None
            if there != seen.paths:
                raise MovedError("somebody else wrote the journal", where=seen.id, remedy="Run it again.")
            return _update(document, f"{seen.id}.{entry.seq}")

        self.store.update(decide)
        return seen.with_document(document)

    def begin(self, id_: str, entry: Entry, may: Callable[[Iterable[Recorded]], None]) -> Recorded:
        """Begin a journal.

        Args:
            id_: of the rollout.
            entry: its first event.
            may: raises where the newest rollouts of each name forbid it; asked again when others begin.

        Raises:
            WorldError: as `LedgerStore.update`.
        """
        document = document_of(id_, entry)

        def decide(view: View) -> Update | None:
            if document.path in view.paths:
                return None
            if _paths(view, id_):
                raise MovedError(
                    "a rollout of this name began in the same second", where=id_, remedy="Look at it first."
                )
            may([_read(view, other) for other in _newest(view)])
            ids = hashlib.sha256("\n".join(sorted(_ids(view))).encode()).hexdigest()[:32]
            return _update(document, f"start-{ids}")

        self.store.update(decide)
        return Recorded(id_).with_document(document)


@dataclass(frozen=True, slots=True)
class Closed:
    """A ledger that could not be opened: every use of it fails with the reason. A kill goes on without it."""

    reason: SluicegateError
    name: str = "the ledger"

    def view(self) -> View:
        """See `LedgerStore`."""
        raise self._error()

    def update(self, decide: Decide, *, dry: bool = False) -> UpdateResult:
        """See `LedgerStore`."""
        raise self._error()

    def _error(self) -> UnreachableError:
        return UnreachableError(self.reason.what, where=self.reason.where, remedy=self.reason.remedy)


def _update(document: Document[Entry], once: str) -> Update:
    message = f"rollout {document.key}: {document.body.event}"
    return Update({document.path: document.data}, message, once=once)


def _ids(view: View) -> set[str]:
    places = filter(None, map(parse_path, of_kind(view.paths, ROLLOUT)))
    return {place.key for place in places if _ID.fullmatch(place.key)}


def _newest(view: View) -> Iterator[str]:
    """The newest rollout of every name, by name; the stamp in an id sorts as its time does."""
    found: dict[str, str] = {}
    for id_ in sorted(_ids(view)):
        found[name_of(id_)] = id_
    yield from found.values()


def _paths(view: View, id_: str) -> list[str]:
    places = filter(None, map(parse_path, of_kind(view.paths, ROLLOUT, id_)))
    return [place.path for place in places if place.key == id_]


def _read(view: View, id_: str) -> Recorded:
    documents: dict[str, Document[Entry]] = {}
    unread: dict[str, str] = {}
    for path, data in view.read(_paths(view, id_)):
        try:
            if data is None:
                raise DocumentError("is missing or too large", where=path)
            documents[path] = read_document(path, data)
        except EvidenceError as error:
            unread[path] = str(error)
    return Recorded(id_, documents, unread)
