"""Reverts and backports: a change and its revert vanish, and a backport is no second change. Pure.

A revert of a revert takes the revert away, so the change counts again. What is reverted of an earlier release
is a change of this one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sluicegate.release.notes.changes import Change
from sluicegate.release.notes.messages import named, numbered, quoted_title, reverted_commits, undoes

_OF_PULL = re.compile(r"\bReverts? (?:[\w.-]+/[\w.-]+)?#(\d{1,9})\b", re.IGNORECASE)
_BACKPORT = re.compile(r"\bback-?port", re.IGNORECASE)
_ANY_NUMBER = re.compile(r"(?:^|[\s(\[])#(\d{1,9})\b")


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left, oldest first, and the pairs that vanished: a change, and what reverted it."""

    changes: tuple[Change, ...]
    pairs: tuple[tuple[Change, Change], ...] = ()


def settle(changes: Sequence[Change]) -> Settled:
    """Take reverted pairs away, and fold backports into their changes.

    Args:
        changes: oldest first.
    """
    gone: set[int] = set()
    pairs: list[tuple[Change, Change]] = []
    index = _Index(changes)
    for at in reversed(range(len(changes))):
        found, is_whole = (set[int](), False) if at in gone else index.reverted_by(at)
        undone = sorted(found - gone)
        pairs += [(changes[n], changes[at]) for n in undone]
        gone.update(undone, [at] if undone and is_whole else [])
    kept = [change for at, change in enumerate(changes) if at not in gone]
    return Settled(_folded(kept), tuple(reversed(pairs)))


class _Index:
    """Finds changes by number, commit and title."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = changes
        self.by_commit = {c.sha: n for n, change in enumerate(changes) for c in change.commits}
        self.by_number = {c.pull.number: n for n, c in enumerate(changes) if c.pull is not None}

    def reverted_by(self, at: int) -> tuple[set[int], bool]:
        """The earlier changes that a change reverts, and whether that is all that it reverts."""
        change = self.changes[at]
        if not undoes(change.title):
            return set(), False
        found = self._named(change) or {self._titled(quoted_title(change.title), at)}
        return {n for n in found if n is not None and n < at}, None not in found

    def _named(self, change: Change) -> set[int | None]:
        """What a change names as reverted, by commit or number; None for what is not in the range."""
        body = change.pull.body if change.pull is not None else ""
        names = {sha for text in (*change.messages, body) for sha in reverted_commits(text)}
        found = {self.by_commit.get(named(name, self.by_commit)) for name in names}
        return found | {self.by_number.get(int(number)) for number in _OF_PULL.findall(body)}

    def _titled(self, title: str, before: int) -> int | None:
        """The last earlier change of a title, which may have its number at the end."""
        text, number = numbered(title)
        if number in self.by_number:
            return self.by_number[number]
        same = [n for n in range(before) if self.changes[n].title in (title, text)]
        return same[-1] if same and title else None


def _folded(changes: Sequence[Change]) -> tuple[Change, ...]:
    index = _Index(changes)
    kept: dict[int, Change] = dict(enumerate(changes))
    first: dict[str, int] = {}
    for at, change in enumerate(changes):
        original = _original(change, at, index)
        if original is None:
            twins = [first.setdefault(sha, at) for sha in change.picked]
            original = next((n for n in twins if n != at), None)
        if original is not None and original in kept:
            there, folded = kept[original], kept.pop(at)
            names = (*there.backports, folded.name, *folded.backports)
            kept[original] = replace(there, backports=names)
    return tuple(kept.values())


def _original(change: Change, at: int, index: _Index) -> int | None:
    """The change of this range that another one is a backport of; None without one."""
    found = [index.by_commit.get(named(sha, index.by_commit)) for sha in change.picked]
    found += [index.by_number.get(number) for number in _backported(change)]
    return next((n for n in found if n is not None and n != at), None)


def _backported(change: Change) -> list[int]:
    """The numbers that a pull request names which its title or a label calls a backport."""
    pull = change.pull
    if pull is None or not any(map(_BACKPORT.search, (pull.title, *pull.labels))):
        return []
    return [int(number) for number in _ANY_NUMBER.findall(f"{pull.title}\n{pull.body}")]
