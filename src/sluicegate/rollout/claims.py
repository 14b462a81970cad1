"""What the journal says that people asked for, as far as it still has an effect. Pure.

Anybody who may push can write a journal, so each of these counts only when GitHub confirms it (`proof`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sluicegate.rollout.entries import Entry, EventKind, Purpose

_ASKED = frozenset({EventKind.PROMOTED, EventKind.RESUMED, EventKind.SKIPPED_BAKE})


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that somebody asked for.

    Attributes:
        since: when its stage, or the pause that it ends, began (seconds since 1970): what somebody asked for
            before that was about something else.
    """

    entry: Entry
    since: int


def claims(entries: Sequence[Entry], without: Collection[int] = ()) -> tuple[Claim, ...]:
    """The promotion, the end of a pause and the skipped bake that the state rests on.

    A stage that is confirmed rests on none of them, and a pause ends those that were before it.

    Args:
        entries: of the journal, in their order.
        without: numbers of events that do not count.
    """
    return tuple(_walked(entries, without)[0].values())


def began(entries: Sequence[Entry]) -> int:
    """When the stage, or the pause in it, began (seconds since 1970)."""
    return _walked(entries, ())[1]


def _walked(entries: Sequence[Entry], without: Collection[int]) -> tuple[dict[EventKind, Claim], int]:
    found: dict[EventKind, Claim] = {}
    since, restoring = 0, False
    for entry in entries:
        if entry.event is EventKind.INTENDED:
            restoring = entry.purpose is Purpose.RESTORE
        elif entry.event is EventKind.STARTED or (entry.event is EventKind.CONFIRMED and not restoring):
            found.clear()
            since = entry.at
        elif entry.event is EventKind.PAUSED:
            found.pop(EventKind.PROMOTED, None)
            found.pop(EventKind.RESUMED, None)
            since = entry.at
        elif entry.event in _ASKED and entry.seq not in without:
            found[entry.event] = Claim(entry, since)
    return found, since
