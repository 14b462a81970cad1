"""Reads from GitHub who overrode or approved a pull request. What counts is decided later, offline.

Requests: the pull request, its comments and reviews, its events where the label is set, the
activity of its branch, and the permission of each person named. Anybody can write any number of
comments and reviews, so a bounded part of each list is read, the newest first, and people who belong to
the repository come before others. Sources: GitHub's pages
"REST API endpoints for" repositories (activity), collaborators, issue events, issue comments and
pull request reviews.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from sluicegate.core.errors import EvidenceError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.github import approvals
from sluicegate.github.approvals import (
    APPROVALS,
    COMMENT,
    MAX_BODY,
    REVIEW,
    Approvals,
    Comment,
    Label,
    Review,
    Statement,
)
from sluicegate.github.client import Client
from sluicegate.github.comments import command_line
from sluicegate.github.overrides import LABEL
from sluicegate.net.client import ApiError

MAX_PEOPLE = 50
"""People whose permission is read: those of the repository first, then the most recent."""

MAX_PAGES = 30
"""Pages of a list, of a hundred items each, after its first; GitHub allows 2,500 comments."""

MAX_EACH = 3
"""Comments of one person that are kept, the last ones."""

MAX_KEPT = 200
"""Comments, and reviews, that are kept."""

_RANKS = {"OWNER": 0, "MEMBER": 0, "COLLABORATOR": 0, "CONTRIBUTOR": 1}
"""By `author_association`; people who may merge have one of the first three. A token that may not see the
members of an organisation gets less, so the rank only orders people and excludes none."""

_STATES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
_NEEDS = "; the job needs `contents: read` and `pull-requests: read`"
_PUSHES = frozenset({"push", "force_push", "branch_creation", "pr_merge", "merge_queue_merge"})

_T = TypeVar("_T")
_S = TypeVar("_S", bound=Statement)


def collect_approvals(api: Client, repository: str, number: int) -> Approvals:
    """Everything that `overrides.decide` needs.

    What cannot be read is a sentence in `problems`, and does not count.

    Raises:
        WorldError: the pull request itself cannot be read.
    """
    query = _Query(api, f"/repos/{repository}", number)
    pull = query.pull()
    head = _of(pull, "head")
    sha = str(head.get("sha", ""))
    comments = query.attempt("the comments", query.comments, tuple[Comment, ...]())
    label = query.attempt("who set the label", query.label, None) if _has_label(pull) else None
    reviews = query.attempt("the reviews", query.reviews, tuple[Review, ...]())
    pushed = query.attempt("when the head was pushed", lambda: query.pushed_at(head, sha), "")
    statements: list[Statement] = [label] if label else []
    statements += sorted((*reversed(comments), *reversed(reviews)), key=query.rank)
    permissions = query.permissions(dict.fromkeys(item.who for item in statements if not item.bot))
    try:
        found = Approvals(
            repository=repository,
            number=number,
            head=sha,
            pushed_at=pushed,
            label=label,
            comments=comments,
            reviews=reviews,
            permissions=permissions,
            problems=tuple(query.problems),
        )
        return APPROVALS.decode(APPROVALS.encode(found), repository)
    except EvidenceError:
        raise WorldError("the server's answers do not have GitHub's format", where=repository) from None


class _Query:
    """The requests about one pull request, and what could not be read."""

    def __init__(self, api: Client, root: str, number: int) -> None:
        self.api = api
        self.root = root
        self.issue = f"{root}/issues/{number}"
        self.request = f"{root}/pulls/{number}"
        self.problems: list[str] = []
        self.ranks: dict[str, int] = {}

    def rank(self, item: Statement) -> int:
        """Order of a statement by its author: 0 before 1."""
        return self.ranks.get(item.who, len(_RANKS))

    def attempt(self, what: str, ask: Callable[[], _T], otherwise: _T) -> _T:
        """The answer, or `otherwise` with the problem noted."""
        try:
            return ask()
        except ApiError as error:
            hint = _NEEDS if error.status in (401, 403, 404) else ""
            self.problems.append(f"{what} could not be read: {cut(one_line(error.message), 200)}{hint}")
        except EvidenceError:
            self.problems.append(
                f"{what} could not be read: the server's answer does not have GitHub's format"
            )
        return otherwise

    def pull(self) -> Mapping[str, Any]:
        """The pull request."""
        try:
            return self.api.get(self.request)
        except ApiError as error:
            raise WorldError(
                f"the pull request cannot be read: {cut(one_line(error.message), 200)}",
                remedy="The job needs `pull-requests: read`.",
            ) from error

    def comments(self) -> tuple[Comment, ...]:
        """The comments that begin with a command, in their order: the last ones of each person."""
        kept: list[Comment] = []
        of: Counter[str] = Counter()
        for item in self.api.newest(f"{self.issue}/comments", MAX_PAGES):
            if line := command_line(str(item.get("body") or "")):
                comment = _comment(item, line)
                self._note(comment, item)
                of[comment.who] += 1
                kept += [comment] if of[comment.who] <= MAX_EACH else []
        return self._first(kept)

    def _note(self, statement: Statement, item: Mapping[str, Any]) -> None:
        rank = _RANKS.get(str(item.get("author_association")), len(_RANKS))
        self.ranks[statement.who] = min(rank, self.rank(statement))

    def _first(self, newest: Sequence[_S]) -> tuple[_S, ...]:
        """The items to keep of a list with the newest first; the oldest first."""
        kept = sorted(range(len(newest)), key=lambda index: self.rank(newest[index]))[:MAX_KEPT]
        return tuple(newest[index] for index in sorted(kept, reverse=True))

    def label(self) -> Label | None:
        """The last setting of the label."""
        for event in self.api.newest(f"{self.issue}/events", MAX_PAGES):
            if event.get("event") == "labeled" and _is(_of(event, "label"), "name", LABEL):
                data = {**_person(_of(event, "actor")), "at": _time(event.get("created_at"))}
                return approvals.LABEL.take(data, "label")
        self.problems.append("who set the label is not known; remove it and set it again")
        return None

    def reviews(self) -> tuple[Review, ...]:
        """Each person's last review with a state that counts."""
        last: dict[str, Review] = {}
        for item in self.api.newest(f"{self.request}/reviews", MAX_PAGES):
            if item.get("state") in _STATES and item.get("commit_id"):
                review = _review(item)
                self._note(review, item)
                last.setdefault(review.who, review)
        return self._first([*last.values()])

    def pushed_at(self, head: Mapping[str, Any], sha: str) -> str:
        """When the head was last pushed to its branch, by the server's clock; empty if not known."""
        repository, branch = _of(head, "repo").get("full_name"), head.get("ref")
        if not repository or not branch:
            self.problems.append("when the head was pushed is not known: its repository is gone")
            return ""
        path = f"/repos/{repository}/activity"
        found = [
            _time(a.get("timestamp"))
            for a in self.api.first(path, ref=f"refs/heads/{branch}")
            if a.get("after") == sha and a.get("activity_type") in _PUSHES
        ]
        if not found:
            self.problems.append(
                "when the head was pushed is not known: the activity of its branch does not show it"
            )
        return max(found, default="")

    def permissions(self, people: Iterable[str]) -> dict[str, str]:
        """The permission of each, as far as it can be read."""
        found: dict[str, str] = {}
        for who in list(people)[:MAX_PEOPLE]:
            path = f"{self.root}/collaborators/{quote(who, safe='')}/permission"
            try:
                found[who] = str(self.api.get(path).get("permission", ""))[:40]
            except ApiError as error:
                if error.status == 404:  # not a collaborator
                    found[who] = "none"
                else:
                    why = cut(one_line(error.message), 200)
                    self.problems.append(f"the permission of @{who} could not be read: {why}")
        return found


