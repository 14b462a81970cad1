"""GitHub as release notes see it: pull requests by GraphQL, releases, issues."""

from __future__ import annotations

import copy
import re
from typing import Any

from support import openapi
from support.githubapi import REPOSITORY, Call, Reply, page
from support.release_hub import GRAPHQL, ReleaseHub

_R = "/repos/{owner}/{repo}"


class NotesHub(ReleaseHub):
    """A repository with merged pull requests.

    Attributes:
        merged: title, labels, text and merge commit of pull requests by number; with it the commits of each.
        associated: numbers of pull requests by commit, also of those that did not bring it.
        releases: as GitHub lists them, drafts among them.
    """

    def __init__(self) -> None:
        super().__init__("a" * 40)
        self.merged: dict[int, dict[str, Any]] = {}
        self.associated: dict[str, list[int]] = {}
        self.releases: list[dict[str, Any]] = []
        self.routes[:0] = [
            ("GET", r"/repos/[^/]+/[^/]+/releases", lambda call: page(self.releases, call)),
            ("POST", r"/repos/[^/]+/[^/]+/releases", lambda call: Reply(201, self.release(**call.body))),
            ("PATCH", r"/repos/[^/]+/[^/]+/releases/(\d+)", self._edit_release),
            ("DELETE", r"/repos/[^/]+/[^/]+/releases/(\d+)", self._delete_release),
        ]

    def merge(
        self, number: int, title: str, commit: str, *labels: str, body: str = "", by: str = "bob"
    ) -> None:
        """A pull request that a commit merged."""
        author = {"__typename": "Bot" if by.startswith("dep") else "User", "login": by}
        self.merged[number] = {
            "number": number, "title": title, "body": body, "author": author, "oid": commit,
            "labels": {"nodes": [{"name": name} for name in labels]},
        }  # fmt: skip
        self.associated.setdefault(commit, []).append(number)

    def release(self, **given: Any) -> dict[str, Any]:
        """A new release."""
        made: dict[str, Any] = copy.deepcopy(openapi.example("get", _R + "/releases", 200)[0])
        self.number += 1
        made |= {"id": self.number, "html_url": f"https://github.com/o/r/releases/{self.number}", **given}
        self.releases.append(made)
        return made

    def answer(self, call: Call) -> Reply:
        """The answer; the fields of a query of GraphQL are answered by their aliases."""
        if call.path != GRAPHQL:
            return super().answer(call)
        with self.lock:
            self.calls.append(call)
        query = call.body["query"]
        found: dict[str, Any] = {}
        for name, sha in re.findall(r'(\w+):object\(oid:"(\w+)"\)', query):
            nodes = [self._associated(number) for number in self.associated.get(sha, ())]
            found[name] = {"associatedPullRequests": {"nodes": nodes}}
        for name, number in re.findall(r"(\w+):pullRequest\(number:(\d+)\)", query):
            found[name] = self.merged[int(number)]
        return Reply(200, {"data": {"repository": found}})

    def _associated(self, number: int) -> dict[str, Any]:
        oid = self.merged.get(number, {}).get("oid", "")
        is_merged = number in self.merged
        return {
            "number": number, "merged": is_merged, "mergeCommit": {"oid": oid} if is_merged else None,
            "baseRepository": {"nameWithOwner": REPOSITORY},
        }  # fmt: skip

    def _edit_release(self, call: Call, number: str) -> Reply:
        (found,) = [release for release in self.releases if release["id"] == int(number)]
        found.update(call.body)
        return Reply(200, found)

    def _delete_release(self, _call: Call, number: str) -> Reply:
        self.releases = [release for release in self.releases if release["id"] != int(number)]
        return Reply(204)
