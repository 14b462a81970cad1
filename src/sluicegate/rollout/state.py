"""The state that the journal of a rollout adds up to. Pure.

Its documents are written by compare-and-swap, so two of one number mean that somebody else wrote. Then, and
where the chain is broken in another way, nothing but a kill is done.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.flags.interface import OFF, Exposure
from sluicegate.ledger.documents import Document, parse_path
from sluicegate.rollout.entries import Actor, Entry, EventKind, FlagRecord, Purpose, Wait
from sluicegate.rollout.plan import CODEC, Plan
from sluicegate.rollout.readings import Reading, ReadingClass
from sluicegate.rollout.sound import unsound

NOT_STARTED: Final = -1
"""The stage of a rollout whose first stage is not confirmed."""


class Phase(enum.StrEnum):
    """Where a rollout is."""

    RUNNING = "RUNNING"
    WAITING = "WAITING"
    PAUSED = "PAUSED"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    COMPLETED = "COMPLETED"


ENDED: Final = frozenset({Phase.ROLLED_BACK, Phase.COMPLETED})
GOING_BACK: Final = frozenset({Phase.ROLLING_BACK, Phase.ROLLBACK_FAILED})


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that was begun and is not confirmed: the lease.

    Attributes:
        stage: index of the stage that is written; `NOT_STARTED` for everything off.
        failed: why the write was given up; empty while it is in force.
    """

    purpose: Purpose
    stage: int
    holder: str
    expires: int
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Since:
    """A class of a reading, and since when (seconds since 1970) it is that."""

    status: ReadingClass
    at: int


@dataclass(frozen=True, slots=True)
class State:
    """What the journal says.

    Attributes:
        stage: index of the confirmed stage, `NOT_STARTED` before the first.
        epoch: from when events of the stage count, seconds since 1970.
        entered: when the stage was confirmed.
        approved, approved_by: index of the stage that somebody promoted to, and who, until it is confirmed.
        override: the reason why the approved promotion may be made in a freeze.
        waiting, waiting_since: what the stage waits for, and since when.
        flags: as they were last confirmed or accepted.
        written: the last exposure that a stage was given, or was meant to get.
        next_seq, prev: of the next document.
        at: of the newest document.
        conflict: why the chain cannot be followed; empty when it can.
    """

    id: str
    plan: Plan
    plan_sha256: str
    phase: Phase = Phase.RUNNING
    reason: str = ""
    stage: int = NOT_STARTED
    epoch: int = 0
    entered: int = 0
    intent: Intent | None = None
    approved: int | None = None
    approved_by: Actor | None = None
    override: str = ""
    skipped_bake: bool = False
    waiting: Wait = Wait.NOTHING
    waiting_since: int = 0
    readings: Mapping[str, Since] = field(default_factory=dict)
    flags: tuple[FlagRecord, ...] = ()
    written: Exposure = OFF
    next_seq: int = 0
    prev: str = ""
    at: int = 0
    conflict: str = ""

    @property
    def exposure(self) -> Exposure:
        """What the confirmed stage exposes."""
        return exposure_of(self.plan, self.stage)


def exposure_of(plan: Plan, stage: int) -> Exposure:
    """What a stage exposes; nothing before the first."""
    return OFF if stage == NOT_STARTED else plan.stages[stage].exposure


Journal = Mapping[str, Document[Entry]]
"""The documents of one rollout by their path in the ledger."""

_Placed = tuple[str, Document[Entry]]


def fold(journal: Journal, without: Collection[int] = ()) -> State:
    """The state that the documents of one rollout add up to.

    Args:
        journal: of the rollout.
        without: numbers of events that are there and change nothing.

    Where the chain is broken, the state is that of the documents before, with a `conflict`; what is read of
    those behind is only whether the rollout was turned back.

    Raises:
        EvidenceError: there is no start, or its plan cannot be read.
    """
    by_seq: dict[int, list[_Placed]] = {}
    for path, document in journal.items():
        by_seq.setdefault(document.body.seq, []).append((path, document))
    if len(by_seq.get(0, ())) != 1:
        raise EvidenceError(
            "a rollout's journal has no single start", remedy="Its flag is not touched; start a new rollout."
        )
    state, last = _start(by_seq[0][0]), max(by_seq)
    for seq in range(1, last + 1):
        found = by_seq.get(seq, [])
        state = replace(state, conflict=_broken(state, seq, found))
        if not state.conflict:
            state = _applied(state, found[0], counts=seq not in without)
        if state.conflict:
            break
    rest = [d.body for seq, found in by_seq.items() if seq >= state.next_seq for _, d in found]
    return _after_conflict(state, rest, last)


