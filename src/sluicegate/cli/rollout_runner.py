"""What the runner of GitHub Actions is given of rollouts: annotations, outputs, the job's summary."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import click

from sluicegate.core.text import one_line
from sluicegate.net.client import Clock
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.state import GOING_BACK
from sluicegate.rollout.summary import YOUNG, joined, outputs, summary
from sluicegate.runtime import commands

_KEY = "sluicegate.rollout.shown"


@dataclass(slots=True)
class Shown:
    """The rollouts that a command has dealt with, each as it was last, and what was said of them.

    Attributes:
        age: seconds for which a stage is young.
    """

    clock: Clock
    age: float = YOUNG
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome) -> None:
        """Note an outcome; each alarm of it becomes a warning, and what failed an error, once.

        A flag that is not off is said at each look, by `rollout_publish`.
        """
        refusal = outcome.refusal
        for alarm in outcome.alarms:
            self._once(commands.warning, f"{outcome.id}: {alarm}")
        if refusal is not None:
            self._once(commands.error, f"{outcome.id}: {refusal.reason}")
        state = outcome.state
        if outcome.failed is not None and state is not None and state.phase not in GOING_BACK:
            self._once(commands.error, f"{outcome.id}: {outcome.failed}")
        self.outcomes[outcome.id] = joined(self.outcomes, outcome)

    def _once(self, show: Callable[[str], None], text: str) -> None:
        if text not in self.said:
            self.said.add(text)
            show(one_line(text))

    def close(self) -> None:
        """Write outputs and summary."""
        found = list(self.outcomes.values())
        for name, value in outputs(found, self.clock.now(), self.age).items():
            give(name, value)
        if found:
            commands.append("GITHUB_STEP_SUMMARY", os.environ.get("GITHUB_STEP_SUMMARY", ""), summary(found))


def give(name: str, value: str) -> None:
    """Write an output of the step; its value has one line."""
    commands.append("GITHUB_OUTPUT", os.environ.get("GITHUB_OUTPUT", ""), f"{name}={one_line(value)}")


def begin(context: click.Context, clock: Clock) -> None:
    """Let a command show the runner what it does; outside of GitHub Actions nothing is shown."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        made = context.meta[_KEY] = Shown(clock)
        context.call_on_close(made.close)


def shown() -> Shown | None:
    """What the command shows; None outside of GitHub Actions."""
    context = click.get_current_context(silent=True)
    found = context.meta.get(_KEY) if context is not None else None
    return found if isinstance(found, Shown) else None
