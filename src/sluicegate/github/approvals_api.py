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
from sluicegate.documents.codec import Codec
from sluicegate.github.approvals import APPROVALS, MAX_BODY, Approvals, Comment, Label, Review, Statement
from sluicegate.github.client import PER_PAGE, Client, text_at
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

SET_LABEL, COMMENT, REVIEW = Codec(Label), Codec(Comment), Codec(Review)
"""Codecs of single items, as built from an answer of the API."""

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
    comments = query.attempt("the comments", query.comments, tuple[Comment, ...]())
    label = query.attempt("who set the label", query.label, None) if _has_label(pull) else None
    reviews = query.attempt("the reviews", query.reviews, tuple[Review, ...]())
    pushed = query.attempt("when the head was pushed", lambda: query.pushed_at(pull), "")
    statements: list[Statement] = [label] if label else []
    statements += sorted((*reversed(comments), *reversed(reviews)), key=query.rank)
    permissions = query.permissions(dict.fromkeys(item.who for item in statements if not item.bot))
    try:
        found = Approvals(
            repository=repository,
            number=number,
            head=text_at(pull, "head", "sha"),
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
        try:
            return ask()
        except ApiError as error:
            hint = _NEEDS if error.status in (401, 403, 404) else ""
            why = f"{cut(one_line(error.message), 200)}{hint}"
        except EvidenceError:
            why = "the server's answer does not have GitHub's format"
        self.problems.append(f"{what} could not be read: {why}")
        return otherwise

    def pull(self) -> Mapping[str, Any]:
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
            if line := command_line(text_at(item, "body")):
                at = server_time(item.get("created_at"))
                edited = server_time(item.get("updated_at")) != at
                comment = _statement(COMMENT, item, "user", at, edited=edited, body=line[:MAX_BODY])
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
        for event in self.api.newest(f"{self.issue}/events", MAX_PAGES):
            if event.get("event") == "labeled" and _is_ours(event.get("label")):
                return _statement(SET_LABEL, event, "actor", server_time(event.get("created_at")))
        self.problems.append("who set the label is not known; remove it and set it again")
        return None

    def reviews(self) -> tuple[Review, ...]:
        """Each person's last review with a state that counts."""
        last: dict[str, Review] = {}
        for item in self.api.newest(f"{self.request}/reviews", MAX_PAGES):
            if item.get("state") in _STATES and item.get("commit_id"):
                at = server_time(item.get("submitted_at"))
                review = _statement(REVIEW, item, "user", at, state=item["state"], commit=item["commit_id"])
                self._note(review, item)
                last.setdefault(review.who, review)
        return self._first([*last.values()])

    def pushed_at(self, pull: Mapping[str, Any]) -> str:
        found, problem = head_pushed_at(self.api, pull)
        self.problems += [problem] if problem else []
        return found

    def permissions(self, people: Iterable[str]) -> dict[str, str]:
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


def head_pushed_at(api: Client, pull: Mapping[str, Any]) -> tuple[str, str]:
    """When the head of a pull request was last pushed to its branch, by the server's clock.

    Empty if that is not known; the second text says why.

    Raises:
        ApiError: the activity of its branch cannot be read.
    """
    repository, branch = text_at(pull, "head", "repo", "full_name"), text_at(pull, "head", "ref")
    if not repository or not branch:
        return "", "when the head was pushed is not known: its repository is gone"
    found = [
        server_time(a.get("timestamp"))
        for a in api.first(f"/repos/{repository}/activity", ref=f"refs/heads/{branch}", per_page=PER_PAGE)
        if a.get("after") == text_at(pull, "head", "sha") and a.get("activity_type") in _PUSHES
    ]
    if not found:
        return "", "when the head was pushed is not known: the activity of its branch does not show it"
    return max(found), ""


def _is_ours(label: object) -> bool:
    """Compares names of labels without regard to case, as GitHub does."""
    return text_at(label, "name").lower() == LABEL


def _has_label(pull: Mapping[str, Any]) -> bool:
    labels = pull.get("labels")
    return isinstance(labels, list) and any(map(_is_ours, labels))


def server_time(value: object) -> str:
    """A moment as the API writes it, to the second, `2026-11-21T10:00:00Z`; empty for another value."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}Z" if match else ""


def _statement(codec: Codec[_S], item: Mapping[str, Any], by: str, at: str, **more: object) -> _S:
    """The statement of the person below `by`; a deleted account is GitHub's `ghost`, without permission.

    Raises:
        EvidenceError: the item does not have GitHub's format.
    """
    who, is_bot = text_at(item, by, "login") or "ghost", text_at(item, by, "type") != "User"
    url = text_at(item, "html_url")[:500]
    return codec.take({"who": who, "bot": is_bot, "at": at, "url": url, **more}, by)
