"""The issue of a rollout and its comments, on a server that is held to GitHub's description."""

from __future__ import annotations

import copy
from typing import Any

from support import openapi
from support.approvals_hub import user
from support.githubapi import Call, Reply
from support.rollout_hub import RolloutHub

ISSUE = 12
ID = "new-checkout-20270115T080000Z"
_R = "/repos/{owner}/{repo}"


class CommentHub(RolloutHub):
    """A repository with an issue.

    Attributes:
        body, opener: of the issue: its text, and login and type of who opened it.
        edited: numbers of the comments that were edited.
        reactions: number of a comment and what was added to it.
        login: of the token, which writes answers as an app.
    """

    def __init__(self) -> None:
        super().__init__()
        self.body = f"<!-- sluicegate:rollout new-checkout {ID} -->\n# The rollout"
        self.opener = ("github-actions[bot]", "Bot")
        self.edited: set[int] = set()
        self.reactions: list[tuple[int, str]] = []
        self.login = "github-actions[bot]"
        self.routes[:0] = [
            ("GET", r"/repos/[^/]+/[^/]+/issues/comments/(\d+)", self._one),
            ("GET", r"/repos/[^/]+/[^/]+/issues/(\d+)", self._issue),
            ("POST", r"/repos/[^/]+/[^/]+/issues/comments/(\d+)/reactions", self._react),
        ]

    def answer(self, call: Call) -> Reply:
        """The answer; GraphQL has no description here, and is answered as its schema says."""
        if (call.verb, call.path) != ("POST", "/graphql"):
            return super().answer(call)
        with self.lock:
            self.calls.append(call)
        reply = self.fault(len(self.calls), call, lambda: self._edited(call)) if self.fault else None
        return reply or self._edited(call)

    def says(self, body: str, login: str = "alice", at: str = "", **more: Any) -> int:
        """Somebody writes a comment; its number."""
        made = self.write_comment(body, login)
        at = at or made["created_at"]
        root = "https://api.github.com/repos/octo-org/octo-repo"
        made |= {"created_at": at, "updated_at": at, "issue_url": f"{root}/issues/{ISSUE}"}
        made |= {"node_id": f"IC_{made['id']}", "user": user(login), **more}
        number: int = made["id"]
        return number

    @property
    def answers(self) -> list[str]:
        """What was written in answer to comments."""
        return [c["body"] for c in self.comments if c["user"]["login"] == self.login]

    def _comment(self, call: Call, number: str) -> Reply:
        reply = super()._comment(call, number)
        if reply.status == 201:
            reply.body["user"]["type"] = "Bot"
        return reply

    def _one(self, _call: Call, number: str) -> Reply:
        found = [c for c in self.comments if c["id"] == int(number)]
        return Reply(200, found[0]) if found else Reply(404, {"message": "Not Found"})

    def _issue(self, _call: Call, number: str) -> Reply:
        made = copy.deepcopy(openapi.example("post", _R + "/issues", 201))
        made.pop("pull_request", None)
        made |= {"number": int(number), "body": self.body, "user": user(*self.opener)}
        return Reply(200, made)

    def _react(self, call: Call, number: str) -> Reply:
        path = _R + "/issues/comments/{comment_id}/reactions"
        made = copy.deepcopy(openapi.example("post", path, 201))
        self.reactions.append((int(number), call.body["content"]))
        return Reply(201, made | {"content": call.body["content"]})

    def _edited(self, call: Call) -> Reply:
        if "viewer" in call.body["query"]:
            return Reply(200, {"data": {"viewer": {"login": self.login}}})
        node = call.body["variables"]["id"]
        if "lastEditedAt" not in call.body["query"]:
            return Reply(200, {"errors": [{"message": "no such field"}]})
        at = "2027-01-15T09:00:00Z" if int(node.removeprefix("IC_")) in self.edited else None
        return Reply(200, {"data": {"node": {"id": node, "lastEditedAt": at}}})
