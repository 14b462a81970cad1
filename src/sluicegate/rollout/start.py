"""Whether a rollout may start. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sluicegate.flags.interface import FlagState
from sluicegate.rollout.actions import Decision, FlagView, Note, Refuse
from sluicegate.rollout.drift import exposure_text, is_off, unread
from sluicegate.rollout.entries import EventKind
from sluicegate.rollout.plan import Plan, ProviderSettings
from sluicegate.rollout.state import ENDED, Phase, State


@dataclass(frozen=True, slots=True)
class Go:
    """What lets a rollout start.

    Attributes:
        commit: what is rolled out; full object name.
        decision: of the release, when there is one; `reason` else: why to go without.
        refused: why no decision lets it go, and `remedy` what to do; empty where that is not known.
    """

    commit: str
    decision: str = ""
    reason: str = ""
    refused: str = ""
    remedy: str = "Decide the release first."


def decide_start(plan: Plan, flags: Sequence[FlagView], others: Sequence[State], go: Go) -> Decision:
    """Start a rollout, or say why not.

    Args:
        plan: of the rollout.
        flags: of the plan, as they were read now.
        others: all rollouts that the ledger has.
        go: what lets it start.
    """
    for what, remedy in _objections(plan, flags, others, go):
        if what:
            return Decision(Refuse(remedy), what, Phase.RUNNING)
    reason = go.decision if go.decision else f"without a decision: {go.reason}"
    return Decision(Note(EventKind.STARTED), reason, Phase.RUNNING)


def _objections(
    plan: Plan, flags: Sequence[FlagView], others: Sequence[State], go: Go
) -> list[tuple[str, str]]:
    return [
        (
            "" if go.decision or go.reason else go.refused or "there is no decision to release this commit",
            f"{go.remedy} To start without one, give a reason: --without-go REASON.",
        ),
        (_taken(plan, others), "Finish it, or roll it back, before another starts."),
        (
            f"a flag cannot be read: {unread(flags)}" if unread(flags) else "",
            "Try again when the provider answers.",
        ),
        (_unfit(flags), "Switch the flag off, and let nothing else drive it."),
    ]


def _taken(plan: Plan, others: Sequence[State]) -> str:
    """The live rollout that has the same name or drives the same flag; empty for none."""
    for state in others:
        if state.phase in ENDED:
            continue
        if state.plan.name == plan.name:
            return f"the rollout {state.id} is not over"
        if shares_flag(plan, state.plan):
            return f"the rollout {state.id} drives the same flag"
    return ""


_HOW = frozenset({"token", "header", "scheme", "refresh", "stickiness", "step", "without-key", "probe"})
"""Settings that say how a flag is reached, and not which it is."""


def shares_flag(plan: Plan, other: Plan) -> bool:
    """May two plans drive one flag?"""
    return any(_is_same_flag(own, its) for own in plan.flags for its in other.flags)


def _is_same_flag(own: ProviderSettings, other: ProviderSettings) -> bool:
    """May two settings name one flag? What only one of them states may be the other's default."""
    if own.name != other.name:
        return False
    values, others = own.values, other.values
    return all(values[key] == others[key] for key in (values.keys() & others.keys()) - _HOW)


def _unfit(flags: Sequence[FlagView]) -> str:
    for flag in flags:
        if not isinstance(flag, FlagState):
            continue
        if flag.driver:
            return f"{flag.driver} of the provider drives the flag"
        if flag.exposure is None:
            return f"what the flag exposes cannot be computed: {flag.reason}"
        if not is_off(flag):
            return f"the flag exposes {exposure_text(flag.exposure)} already"
    return ""
