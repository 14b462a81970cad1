"""A release's pull request on `emulate`, which others wrote: comments, reviews, permissions, heads, a merge.

What it lacks is answered by `ReleaseHub`, which is held to GitHub's description: pushes, Deployments, runs of
workflows, GraphQL's edits, and a pull request as an issue. It has commits of its own, which a clone has not:
each of them goes by the name of a commit of the clone here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from support import githubapi
from support.approvals_hub import activity
from support.githubapi import REPOSITORY, Call, Emulated, Reply
from support.release_hub import GRAPHQL, ReleaseHub

R = f"/repos/{REPOSITORY}"
BRANCH = "release/v1.4.0"
PEOPLE = ("alice", "bob", "dan", "mallory")
SEED = githubapi.SEED.replace(
    "tokens:\n", "tokens:\n" + "".join(f"  ghp_{who}: {{login: {who}, scopes: [repo]}}\n" for who in PEOPLE)
).replace("users: [", "users: [" + "".join(f"{{login: {who}, name: {who}}}, " for who in PEOPLE))
_OURS = re.compile(rf"{R}/(activity|deployments.*|actions/.*)|/orgs/.*")


class EmulatedRelease(Emulated):
    """The server.

    Attributes:
        hub: what emulate lacks.
        names: the clone's names of emulate's commits.
        pull: the number of the pull request.
    """

    def __init__(self, port: int, hub: ReleaseHub) -> None:
        super().__init__(port)
        self.hub = hub
        self.names: dict[str, str] = {}
        self.pull = 0

    def open(self, head: str, body: str) -> None:
        """The pull request of the release branch."""
        main = self.do("GET", f"{R}/git/ref/heads/main")["object"]["sha"]
        self.do("POST", f"{R}/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": main})
        self.push(head, "2026-01-01T00:00:00Z")
        asked = {"title": "Release v1.4.0", "head": BRANCH, "base": "main", "body": body}
        self.pull = self.do("POST", f"{R}/pulls", asked)["number"]

    def push(self, commit: str, at: str) -> None:
        """A commit of the clone is the head of the branch, since a time."""
        path = f"{R}/contents/{commit}.txt"
        made = self.do("PUT", path, {"message": "x", "content": "eA==", "branch": BRANCH})
        self.names[made["commit"]["sha"]] = commit
        self.hub.pushes.insert(0, activity(commit, at, BRANCH))

    def say(self, line: str, who: str) -> None:
        """Somebody comments."""
        self._as(who, "POST", f"{R}/issues/{self.pull}/comments", {"body": line})

    def review(self, line: str, who: str) -> None:
        """Somebody reviews the head."""
        asked = {"body": line, "event": "COMMENT"}
        self._as(who, "POST", f"{R}/pulls/{self.pull}/reviews", asked)

    def merge(self, commit: str) -> None:
        """The pull request is squashed; the clone has the commit by this name."""
        made = self.do("PUT", f"{R}/pulls/{self.pull}/merge", {"merge_method": "squash"})
        self.names[made["sha"]] = commit

    def _as(self, who: str, verb: str, path: str, body: Any) -> None:
        reply = self.ask(Call(verb, path, {}, body, f"ghp_{who}"))
        assert reply.status < 300, reply

    def answer(self, call: Call) -> Reply:
        """The answer; GitHub's description of REST says nothing of GraphQL."""
        return self.hub.answer(call) if call.path == GRAPHQL else super().answer(call)

    def serve(self, call: Call) -> Reply:
        """The answer of emulate by the clone's names, or that of the hub."""
        if _OURS.fullmatch(call.path):
            return self.hub.answer(call)
        if (call.verb, call.path) == ("GET", f"{R}/issues/{self.pull}"):
            return self._as_issue()
        theirs = {ours: name for name, ours in self.names.items()}
        body = json.loads(_renamed(json.dumps(call.body), theirs))
        reply = super().serve(Call(call.verb, _renamed(call.path, theirs), call.query, body, call.token))
        return Reply(reply.status, json.loads(_renamed(json.dumps(reply.body), self.names)), reply.headers)

    def status_reply(self, call: Call) -> Reply | None:
        """Commit statuses, by the clone's names."""
        return super().status_reply(Call(call.verb, _renamed(call.path, self.names), call.query, call.body))

    def _as_issue(self) -> Reply:
        pull = self.do("GET", f"{R}/pulls/{self.pull}")
        kept = ("number", "title", "body", "state", "user", "html_url", "node_id", "created_at")
        return Reply(200, {name: pull[name] for name in kept} | {"pull_request": {"url": pull["url"]}})


def _renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text
