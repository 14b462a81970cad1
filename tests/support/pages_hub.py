"""Issues, labels and Deployments, on a server that is held to GitHub's description."""

from __future__ import annotations

import copy
from typing import Any

from support import openapi
from support.approvals_hub import user
from support.githubapi import LOGIN, Call, Reply, page
from support.rollout_hub import RolloutHub

_R = "/repos/{owner}/{repo}"
_ONE = r"/repos/[^/]+/[^/]+"


class PagesHub(RolloutHub):
    """A repository whose issues and Deployments can be written.

    Attributes:
        issues: the oldest first.
        labels: names of those that there are.
        made: Deployments, the oldest first; each with its statuses, the newest first, by its id.
        commits: what a Deployment may be of.
    """

    def __init__(self, commits: tuple[str, ...] = ("a" * 40,)) -> None:
        super().__init__()
        self.login = LOGIN
        self.issues: list[dict[str, Any]] = []
        self.labels: set[str] = set()
        self.made: list[dict[str, Any]] = []
        self.states: dict[int, list[dict[str, Any]]] = {}
        self.spoken: dict[int, list[dict[str, Any]]] = {}
        self.commits = commits
        self.routes[:0] = [
            ("GET", _ONE + r"/issues", self._issues),
            ("POST", _ONE + r"/issues", self._open),
            ("PATCH", _ONE + r"/issues/(\d+)", self._change),
            ("GET", _ONE + r"/labels/([^/]+)", self._label),
            ("POST", _ONE + r"/labels", self._make_label),
            ("GET", _ONE + r"/issues/(\d+)/comments", lambda call, n: page(self.said(int(n)), call)),
            ("POST", _ONE + r"/issues/(\d+)/comments", self._say),
            ("GET", _ONE + r"/deployments", self._listed),
            ("POST", _ONE + r"/deployments", self._deploy),
            ("DELETE", _ONE + r"/deployments/(\d+)", self._undeploy),
            ("GET", _ONE + r"/deployments/(\d+)/statuses", lambda call, n: page(self.states[int(n)], call)),
            ("POST", _ONE + r"/deployments/(\d+)/statuses", self._status),
        ]

    def answer(self, call: Call) -> Reply:
        """GraphQL has no OpenAPI description; `viewer` answers apps too."""
        if call.path != "/graphql":
            return super().answer(call)
        self.calls.append(call)
        assert call.body["query"] == "query { viewer { login } }"
        reply = Reply(200, {"data": {"viewer": {"login": self.login}}})
        return (self.fault(len(self.calls), call, lambda: reply) if self.fault else None) or reply

    # --- issues ----------------------------------------------------------------------------------

    def open_issue(self, body: str, login: str, label: str) -> dict[str, Any]:
        """An issue of anybody."""
        made = copy.deepcopy(openapi.example("post", _R + "/issues", 201))
        self.number += 1
        example = openapi.example("get", _R + "/labels/{name}", 200)
        made |= {
            "id": 5_000_000_000 + self.number, "number": self.number, "body": body, "state": "open",
            "labels": [copy.deepcopy(example) | {"name": label}], "user": user(login),
            "html_url": f"https://github.com/o/r/issues/{self.number}", "updated_at": self._stamp(),
        }  # fmt: skip
        made.pop("pull_request", None)
        self.issues.append(made)
        found: dict[str, Any] = made
        return found

    def _issues(self, call: Call) -> Reply:
        wanted, among = call.query.get("labels", ""), call.query.get("state", "open")
        kept = [
            issue for issue in self.issues
            if wanted in {label["name"] for label in issue["labels"]} and among in ("all", issue["state"])
        ]  # fmt: skip
        return page(kept[::-1], call)

    def _open(self, call: Call) -> Reply:
        if len(call.body["body"]) > self.most:
            return Reply(422, {"message": "Validation Failed"})
        (label,) = call.body["labels"]
        assert label in self.labels
        made = self.open_issue(call.body["body"], self.login, label)
        made["title"] = call.body["title"]
        return Reply(201, made)

    def _change(self, call: Call, number: str) -> Reply:
        if len(call.body.get("body", "")) > self.most:
            return Reply(422, {"message": "Validation Failed"})
        issue = next(one for one in self.issues if one["number"] == int(number))
        issue |= {**call.body, "updated_at": self._stamp()}
        return Reply(200, issue)

    def _label(self, _call: Call, name: str) -> Reply:
        if name not in self.labels:
            return Reply(404, {"message": "Not Found"})
        return Reply(200, openapi.example("get", _R + "/labels/{name}", 200) | {"name": name})

    def _make_label(self, call: Call) -> Reply:
        if call.body["name"] in self.labels:
            return Reply(422, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]})
        self.labels.add(call.body["name"])
        return Reply(201, openapi.example("post", _R + "/labels", 201) | call.body)

    def said(self, number: int) -> list[dict[str, Any]]:
        """The comments on an issue."""
        kept = {comment["id"] for comment in self.spoken.setdefault(number, [])}
        return [comment for comment in self.comments if comment["id"] in kept]

    def _say(self, call: Call, number: str) -> Reply:
        reply = self._comment(call, number)
        if reply.status == 201:
            self.spoken.setdefault(int(number), []).append(reply.body)
        return reply

    # --- Deployments -----------------------------------------------------------------------------

    def _listed(self, call: Call) -> Reply:
        if call.query.get("task") != "rollout":
            return self._deployments(call)
        kept = [d for d in self.made if d["environment"] == call.query.get("environment")]
        return page(kept[::-1], call)

    def _deploy(self, call: Call) -> Reply:
        body = call.body
        if body["ref"] not in self.commits:
            return Reply(422, {"message": f"No ref found for: {body['ref']}"})
        made = copy.deepcopy(openapi.example("post", _R + "/deployments", 201))
        self.number += 1
        kept = ("task", "environment", "payload", "description", "transient_environment")
        made |= {key: body[key] for key in kept} | {"id": self.number, "sha": body["ref"]}
        self.made.append(made)
        self.states[made["id"]] = []
        return Reply(201, made)

    def _undeploy(self, _call: Call, number: str) -> Reply:
        there = [d for d in self.made if d["id"] == int(number)]
        if not there:
            return Reply(404, {"message": "Not Found"})
        if self.states[int(number)][:1] and self.states[int(number)][0]["state"] != "inactive":
            return Reply(422, {"message": "We cannot delete an active deployment"})
        self.made.remove(there[0])
        return Reply(204)

    def _status(self, call: Call, number: str) -> Reply:
        own = next(d for d in self.made if d["id"] == int(number))
        if len(call.body["description"]) > 140:
            return Reply(422, {"message": "Validation Failed"})
        made = copy.deepcopy(openapi.example("post", _R + "/deployments/{deployment_id}/statuses", 201))
        made |= call.body
        self.states[own["id"]].insert(0, made)
        if call.body["state"] == "success":
            self._end_earlier(own)
        return Reply(201, made)

    def _end_earlier(self, own: dict[str, Any]) -> None:
        """GitHub's `auto_inactive`: those of the environment that had succeeded."""
        for other in self.made:
            states = self.states[other["id"]]
            same = other["id"] != own["id"] and other["environment"] == own["environment"]
            if same and states and states[0]["state"] == "success":
                states.insert(0, states[0] | {"state": "inactive"})

    def stages(self) -> dict[str, str]:
        """The state of each stage's Deployment, in their order."""
        assert len({d["payload"]["stage"] for d in self.made}) == len(self.made)
        return {d["payload"]["stage"]: self.states[d["id"]][0]["state"] for d in self.made}
