"""A rollout as it is now, which `sections` shows, and what was done with it. Pure."""

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
from sluicegate.rollout.periods import Period
from sluicegate.rollout.plan import Stage
from sluicegate.rollout.readings import Reading
from sluicegate.rollout.state import ENDED, NOT_STARTED, State


@dataclass(frozen=True, slots=True)
class FlagCard:
    """A flag.

    Attributes:
        name: with its place at the provider.
        planned: who shall see the new variation.
        view: the flag as it is now.
        kill_delay: seconds until clients see a kill.
        lever: what a kill changes; empty where the provider cannot be used.
    """

    name: str
    planned: Exposure
    view: FlagView
    kill_delay: int
    lever: str = ""

    @property
    def unready(self) -> str:
        """Why a rollback cannot be expected to work; empty where it can."""
        return self.view.reason if isinstance(self.view, Unread) else ""


@dataclass(frozen=True, slots=True)
class Status:
    """A rollout now.

    Attributes:
        outcome: of a tick that wrote nothing.
        commit, go: of its start.
        cards: of its flags.
        changed: is the plan of the working tree another than the journal's?
        entries: of the journal, in their order.
        periods: with what the metric providers say of each, where they were asked again, for a page.
        now: when it was made, seconds since 1970; 0 for a text that shall not change with every look.
    """

    outcome: Outcome
    commit: str
    go: str
    cards: tuple[FlagCard, ...]
    changed: bool = False
    entries: tuple[Entry, ...] = ()
    periods: tuple[Period, ...] = ()
    now: int = 0


def moment(seconds: int) -> str:
    """A moment in UTC, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def where(state: State) -> str:
    """The stage of a rollout, for people."""
    if state.stage == NOT_STARTED:
        return "before its first stage"
    return f"at {state.plan.stages[state.stage].name} since {moment(state.entered)}"


def span(seconds: int) -> str:
    """A time for people: `45 s`, `1 h 30 min`."""
    if seconds % 60 and seconds < 600:
        return f"{seconds} s"
    minutes = seconds // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 s"


def written_text(view: FlagView) -> str:
    """What a provider says that a flag exposes, for people."""
    if isinstance(view, Unread):
        return f"unknown: {view.reason}"
    return exposure_text(view.exposure) if view.exposure is not None else f"unknown: {view.reason}"


def next_text(outcome: Outcome) -> str:
    """What the next tick does, and when something changes by time alone; after a kill, why."""
    if not outcome.decisions:
        return (outcome.state.reason if outcome.state is not None else "") or "nothing"
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
    return f"{id_}  {state.phase}  {where(state)}{late}"


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
        "events": len(status.entries),
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