def _broken(state: State, seq: int, found: Sequence[_Placed]) -> str:
    if not found:
        return f"document {seq} of the journal is missing"
    if len(found) > 1:
        return f"there are two documents {seq} in the journal"
    if found[0][1].body.prev != state.prev:
        return f"document {seq} of the journal does not follow the one before it"
    return ""


def _after_conflict(state: State, rest: Sequence[Entry], last: int) -> State:
    """A rollback counts at any place, and the next document comes after all others."""
    if not rest:
        return state
    state = replace(
        state, next_seq=min(last + 1, MAX_NUMBER), at=max(state.at, *(entry.at for entry in rest))
    )
    if any(entry.event is EventKind.ROLLED_BACK for entry in rest):
        return replace(state, phase=Phase.ROLLED_BACK, intent=None)
    if any(entry.event is EventKind.INTENDED and entry.purpose is Purpose.ROLLBACK for entry in rest):
        return replace(state, phase=Phase.ROLLING_BACK)
    return state


def _start(placed: _Placed) -> State:
    path, document = placed
    entry = document.body
    if entry.event is not EventKind.STARTED:
        raise EvidenceError(f"a rollout's journal begins with '{entry.event}'", where=path)
    plan = _plan(entry.plan, path)
    flags = _records(plan, entry.flag_before)
    return _linked(State(document.key, plan, plan.sha256, flags=flags, reason=entry.reason), placed)


@lru_cache(maxsize=16)
def _plan(text: str, path: str) -> Plan:
    """The plan that a journal holds, which anybody may have written.

    Raises:
        EvidenceError: it cannot be followed.
    """
    plan = CODEC.decode(text.encode("utf-8", "surrogatepass"), path)
    why = unsound(plan)
    if why:
        raise EvidenceError(f"holds a plan that cannot be followed: {why}", where=path)
    return plan


def _records(plan: Plan, flags: tuple[FlagRecord, ...]) -> tuple[FlagRecord, ...]:
    """The flags that an event accepts.

    Raises:
        EvidenceError: they are not those of the plan.
    """
    if len(flags) not in (0, len(plan.flags)):
        raise EvidenceError(f"the journal has {len(flags)} flags, and its plan {len(plan.flags)}")
    return flags


def _linked(state: State, placed: _Placed) -> State:
    path, document = placed
    found = parse_path(path)
    prev = found.digest if found is not None else ""
    return replace(state, next_seq=document.body.seq + 1, prev=prev, at=document.body.at)


def _applied(state: State, placed: _Placed, *, counts: bool) -> State:
    try:
        return _linked(_changed(state, placed[1].body) if counts else state, placed)
    except EvidenceError as error:  # whoever wrote it: a rollback must still be possible
        return replace(state, conflict=error.what)


def _changed(state: State, entry: Entry) -> State:
    """The state after an event; rolled back is the end, whatever follows."""
    if state.phase is Phase.ROLLED_BACK:
        return state
    return _CHANGES[entry.event](state, entry)


def _intended(state: State, entry: Entry) -> State:
    stage = _index(state.plan, entry.stage)
    intent = Intent(entry.purpose, stage, entry.holder, entry.expires)
    if entry.purpose is Purpose.ROLLBACK:
        return replace(state, intent=intent, phase=Phase.ROLLING_BACK, reason=entry.reason)
    if entry.purpose is Purpose.RESTORE:
        return replace(state, intent=intent)
    return replace(state, intent=intent, written=exposure_of(state.plan, stage))


