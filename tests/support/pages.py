"""Rollouts to be shown, in few words."""

from __future__ import annotations

from collections.abc import Sequence

from sluicegate.flags.interface import OFF
from sluicegate.github.client import Client
from sluicegate.rollout.actions import FlagView
from sluicegate.rollout.journal import Recorded
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.publish.publisher import Publisher
from sluicegate.rollout.publish.texts import Publication
from sluicegate.rollout.status import FlagCard, Status
from sluicegate.rollout.who import GitHub
from support.githubapi import REPOSITORY, TOKEN, Server
from support.publishing import Time, client
from support.rollouts import Written, flag

COMMIT = "a" * 40


def shown(
    journal: Written,
    now: int,
    *,
    alarms: Sequence[str] = (),
    view: FlagView | None = None,
) -> Publication:
    """A rollout as the journal has it, after an act that recorded its last event."""
    entries = Recorded(journal.id, journal.documents).entries
    seen = view or flag(OFF)
    outcome = Outcome(journal.id, journal.state, (), entries[-1:], (seen,), None, alarms)
    cards = (FlagCard("new-checkout in flags.json", journal.state.exposure, seen, 5, "targeting"),)
    return Publication(Status(outcome, COMMIT, "", cards, entries=entries), now)


def publisher(server: Server, time: Time | None = None, token: str = TOKEN) -> Publisher:
    """What shows rollouts on a server in this process."""
    clock = (time or Time()).clock()

    def connect() -> Client:
        made = client(server, time)
        made.secret = token
        return made

    return Publisher(GitHub(REPOSITORY, connect), clock)
