"""Reads the edits of a pull request's or an issue's text.

GitHub answers them to whoever may read the text, the newest first, each with the whole text after the edit
(the field is called `diff`); the text of an edit that was deleted from the history is null. The first text is
the oldest of them where `includesCreatedEdit` says so. Source: GitHub's page on the GraphQL objects Issue,
PullRequest and UserContentEdit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sluicegate.core.text import cut, one_line
from sluicegate.github.approvals_api import server_time
from sluicegate.github.client import Client, text_at
from sluicegate.net.client import ApiError
from sluicegate.release.ticks import History, Revision

_FIELDS: Final = (
    "{id createdAt lastEditedAt includesCreatedEdit author{login} userContentEdits(first:100)"
    "{nodes{editedAt deletedAt diff editor{login}} pageInfo{hasNextPage}}}"
)
_QUERY: Final = f"query($id:ID!){{node(id:$id){{... on Issue{_FIELDS} ... on PullRequest{_FIELDS}}}}}"


def read_history(api: Client, node: str) -> History:
    """The edits of a text; `unread` has the reason where they cannot be read.

    Args:
        api: of GitHub.
        node: what GraphQL calls the pull request or issue.
    """
    try:
        found = api.graphql(_QUERY, id=node).get("node")
    except ApiError as error:
        return History(unread=f"the edits cannot be read: {cut(one_line(error.message), 200)}")
    edits = found.get("userContentEdits") if isinstance(found, dict) else None
    nodes = edits.get("nodes") if isinstance(edits, dict) else None
    if not isinstance(found, dict) or not isinstance(edits, dict) or not isinstance(nodes, list):
        return History(unread="GitHub does not show the edits to this token")
    return _history(found, edits, nodes)


def _history(found: Mapping[str, Any], edits: Mapping[str, Any], nodes: list[object]) -> History:
    revisions = sorted((_revision(one) for one in reversed(nodes)), key=lambda revision: revision.at)
    if not revisions and found.get("lastEditedAt") is not None:
        return History(unread="it was edited, and GitHub does not show the edits")
    info = edits.get("pageInfo")
    is_whole = isinstance(info, dict) and info.get("hasNextPage") is False
    from_start = is_whole and (not revisions or found.get("includesCreatedEdit") is True)
    who, at = text_at(found, "author", "login"), server_time(found.get("createdAt"))
    return History(who, at, tuple(revisions), from_start)


def _revision(node: object) -> Revision:
    one: Mapping[str, Any] = node if isinstance(node, dict) else {}
    text = one.get("diff") if one.get("deletedAt") is None else None
    at, who = server_time(one.get("editedAt")), text_at(one, "editor", "login")
    return Revision(at, who, text if isinstance(text, str) else None)