# --- GitHub's objects --------------------------------------------------------------------------


def _of(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = item.get(key)
    return found if isinstance(found, Mapping) else {}


def _is(item: Mapping[str, Any], key: str, text: str) -> bool:
    """Compares without regard to case, as GitHub does for names of labels."""
    return str(item.get(key, "")).lower() == text.lower()


def _has_label(pull: Mapping[str, Any]) -> bool:
    labels = pull.get("labels")
    named = [item for item in labels if isinstance(item, Mapping)] if isinstance(labels, list) else []
    return any(_is(item, "name", LABEL) for item in named)


def _time(value: object) -> str:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}Z" if match else ""


def _person(user: Mapping[str, Any]) -> dict[str, Any]:
    """Login and kind; a deleted account is GitHub's `ghost`, which has no permission."""
    login = str(user.get("login") or "ghost")
    return {"who": login, "bot": user.get("type") != "User"}


def _comment(item: Mapping[str, Any], line: str) -> Comment:
    created, updated = _time(item.get("created_at")), _time(item.get("updated_at"))
    return COMMENT.take(
        {
            **_person(_of(item, "user")),
            "at": created,
            "edited": updated != created,
            "body": line[:MAX_BODY],
            "url": str(item.get("html_url") or "")[:500],
        },
        "comment",
    )


def _review(item: Mapping[str, Any]) -> Review:
    return REVIEW.take(
        {
            **_person(_of(item, "user")),
            "at": _time(item.get("submitted_at")),
            "state": item["state"],
            "commit": item["commit_id"],
            "url": str(item.get("html_url") or "")[:500],
        },
        "review",
    )
