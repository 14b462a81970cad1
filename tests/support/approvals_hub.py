"""A pull request and what people said about it, on a server that is held to GitHub's description.

What `emulate` cannot say (the activity of a branch) is answered here; the rest of `WithActivity` is its own.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from support import openapi
from support.githubapi import Call, Emulated, Hub, Reply, page

LABEL = "sluicegate: override"
_R = "/repos/{owner}/{repo}"


def user(login: str, kind: str = "User") -> dict[str, Any]:
    """A person, or an app."""
    found: dict[str, Any] = copy.deepcopy(openapi.example("get", "/users/{username}", 200))
    keys = openapi.example("post", _R + "/issues/{issue_number}/comments", 201)["user"].keys()
    return {k: v for k, v in found.items() if k in keys} | {"login": login, "type": kind}


def activity(after: str, at: str, branch: str = "feature") -> dict[str, Any]:
    """A push of `after` to a branch."""
    found: dict[str, Any] = copy.deepcopy(openapi.example("get", _R + "/activity", 200)[0])
    return found | {"after": after, "timestamp": at, "ref": f"refs/heads/{branch}", "activity_type": "push",
                    "actor": user("mona")}  # fmt: skip


class ApprovalsHub(Hub):
    """Pull request 7, whose people and what they said a test sets."""

    def __init__(self, head: str) -> None:
        super().__init__(head)
        self.permissions: dict[str, str] = {}
        self.labelled: list[dict[str, Any]] = []
        self.reviews: list[dict[str, Any]] = []
        self.pushes: list[dict[str, Any]] = []
        self.head_repository: str | None = "octo-org/octo-repo"
        self.routes[:0] = [
            ("GET", r"/repos/[^/]+/[^/]+/pulls/(\d+)", self._pull_with_labels),
            ("GET", r"/repos/[^/]+/[^/]+/collaborators/([^/]+)/permission", self._permission),
            ("GET", r"/repos/[^/]+/[^/]+/issues/(\d+)/events", lambda call, _n: page(self.labelled, call)),
            ("GET", r"/repos/[^/]+/[^/]+/pulls/(\d+)/reviews", lambda call, _n: page(self.reviews, call)),
            ("GET", r"/repos/[^/]+/[^/]+/activity", lambda call: page(self.pushes, call)),
        ]

    def _pull_with_labels(self, call: Call, number: str) -> Reply:
        reply = self._pull(call, number)
        if reply.status == 200:
            head = reply.body["head"]
            head["ref"] = "feature"
            head["repo"] = (
                head["repo"] | {"full_name": self.head_repository} if self.head_repository else None
            )
            reply.body["labels"] = [e["label"] | {"id": 1} for e in self.labelled] and [
                reply.body["labels"][0] | {"name": LABEL}
            ]
        return reply

    def unchecked(self, _index: int, call: Call, _serve: object) -> Reply:
        """A fault that answers as usual, where GitHub's description forbids what GitHub does: a deleted
        head repository is null."""
        return self.status_reply(call) or self._routed(call)

    def _permission(self, _call: Call, login: str) -> Reply:
        if login not in self.permissions:
            return Reply(404, {"message": "Not Found"})
        made = copy.deepcopy(openapi.example("get", _R + "/collaborators/{username}/permission", 200))
        role = self.permissions[login]
        made |= {"permission": role, "role_name": role, "user": user(login) | {"role_name": role}}
        return Reply(200, made)

    def comment(
        self,
        body: str,
        login: str,
        at: str,
        *,
        kind: str = "User",
        edited_at: str = "",
        belongs: str = "NONE",
    ) -> None:
        """A comment; `belongs` is what the author is to the repository."""
        made = self.write_comment(body, login)
        made |= {"created_at": at, "updated_at": edited_at or at, "author_association": belongs}
        made["user"]["type"] = kind

    def label(self, login: str, at: str, name: str = LABEL) -> None:
        """The label is set."""
        self.number += 1
        url = f"https://api.github.com/repos/octo-org/octo-repo/issues/events/{self.number}"
        made = {
            "id": self.number, "node_id": "x", "url": url, "actor": user(login), "event": "labeled",
            "commit_id": None, "commit_url": None, "created_at": at, "performed_via_github_app": None,
            "label": {"name": name, "color": "d73a4a"},
        }  # fmt: skip
        self.labelled.append(made)

    def review(self, login: str, commit: str, at: str, state: str = "APPROVED") -> None:
        """A review."""
        self.number += 1
        made = copy.deepcopy(openapi.example("get", _R + "/pulls/{pull_number}/reviews", 200)[0])
        made |= {"id": self.number, "state": state, "commit_id": commit, "submitted_at": at}
        made["user"]["login"] = login
        self.reviews.append(made)


class WithActivity(Emulated):
    """emulate, and beside it the activity that it lacks."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.pushes: list[dict[str, Any]] = []

    def serve(self, call: Call) -> Reply:
        """emulate's answer, or the activity."""
        if re.fullmatch(r"/repos/[^/]+/[^/]+/activity", call.path):
            return page(self.pushes, call)
        return super().serve(call)
