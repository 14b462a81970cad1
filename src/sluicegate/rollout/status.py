"""A rollout as people and programs see it: ladder of stages, flag cards, readings against bounds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluicegate.core.text import plural
from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.rollout.actions import FlagView, Hold, Note, Refuse, RollBack, Unread, Write
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.entries import Entry, EventKind, Purpose
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Stage
from sluicegate.rollout.readings import Health, Reading, evidence_text
from sluicegate.rollout.state import ENDED, NOT_STARTED, Phase, State


@dataclass(frozen=True, slots=True)
class FlagCard:
    """A flag: its name, who is planned to see it, how it is now, and seconds until clients see a kill."""

    name: str
    planned: Exposure
    view: FlagView
    kill_delay: int


@dataclass(frozen=True, slots=True)
class Status:
    """A rollout now.

    Attributes:
        outcome: of a tick that wrote nothing.
        commit, go: of its start.
        cards: of its flags.
        changed: is the plan of the working tree another than the journal's?
        events: how many the journal has.
    """

    outcome: Outcome
    commit: str
    go: str
    cards: tuple[FlagCard, ...]
    changed: bool = False
    events: int = 0


def moment(seconds: int) -> str:
    """A moment in UTC, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _where(state: State) -> str:
    if state.stage == NOT_STARTED:
        return "before its first stage"
    return f"at {state.plan.stages[state.stage].name} since {moment(state.entered)}"


# --- text --------------------------------------------------------------------------------------


def status_text(status: Status) -> str:
    """The status for a terminal."""
    state = status.outcome.state
    if state is None:
        return f"{status.outcome.id}: its journal cannot be read\n"
    return (
        "\n".join([*_head(status, state), *_ladder(state), *_flags(status), *_health(status), *_next(status)])
        + "\n"
    )


def _head(status: Status, state: State) -> Iterator[str]:
    yield f"{status.outcome.id}  {state.phase}  {_where(state)}"
    yield f"  commit {status.commit[:12] or 'unknown'}, {status.go or 'no decision'}"
    if state.reason and state.phase not in (Phase.RUNNING, Phase.WAITING):
        yield f"  {state.reason}"
    if status.changed:
        yield "  The plan of the working tree is another one; the rollout follows the one that it began with."


def _ladder(state: State) -> Iterator[str]:
    yield "stages"
    for index, stage in enumerate(state.plan.stages):
        mark = _mark(state, index)
        note = _bakes(state, stage) if index == state.stage and state.phase not in ENDED else ""
        yield f"  {mark} {stage.name:<10} {exposure_text(stage.exposure):<18} {note}".rstrip()


def _mark(state: State, index: int) -> str:
    if index < state.stage or (index == state.stage and state.phase is Phase.COMPLETED):
        return "+"
    if index != state.stage:
        return "."
    return "x" if state.phase in (Phase.ROLLED_BACK, Phase.ROLLING_BACK, Phase.ROLLBACK_FAILED) else ">"


def _bakes(state: State, stage: Stage) -> str:
    if state.skipped_bake:
        return "its bake is skipped"
    return f"bakes until {moment(state.epoch + stage.bake)}"


def _flags(status: Status) -> Iterator[str]:
    yield "flags"
    for card in status.cards:
        yield f"  {card.name}"
        yield f"    planned {exposure_text(card.planned)}, now {_seen(card.view)}"
        yield f"    a kill reaches clients in {card.kill_delay} s"
    share = status.outcome.health.share if status.outcome.health is not None else None
    if share is not None and share.total:
        part = 100 * share.exposed / share.total
        yield f"    measured {part:.2f}% ({share.exposed:,} of {share.total:,} events)"


def _seen(view: FlagView) -> str:
    if isinstance(view, Unread):
        return f"unknown: {view.reason}"
    return exposure_text(view.exposure) if view.exposure is not None else f"unknown: {view.reason}"


def _health(status: Status) -> Iterator[str]:
    health = status.outcome.health
    if health is None:
        return
    yield "readings"
    yield from (f"  {line}" for line in reading_lines(health))


def reading_lines(health: Health) -> Iterator[str]:
    """A line for each criterion of a stage."""
    width = max((len(r.expect) for r in health.readings), default=0)
    for reading in health.readings:
        shadow = " (shadow)" if reading.shadow else ""
        yield f"{reading.expect:<{width}}  {reading.status:<14} {_counts(reading)}{shadow}".rstrip()
    for skipped in health.skipped:
        yield f"{skipped.id:<{width}}  {'SKIPPED':<14} {skipped.reason}"


def _counts(reading: Reading) -> str:
    if not reading.total:
        return reading.reason
    parts = [f"{reading.bad:,} of {reading.total:,} ({100 * reading.low:.2f}% to {100 * reading.high:.2f}%)"]
    if reading.control_total:
        parts.append(f"control {reading.control_bad:,} of {reading.control_total:,}")
    parts.append(evidence_text(reading))
    return "; ".join([*parts, *filter(None, [reading.reason])])


def _next(status: Status) -> Iterator[str]:
    outcome = status.outcome
    yield "next"
    yield f"  {next_text(outcome)}"
    for alarm in outcome.alarms:
        yield f"  alarm: {alarm}"
    if outcome.failed is not None:
        yield f"  error: {outcome.failed}"