def _confirmed(state: State, entry: Entry) -> State:
    if state.intent is not None and state.intent.purpose is Purpose.RESTORE:
        return replace(state, intent=None, flags=_records(state.plan, entry.flag_after))
    paused = state.phase is Phase.PAUSED
    state = state if paused else replace(state, phase=Phase.RUNNING, reason=entry.reason)
    return replace(
        state, stage=_index(state.plan, entry.stage),
        epoch=entry.epoch, entered=entry.at, intent=None, approved=None, approved_by=None, override="",
        skipped_bake=False, waiting=Wait.NOTHING, waiting_since=entry.at, readings={},
        flags=_records(state.plan, entry.flag_after),
    )  # fmt: skip


def _reading_changed(state: State, entry: Entry) -> State:
    same = entry.waiting is state.waiting
    return replace(
        state,
        phase=Phase.RUNNING if entry.waiting is Wait.NOTHING else Phase.WAITING,
        reason=entry.reason,
        waiting=entry.waiting,
        waiting_since=state.waiting_since if same else entry.at,
        readings={r.id: _since(state, r, entry.at) for r in entry.readings},
    )


def _since(state: State, reading: Reading, at: int) -> Since:
    before = state.readings.get(reading.id)
    return before if before is not None and before.status is reading.status else Since(reading.status, at)


def _resumed(state: State, entry: Entry) -> State:
    return replace(
        state, phase=Phase.RUNNING, reason=entry.reason, epoch=entry.epoch, readings={}, skipped_bake=False,
        waiting=Wait.NOTHING, waiting_since=entry.at,
        flags=_records(state.plan, entry.flag_after) or state.flags,
    )  # fmt: skip


def _failed(state: State, entry: Entry) -> State:
    if state.phase in GOING_BACK:
        return replace(state, phase=Phase.ROLLBACK_FAILED, reason=entry.reason)
    if state.intent is None:
        return state
    return replace(state, intent=replace(state.intent, failed=entry.reason or "it failed"))


def _promoted(state: State, entry: Entry) -> State:
    return replace(
        state, phase=Phase.RUNNING, reason=entry.reason, approved=_index(state.plan, entry.stage),
        approved_by=entry.actor, override=entry.override, waiting=Wait.NOTHING, waiting_since=entry.at,
    )  # fmt: skip


def _unchanged(state: State, entry: Entry) -> State:
    return state


def _phase(phase: Phase) -> Callable[[State, Entry], State]:
    return lambda state, entry: replace(state, phase=phase, reason=entry.reason)


def _rolled_back(state: State, entry: Entry) -> State:
    return replace(state, phase=Phase.ROLLED_BACK, reason=entry.reason or state.reason, intent=None)


def _paused(state: State, entry: Entry) -> State:
    """A promotion that was asked for and not made is forgotten."""
    return replace(
        state, phase=Phase.PAUSED, reason=entry.reason, approved=None, approved_by=None, override=""
    )


def _skipped_bake(state: State, entry: Entry) -> State:
    return replace(state, skipped_bake=True)


_CHANGES: Final[Mapping[EventKind, Callable[[State, Entry], State]]] = {
    EventKind.STARTED: _unchanged,
    EventKind.INTENDED: _intended,
    EventKind.CONFIRMED: _confirmed,
    EventKind.READING_CHANGED: _reading_changed,
    EventKind.PROMOTED: _promoted,
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _resumed,
    EventKind.SKIPPED_BAKE: _skipped_bake,
    EventKind.ROLLED_BACK: _rolled_back,
    EventKind.COMPLETED: _phase(Phase.COMPLETED),
    EventKind.FAILED: _failed,
    EventKind.HEARTBEAT: _unchanged,
}


def _index(plan: Plan, name: str) -> int:
    """The index of a stage; `NOT_STARTED` for none.

    Raises:
        EvidenceError: the plan has no such stage.
    """
    if not name:
        return NOT_STARTED
    found = plan.stage(name)
    if found is None:
        raise EvidenceError(f"the journal names the stage '{name[:60]}', which its plan does not have")
    return found
