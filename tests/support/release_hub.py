"""GitHub as a release sees it: a pull request and what people say, issues, workflow runs, GraphQL's edits."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from support import openapi
from support.approvals_hub import activity
from support.comment_hub import CommentHub
from support.githubapi import Call, Reply, not_accessible, page

_R = "/repos/{owner}/{repo}"
GRAPHQL = "/graphql"


@dataclass
class Run:
    """A run of a workflow."""

    sha: str
    conclusion: str = "success"
    event: str = "push"
    status: str = "completed"
    updated: str = "2027-01-15T07:00:00Z"


def _edit(text: str, editor: str | None, at: str) -> dict[str, Any]:
    return {"editedAt": at, "deletedAt": None, "diff": text, "editor": {"login": editor} if editor else None}


class ReleaseHub(CommentHub):
    """Pull request 7, with head `head`.

    Attributes:
        edited_nodes: node ids of what GraphQL calls edited.
        incidents: titles of the open issues that have the labels.
        runs_of: of each workflow file, the newest first.
        text: of the pull request; `mona` wrote it.
        edits: of that text, as GraphQL has them, the newest first.
        commit_author: of every commit.
        assigned: logins of those assigned to the open issues.
        heads: heads that later answers have, one each; the last one stays.
    """

    def __init__(self, head: str) -> None:
        super().__init__()
        self.head = head
        self.edited_nodes: set[str] = set()
        self.login = "alice"
        self.incidents: list[str] = []
        self.runs_of: dict[str, list[Run]] = {}
        self.text = ""
        self.edits: list[dict[str, Any]] = []
        self.assigned: list[str] = []
        self.commit_author = "octocat"
        self.heads: list[str] = []
        self.without_graphql = False
        self.pushes = [activity(head, "2027-01-15T07:00:00Z")]
        self.routes[:0] = [
            ("GET", r"/repos/[^/]+/[^/]+/issues/7", self._seven),
            ("GET", r"/repos/[^/]+/[^/]+/issues", self._issues),
            ("GET", r"/repos/[^/]+/[^/]+/actions/workflows/([^/]+)/runs", self._runs),
            ("GET", r"/orgs/([^/]+)/teams/([^/]+)", self._team),
            ("GET", r"/repos/[^/]+/[^/]+/commits/(\w+)", self._commit),
        ]

    def push(self, head: str, at: str) -> None:
        """A new head."""
        self.head = head
        self.pushes.insert(0, activity(head, at))

    def answer(self, call: Call) -> Reply:
        """The answer; GitHub's description of REST says nothing of GraphQL."""
        if call.path != GRAPHQL:
            return super().answer(call)
        with self.lock:
            self.calls.append(call)
        if self.without_graphql:
            return not_accessible()
        variables = call.body["variables"]
        if "userContentEdits" in call.body["query"]:
            return Reply(200, {"data": {"node": self.history(variables["id"])}})
        if "ids" in variables:
            return Reply(200, {"data": {"nodes": [self._node(one) for one in variables["ids"]]}})
        return Reply(200, {"data": {"node": self._node(variables["id"])}})

    def _node(self, node: str) -> dict[str, Any]:
        at = "2027-01-15T09:00:00Z" if node in self.edited_nodes else None
        return {"id": node, "lastEditedAt": at}

    def edit(self, text: str, editor: str | None, at: str) -> None:
        """Somebody edits the text of the pull request; GitHub keeps the first text from then on."""
        if not self.edits:
            self.edits = [_edit(self.text, "mona", "2027-01-15T06:00:00Z")]
        self.text = text
        self.edits.insert(0, _edit(text, editor, at))

    def history(self, node: str) -> Any:
        """The pull request as GraphQL has it, with the edits of its text."""
        return {
            "id": node,
            "createdAt": "2027-01-15T06:00:00Z",
            "lastEditedAt": self.edits[0]["editedAt"] if self.edits else None,
            "includesCreatedEdit": bool(self.edits),
            "author": {"login": "mona"},
            "userContentEdits": {"nodes": self.edits, "pageInfo": {"hasNextPage": False}},
        }

    def say(self, line: str, login: str, at: str) -> dict[str, Any]:
        """A comment."""
        self.comment(line, login, at)
        made = self.comments[-1]
        made["node_id"] = f"C{made['id']}"
        made["issue_url"] = "https://api.github.com/repos/octo-org/octo-repo/issues/7"
        return made

    def review_with(self, line: str, login: str, commit: str, at: str) -> dict[str, Any]:
        """A review that says something."""
        self.review(login, commit, at, "COMMENTED")
        made = self.reviews[-1]
        made |= {"body": line, "node_id": f"R{made['id']}"}
        return made

    def _pull(self, call: Call, number: str) -> Reply:
        reply = super()._pull(call, number)
        if self.heads and reply.status == 200:
            reply.body["head"]["sha"] = self.heads.pop(0) if len(self.heads) > 1 else self.heads[0]
        return reply

    def _seven(self, _call: Call) -> Reply:
        made = copy.deepcopy(openapi.example("get", _R + "/issues", 200)[0])
        made |= {"pull_request": {"url": "", "html_url": "", "diff_url": "", "patch_url": ""}}
        made |= {"number": 7, "body": self.text, "html_url": "https://github.com/octo-org/octo-repo/pull/7"}
        return Reply(200, made)

    def _issues(self, call: Call) -> Reply:
        example = openapi.example("get", _R + "/issues", 200)[0]
        example = {key: value for key, value in example.items() if key != "pull_request"}
        people = [example["assignees"][0] | {"login": login} for login in self.assigned]
        made = [
            copy.deepcopy(example) | {"number": n, "title": t, "assignees": people}
            for n, t in enumerate(self.incidents, 100)
        ]
        return page(made, call)

    def _runs(self, call: Call, file: str) -> Reply:
        if file not in self.runs_of:
            return Reply(404, {"message": "Not Found"})
        wanted, only = call.query.get("head_sha"), call.query.get("status")
        found = [
            run
            for run in self.runs_of[file]
            if wanted in (None, run.sha) and only in (None, run.conclusion, run.status)
        ]
        path = _R + "/actions/workflows/{workflow_id}/runs"
        example = openapi.example("get", path, 200)["workflow_runs"][0]
        made = [
            copy.deepcopy(example)
            | {
                "head_sha": run.sha, "conclusion": run.conclusion or None, "event": run.event,
                "status": run.status, "updated_at": run.updated,
            }
            for run in found
        ]  # fmt: skip
        return page(made, call, "workflow_runs")

    def _team(self, _call: Call, organisation: str, team: str) -> Reply:
        if f"{organisation}/{team}" not in self.teams:
            return Reply(404, {"message": "Not Found"})
        made = copy.deepcopy(openapi.example("get", "/orgs/{org}/teams/{team_slug}", 200))
        made["organization"] |= {"archived_at": None}
        return Reply(200, made | {"type": "organization"})

    def _commit(self, _call: Call, _sha: str) -> Reply:
        made = copy.deepcopy(openapi.example("get", _R + "/commits/{ref}", 200))
        made["author"] |= {"login": self.commit_author}
        made["files"] = []  # the example lacks what the description requires of them
        return Reply(200, made)
