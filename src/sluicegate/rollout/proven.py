"""The state that a journal adds up to, without what people are said to have asked for and did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sluicegate.rollout.claims import Claim, claims
from sluicegate.rollout.entries import Entry
from sluicegate.rollout.journal import Recorded
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.state import ENDED, GOING_BACK, State


@dataclass(slots=True)
class Proven:
    """What was found out in one tick, in which each claim is asked about once.

    Attributes:
        objection: why a claim does not count; empty where it does.
        whys: the same of those that were asked about, by their number.
    """

    objection: Callable[[Plan, Claim], str]
    whys: dict[int, str] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    @property
    def without(self) -> frozenset[int]:
        """The numbers of the events that do not count."""
        return frozenset(seq for seq, why in self.whys.items() if why)

    def state(self, seen: Recorded, own: Sequence[Entry]) -> State:
        """The state of a journal.

        Args:
            seen: the journal.
            own: what this run recorded itself, which needs no proof.
        """
        state = seen.state
        if state.phase in ENDED | GOING_BACK:
            return state
        mine = {entry.seq for entry in own}
        while any(self._refuses(state.plan, c) for c in claims(seen.entries, self.without | mine)):
            pass  # what was asked for before counts again
        return seen.without(self.without)

    def _refuses(self, plan: Plan, claim: Claim) -> bool:
        entry = claim.entry
        if entry.seq not in self.whys:
            self.whys[entry.seq] = why = self.objection(plan, claim)
            who = f"@{entry.actor.login}" if entry.actor.login else entry.actor.source
            stage = f" {entry.stage}" if entry.stage else ""
            self.alarms += [f"'{entry.event}{stage}' by {who} does not count: {why}"] if why else []
        return bool(self.whys[entry.seq])
