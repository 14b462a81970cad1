"""What a job of GitHub Actions is given of rollouts: the outputs of its step, and its summary. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from sluicegate.report.escape import md, md_code
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.state import ENDED, GOING_BACK, NOT_STARTED, State
from sluicegate.rollout.status import event_text, next_text

YOUNG = 1800
"""Seconds for which a stage is young, unless somebody says another time."""


def is_young(state: State | None, now: float, age: float) -> bool:
    """Is a rollout one to look at all the time: at the beginning of a stage, or while it is switched off?

    Args:
        state: of the rollout; None where its journal cannot be read.
        now: seconds since 1970.
        age: seconds for which a stage is young.
    """
    if state is None or state.phase in ENDED:
        return False
    if state.phase in GOING_BACK or state.stage == NOT_STARTED:
        return True
    return now - max(state.entered, state.epoch) < age


def outputs(outcomes: Sequence[Outcome], now: float, age: float) -> dict[str, str]:
    """The outputs of a step, by name; `phase` and `stage` are empty for several rollouts and for none."""
    each = {o.id: {"phase": _phase(o), "stage": _stage(o.state)} for o in outcomes}
    one = next(iter(each.values())) if len(each) == 1 else {"phase": "", "stage": ""}
    young = any(is_young(o.state, now, age) for o in outcomes)
    return {**one, "rollouts": json.dumps(each, ensure_ascii=True), "young": str(young).lower()}


def _phase(outcome: Outcome) -> str:
    return str(outcome.state.phase) if outcome.state is not None else ""


def _stage(state: State | None) -> str:
    return "" if state is None or state.stage == NOT_STARTED else state.plan.stages[state.stage].name


def summary(outcomes: Sequence[Outcome]) -> str:
    """The summary of a job in Markdown; empty for no rollout."""
    return "\n".join(_summary(outcomes)) + "\n" if outcomes else ""


def _summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from ("### Rollouts", "", "| rollout | phase | stage | now |", "| --- | --- | --- | --- |")
    for outcome in outcomes:
        cells = (md_code(outcome.id), md(_phase(outcome)), md(_stage(outcome.state)), md(_now(outcome)))
        yield f"| {' | '.join(cells)} |"
    for outcome in outcomes:
        if outcome.alarms or outcome.recorded:
            yield from ("", f"{md_code(outcome.id)}:", "")
        yield from (f"- **{md(alarm)}**" for alarm in outcome.alarms)
        yield from (f"- {md(event_text(entry))}" for entry in outcome.recorded)


def _now(outcome: Outcome) -> str:
    if outcome.failed is not None:
        return f"failed: {outcome.failed}"
    return next_text(outcome)


def joined(earlier: Mapping[str, Outcome], outcome: Outcome) -> Outcome:
    """The last outcome of a rollout in one process, with what was recorded and seen before in it."""
    before = earlier.get(outcome.id)
    if before is None:
        return outcome
    return Outcome(
        outcome.id, outcome.state or before.state, outcome.decisions, (*before.recorded, *outcome.recorded),
        outcome.flags, outcome.health, tuple(dict.fromkeys((*before.alarms, *outcome.alarms))),
        outcome.failed, outcome.undone, outcome.unproven,
    )  # fmt: skip
