"""Whether a stage may be promoted, and what it waits for. Pure.

No data never promotes, and time alone never does: every criterion that acts must be OK up to the newest
complete bin, and one must be there. The next stage is the one after the confirmed one, also for a late tick.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluicegate.rollout.actions import Decision, Facts, Hold, Note, Write
from sluicegate.rollout.arms import share_text
from sluicegate.rollout.entries import EventKind, Wait
from sluicegate.rollout.freeze import Held, held
from sluicegate.rollout.judge import ShareVerdict
from sluicegate.rollout.plan import Plan, Promotion, Stage, StageKind
from sluicegate.rollout.readings import Reading, ReadingClass, acting
from sluicegate.rollout.state import Phase

SKEW = 60
"""Seconds that the clocks of two machines may differ by."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a stage is not promoted now.

    Attributes:
        waits_for: `NOTHING` for its time and its samples, which pass by themselves.
        next_at: when it is over by time alone; 0 where that is not known.
    """

    reason: str
    waits_for: Wait = Wait.NOTHING
    next_at: int = 0


def judged(facts: Facts, approved: int | None) -> Decision:
    """What becomes of a stage whose flags are as they should be.

    Args:
        facts: of this moment.
        approved: index of a stage that may be written whatever the readings say; a freeze holds it too.
    """
    state, plan = facts.state, facts.plan
    if approved is not None and approved > state.stage:
        obstacle = _clock(facts) or (None if state.override else _frozen(facts))
        target = approved
    else:
        obstacle = next(_obstacles(facts), None)
        target = state.stage + 1
    if obstacle is not None:
        return _held(facts, obstacle)
    if target >= len(plan.stages):
        return Decision(Note(EventKind.COMPLETED), _completed(plan), Phase.COMPLETED)
    reason = f"{plan.stages[state.stage].name} is over: {_evidence(facts)}"
    if approved is not None:
        reason = state.reason or f"{plan.stages[target].name} was asked for"
    return Decision(Write(target, plan.stages[target].exposure), reason, Phase.RUNNING)


def _completed(plan: Plan) -> str:
    flags = ", ".join(flag.name for flag in plan.flags)
    return f"{plan.stages[-1].name} is over; the flag can be removed from the code and from {flags}"


def _evidence(facts: Facts) -> str:
    if facts.health is None:
        return "no readings"
    readings = acting(facts.health.readings)
    return ", ".join(f"{r.expect} {r.status} ({r.bad:,} of {r.total:,})" for r in readings)


# --- obstacles ---------------------------------------------------------------------------------


def _obstacles(facts: Facts) -> Iterator[Obstacle]:
    """Everything in the way, the weightiest first."""
    checks = (_clock, _deployed, _manual, _health, _share, _control, _bake, _frozen_next)
    return (found for check in checks if (found := check(facts)) is not None)


def _clock(facts: Facts) -> Obstacle | None:
    behind = facts.state.at - facts.seconds
    return Obstacle(f"the clock is {behind} s behind the journal") if behind > SKEW else None


def _deployed(facts: Facts) -> Obstacle | None:
    if facts.deployed or _stage(facts).kind is not StageKind.DARK:
        return None
    where = facts.plan.environment
    return Obstacle(f"the commit is not seen deployed in {where}", Wait.DEPLOYMENT)


_WAITS = {ReadingClass.PROVIDER_ERROR: Wait.PROVIDER, ReadingClass.NO_DATA: Wait.DATA}
_WORST = (
    ReadingClass.PROVIDER_ERROR,
    ReadingClass.NO_DATA,
    ReadingClass.BREACH,
    ReadingClass.INSUFFICIENT,
)


def _health(facts: Facts) -> Obstacle | None:
    if facts.health is None:
        return Obstacle("no metric was asked", Wait.DATA)
    readings = acting(facts.health.readings)
    if not readings:
        return Obstacle("nothing judges this stage by itself; promote it by hand", Wait.APPROVAL)
    for status in _WORST:
        found = next((r for r in readings if r.status is status), None)
        if found is not None:
            return Obstacle(f"{found.expect}: {found.reason or status}", _WAITS.get(status, Wait.NOTHING))
    return _age(facts, readings)


def _age(facts: Facts, readings: Sequence[Reading]) -> Obstacle | None:
    old = next((r for r in readings if _is_old(facts, r)), None)
    return Obstacle(f"{old.expect}: its newest bin is old", Wait.DATA) if old is not None else None


def _is_old(facts: Facts, reading: Reading) -> bool:
    """Does a reading end before bins that are complete now, or before the epoch?"""
    plan = facts.plan
    newest = facts.seconds - plan.lag - plan.width
    return reading.until <= facts.state.epoch or reading.until < newest - plan.width


def _share(facts: Facts) -> Obstacle | None:
    if facts.health is None or facts.health.share is None:
        return None
    if facts.health.share.verdict is not ShareVerdict.HIGH:
        return None
    return Obstacle(f"too many users: {share_text(_stage(facts), facts.health.share)}", Wait.SHARE)


def _control(facts: Facts) -> Obstacle | None:
    if facts.health is None or not facts.health.control:
        return None
    return Obstacle(
        f"the control arm is unhealthy, so nothing is compared with it: {facts.health.control}", Wait.CONTROL
    )


def _bake(facts: Facts) -> Obstacle | None:
    state, stage = facts.state, _stage(facts)
    over = state.epoch + (0 if state.skipped_bake else stage.bake)
    if facts.seconds >= over:
        return None
    return Obstacle(f"{stage.name} bakes for {over - facts.seconds:,} s more", next_at=over)


def _manual(facts: Facts) -> Obstacle | None:
    """A stage that ends by hand waits for that when its time is over, whatever samples there are."""
    stage, is_last = _stage(facts), facts.state.stage == len(facts.plan.stages) - 1
    if stage.promotion is not Promotion.MANUAL or is_last or _bake(facts) is not None:
        return None
    health = _health(facts)
    if health is not None and health.waits_for is not Wait.NOTHING:
        return health
    after = facts.plan.stages[facts.state.stage + 1].name
    beside = f"; {health.reason}" if health is not None else ""
    return Obstacle(f"{stage.name} is over, and ends by `promote --to {after}`{beside}", Wait.APPROVAL)


def _frozen_next(facts: Facts) -> Obstacle | None:
    """A freeze holds promotions; the last stage has none."""
    return None if facts.state.stage == len(facts.plan.stages) - 1 else _frozen(facts)


def _frozen(facts: Facts) -> Obstacle | None:
    found = freeze_at(facts)
    if found is None:
        return None
    return Obstacle(freeze_text(found), Wait.FREEZE, int(found.until.timestamp()))


def freeze_at(facts: Facts) -> Held | None:
    """The freeze that holds now."""
    freeze = facts.plan.freeze
    if not freeze.windows:
        return None
    return held([w.window for w in freeze.windows], freeze.time_zone, facts.now)


def freeze_text(found: Held) -> str:
    """A freeze for people."""
    return f"held by freeze ({found.window.text}) until {found.until.strftime('%Y-%m-%d %H:%M UTC')}"


def _stage(facts: Facts) -> Stage:
    return facts.plan.stages[facts.state.stage]


# --- waiting -----------------------------------------------------------------------------------


def _held(facts: Facts, obstacle: Obstacle) -> Decision:
    """The stage goes on; what it waits for is recorded when it changes, and a limit ends the waiting."""
    ended = _limit(facts, obstacle)
    if ended:
        return Decision(Note(EventKind.PAUSED), ended, Phase.PAUSED, (ended,), gives_up=True)
    waits, late = obstacle.waits_for, _overlong(facts)
    alarms = (f"{late}: {obstacle.reason}",) if late else ()
    if late and waits in (Wait.NOTHING, Wait.APPROVAL):
        waits = Wait.PERSON
    if waits in (Wait.SHARE, Wait.CONTROL):
        alarms = (obstacle.reason, *alarms)
    phase = Phase.RUNNING if waits is Wait.NOTHING else Phase.WAITING
    changed = waits is not facts.state.waiting or _has_new_classes(facts)
    action = Note(EventKind.READING_CHANGED, waiting=waits) if changed else Hold()
    return Decision(action, obstacle.reason, phase, alarms, obstacle.next_at)


def _limit(facts: Facts, obstacle: Obstacle) -> str:
    """What ends the waiting for a provider or for data; empty while it may last."""
    state, limits = facts.state, facts.plan.limits
    most = {Wait.PROVIDER: limits.errors, Wait.DATA: limits.silence}.get(obstacle.waits_for)
    if most is None or obstacle.waits_for is not state.waiting:
        return ""
    lasts = facts.seconds - state.waiting_since
    return f"{obstacle.reason}, for {lasts:,} s" if lasts >= most else ""


def _has_new_classes(facts: Facts) -> bool:
    if facts.health is None:
        return False
    recorded = {key: since.status for key, since in facts.state.readings.items()}
    return recorded != {reading.id: reading.status for reading in facts.health.readings}


def _overlong(facts: Facts) -> str:
    stage, lasts = _stage(facts), facts.seconds - facts.state.entered
    return f"{stage.name} lasts for {lasts // 3600:,} h and needs a person" if lasts >= stage.wait else ""
