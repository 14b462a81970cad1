"""Who ticked the boxes of a checklist, by the edits of the text that holds them. Pure.

GitHub keeps every edit of a text with its editor and the whole text after it. A box was ticked by the editor
of the first edit since which it has been ticked without a break; by the author where it always was. Where an
edit is missing, was deleted from the history, or names no editor, the person is not known. Source: GitHub's
page on the GraphQL objects `UserContentEdit` and `Comment`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sluicegate.release.texts import open_items


@dataclass(frozen=True, slots=True)
class Revision:
    """A text after one edit.

    Attributes:
        at: by the server's clock, `2026-11-21T10:00:00Z`.
        who: the login of the editor; empty where it is not known.
        text: the whole text; None where it was deleted from the history.
    """

    at: str
    who: str
    text: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The edits of a text.

    Attributes:
        author: the login of who wrote it; empty where it is not known.
        at: when it was written.
        revisions: the oldest first; none where it was never edited.
        from_start: is the oldest revision the text as it was written?
        unread: why the edits are not known; empty where they are.
    """

    author: str = ""
    at: str = ""
    revisions: tuple[Revision, ...] = ()
    from_start: bool = True
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A ticked box.

    Attributes:
        checklist, item: of the policy.
        who: the login of who ticked it; empty where it is not known, and then `why` says why.
        at: when.
    """

    checklist: str
    item: str
    who: str = ""
    at: str = ""
    why: str = ""


def ticks_of(checklists: Mapping[str, Sequence[str]], text: str, history: History) -> tuple[Tick, ...]:
    """Every ticked box of the checklists, in their order, and who ticked it.

    Args:
        checklists: items by the name of their list.
        text: as it is now.
        history: its edits.
    """
    return tuple(
        _tick(Tick(name, item), text, history)
        for name, items in checklists.items()
        for item in items
        if not open_items(text, [item])
    )


def _tick(tick: Tick, text: str, history: History) -> Tick:
    if history.unread:
        return replace(tick, why=history.unread)
    if not history.revisions:
        return _by(tick, history.author, history.at)
    if _plain(history.revisions[-1].text) != _plain(text):
        return replace(tick, why="its last edit is not the text as it is")
    return _by_edit(tick, history)


def _by_edit(tick: Tick, history: History) -> Tick:
    """Go back through the edits until one in which the box is not ticked."""
    since = history.revisions[-1]
    for revision in reversed(history.revisions):
        if revision.text is None:
            return replace(tick, why="an edit was deleted from the history")
        if open_items(revision.text, [tick.item]):
            return _by(tick, since.who, since.at)
        since = revision
    if not history.from_start:
        return replace(tick, why="the oldest edit that GitHub has is not the first text")
    return _by(tick, history.author, history.at)


def _by(tick: Tick, who: str, at: str) -> Tick:
    if not who:
        return replace(tick, at=at, why="the account of who ticked it is gone")
    return replace(tick, who=who, at=at)


def _plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\r\n", "\n").strip()


def self_ticked(ticks: Iterable[Tick], authors: frozenset[str] | None) -> tuple[list[Tick], list[Tick]]:
    """The boxes that authors of the change ticked, and those of which that is not known.

    Args:
        ticks: of the checklists.
        authors: logins in lower case; None where they are not known.
    """
    own: list[Tick] = []
    unsure: list[Tick] = []
    for tick in ticks:
        if authors is None or not tick.who:
            unsure.append(tick)
        elif tick.who.lower() in authors:
            own.append(tick)
    return own, unsure
