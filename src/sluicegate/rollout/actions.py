"""What people ask of a rollout, and what is decided. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.rollout.entries import Actor, EventKind, Purpose, Wait
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Health
from sluicegate.rollout.state import Phase, State


class CommandKind(enum.StrEnum):
    """What a person asks."""

    PROMOTE = "promote"
    RESUME = "resume"
    SKIP_BAKE = "skip-bake"
    PAUSE = "pause"
    ABORT = "abort"
    ROLLBACK = "rollback"


KILLS = frozenset({CommandKind.ABORT, CommandKind.ROLLBACK})

LASTING = frozenset({CommandKind.RESUME, CommandKind.SKIP_BAKE})
"""Commands that a stage rests on until it is over; a promotion is done when its stage is confirmed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, whose sender may give it at all.

    Attributes:
        to: of `promote`, the stage that it names.
        full: of `promote`, to everybody at once; needs a reason.
        override_freeze: of `promote`, why it cannot wait; empty to respect a freeze.
        may_promote: is the sender one of the plan's approvers?
    """

    kind: CommandKind
    actor: Actor = field(default_factory=Actor)
    reason: str = ""
    to: str = ""
    full: bool = False
    override_freeze: str = ""
    may_promote: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A flag that could not be read."""

    reason: str


FlagView = FlagState | Unread


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a decision is made of.

    Attributes:
        flags: as they were read now, in the order of the plan.
        health: of the confirmed stage since its epoch; None where no metric was asked.
        now: aware.
        holder: which run decides; the lease of an intent is its own or another's.
        delay: seconds from a confirmed write until clients see it, as the providers state.
        deployed: is the rollout's commit seen in the deployments of its environment?
    """

    state: State
    flags: tuple[FlagView, ...]
    health: Health | None
    now: datetime
    holder: str = ""
    delay: int = 0
    deployed: bool = False

    @property
    def plan(self) -> Plan:
        """The plan that the rollout was started with."""
        return self.state.plan

    @property
    def seconds(self) -> int:
        """Now, in seconds since 1970."""
        return int(self.now.timestamp())


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing is written."""


@dataclass(frozen=True, slots=True)
class Note:
    """An event is recorded; no flag is touched. The caller then decides anew.

    Attributes:
        stage: its name, where the event is about one.
        epoch: of `confirmed` and `resumed`, from when events count.
        waiting: of `reading-changed`.
        override: of `promoted`.
    """

    event: EventKind
    stage: str = ""
    epoch: int = 0
    waiting: Wait = Wait.NOTHING
    override: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """The intent is recorded, then all flags are written, then read again, and then it is decided anew.

    Attributes:
        stage: its index.
        target: what every flag shall expose.
    """

    stage: int
    target: Exposure
    purpose: Purpose = Purpose.ADVANCE


@dataclass(frozen=True, slots=True)
class RollBack:
    """All flags are switched off by the provider's kill, the last one first, whatever is recorded."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The command is not followed."""

    remedy: str


Action = Hold | Note | Write | RollBack | Refuse


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Attributes:
        reason: why, for people and for the journal.
        phase: where the rollout is with it.
        alarms: what a person must see, whatever is decided.
        next_at: when something may change by time alone, seconds since 1970; 0 where that is not known.
        answers: is the command answered by it? Else it is decided again, after what comes before it.
        gives_up: does a limit of the plan end the waiting for a provider or for data?
    """

    action: Action
    reason: str
    phase: Phase
    alarms: tuple[str, ...] = ()
    next_at: int = 0
    answers: bool = True
    gives_up: bool = False
