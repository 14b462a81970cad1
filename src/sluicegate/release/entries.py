"""The documents of a release's journal: when it was planned, and what was found at each look. Pure.

Each is a document of the ledger, of the kind `release`, with the release's name as its key. They stand beside
each other: what they add up to does not depend on their order. The decisions are documents of their own.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from sluicegate.core.decision import ReleaseOutcome
from sluicegate.core.fields import Count, Items, ShaOrNone, Text
from sluicegate.ledger.documents import Document, register
from sluicegate.policy.keys import Form
from sluicegate.release.checkpoints import T_ZERO, Look
from sluicegate.release.matrix import CheckStatus
from sluicegate.release.signoffs import Known

NAME = Form(
    r"^[A-Za-z0-9][A-Za-z0-9._/+@-]{0,59}\Z",
    "is no name for a release",
    "Begin with a letter or digit; then letters, digits and ._/+@-, for example v1.4.0.",
)


class ReleaseEvent(enum.StrEnum):
    """The kind of an event."""

    PLANNED = "planned"
    EVALUATED = "evaluated"


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A check as it was found."""

    id: Annotated[str, Text(200)]
    status: CheckStatus


@dataclass(frozen=True, slots=True)
class SignOffRecord:
    """A sign-off that counted: the id of the comment or review, and the digest of its text."""

    id: Annotated[str, Text(100)]
    role: Annotated[str, Text(100)]
    who: Annotated[str, Text(100)]
    approves: bool = True
    sha256: Annotated[str, Text(64)] = ""


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """One event.

    Attributes:
        at, planned: seconds since 1970; the planned time of the release, 0 without a plan.
        by: the login of whoever caused it.
        commit, outcome, checks, sign_offs: of `evaluated`.
        checkpoint: the label of the one in whose time it was; empty for none.
        late: seconds from when the checkpoint was due.
    """

    event: ReleaseEvent
    at: Count
    by: Annotated[str, Text(100)] = ""
    planned: Count = 0
    reason: Annotated[str, Text(1000)] = ""
    commit: ShaOrNone = ""
    outcome: ReleaseOutcome = ReleaseOutcome.NO_GO
    checkpoint: Annotated[str, Text(40)] = ""
    late: Count = 0
    checks: Annotated[tuple[CheckRecord, ...], Items(2000)] = ()
    sign_offs: Annotated[tuple[SignOffRecord, ...], Items(1000)] = ()


def is_released(entries: Sequence[ReleaseEntry]) -> bool:
    """Was its last checkpoint evaluated? Until then pruning keeps its journal."""
    return any(entry.checkpoint == T_ZERO for entry in entries)


RELEASE: Final = register("release", ReleaseEntry, ended=is_released).name


@dataclass(frozen=True, slots=True)
class Journal:
    """A release as the ledger has it.

    Attributes:
        documents: by path.
        unread: why others could not be read, by path.
    """

    release: str
    documents: Mapping[str, Document[ReleaseEntry]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[ReleaseEntry, ...]:
        """The events, the oldest first."""
        return tuple(self.documents[path].body for path in self._ordered)

    @property
    def _ordered(self) -> list[str]:
        return sorted(self.documents, key=lambda path: (self.documents[path].body.at, path))

    @property
    def plan(self) -> ReleaseEntry | None:
        """The newest plan."""
        return next((e for e in reversed(self.entries) if e.event is ReleaseEvent.PLANNED), None)

    def looks(self) -> tuple[Look, ...]:
        """The evaluations since the newest plan."""
        plan = self.plan
        since, planned = (plan.at, plan.planned) if plan is not None else (0, 0)
        return tuple(
            Look(e.checkpoint, e.at, e.commit, e.outcome, {c.id: c.status for c in e.checks}, path)
            for path, e in ((p, self.documents[p].body) for p in self._ordered)
            if e.event is ReleaseEvent.EVALUATED and e.planned == planned and e.at >= since
        )

    def last(self, commit: str) -> ReleaseEntry | None:
        """The newest evaluation of a commit."""
        looks = (e for e in reversed(self.entries) if e.event is ReleaseEvent.EVALUATED)
        return next((e for e in looks if e.commit == commit), None)

    def known(self, commit: str) -> tuple[Known, ...]:
        """The sign-offs of a commit that counted once."""
        return tuple(
            dict.fromkeys(
                Known(s.id, s.role, s.who) for e in self.entries if e.commit == commit for s in e.sign_offs
            )
        )
