"""One comment on an issue, and its issue, as the API has them now.

Sources: GitHub's pages "REST API endpoints for issue comments" and "Objects" of the GraphQL API: an edit is
read from `lastEditedAt`, since REST's `updated_at` hides one that was made in the second of the comment.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from sluicegate.github.client import Client, number_at, text_at
from sluicegate.net.client import ApiError, Refusal

_EDITED = "query($id: ID!) { node(id: $id) { ... on IssueComment { id lastEditedAt } } }"
_ISSUE = re.compile(r".*/issues/(\d{1,18})")


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment.

    Attributes:
        author: their login; empty for an account that is gone.
        is_person: was it written by a person, and not by an app, nor by one in a person's name?
        at: when it was written, in seconds since 1970.
        is_edited: was it changed since?
        issue: the number of its issue.
    """

    id: int
    author: str
    is_person: bool
    at: int
    is_edited: bool
    body: str
    issue: int

    @property
    def digest(self) -> str:
        """SHA-256 of its text."""
        return hashlib.sha256(self.body.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue or a pull request; `author` is the login of who opened it."""

    number: int
    body: str
    author: str
    by_app: bool


def read_comment(api: Client, repository: str, number: int) -> IssueComment:
    """A comment by its number.

    Raises:
        ApiError: it is not there, or GitHub failed.
    """
    path = f"/repos/{repository}/issues/comments/{number}"
    found = api.get(path)
    issue = _ISSUE.fullmatch(text_at(found, "issue_url"))
    at = seconds(text_at(found, "created_at"))
    if number_at(found, "id") != number or issue is None or not at:
        raise ApiError(Refusal.GAVE_UP, f"the server's answer to {path} is no comment")
    is_person = text_at(found, "user", "type") == "User" and not found.get("performed_via_github_app")
    return IssueComment(
        number, text_at(found, "user", "login"), is_person, at, _is_edited(api, text_at(found, "node_id")),
        text_at(found, "body"), int(issue[1]),
    )  # fmt: skip


def _is_edited(api: Client, node: str) -> bool:
    found = api.graphql(_EDITED, id=node).get("node")
    if text_at(found, "id") != node or not isinstance(found, dict) or "lastEditedAt" not in found:
        raise ApiError(Refusal.GAVE_UP, "GitHub does not say whether the comment was edited")
    return found["lastEditedAt"] is not None


def read_issue(api: Client, repository: str, number: int) -> Issue:
    """An issue by its number.

    Raises:
        ApiError: it is not there, or GitHub failed.
    """
    found = api.get(f"/repos/{repository}/issues/{number}")
    author, kind = text_at(found, "user", "login"), text_at(found, "user", "type")
    return Issue(number, text_at(found, "body"), author, kind == "Bot")


def seconds(moment: str) -> int:
    """A moment of the API in seconds since 1970; 0 for none."""
    try:
        return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())
    except ValueError:
        return 0
