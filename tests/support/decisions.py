"""Decisions to release, in a ledger that is a folder."""

from __future__ import annotations

from pathlib import Path

from sluicegate.core.decision import Decision, ReleaseOutcome
from sluicegate.ledger.decisions import DECISION
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.documents import Document, stamp_of
from sluicegate.ledger.interface import Update


def go(commit: str, tree: str, now: float) -> Decision:
    """A GO of now, for an hour."""
    at = int(now)
    return Decision("v1.4.0", commit, tree, ReleaseOutcome.GO, at, at + 3600, "f" * 64)


def decided(folder: Path, decision: Decision) -> str:
    """The path of a decision that is now in a ledger."""
    document = Document(decision.commit, stamp_of(decision.at), decision)
    assert document.kind == DECISION
    directory_store(folder).update(lambda _view: Update({document.path: document.data}, "decided"))
    return document.path
