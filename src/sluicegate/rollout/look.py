"""What there is to see of a rollout now: its flags, and for a page the bins of all its stages."""

from __future__ import annotations

from dataclasses import replace

from sluicegate.core.errors import SluicegateError
from sluicegate.flags.interface import OFF, Exposure, FlagError, FlagProvider
from sluicegate.rollout.actions import FlagView
from sluicegate.rollout.connect import connect, connect_to_kill, read_flags, read_periods
from sluicegate.rollout.contacts import Contacts
from sluicegate.rollout.journal import Recorded
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.periods import periods
from sluicegate.rollout.state import GOING_BACK, Phase, State
from sluicegate.rollout.status import FlagCard, Status
from sluicegate.runtime.surroundings import Surroundings


def look(found: Recorded, outcome: Outcome, state: State, around: Surroundings, contacts: Contacts) -> Status:
    """A rollout now; flags that the tick did not read are read here.

    Args:
        found: as the ledger has it.
        outcome: of a tick that wrote nothing.
        state: what the events that count add up to.
        around: what providers are given.
        contacts: whom they may ask.
    """
    flags = connect_to_kill(state.plan, around, contacts).flags
    views = outcome.flags or read_flags(flags)
    planned = OFF if state.phase in (*GOING_BACK, Phase.ROLLED_BACK) else state.exposure
    cards = tuple(_card(flag, planned, view) for flag, view in zip(flags, views, strict=True))
    entries = tuple(entry for entry in found.entries if entry.seq not in outcome.unproven)
    go = next((entry.go for entry in entries if entry.go), "")
    return Status(outcome, found.commit, go, cards, entries=entries, now=int(around.clock.now()))


def draw(status: Status, around: Surroundings, contacts: Contacts) -> Status:
    """The status with its periods; as it is where its providers cannot be made, which it says already."""
    state = status.outcome.state
    if state is None:
        return status
    try:
        providers = connect(state.plan, around, contacts)
    except SluicegateError:
        return status
    found = periods(state.plan, status.entries, status.now)
    return replace(status, periods=read_periods(state.plan, found, providers))


def _card(flag: FlagProvider, planned: Exposure, view: FlagView) -> FlagCard:
    """A flag; of one whose provider cannot be made it is not known how a kill works."""
    try:
        own = flag.capabilities
    except FlagError:
        return FlagCard(flag.name, planned, view, 0)
    return FlagCard(flag.name, planned, view, own.kill_delay, own.kill)
