"""Switch all flags of a rollout off: the path that nothing may block.

It needs no readings, no flag that can be read, and no ledger: where that does not answer in five seconds, the
flags are written first and the journal after. Each flag is switched off by its provider's kill, which is
another lever than promotion where there is one, the last flag first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, TypeVar

from sluicegate.core.errors import EvidenceError, SluicegateError, UsageError, WorldError
from sluicegate.flags.interface import FlagProvider, FlagState
from sluicegate.net.client import Clock
from sluicegate.rollout.actions import FlagView
from sluicegate.rollout.connect import Providers, read_flags
from sluicegate.rollout.drift import exposure_text, is_off
from sluicegate.rollout.entries import NOBODY, Actor, Entry, EventKind, Purpose, flag_record
from sluicegate.rollout.journal import Journals, MovedError, Recorded
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.readings import Reading
from sluicegate.rollout.state import GOING_BACK, Phase, State

PATIENCE = 5.0
"""Seconds that the ledger has to answer before the flags are written."""

TRIES = 4
"""Of switching all flags off, with pauses of 1, 2 and 4 seconds."""

_MOVES = 20
"""How often others may write the journal before recording is given up."""

T = TypeVar("T")


class Aside(Protocol):
    """Calls the ledger where it cannot hold anything up; one call after another."""

    def __call__(self, call: Callable[[], T], seconds: float | None) -> T:
        """What the call returns.

        Raises:
            LateError: it was not done in so many seconds, and goes on.
        """


class Thread:
    """A thread for the calls of the ledger; see `Aside`."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ledger")

    def __call__(self, call: Callable[[], T], seconds: float | None) -> T:
        """See `Aside`."""
        done: Future[T] = self._pool.submit(call)
        return done.result(seconds)


@dataclass(frozen=True, slots=True)
class Why:
    """Who switches off, why, and on which readings.

    Attributes:
        again: was it rolled back before, and a flag is on all the same? Then this is recorded too.
    """

    reason: str
    actor: Actor = NOBODY
    readings: tuple[Reading, ...] = ()
    again: bool = False


