"""A rollout whose flags, clock and metrics are plain values, driven by the real decisions.

It does what the controller does, in its order: read, decide, record the intent, write, read, record. It can
stop dead at each of these points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sluicegate.flags.interface import OFF, Exposure
from sluicegate.rollout.actions import Command, Decision, Facts, FlagView, Hold, Note, Refuse, RollBack, Write
from sluicegate.rollout.decide import decide
from sluicegate.rollout.entries import EventKind, Purpose, flag_record
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Health, Reading, ReadingClass
from sluicegate.rollout.state import NOT_STARTED, State
from support.rollouts import Written, flag, started

LEASE = 600


class Crash(Exception):
    """The process is gone."""


def reading(
    status: ReadingClass, at: int, name: str = "error_rate <= 5%", bad: int = 0, **more: Any
) -> Reading:
    """A reading whose newest bin ended just now."""
    return Reading(name, name, status, "", bad=bad, total=5000, until=at, **more)


def health(status: ReadingClass, at: int) -> Health:
    """A stage with one criterion."""
    return Health((reading(status, at),))


@dataclass
class World:
    """One rollout.

    Attributes:
        exposures: of the flags, as they are.
        status: what the metrics say now.
        crash_at: after how many steps of the controller the process dies; below 0 for never.
        happened: every decision, in order.
    """

    plan: Plan
    now: int = 1_800_000_000
    status: Callable[[int], Health | None] = lambda at: health(ReadingClass.OK, at)
    deployed: bool = True
    crash_at: int = -1
    exposures: list[Exposure] = field(default_factory=list)
    journal: Written = field(init=False)
    happened: list[Decision] = field(default_factory=list)
    holder: str = "one"
    refuses: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.exposures = [OFF for _ in self.plan.flags]
        self.journal = started(self.plan, self.now)

    @property
    def state(self) -> State:
        """What the journal says."""
        return self.journal.state

    def views(self) -> tuple[FlagView, ...]:
        """The flags as they are read."""
        return tuple(map(flag, self.exposures))

    def facts(self) -> Facts:
        """Everything, now."""
        state = self.state
        known = None if state.stage == NOT_STARTED else self.status(self.now)
        moment = datetime.fromtimestamp(self.now, UTC)
        return Facts(state, self.views(), known, moment, self.holder, deployed=self.deployed)

    def tick(self, command: Command | None = None) -> Decision:
        """Decide and act, until nothing is left to do at this moment; the first decision."""
        first: Decision | None = None
        for _ in range(20):
            decision = decide(self.facts(), command)
            self.happened.append(decision)
            first = first or decision
            command = None if decision.answers else command
            if not self.act(decision):
                break
        assert first is not None
        return first

    def act(self, decision: Decision) -> bool:
        """Do it; is anything left to decide?"""
        match decision.action:
            case Hold() | Refuse():
                return False
            case Note() as note:
                self._step()
                self._note(note, decision)
                quiet = (EventKind.HEARTBEAT, EventKind.READING_CHANGED, EventKind.PAUSED)
                return note.event not in quiet or not decision.answers
            case Write() as write:
                self._write(write, decision)
                return True
            case RollBack():
                self._kill(decision)
                return True

    def _step(self) -> None:
        if self.crash_at == 0:
            self.crash_at = -1
            raise Crash
        self.crash_at -= 1 if self.crash_at > 0 else 0

    def _note(self, note: Note, decision: Decision) -> None:
        known = None if self.state.stage == NOT_STARTED else self.status(self.now)
        self.journal.add(
            note.event,
            self.now,
            stage=note.stage,
            reason=decision.reason,
            epoch=note.epoch,
            waiting=note.waiting,
            override=note.override,
            readings=known.readings if known is not None else (),
            flag_after=tuple(flag_record(flag(e)) for e in self.exposures),
        )

    def _write(self, write: Write, decision: Decision) -> None:
        self._step()
        self.journal.add(
            EventKind.INTENDED,
            self.now,
            stage=self.plan.stages[write.stage].name,
            reason=decision.reason,
            purpose=write.purpose,
            holder=self.holder,
            expires=self.now + LEASE,
        )
        for index in range(len(self.exposures)):
            self._step()
            if index in self.refuses:
                self.journal.add(EventKind.FAILED, self.now, reason="409")
                return
            self.exposures[index] = write.target

    def _kill(self, decision: Decision) -> None:
        self._step()
        if not self.state.conflict and self.state.phase.value not in ("ROLLING_BACK", "ROLLED_BACK"):
            self.journal.add(
                EventKind.INTENDED,
                self.now,
                reason=decision.reason,
                purpose=Purpose.ROLLBACK,
                holder=self.holder,
            )
        for index in reversed(range(len(self.exposures))):
            self._step()
            self.exposures[index] = OFF
