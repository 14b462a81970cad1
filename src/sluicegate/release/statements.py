"""The comments and reviews of a release, and who wrote them, as GitHub has them now. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sluicegate.release.ticks import History


class Way(enum.StrEnum):
    """How a statement is bound to a commit, from strong to weak."""

    REVIEW = "review"  # GitHub bound it to a commit
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Statement:
    """A review or a comment that begins with a command.

    Attributes:
        id: `review-12`, `comment-34`.
        at: by the server's clock, `2026-11-21T10:00:00Z`.
        line: the command, as it was written.
        commit: of a review: the commit that GitHub recorded with it.
        edited: was it edited; None where that could not be read.
        dismissed: of a review.
        sha256: of the whole text.
        several: does it give several commands?
    """

    id: str
    way: Way
    who: str
    bot: bool
    at: str
    line: str
    url: str = ""
    commit: str = ""
    edited: bool | None = False
    dismissed: bool = False
    sha256: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """The pull request or issue of a release: its comments and reviews, and what is known of their authors.

    Attributes:
        number: of the pull request or issue; 0 for none.
        is_pull: is it a pull request?
        statements: in any order.
        permissions: by login in lower case: `admin`, `maintain`, `write`, `read`, `none`.
        teams: members by `org/team` in lower case, of the authors; None where it cannot be read.
        head_seen: when the head was pushed, by the server's clock; empty where that is not known.
        authors: of the pull request and of its last commit, in lower case; None where that is not known.
        text: of the pull request or issue, with its lists to tick.
        history: the edits of that text.
        url: of its page.
        problems: what could not be read, a sentence each.
        unread: could statements not be read at all?
    """

    number: int = 0
    is_pull: bool = False
    statements: tuple[Statement, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    head_seen: str = ""
    authors: frozenset[str] | None = frozenset()
    text: str = ""
    url: str = ""
    problems: tuple[str, ...] = ()
    unread: bool = False
    history: History = field(default_factory=lambda: History(unread="the edits were not read"))


_RANKS = {"write": 1, "maintain": 2, "admin": 3}


def in_role(people: tuple[str, ...], who: str, thread: Thread) -> tuple[str, bool]:
    """The entry by which somebody is in a role, empty where they are not; and whether that is unknown.

    Args:
        people: permissions, `@logins` and `@org/teams`.
        who: a login.
        thread: what is known of people.
    """
    login, is_unsure = who.lower(), False
    for entry in people:
        name = entry[1:].lower()
        if entry.startswith("@") and "/" in entry:
            members = thread.teams.get(name)
            is_unsure |= members is None
            if members is not None and login in members:
                return entry, False
        elif entry.startswith("@"):
            if login == name:
                return entry, False
        else:
            held = thread.permissions.get(login, "")
            is_unsure |= not held
            if _RANKS.get(held, 0) >= _RANKS[entry]:
                return entry, False
    return "", is_unsure
