"""What a tick, a command or a kill did. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sluicegate.core.errors import ExitCode, SluicegateError
from sluicegate.rollout.actions import Decision, FlagView, Refuse
from sluicegate.rollout.entries import Entry
from sluicegate.rollout.readings import Health
from sluicegate.rollout.state import ENDED, Phase, State


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and what is there now.

    Attributes:
        id: of the rollout.
        state: of the journal at the end; None where it has none.
        decisions: in their order; of a kill there may be none.
        recorded: the events that were written to the journal, or in a dry run would be.
        flags: as they were read last.
        health: as it was read last.
        alarms: what a person must see.
        failed: why it is not done.
        undone: what a dry run would do to the flags.
        unproven: numbers of the journal's events that do not count, since GitHub does not confirm them.
    """

    id: str
    state: State | None
    decisions: Sequence[Decision] = ()
    recorded: Sequence[Entry] = ()
    flags: Sequence[FlagView] = ()
    health: Health | None = None
    alarms: Sequence[str] = ()
    failed: SluicegateError | None = None
    undone: str = ""
    unproven: frozenset[int] = frozenset()

    @property
    def refusal(self) -> Decision | None:
        """The decision that refuses the command; None when it was not refused."""
        return next((d for d in self.decisions if isinstance(d.action, Refuse)), None)

    @property
    def gave_up(self) -> str:
        """What reached a limit of the plan, and paused the rollout; empty where none was."""
        return next((d.reason for d in self.decisions if d.gives_up), "")

    @property
    def is_over(self) -> bool:
        """Is the rollout over, and its flag as it shall be?"""
        return self.failed is None and self.state is not None and self.state.phase in ENDED

    @property
    def exit_code(self) -> ExitCode:
        """0 held or acted, 1 rolled back, 2 refused, 3 something failed, or a limit was reached."""
        if self.failed is not None:
            return self.failed.exit_code
        if self.refusal is not None:
            return ExitCode.USAGE
        if self.gave_up:
            return ExitCode.WORLD
        is_back = self.state is not None and self.state.phase in (Phase.ROLLED_BACK, Phase.ROLLING_BACK)
        return ExitCode.BLOCKED if is_back else ExitCode.OK
