"""The hidden marks by which a rollout's texts on GitHub are found again. Pure.

Everybody can write a mark, so a text counts only where our own token wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from sluicegate.github.publish.identity import Mark, mark_of
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.plan import Create, Delete, Plan, StickyComment, Update

_PAGE = re.compile(r"\A<!-- sluicegate:rollout ([a-z0-9][a-z0-9-]{0,59}) ([A-Za-z0-9-]{1,80}) -->\n")

ReadMark = Callable[[str], Mark | None]
"""The mark of a body; None where it has none of its kind."""


def page_head(name: str, mark: Mark) -> str:
    """The first lines of a rollout's page: its name and its id, and what the page shows."""
    return f"<!-- sluicegate:rollout {name} {mark.key} -->\n{mark.comment()}\n"


def rollout_of(body: str) -> tuple[str, str] | None:
    """Name and id of the rollout that a page is about; None for another text. Ask who wrote it."""
    match = _PAGE.match(body)
    return (match[1], match[2]) if match else None


def page_mark(body: str) -> Mark | None:
    """What a page shows; None for another text, or where that cannot be read."""
    found = rollout_of(body)
    mark = mark_of(body.partition("\n")[2]) if found else None
    return mark if found and mark and mark.key == found[1] else None


def decide(there: Iterable[StickyComment], ours: Mark, author: str, read: ReadMark = mark_of) -> Plan:
    """What to do so that one text of our mark's key is there, with the newest state.

    Args:
        there: all texts at the place.
        ours: of the text that this run would write.
        author: whom our token writes as.
        read: how a body says its mark.
    """
    found = sorted(_ours(there, ours.key, author, read), key=lambda pair: pair[0].id)
    if not found:
        return Plan(OutcomeKind.CREATED, (Create(),))
    stays = found[0][0]
    newest, mark = max(found, key=lambda pair: (pair[1].order, -pair[0].id))
    deletes = tuple(Delete(text.id) for text, _ in found[1:])
    if mark.order[0] == ours.order[0] and mark.digest == ours.digest:
        kind, message = OutcomeKind.UNCHANGED, ""
    elif mark.order >= ours.order:
        kind, message = OutcomeKind.SUPERSEDED, "another run has shown a newer state"
    else:
        return Plan(OutcomeKind.UPDATED, (Update(stays.id), *deletes), url=stays.url, id=stays.id)
    updates = () if stays is newest else (Update(stays.id, newest.body),)
    return Plan(kind, (*updates, *deletes), message, stays.url, stays.id)


def _ours(
    there: Iterable[StickyComment], key: str, author: str, read: ReadMark
) -> Iterable[tuple[StickyComment, Mark]]:
    for text in there:
        mark = read(text.body) if text.author.casefold() == author.casefold() else None
        if mark is not None and mark.key == key:
            yield text, mark