def next_text(outcome: Outcome) -> str:
    """What the next tick does, and when something changes by time alone."""
    if not outcome.decisions:
        return "nothing"
    decision = outcome.decisions[-1]
    if outcome.undone:
        return f"{outcome.undone}: {decision.reason}"
    when = f", at {moment(decision.next_at)}" if decision.next_at else ""
    return f"{decision.reason}{when}"


# --- what was done -----------------------------------------------------------------------------


def outcome_lines(outcome: Outcome, *, dry: bool = False) -> Iterator[str]:
    """What a tick or a command did, a line each."""
    for entry in outcome.recorded:
        yield f"{outcome.id}: {'would record ' if dry else ''}{event_text(entry)}"
    if outcome.undone:
        yield f"{outcome.id}: {outcome.undone}"
    last = outcome.decisions[-1] if outcome.decisions else None
    if last is not None and isinstance(last.action, Hold):
        when = f", at {moment(last.next_at)}" if last.next_at else ""
        yield f"{outcome.id}: {last.phase}: {last.reason}{when}"
    for alarm in outcome.alarms:
        yield f"{outcome.id}: alarm: {alarm}"


_INTENDED = {Purpose.ADVANCE: "intended", Purpose.RESTORE: "returning to", Purpose.ROLLBACK: "rolling back"}


def event_text(entry: Entry) -> str:
    """An event for people."""
    what = _INTENDED[entry.purpose] if entry.event is EventKind.INTENDED else str(entry.event)
    stage = f" {entry.stage}" if entry.stage else ""
    reason = f": {entry.reason}" if entry.reason else ""
    return f"{what}{stage}{reason}"


def history_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """The events of a rollout, a line each."""
    for entry in entries:
        who = f"@{entry.actor.login}" if entry.actor.login else entry.actor.source
        yield f"{moment(entry.at)}  {who:<16} {event_text(entry)}"


def history_json(entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    """The events of a rollout as values of JSON."""
    for entry in entries:
        yield {
            "seq": entry.seq, "at": entry.at, "event": str(entry.event), "stage": entry.stage,
            "purpose": str(entry.purpose) if entry.event is EventKind.INTENDED else None,
            "reason": entry.reason, "actor": {"login": entry.actor.login, "source": entry.actor.source},
            "readings": [_reading_json(reading) for reading in entry.readings],
        }  # fmt: skip


def list_line(id_: str, state: State | None, now: int) -> str:
    """A rollout in a list."""
    if state is None:
        return f"{id_}  its journal has no valid start"
    hours = (now - state.at) // 3600
    quiet = hours >= 2 and state.phase not in ENDED
    late = f", nothing recorded for {plural(hours, 'hour')}" if quiet else ""
    return f"{id_}  {state.phase}  {_where(state)}{late}"


# --- JSON --------------------------------------------------------------------------------------


def status_json(status: Status) -> dict[str, Any]:
    """The status as values of JSON; times are seconds since 1970, shares are from 0 to 1."""
    outcome, state = status.outcome, status.outcome.state
    if state is None:
        return {"schema": "sluicegate.rollout-status/1", "id": outcome.id, "phase": None}
    return {
        "schema": "sluicegate.rollout-status/1",
        "id": outcome.id,
        "phase": str(state.phase),
        "reason": state.reason,
        "commit": status.commit,
        "go": status.go,
        "stage": None if state.stage == NOT_STARTED else state.plan.stages[state.stage].name,
        "entered": state.entered,
        "epoch": state.epoch,
        "plan": {"sha256": state.plan_sha256, "changed": status.changed},
        "stages": [_stage_json(stage) for stage in state.plan.stages],
        "flags": [_card_json(card) for card in status.cards],
        "readings": [_reading_json(r) for r in outcome.health.readings] if outcome.health is not None else [],
        "next": _next_json(outcome),
        "alarms": list(outcome.alarms),
        "error": str(outcome.failed) if outcome.failed is not None else None,
        "events": status.events,
    }


def _exposure_json(exposure: Exposure | None) -> dict[str, Any] | None:
    if exposure is None:
        return None
    return {"share": float(exposure.share), "segments": list(exposure.segments)}


def _stage_json(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "exposure": _exposure_json(stage.exposure),
        "bake": stage.bake,
        "min_samples": stage.min_samples,
    }


def _card_json(card: FlagCard) -> dict[str, Any]:
    seen = card.view.exposure if isinstance(card.view, FlagState) else None
    return {
        "name": card.name,
        "planned": _exposure_json(card.planned),
        "now": _exposure_json(seen),
        "reason": card.view.reason,
        "kill_delay": card.kill_delay,
    }


def _reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "id": reading.id, "expect": reading.expect, "status": str(reading.status), "reason": reading.reason,
        "shadow": reading.shadow, "bad": reading.bad, "total": reading.total,
        "control_bad": reading.control_bad, "control_total": reading.control_total,
        "evidence": reading.evidence, "acts_at": reading.acts_at, "low": reading.low,
        "high": reading.high, "until": reading.until,
    }  # fmt: skip


_ACTIONS = {Hold: "hold", Note: "record", Write: "write", RollBack: "roll back", Refuse: "refuse"}


def _next_json(outcome: Outcome) -> dict[str, Any] | None:
    if not outcome.decisions:
        return None
    last = outcome.decisions[-1]
    return {"action": _ACTIONS[type(last.action)], "reason": last.reason, "at": last.next_at or None}
