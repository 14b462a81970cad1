"""The GitHub Deployments that a rollout should have, and which of those there are count. Pure.

Each stage that was entered has one, with the task `rollout` and an environment of the rollout's own,
`rollout/NAME`. It is not the environment of the plan, for two reasons: the newest successful Deployment of
that one names the commit that is rolled out; and GitHub makes earlier Deployments of an environment inactive
when one succeeds ("Create a deployment status": `auto_inactive`), which would hide the true one. The
environment is neither transient nor a production one, so GitHub does that here too, and rightly.

| the stage | its Deployment |
| --- | --- |
| is the current one | `in_progress` |
| is the last one, and the rollout is completed | `success` |
| was promoted, and is the last before the current one | `success` |
| any earlier one | `inactive` |
| is the current one of a rollout that was rolled back | `failure`, and all others `inactive` |
| is the current one, and a flag could not be switched off | `error` |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sluicegate.core.text import cut, one_line
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.entries import Entry, EventKind
from sluicegate.rollout.plan import Stage
from sluicegate.rollout.state import NOT_STARTED, Phase, State
from sluicegate.rollout.status import moment

TASK: Final = "rollout"
DESCRIPTION: Final = 140
"""Characters of a description ("Create a deployment status")."""


def environment(name: str) -> str:
    """The environment of the Deployments of a rollout."""
    return f"rollout/{name}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stage's Deployment as it should be.

    Attributes:
        state: of its newest status.
        description: of that status.
        is_current: is it the stage that the rollout is at? Only its Deployment is made where it is missing.
    """

    stage: str
    state: str
    description: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A Deployment of a rollout as the server lists it."""

    id: int
    stage: str


def wanted(state: State, entries: Iterable[Entry]) -> tuple[Wanted, ...]:
    """The Deployments of a rollout, the first stage first.

    Args:
        state: of its journal.
        entries: of its journal.
    """
    if state.stage == NOT_STARTED:
        return ()
    current = state.plan.stages[state.stage]
    before = list(_entered(entries, current.name, state))
    promoted = state.phase not in (Phase.COMPLETED, Phase.ROLLED_BACK)
    made = [_earlier(name, is_last=promoted and name == before[-1]) for name in before]
    return (*made, _current(state, current))


def _entered(entries: Iterable[Entry], current: str, state: State) -> Iterator[str]:
    """The stages that were confirmed, in their order and each once, but for the current one."""
    names = (e.stage for e in entries if e.event is EventKind.CONFIRMED)
    known = [stage.name for stage in state.plan.stages]
    yield from (name for name in dict.fromkeys(names) if name != current and name in known)


def _earlier(name: str, *, is_last: bool) -> Wanted:
    return Wanted(
        name, "success" if is_last else "inactive", "promoted" if is_last else "no longer the stage"
    )


_STATES = {
    Phase.COMPLETED: "success",
    Phase.ROLLED_BACK: "failure",
    Phase.ROLLBACK_FAILED: "error",
}


def _current(state: State, stage: Stage) -> Wanted:
    found = _STATES.get(state.phase, "in_progress")
    if found == "in_progress":
        text = f"{exposure_text(stage.exposure)} is exposed; bakes until {moment(state.epoch + stage.bake)}"
    else:
        text = f"{state.phase}: {state.reason}"
    return Wanted(stage.name, found, cut(one_line(text), DESCRIPTION), is_current=True)


def first_of_each(made: Sequence[Made]) -> tuple[dict[str, Made], tuple[Made, ...]]:
    """The Deployment of each stage that stays, the one with the lowest id; and the others."""
    stays: dict[str, Made] = {}
    for one in sorted(made, key=lambda one: one.id):
        stays.setdefault(one.stage, one)
    kept = {one.id for one in stays.values()}
    return stays, tuple(one for one in made if one.id not in kept)
