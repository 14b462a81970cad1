"""Commands that let a rollout go on: promote, resume and skip a bake. Pure.

Each names what it is about, so that one that comes late, or twice, does nothing, and its answer says that.
"""

from __future__ import annotations

from sluicegate.criteria import did_you_mean
from sluicegate.rollout.actions import Command, Decision, Facts, Hold, Note, Refuse
from sluicegate.rollout.drift import may_accept
from sluicegate.rollout.entries import EventKind
from sluicegate.rollout.promotion import freeze_at, freeze_text
from sluicegate.rollout.state import NOT_STARTED, Phase


def _refused(facts: Facts, what: str, remedy: str) -> Decision:
    return Decision(Refuse(remedy), what, facts.state.phase)


def _not_allowed(facts: Facts, command: Command) -> Decision | None:
    if command.may_promote:
        return None
    who = f"@{command.actor.login}" if command.actor.login else "whoever asks"
    remedy = f"Ask one of: {', '.join(facts.plan.approvers)}."
    return _refused(facts, f"{who} is no approver of this rollout", remedy)


def promote(facts: Facts, command: Command) -> Decision:
    """Promote to the stage that the command names, whatever the readings are; they are recorded with it.

    A breach has acted before. With `full`, to everybody at once, out of a pause too.
    """
    refusal = _not_allowed(facts, command) or _not_now(facts, command)
    if refusal is not None:
        return refusal
    target = _target(facts, command)
    if isinstance(target, Decision):
        return target
    found = freeze_at(facts)
    if found is not None and not command.override_freeze:
        remedy = "Wait, or override it for a reason: --override-freeze REASON."
        return _refused(facts, freeze_text(found), remedy)
    name = facts.plan.stages[target].name
    override = command.override_freeze if found is not None else ""
    reason = command.reason or f"{name} was asked for"
    return Decision(Note(EventKind.PROMOTED, name, override=override), reason, Phase.RUNNING)


def _not_now(facts: Facts, command: Command) -> Decision | None:
    state = facts.state
    if state.stage == NOT_STARTED:
        return _refused(facts, "the first stage is not confirmed", "Wait for the next tick.")
    why = may_accept(state, facts.flags)
    if why:
        return _refused(facts, why, "Set the flag back by hand, or roll back.")
    if state.phase is Phase.PAUSED and not command.full:
        return _refused(facts, f"the rollout is paused: {state.reason}", "Resume it first, or roll back.")
    return None


def _target(facts: Facts, command: Command) -> int | Decision:
    plan, stage = facts.plan, facts.state.stage
    if command.full:
        return _everybody(facts, command)
    if not command.to:
        remedy = "Name the stage, for example --to 25%."
        return _refused(facts, "a promotion names the stage that it is to", remedy)
    index = plan.stage(command.to)
    names = [s.name for s in plan.stages]
    if index is None:
        remedy = f"{did_you_mean(command.to, names)}Stages: {', '.join(names)}."
        return _refused(facts, f"the plan has no stage '{command.to[:60]}'", remedy)
    if index <= stage:
        text = f"nothing is done: {names[index]} is {'the stage' if index == stage else 'over'} already"
        return Decision(Hold(), text, facts.state.phase)
    if index > stage + 1:
        what = f"{names[index]} does not follow {names[stage]}"
        return _refused(facts, what, f"Promote to {names[stage + 1]}, or to everybody with --full.")
    return index


def _everybody(facts: Facts, command: Command) -> int | Decision:
    plan, stage = facts.plan, facts.state.stage
    if not command.reason:
        return _refused(facts, "a promotion to everybody needs a reason", "Add one: --reason TEXT.")
    index = next((i for i, s in enumerate(plan.stages) if s.share == 1), None)
    if index is None:
        return _refused(facts, "the plan has no stage for everybody", "Promote stage by stage.")
    if index <= stage:
        return Decision(Hold(), "nothing is done: everybody sees it already", facts.state.phase)
    return index


def resume(facts: Facts, command: Command) -> Decision:
    """End a pause: a new epoch begins, and what was counted before is forgotten."""
    state = facts.state
    refusal = _not_allowed(facts, command)
    if refusal is not None:
        return refusal
    if state.phase is not Phase.PAUSED:
        return Decision(Hold(), "nothing is done: the rollout is not paused", state.phase)
    why = may_accept(state, facts.flags)
    if why:
        return _refused(facts, why, "Set the flag back by hand, or roll back.")
    epoch = facts.seconds + facts.delay
    reason = command.reason or "resume was asked for"
    return Decision(Note(EventKind.RESUMED, epoch=epoch), reason, Phase.RUNNING)


def skip_bake(facts: Facts, command: Command) -> Decision:
    """Let a stage end before its time; samples and criteria count all the same."""
    state = facts.state
    refusal = _not_allowed(facts, command)
    if refusal is not None:
        return refusal
    if state.stage == NOT_STARTED or state.phase is Phase.PAUSED:
        return _refused(facts, "nothing bakes now", "Resume the rollout first.")
    name = facts.plan.stages[state.stage].name
    if state.skipped_bake or facts.seconds >= state.epoch + facts.plan.stages[state.stage].bake:
        return Decision(Hold(), f"nothing is done: the bake of {name} is over", state.phase)
    reason = command.reason or "skip-bake was asked for"
    return Decision(Note(EventKind.SKIPPED_BAKE, name), reason, state.phase)
