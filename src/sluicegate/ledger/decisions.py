"""The decisions to release, as the ledger has them. Reads views; no other I/O.

Their key is the commit. They are never pruned: a decision is the audit trail of a release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sluicegate.core.decision import Decision, Verified, Wanted, verify
from sluicegate.core.errors import EvidenceError
from sluicegate.ledger.documents import Document, DocumentError, of_kind, read_document, register
from sluicegate.ledger.interface import View

DECISION: Final = register("decision", Decision, ended=lambda _decisions: False).name


@dataclass(frozen=True, slots=True)
class RecordedDecisions:
    """Decisions of a ledger.

    Attributes:
        documents: by path.
        unread: why others could not be read, by path.
    """

    documents: Mapping[str, Document[Decision]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def decisions(self) -> dict[str, Decision]:
        """The bodies, by path."""
        return {path: document.body for path, document in self.documents.items()}


def read_decisions(view: View, commit: str = "") -> RecordedDecisions:
    """All decisions of a ledger, or those on one commit.

    Raises:
        UnreachableError: they could not be fetched.
    """
    documents: dict[str, Document[Decision]] = {}
    unread: dict[str, str] = {}
    for path, data in view.read(of_kind(view.paths, DECISION, commit)):
        try:
            if data is None:
                raise DocumentError("is missing or too large", where=path)
            documents[path] = _checked(path, read_document(path, data))
        except EvidenceError as error:
            unread[path] = str(error)
    return RecordedDecisions(documents, unread)


def _checked(path: str, document: Document[Decision]) -> Document[Decision]:
    if document.key != document.body.commit:
        raise DocumentError("is a decision on another commit than its path says", where=path)
    return document


def verify_commit(view: View, wanted: Wanted) -> Verified:
    """Do the decisions of a ledger let a commit go? Others' are read only where it has none of its own.

    Raises:
        UnreachableError: the ledger cannot be read.
    """
    own = read_decisions(view, wanted.commit)
    if any(d.release == wanted.release or not wanted.release for d in own.decisions.values()) or own.unread:
        return verify(own.decisions, [*own.unread.values()], wanted)
    every = read_decisions(view)
    return verify(every.decisions, [*every.unread.values()], wanted)
