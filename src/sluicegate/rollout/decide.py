"""One decision of a rollout: from its journal, its flags, its readings and the time. Pure.

The rules are tried in an order that makes the invariants:

1. A kill is valid in every state; nothing comes before it.
2. Rolled back is the end. A flag that is on all the same because a write of ours came late is switched off.
3. A rollback that was begun goes on until all flags are off.
4. A journal that two have written stops everything else.
5. A proven breach acts, in every state that is not ended: also in a pause, a freeze, a wait, and before flags
   are looked at, since a kill needs to know nothing of them.
6. Drift pauses. Nothing is raised that is not as the journal says.
7. Only then a stage can be promoted: one at a time, when its time is over, its samples are there, every
   criterion is OK up to the newest complete bin, nothing is frozen, and nobody must be asked.

`decide` is level-triggered: it may be asked at any time, by anything, as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never

from sluicegate.flags.interface import OFF, FlagState
from sluicegate.rollout import drift as drifting
from sluicegate.rollout.actions import (
    KILLS,
    Command,
    CommandKind,
    Decision,
    Facts,
    Hold,
    Note,
    Refuse,
    RollBack,
    Write,
)
from sluicegate.rollout.commands import promote, resume, skip_bake
from sluicegate.rollout.entries import EventKind, Purpose, Wait
from sluicegate.rollout.plan import OnBreach
from sluicegate.rollout.promotion import SKEW, freeze_at, freeze_text, judged
from sluicegate.rollout.readings import Reading, ReadingClass, acting, evidence_text
from sluicegate.rollout.state import ENDED, GOING_BACK, NOT_STARTED, Intent, Phase, exposure_of

HEARTBEAT = 3600
"""Seconds after which a tick that changes nothing says that it looked."""


def decide(facts: Facts, command: Command | None = None) -> Decision:
    """The one thing to do now.

    Args:
        facts: of this moment.
        command: what a person asks; None for a tick.
    """
    for rule in _RULES:
        found = rule(facts, command)
        if found is not None:
            answers = not (rule in _BEFORE_COMMANDS and isinstance(found.action, Note))
            return _with_alarms(facts, replace(found, answers=answers))
    raise AssertionError("the last rule decides everything")


Rule = Callable[[Facts, Command | None], Decision | None]


def _killed(facts: Facts, command: Command | None) -> Decision | None:
    if command is None or command.kind not in KILLS:
        return None
    if facts.state.phase is Phase.ROLLED_BACK and all(map(drifting.is_off, facts.flags)):
        return Decision(Hold(), "it is rolled back already", Phase.ROLLED_BACK)
    return Decision(RollBack(), command.reason or f"{command.kind} was asked for", Phase.ROLLING_BACK)


def _ended(facts: Facts, command: Command | None) -> Decision | None:
    state = facts.state
    if state.phase not in ENDED:
        return None
    if state.phase is Phase.ROLLED_BACK and not all(map(drifting.is_off, facts.flags)):
        return _on_after_rollback(facts)
    if command is not None:
        remedy = "Start a new rollout." if state.phase is Phase.ROLLED_BACK else "Only rollback is left."
        return Decision(Refuse(remedy), f"the rollout has ended: {state.phase}", state.phase)
    return Decision(Hold(), state.reason or "the rollout has ended", state.phase)


def _on_after_rollback(facts: Facts) -> Decision:
    """A write of ours that came after the rollback is taken back; what others made is reported."""
    on = [flag for flag in facts.flags if not drifting.is_off(flag)]
    why = drifting.unread(facts.flags)
    if why:
        return Decision(Hold(), f"rolled back; a flag cannot be read: {why}", Phase.ROLLED_BACK)
    ours = {stage.exposure for stage in facts.plan.stages}
    if any(isinstance(flag, FlagState) and flag.exposure in ours for flag in on):
        return Decision(RollBack(), "a write came after the rollback, which stands", Phase.ROLLED_BACK)
    text = "the flag is on after the rollback, and nothing here switched it on"
    return Decision(Hold(), text, Phase.ROLLED_BACK, (text,))


def _going_back(facts: Facts, command: Command | None) -> Decision | None:
    state = facts.state
    if state.phase not in GOING_BACK:
        return None
    reason = state.reason or "the rollback goes on until all flags are off"
    if all(map(drifting.is_off, facts.flags)):
        return Decision(Note(EventKind.ROLLED_BACK), reason, Phase.ROLLED_BACK)
    failed = state.phase is Phase.ROLLBACK_FAILED
    alarms = (f"the rollback has failed: {reason}",) if failed else ()
    return Decision(RollBack(), reason, state.phase, alarms)


def _conflict(facts: Facts, command: Command | None) -> Decision | None:
    state = facts.state
    if not state.conflict:
        return None
    text = f"{state.conflict}; nothing is done but a rollback"
    if command is not None:
        return Decision(Refuse("Look at the journal, and roll back."), text, state.phase, (text,))
    return Decision(Hold(), text, state.phase, (text,))


def _breach(facts: Facts, command: Command | None) -> Decision | None:
    if facts.state.stage == NOT_STARTED or facts.health is None:
        return None
    broken = [r for r in acting(facts.health.readings) if r.status is ReadingClass.BREACH]
    for reading in broken:
        if reading.on_breach is OnBreach.ROLLBACK:
            return Decision(RollBack(), _breach_text(facts, reading), Phase.ROLLING_BACK)
    if broken and facts.state.phase is not Phase.PAUSED:
        return Decision(Note(EventKind.PAUSED), _breach_text(facts, broken[0]), Phase.PAUSED)
    return None


def _breach_text(facts: Facts, reading: Reading) -> str:
    stage = facts.plan.stages[facts.state.stage].name
    control = facts.health.control if facts.health is not None else ""
    beside = f"; the control arm is unhealthy too: {control}" if control else ""
    return (
        f"{reading.expect} is broken at {stage}, {reading.reason}: {reading.bad:,} of {reading.total:,}, "
        f"{evidence_text(reading)}{beside}"
    )


def _pause(facts: Facts, command: Command | None) -> Decision | None:
    if command is None or command.kind is not CommandKind.PAUSE:
        return None
    if facts.state.phase is Phase.PAUSED:
        return Decision(Hold(), f"it is paused already: {facts.state.reason}", Phase.PAUSED)
    return Decision(Note(EventKind.PAUSED), command.reason or "pause was asked for", Phase.PAUSED)


def _flags(facts: Facts, command: Command | None) -> Decision | None:
    state, paused = facts.state, facts.state.phase is Phase.PAUSED
    found = drifting.drift(state, facts.flags)
    if found and not paused:
        return Decision(Note(EventKind.PAUSED), found, Phase.PAUSED, (found,))
    if found and command is None:
        return Decision(Hold(), f"paused: {state.reason}", Phase.PAUSED, (found,))
    why = drifting.unread(facts.flags)
    if not why:
        return None
    text = f"a flag cannot be read: {why}"
    if command is not None:
        return Decision(Refuse("Try again when the provider answers."), text, state.phase, (text,))
    if paused:
        return Decision(Hold(), f"paused: {state.reason}", Phase.PAUSED, (text,))
    return _wait_for_flag(facts, text)


def _wait_for_flag(facts: Facts, text: str) -> Decision:
    state = facts.state
    if state.waiting is not Wait.FLAG:
        return Decision(Note(EventKind.READING_CHANGED, waiting=Wait.FLAG), text, Phase.WAITING, (text,))
    if facts.seconds - state.waiting_since >= facts.plan.limits.errors:
        return Decision(Note(EventKind.PAUSED), text, Phase.PAUSED, (text,), gives_up=True)
    return Decision(Hold(), text, Phase.WAITING, (text,))


def _intent(facts: Facts, command: Command | None) -> Decision | None:
    """A write that is not confirmed is confirmed by what the flags say, or made again, or taken back."""
    state, intent = facts.state, facts.state.intent
    if intent is None or intent.purpose is Purpose.ROLLBACK:
        return None
    target = exposure_of(state.plan, intent.stage)
    there = [drifting.is_same(getattr(flag, "exposure", None), target) for flag in facts.flags]
    name = state.plan.stages[intent.stage].name
    if all(there):
        phase = Phase.PAUSED if state.phase is Phase.PAUSED else Phase.RUNNING
        note = Note(EventKind.CONFIRMED, name, facts.seconds + facts.delay)
        return Decision(note, f"the flags expose {name}", phase)
    if state.phase is Phase.PAUSED:
        return None
    if command is not None:
        return Decision(Refuse("Try again after it."), f"a write to {name} is under way", state.phase)
    return _leased(facts, intent, name) or _write_again(facts, any(there))


def _leased(facts: Facts, intent: Intent, name: str) -> Decision | None:
    """The write of another run is left to it while its lease lasts."""
    if intent.holder == facts.holder or intent.failed or facts.seconds >= intent.expires:
        return None
    return Decision(Hold(), f"another run writes {name}", facts.state.phase, next_at=intent.expires)


def _write_again(facts: Facts, some: bool) -> Decision | None:
    """The write that was begun is made again: where nothing was written, if it would still be decided."""
    state, intent = facts.state, facts.state.intent
    if intent is None or state.stage == NOT_STARTED:
        return None
    if intent.purpose is Purpose.RESTORE or (intent.failed and some):
        text = f"some flags could not be written, so all return to {state.plan.stages[state.stage].name}"
        return Decision(Write(state.stage, state.exposure, Purpose.RESTORE), text, Phase.RUNNING)
    again = judged(facts, approved=intent.stage if some else state.approved)
    if isinstance(again.action, Write):
        return replace(again, reason=f"{state.plan.stages[intent.stage].name} is not confirmed")
    return again


def _commands(facts: Facts, command: Command | None) -> Decision | None:
    if command is None:
        return None
    match command.kind:
        case CommandKind.PROMOTE:
            return promote(facts, command)
        case CommandKind.RESUME:
            return resume(facts, command)
        case CommandKind.SKIP_BAKE:
            return skip_bake(facts, command)
        case CommandKind.PAUSE | CommandKind.ABORT | CommandKind.ROLLBACK:
            raise AssertionError("an earlier rule decides these")
        case _:
            assert_never(command.kind)


def _paused(facts: Facts, command: Command | None) -> Decision | None:
    if facts.state.phase is not Phase.PAUSED:
        return None
    return Decision(Hold(), f"paused: {facts.state.reason}", Phase.PAUSED)


def _first(facts: Facts, command: Command | None) -> Decision | None:
    if facts.state.stage != NOT_STARTED:
        return None
    stage, found = facts.plan.stages[0], freeze_at(facts)
    if found is not None and stage.exposure != OFF:
        return Decision(Hold(), freeze_text(found), Phase.WAITING, next_at=int(found.until.timestamp()))
    return Decision(Write(0, stage.exposure), f"the rollout begins with {stage.name}", Phase.RUNNING)


def _stage(facts: Facts, command: Command | None) -> Decision | None:
    return judged(facts, approved=facts.state.approved)


_RULES: tuple[Rule, ...] = (
    _killed,
    _ended,
    _going_back,
    _conflict,
    _breach,
    _pause,
    _flags,
    _intent,
    _commands,
    _paused,
    _first,
    _stage,
)

_BEFORE_COMMANDS = (_breach, _flags, _intent)
"""Rules that record what is to be seen before a command is answered."""


# --- alarms ------------------------------------------------------------------------------------


def _with_alarms(facts: Facts, decision: Decision) -> Decision:
    """The decision with what is wrong with time; who only holds says once an hour that he looked."""
    state, now = facts.state, facts.seconds
    if state.phase in ENDED:
        return decision
    alarms = list(decision.alarms)
    if now < state.at - SKEW:
        alarms.append(f"the clock is {state.at - now} s behind the journal")
    if now - state.at > HEARTBEAT + 2 * facts.plan.tick:
        alarms.append(f"overdue: nothing was recorded since {_moment(state.at)}")
    decision = replace(decision, alarms=tuple(dict.fromkeys(alarms)))
    if isinstance(decision.action, Hold) and not state.conflict and now - state.at >= HEARTBEAT:
        return replace(decision, action=Note(EventKind.HEARTBEAT))
    return decision


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
