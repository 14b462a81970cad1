"""What people may ask of a rollout now, as commands that are ready to copy. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sluicegate.report.sections import Item, Items, Rank, Task
from sluicegate.rollout.drift import is_off
from sluicegate.rollout.entries import Wait
from sluicegate.rollout.plan import Stage
from sluicegate.rollout.state import NOT_STARTED, Phase, State
from sluicegate.rollout.status import Status


@dataclass(frozen=True, slots=True)
class Asking:
    """How people give commands where the page is read.

    Attributes:
        prefix: before the name of a command: `sluicegate rollout`, or `/sluicegate rollout` in a comment.
        ending: behind its arguments, such as options that name the ledger.
        because: what asks for a reason: `--reason`, or `because` in a comment.
        can_list: can the events be asked for there?
    """

    prefix: str = "sluicegate rollout"
    ending: str = ""
    because: str = "--reason"
    can_list: bool = True

    def command(self, *words: str, reason: str = "") -> str:
        """A command ready to copy; a word with other characters is quoted."""
        parts = [self.prefix, *map(shlex.quote, words), self.ending]
        if reason:
            parts += [self.because, shlex.quote(reason) if self.because.startswith("-") else reason]
        return " ".join(filter(None, parts))


ON_TERMINAL: Final = Asking()
IN_COMMENT: Final = Asking("/sluicegate rollout", because="because", can_list=False)


def tasks(status: Status, state: State, asking: Asking) -> Iterator[Task]:
    """What only a person can do."""
    phase, name = str(state.phase), state.plan.name
    if state.phase is Phase.ROLLBACK_FAILED:
        again = asking.command("rollback", name)
        for card in status.cards:
            if not is_off(card.view):
                what = "Switch the flag off at its provider, then record it."
                yield Task(phase, card.name, what, command=again)
    elif state.phase is Phase.PAUSED:
        command = asking.command("resume", name, reason="WHY")
        yield Task(phase, "A person decides", "Resume, or roll back.", command=command)
    elif state.waiting in (Wait.APPROVAL, Wait.PERSON, Wait.CONTROL) and (following := _next(state)):
        command = asking.command("promote", name, "--to", following.name)
        yield Task(phase, "A person decides", "Promote, or roll back.", command=command)


def _next(state: State) -> Stage | None:
    stages = state.plan.stages
    return stages[state.stage + 1] if state.stage + 1 < len(stages) else None


def commands(state: State, asking: Asking) -> Items:
    """What may be asked now, with the commands for it."""
    items = [Item(label, (command,), rank=Rank.BODY) for label, command in _asked(state, asking)]
    return Items(items, rank=Rank.BODY)


def _asked(state: State, asking: Asking) -> Iterator[tuple[str, str]]:
    name, following = state.plan.name, _next(state)
    if state.phase is Phase.PAUSED:
        yield "resume:", asking.command("resume", name, reason="WHY")
    if state.phase in (Phase.RUNNING, Phase.WAITING):
        if following is not None:
            yield f"promote to {following.name}:", asking.command("promote", name, "--to", following.name)
        if state.stage != NOT_STARTED and state.plan.stages[state.stage].bake and not state.skipped_bake:
            yield "end the bake:", asking.command("skip-bake", name, reason="WHY")
        yield "pause:", asking.command("pause", name, reason="WHY")
    if state.phase is not Phase.ROLLED_BACK:
        yield "switch off:", asking.command("rollback", name, reason="WHY")
    if asking.can_list:
        yield "all events:", asking.command("history", name)
