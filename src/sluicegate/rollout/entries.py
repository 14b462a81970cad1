"""The documents of a rollout's journal. Pure.

Each event is a document of the ledger, of the kind `rollout`, with the rollout's id as its key. The documents
of a rollout are a chain: each has a number, and the digest of the one before it. The journal is memory, not
authority: who may write to the repository may write to it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from sluicegate.core.fields import Count, Exact, Text, Whole
from sluicegate.core.text import one_line
from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.ledger.documents import register
from sluicegate.rollout.readings import Reading

Moment = Annotated[int, Whole(0, 32_503_680_000)]
"""Seconds since 1970, up to the year 3000: calendars end at 9999, and times are added to it."""


class EventKind(enum.StrEnum):
    """What a document of the journal says."""

    STARTED = "started"
    INTENDED = "intended"
    CONFIRMED = "confirmed"
    READING_CHANGED = "reading-changed"
    PROMOTED = "promoted"
    PAUSED = "paused"
    RESUMED = "resumed"
    SKIPPED_BAKE = "skipped-bake"
    ROLLED_BACK = "rolled-back"
    COMPLETED = "completed"
    FAILED = "failed"
    HEARTBEAT = "heartbeat"


class Purpose(enum.StrEnum):
    """Why flags are written."""

    ADVANCE = "advance"
    RESTORE = "restore"  # all back to the confirmed stage, after some flags were written and others not
    ROLLBACK = "rollback"


class Wait(enum.StrEnum):
    """What a stage waits for, beyond its time and its samples."""

    NOTHING = ""
    DEPLOYMENT = "deployment"
    FLAG = "flag"  # it cannot be read
    PROVIDER = "provider"
    DATA = "data"
    SHARE = "share"
    CONTROL = "control"
    APPROVAL = "approval"
    FREEZE = "freeze"
    PERSON = "person"  # the stage lasts too long


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused an event; each text is one line, whoever wrote the document.

    Attributes:
        source: `tick`, `dispatch`, `comment`, `review`, `laptop`.
        id: of the comment, review or run, by which an approval is read again before it counts.
        digest: SHA-256 of the comment's text.
    """

    login: Annotated[str, Text(100)] = ""
    source: Annotated[str, Text(40)] = "tick"
    id: Annotated[str, Text(100)] = ""
    digest: Annotated[str, Text(64)] = ""

    def __post_init__(self) -> None:
        _to_one_line(self, "login", "source", "id")


def _to_one_line(own: object, *names: str) -> None:
    """Make one line of texts: a line that begins with `::` is a command to the runner."""
    for name in names:
        text: str = getattr(own, name)
        if not text.isprintable():
            object.__setattr__(own, name, one_line(text))


NOBODY: Final = Actor()
"""A tick that nobody asked for."""


@dataclass(frozen=True, slots=True)
class FlagRecord:
    """A flag as it was read; `share` is None where its exposure could not be computed."""

    share: Exact | None = None
    segments: tuple[Annotated[str, Text(200)], ...] = ()
    enabled: bool = False
    fingerprint: Annotated[str, Text(200)] = ""
    version: Annotated[str, Text(200)] = ""
    bucketing: Annotated[str, Text(2000)] = ""
    driver: Annotated[str, Text(300)] = ""

    @property
    def exposure(self) -> Exposure | None:
        """Who saw the new variation."""
        return None if self.share is None else Exposure(self.share, self.segments)


def flag_record(state: FlagState) -> FlagRecord:
    """What the journal keeps of a flag's state."""
    exposure = state.exposure
    return FlagRecord(
        None if exposure is None else exposure.share,
        () if exposure is None else exposure.segments,
        state.enabled,
        state.fingerprint,
        state.version or "",
        state.bucketing[:2000],
        state.driver or "",
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One event; texts for people are one line, whoever wrote the document.

    Attributes:
        seq: its number, from 0.
        prev: digest in the path of the document before it; empty for the first.
        at: seconds since 1970.
        stage: the stage that it is about; empty for everything off.
        plan: of `started`, the plan as JSON.
        commit, go: of `started`, what is rolled out, and the decision or the reason to go without one.
        purpose, holder, expires: of `intended`, why flags are written, by which run, and until when (seconds
            since 1970) only that run may.
        epoch: from when events count (seconds since 1970), of `confirmed` and `resumed`.
        waiting: of `reading-changed`, what the stage waits for.
        override: the reason to promote in spite of a freeze.
    """

    seq: Count
    prev: Annotated[str, Text(64)]
    at: Moment
    event: EventKind
    actor: Actor = NOBODY
    stage: Annotated[str, Text(100)] = ""
    reason: Annotated[str, Text(2000)] = ""
    plan_sha256: Annotated[str, Text(64)] = ""
    plan: Annotated[str, Text(1 << 20)] = ""
    commit: Annotated[str, Text(64)] = ""
    go: Annotated[str, Text(1000)] = ""
    readings: tuple[Reading, ...] = ()
    flag_before: tuple[FlagRecord, ...] = ()
    flag_after: tuple[FlagRecord, ...] = ()
    purpose: Purpose = Purpose.ADVANCE
    holder: Annotated[str, Text(200)] = ""
    expires: Moment = 0
    epoch: Moment = 0
    waiting: Wait = Wait.NOTHING
    override: Annotated[str, Text(1000)] = ""

    def __post_init__(self) -> None:
        _to_one_line(self, "stage", "reason", "commit", "go", "holder", "override")


def has_ended(entries: Sequence[Entry]) -> bool:
    """Is the rollout of these documents over? One that is completed is, until somebody rolls it back."""
    events = [entry.event for entry in sorted(entries, key=lambda entry: entry.seq)]
    if EventKind.ROLLED_BACK in events:
        return True
    if EventKind.COMPLETED not in events:
        return False
    return EventKind.INTENDED not in events[events.index(EventKind.COMPLETED) :]


ROLLOUT: Final = register("rollout", Entry, ended=has_ended).name


def rollout_id(name: str, now: datetime) -> str:
    """The id of a rollout that starts now (aware)."""
    return f"{name}-{now.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}"
