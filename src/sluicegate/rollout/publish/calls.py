"""When a rollout calls people, and how often. Pure.

A call is a comment that names the plan's approvers, since GitHub tells nobody of an issue's edits. It is
about one spell: a pause, a wait, a rollback that failed. It is made once, and again after each hour or day
that the spell lasts. Its key is made of the spell's beginning in the journal, so who would call twice finds
the first call.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sluicegate.rollout.decide import HEARTBEAT
from sluicegate.rollout.entries import Entry, EventKind, Purpose, Wait
from sluicegate.rollout.state import GOING_BACK, Phase, State
from sluicegate.rollout.status import moment, span

HOUR: Final = 3600
DAY: Final = 24 * HOUR
FRESH: Final = HOUR
"""Seconds for which a gap between two events is news."""

_HANDLE = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9._-]{1,100})?")


class Spell(enum.StrEnum):
    """Why people are called."""

    ROLLBACK_FAILED = "rollback-failed"
    PAUSED = "paused"
    WAITING = "waiting"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Call:
    """A call.

    Attributes:
        since: when its spell began, seconds since 1970.
        number: of the calls in the spell, from 0.
        text: what happened, for people.
    """

    spell: Spell
    since: int
    number: int
    text: str

    @property
    def key(self) -> str:
        """Names the call among the comments of an issue."""
        return f"call {self.spell} {self.since} {self.number}"


def calls_of(state: State, entries: Sequence[Entry], now: int) -> Iterator[Call]:
    """The calls that should be there now.

    Args:
        state: of the journal.
        entries: of the journal, in their order.
        now: seconds since 1970.
    """
    if state.phase in GOING_BACK:
        since = failed_since(entries)
        if since:
            yield _call(Spell.ROLLBACK_FAILED, since, now, HOUR, state.reason)
    elif state.phase is Phase.PAUSED:
        since = next((e.at for e in reversed(entries) if e.event is EventKind.PAUSED), state.at)
        yield _call(Spell.PAUSED, since, now, DAY, state.reason)
    elif state.phase is Phase.WAITING and state.waiting in (Wait.PERSON, Wait.APPROVAL):
        yield _call(Spell.WAITING, state.waiting_since, now, DAY, state.reason)
    yield from _overdue(state, entries, now)


def failed_since(entries: Sequence[Entry]) -> int:
    """Since when a rollback fails, seconds since 1970; 0 where none does."""
    since, going_back = 0, False
    for entry in entries:
        if entry.event is EventKind.ROLLED_BACK:
            return 0
        going_back = going_back or (entry.event is EventKind.INTENDED and entry.purpose is Purpose.ROLLBACK)
        if going_back and entry.event is EventKind.FAILED:
            since = since or entry.at
    return since


def _overdue(state: State, entries: Sequence[Entry], now: int) -> Iterator[Call]:
    """A gap in the journal that ended just now."""
    most = HEARTBEAT + 2 * state.plan.tick
    for before, after in pairwise(entries):
        ended = before.event in (EventKind.ROLLED_BACK, EventKind.COMPLETED)
        if not ended and after.at - before.at > most and now - after.at < FRESH:
            lasts = span(after.at - before.at)
            text = f"nothing was recorded for {lasts}, from {moment(before.at)} to {moment(after.at)}"
            yield Call(Spell.OVERDUE, after.at, 0, text)


def _call(spell: Spell, since: int, now: int, again: int, text: str) -> Call:
    return Call(spell, since, max(0, now - since) // again, text)


def mentions(approvers: Sequence[str]) -> str:
    """The approvers of a plan that GitHub can tell, as mentions; permissions are none.

    Each is checked here, since the journal that the plan comes from may be forged.
    """
    return " ".join(one for one in approvers if _HANDLE.fullmatch(one))