@dataclass(slots=True)
class Killer:
    """Switches off the flags of one rollout.

    Attributes:
        name: of the rollout, or its id, for people.
        journals: of the ledger.
        read: its journal, as the ledger has it.
        make: the providers of a plan.
        clock: the time.
        holder: which run this is.
        plan: reads the plan of the working tree, where the journal has none; None without one.
        aside: calls the ledger.
    """

    name: str
    journals: Journals
    read: Callable[[], Recorded]
    make: Callable[[Plan], Providers]
    clock: Clock
    holder: str
    plan: Callable[[], Plan | None] = lambda: None
    aside: Aside = field(default_factory=Thread)
    _recorded: list[Entry] = field(default_factory=list)
    _alarms: list[str] = field(default_factory=list)

    def run(self, why: Why, seen: Recorded | None = None) -> Outcome:
        """Switch off, read back, and record; a journal that was `seen` is not read again before.

        Raises:
            UsageError: the ledger has no such rollout: nothing was done.
            WorldError: which flags it has is not known: nothing was done.
        """
        end = self.clock.monotonic() + PATIENCE
        seen = seen if seen is not None else self._in_time(end, self.read)
        state = _state_of(seen)
        self._check_there(seen)
        own = self._providers(state).flags
        if seen is not None and state is not None:
            self._in_time(end, partial(self._intend, seen, why))
        flags, failed = self._off(own)
        after = self._record(why, flags, failed)
        if not failed:
            flags, failed = self._stays_off(own, flags)
        if failed or (after is not None and after.phase in GOING_BACK):
            after = self._record(why, flags, failed)
        return Outcome(
            seen.id if seen is not None else self.name, after, (), tuple(self._recorded), flags, None,
            tuple(self._alarms), self._failure(failed, after),
        )  # fmt: skip

    def _check_there(self, seen: Recorded | None) -> None:
        if seen is not None and not seen.paths:
            remedy = "`sluicegate rollout list` has them all."
            what = "the ledger has no such rollout, so nothing was done"
            raise UsageError(what, where=self.name, remedy=remedy)

    def _in_time(self, end: float, call: Callable[[], T]) -> T | None:
        """What the ledger answers in time; None for anything else."""
        try:
            return self.aside(call, max(0.0, end - self.clock.monotonic()))
        except LateError:
            self._alarms.append("the ledger does not answer, so the flags were switched off first")
        except SluicegateError as error:
            self._alarms.append(f"the ledger failed, so the flags were switched off first: {error}")
        return None

    def _providers(self, state: State | None) -> Providers:
        plan = state.plan if state is not None else self._tree_plan()
        if plan is None:
            raise WorldError(
                "neither the journal nor the working tree says which flags the rollout has",
                where=self.name,
                remedy="Switch the flag off at its provider, or run this in a checkout that has the plan.",
            )
        return self.make(plan)

    def _tree_plan(self) -> Plan | None:
        try:
            return self.plan()
        except (
            Exception
        ) as error:  # whatever is wrong with the tree or with us: the flag is to be switched off
            self._alarms.append(f"the plan of the working tree cannot be read: {error}")
            return None

    # --- the flags -----------------------------------------------------------------------------

    def _off(self, flags: Sequence[FlagProvider]) -> tuple[tuple[FlagView, ...], str]:
        """The flags as they are after they were switched off, and what failed; empty when all are off."""
        views: tuple[FlagView, ...] = ()
        failed = ""
        for number in range(TRIES):
            if number:
                self.clock.sleep(2.0 ** (number - 1))
            errors = [error for flag in reversed(flags) if (error := _killed(flag))]
            views = read_flags(flags)
            if all(map(is_off, views)):
                return views, ""
            failed = errors[0] if errors else _on(flags, views)
        return views, failed

    def _stays_off(
        self, flags: Sequence[FlagProvider], views: tuple[FlagView, ...]
    ) -> tuple[tuple[FlagView, ...], str]:
        """Look again after the journal was written: who wrote a flag late may have read it before."""
        again = read_flags(flags)
        if all(map(is_off, again)):
            return again, ""
        if not any(isinstance(view, FlagState) and not is_off(view) for view in again):
            return views, ""  # one cannot be read now, and none is on
        self._alarms.append("a flag was on again after it was switched off, and was switched off again")
        return self._off(flags)

    # --- the journal ---------------------------------------------------------------------------

    def _intend(self, seen: Recorded, why: Why) -> Recorded:
        """Record that the flags shall be off, unless the journal says so already."""
        for _ in range(_MOVES):
            state = seen.state
            if state.phase in GOING_BACK or state.phase is Phase.ROLLED_BACK:
                return seen
            intended = replace(self._entry(EventKind.INTENDED, why), purpose=Purpose.ROLLBACK)
            entry = _behind(state, intended)
            try:
                seen = self.journals.append(seen, entry)
            except MovedError:
                seen = self.read()
            else:
                self._recorded.append(entry)
                return seen
        raise MovedError("others kept writing the journal", where=self.name)

    def _record(self, why: Why, flags: Sequence[FlagView], failed: str) -> State | None:
        """Record how it ended; the state then, None where that failed."""
        try:
            return self.aside(lambda: self._conclude(why, flags, failed), None)
        except SluicegateError as error:
            self._alarms.append(f"the rollback is not recorded: {error}")
            return None

    def _conclude(self, why: Why, flags: Sequence[FlagView], failed: str) -> State:
        for _ in range(_MOVES):
            seen = self._intend(self.read(), why)
            state = seen.state
            if self._stands(state, why, failed):
                return state
            entry = _behind(state, self._conclusion(why, flags, failed))
            try:
                seen = self.journals.append(seen, entry)
            except MovedError:
                continue
            self._recorded.append(entry)
            return seen.state
        raise MovedError("others kept writing the journal", where=self.name)

    def _stands(self, state: State, why: Why, failed: str) -> bool:
        """Does the journal say already how it ended?"""
        if state.phase is Phase.ROLLED_BACK:
            return not why.again or bool(self._recorded)
        return bool(failed) and state.phase is Phase.ROLLBACK_FAILED

    def _conclusion(self, why: Why, flags: Sequence[FlagView], failed: str) -> Entry:
        event = EventKind.FAILED if failed else EventKind.ROLLED_BACK
        after = tuple(flag_record(flag) for flag in flags if isinstance(flag, FlagState))
        return replace(self._entry(event, Why(failed or why.reason, why.actor)), flag_after=after)

    def _entry(self, event: EventKind, why: Why) -> Entry:
        """An event of now, without its place in the journal."""
        return Entry(
            0, "", int(self.clock.now()), event, why.actor, reason=why.reason[:2000], readings=why.readings,
            holder=self.holder,
        )  # fmt: skip

    def _failure(self, failed: str, after: State | None) -> SluicegateError | None:
        if failed:
            remedy = "Switch the flag off at its provider, now. Each tick tries again."
            return WorldError(f"the rollback failed: {failed.rstrip('.')}", where=self.name, remedy=remedy)
        if after is None:
            remedy = "The flags are off. Run the same command again when the ledger answers."
            return WorldError("the rollback is not recorded", where=self.name, remedy=remedy)
        return None


def _behind(state: State, entry: Entry) -> Entry:
    """An event behind those that a state adds up to."""
    return replace(entry, seq=state.next_seq, prev=state.prev)


def _state_of(seen: Recorded | None) -> State | None:
    """The state of a journal; None where it has no start that can be read."""
    try:
        return seen.state if seen is not None else None
    except EvidenceError:
        return None


def _killed(flag: FlagProvider) -> str:
    """Switch one flag off; what failed, empty for nothing."""
    try:
        flag.kill()
    except SluicegateError as error:
        return str(error)
    except Exception as error:  # a fault of one provider keeps no other flag on
        return f"the provider of {flag.name} failed: {type(error).__name__}"
    return ""


def _on(flags: Sequence[FlagProvider], views: Sequence[FlagView]) -> str:
    """Which flag is not off, for people."""
    for flag, view in zip(flags, views, strict=True):
        if not is_off(view):
            exposure = getattr(view, "exposure", None)
            shown = exposure_text(exposure) if exposure is not None else getattr(view, "reason", "")
            return f"{flag.name} is not off: {shown}"
    return ""
