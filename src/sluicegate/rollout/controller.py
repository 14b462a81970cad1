"""One tick of a rollout: read journal, flags and metrics, decide, act, record.

It may be asked at any time, by anything, as often as one likes, by several at once. What it is about to write
is in the journal before, and is confirmed by reading the flags again. After each write the journal is read
again too, so that a rollback that somebody recorded meanwhile is kept. A tick that changes nothing writes
nothing, but once an hour that it looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from sluicegate.core.errors import SluicegateError, WorldError
from sluicegate.flags.interface import (
    FlagConflict,
    FlagError,
    FlagProvider,
    FlagRefused,
    FlagState,
    WaitingForApproval,
)
from sluicegate.net.client import Clock
from sluicegate.rollout.actions import (
    KILLS,
    Command,
    Decision,
    Facts,
    FlagView,
    Hold,
    Note,
    Refuse,
    RollBack,
    Write,
)
from sluicegate.rollout.claims import Claim
from sluicegate.rollout.connect import Providers, read_flags, read_health
from sluicegate.rollout.decide import decide
from sluicegate.rollout.drift import exposure_text, is_same
from sluicegate.rollout.entries import NOBODY, Actor, Entry, EventKind, FlagRecord, Purpose, flag_record
from sluicegate.rollout.journal import Journals, MovedError, Recorded, document_of
from sluicegate.rollout.kill import Aside, Killer, Thread, Why
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan, StageKind
from sluicegate.rollout.proven import Proven
from sluicegate.rollout.readings import Health
from sluicegate.rollout.state import ENDED, GOING_BACK, NOT_STARTED, Phase, State

LEASE: Final = 300
"""Seconds that a write that was begun is left to the run that began it."""

MARGIN: Final = 30
"""Seconds before the end of its lease in which a run writes no further flag under it."""

_ROUNDS: Final = 60
"""Decisions of one tick: more mean that it goes round in a circle."""

_TRIES: Final = 4
"""Of one write in one tick, with pauses of 1, 2 and 4 seconds."""

_LAST: Final = frozenset(
    {
        EventKind.HEARTBEAT,
        EventKind.READING_CHANGED,
        EventKind.PAUSED,
        EventKind.COMPLETED,
        EventKind.ROLLED_BACK,
    }
)
"""Events after which nothing is left to decide at this moment."""


@dataclass(frozen=True, slots=True)
class Controller:
    """Drives one rollout.

    Attributes:
        id: of the rollout.
        journals: of the ledger.
        make: the providers of a plan; `make_to_kill` the same for a kill.
        clock: the time.
        holder: which run this is.
        deployed: is a commit deployed in the environment of a plan?
        objection: why what somebody asked for does not count; empty where it does. It is asked of every
            claim of the journal that this run did not record itself.
        actor: who ticks.
        aside: calls the ledger while flags are switched off.
    """

    id: str
    journals: Journals
    make: Callable[[Plan], Providers]
    make_to_kill: Callable[[Plan], Providers]
    clock: Clock
    holder: str
    deployed: Callable[[Plan, str], bool]
    objection: Callable[[Plan, Claim], str]
    actor: Actor = NOBODY
    aside: Aside = field(default_factory=Thread)

    def tick(self, command: Command | None = None, *, dry: bool = False) -> Outcome:
        """Decide and act, until nothing is left to do at this moment.

        Args:
            command: what a person asks; no kill, which has its own way: `Killer`.
            dry: write nothing, and say what would be done.

        Raises:
            SluicegateError: the ledger failed, the journal has no valid start, or a provider cannot be made.
        """
        if command is not None and command.kind in KILLS:
            raise ValueError("a kill needs no decision")
        return _Tick(self, command, dry, self.journals.read(self.id), Proven(self.objection)).run()


@dataclass(slots=True)
class _Tick:
    """One tick.

    Attributes:
        command: until it is answered.
        seen: the journal.
        recorded: what was written to it.
        writes: how often the flags were written for one target.
        refused: why a provider refused the stage, until all flags are back at the one before.
        proven: which of what people asked for counts.
    """

    by: Controller
    command: Command | None
    dry: bool
    seen: Recorded
    proven: Proven
    decisions: list[Decision] = field(default_factory=list)
    recorded: list[Entry] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    flags: tuple[FlagView, ...] = ()
    health: Health | None = None
    health_of: tuple[int, int] = (NOT_STARTED, 0)
    is_deployed: bool | None = None
    writes: int = 0
    refused: str = ""
    failed: SluicegateError | None = None
    undone: str = ""
    _made: Providers | None = None

    def run(self) -> Outcome:
        for _ in range(_ROUNDS):
            try:
                if not self._round():
                    return self._outcome()
            except MovedError:
                self.seen = self.by.journals.read(self.by.id)
        self.failed = WorldError("the tick does not come to an end", where=self.by.id, remedy="Run it again.")
        return self._outcome()

    def _round(self) -> bool:
        """Decide once and act; is anything left to decide?"""
        facts = self._facts()
        decision = decide(facts, self.command)
        self.alarms += [alarm for alarm in decision.alarms if alarm not in self.alarms]
        left = self._act(decision, facts)
        self.decisions.append(decision)
        if decision.answers:
            self.command = None
        return left

    def _outcome(self) -> Outcome:
        proven = self.proven
        return Outcome(
            self.by.id, self.seen.without(proven.without), self.decisions, self.recorded, self.flags,
            self.health, [*proven.alarms, *self.alarms], self.failed, self.undone, proven.without,
        )  # fmt: skip

    # --- facts ---------------------------------------------------------------------------------

    @property
    def _providers(self) -> Providers:
        if self._made is None:
            self._made = self.by.make(self.seen.state.plan)
        return self._made

    def _facts(self) -> Facts:
        state = self.proven.state(self.seen, self.recorded)
        self.flags = read_flags(self._providers.flags)
        now = datetime.fromtimestamp(int(self.by.clock.now()), UTC)
        self._judge(state, int(now.timestamp()))
        return Facts(
            state, self.flags, self.health, now, self.by.holder, self._providers.delay, self._deployed(state)
        )  # fmt: skip

    def _judge(self, state: State, now: int) -> None:
        """Read the metrics of the stage, once in a tick for each epoch."""
        if state.stage == NOT_STARTED or state.phase in ENDED | GOING_BACK:
            self.health, self.health_of = None, (NOT_STARTED, 0)
        elif self.health_of != (state.stage, state.epoch):
            self.health = read_health(state.plan, state.stage, state.epoch, now, self._providers)
            self.health_of = (state.stage, state.epoch)

    def _deployed(self, state: State) -> bool:
        """Is the commit deployed? Asked only where that decides, and once."""
        if state.stage == NOT_STARTED or state.phase in ENDED | GOING_BACK:
            return False
        if state.plan.stages[state.stage].kind is not StageKind.DARK:
            return False
        if self.is_deployed is None:
            self.is_deployed = self.by.deployed(state.plan, self.seen.commit)
        return self.is_deployed

    # --- acting --------------------------------------------------------------------------------

    def _act(self, decision: Decision, facts: Facts) -> bool:
        match decision.action:
            case Hold() | Refuse():
                return False
            case Note() as note:
                return self._note(note, decision, facts)
            case Write() as write:
                return self._write(write, decision, facts)
            case RollBack():
                return self._roll_back(decision, facts)

    def _note(self, note: Note, decision: Decision, facts: Facts) -> bool:
        entry = Entry(
            0, "", 0, note.event, stage=note.stage, epoch=note.epoch, waiting=note.waiting,
            override=note.override, flag_after=_records(self.flags),
        )  # fmt: skip
        self._append(facts, decision, entry)
        if note.event is EventKind.CONFIRMED:
            self.writes = 0
            if self.refused:  # all flags are back at the stage before
                return self._pause(self.refused)
        return note.event not in _LAST or not decision.answers

    def _append(self, facts: Facts, decision: Decision, draft: Entry) -> None:
        """Write an event behind those that were decided on; in a dry run, add it to what was read alone."""
        asks = self.command if decision.answers else None
        entry = replace(
            draft,
            seq=facts.state.next_seq,
            prev=facts.state.prev,
            at=facts.seconds,
            actor=asks.actor if asks is not None else self.by.actor,
            reason=decision.reason[:2000],
            readings=self.health.readings if self.health is not None else (),
        )
        if self.dry:
            self.seen = self.seen.with_document(document_of(self.by.id, entry))
        else:
            self.seen = self.by.journals.append(self.seen, entry)
        self.recorded.append(entry)

    def _pause(self, reason: str) -> bool:
        """Pause, whatever would be decided next; returns that nothing is left to decide."""
        facts = self._facts()
        decision = Decision(Note(EventKind.PAUSED), reason, facts.state.phase, (reason,))
        self.alarms += [] if reason in self.alarms else [reason]
        self._append(facts, decision, Entry(0, "", 0, EventKind.PAUSED, flag_after=_records(self.flags)))
        self.decisions.append(decision)
        return False

    def _roll_back(self, decision: Decision, facts: Facts) -> bool:
        if self.dry:
            self.undone = "all flags would be switched off"
            return False
        by = self.by
        killer = Killer(
            by.id, by.journals, lambda: by.journals.read(by.id), by.make_to_kill, by.clock, by.holder,
            aside=by.aside,
        )  # fmt: skip
        actor = self.command.actor if self.command is not None else by.actor
        readings = self.health.readings if self.health is not None else ()
        again = facts.state.phase is Phase.ROLLED_BACK
        done = killer.run(Why(decision.reason, actor, readings, again), self.seen)
        self.recorded += done.recorded
        self.alarms += done.alarms
        self.flags, self.failed = tuple(done.flags), done.failed
        if done.state is not None:
            self.seen = by.journals.read(by.id)
        return False

    # --- writing flags -------------------------------------------------------------------------

    def _write(self, write: Write, decision: Decision, facts: Facts) -> bool:
        name = facts.plan.stages[write.stage].name
        if self.dry:
            self.undone = f"the flags would be set to {exposure_text(write.target)} ({name})"
            return False
        if self.writes >= _TRIES:
            return self._give_up(facts, name, "the flags do not say what was written", write)
        if self.writes:
            self.by.clock.sleep(2.0 ** (self.writes - 1))
        self.writes += 1
        expires = self._intend(write, decision, facts)
        pairs = list(zip(self._providers.flags, facts.flags, strict=True))
        error = self._write_flags(pairs[::-1] if write.purpose is Purpose.RESTORE else pairs, write, expires)
        self.seen = self.by.journals.read(self.by.id)
        if isinstance(error, FlagRefused | WaitingForApproval):
            return self._refuse(facts, write, error)
        if error is not None and self.writes >= _TRIES:
            return self._give_up(facts, name, str(error), write)
        return True

    def _intend(self, write: Write, decision: Decision, facts: Facts) -> int:
        """Record what is about to be written, unless our own intent is in force; when it expires."""
        intent = facts.state.intent
        same = intent is not None and (intent.purpose, intent.stage) == (write.purpose, write.stage)
        ours = intent is not None and intent.holder == self.by.holder and not intent.failed
        if intent is not None and same and ours and facts.seconds < intent.expires - 2 * MARGIN:
            return intent.expires
        expires = facts.seconds + LEASE
        entry = Entry(
            0, "", 0, EventKind.INTENDED, stage=facts.plan.stages[write.stage].name, purpose=write.purpose,
            holder=self.by.holder, expires=expires, flag_before=_records(self.flags),
        )  # fmt: skip
        self._append(facts, decision, entry)
        return expires

    def _write_flags(
        self, pairs: Sequence[tuple[FlagProvider, FlagView]], write: Write, expires: int
    ) -> FlagError | None:
        """Write each flag that is not as it shall be, in this order; the error of the first that fails."""
        for provider, seen in pairs:
            if not isinstance(seen, FlagState) or is_same(seen.exposure, write.target):
                continue
            if self.by.clock.now() >= expires - MARGIN:
                return FlagConflict(
                    "the time for writing was up", where=provider.name, remedy="Run it again."
                )
            try:
                said = provider.write(write.target, seen) or ()
                self.alarms += [
                    alarm for each in said if (alarm := f"{provider.name}: {each}") not in self.alarms
                ]
            except FlagError as error:
                return error
        return None

    def _refuse(self, facts: Facts, write: Write, error: FlagError) -> bool:
        """A person is needed: pause, after the flags that were written are back."""
        link = f" ({error.link})" if isinstance(error, WaitingForApproval) else ""
        reason = f"{error}{link}"
        if write.purpose is Purpose.RESTORE or not self._some_written(write):
            return self._pause(reason)
        return self._fail(reason)

    def _some_written(self, write: Write) -> bool:
        views = read_flags(self._providers.flags)
        return any(isinstance(v, FlagState) and is_same(v.exposure, write.target) for v in views)

    def _give_up(self, facts: Facts, name: str, why: str, write: Write) -> bool:
        """This tick writes no more; where some flags were written, all are to return first."""
        some = self._some_written(write) and write.purpose is not Purpose.RESTORE
        if some and len(facts.flags) > 1 and facts.state.stage != NOT_STARTED:
            return self._fail(f"{name} could not be written: {why}")
        self.failed = WorldError(
            f"{name} is not confirmed: {why}", where=self.by.id, remedy="The next tick tries again."
        )
        return False

    def _fail(self, reason: str) -> bool:
        """Record that a write was given up, after which all flags return to the confirmed stage."""
        facts = self._facts()
        decision = Decision(Note(EventKind.FAILED), reason, facts.state.phase)
        self._append(facts, decision, Entry(0, "", 0, EventKind.FAILED))
        self.refused, self.writes = reason, 0
        return True


def _records(flags: Sequence[FlagView]) -> tuple[FlagRecord, ...]:
    """The flags for the journal; none where one could not be read."""
    return tuple(flag_record(flag) for flag in flags if isinstance(flag, FlagState))
