"""What GitHub says of people, runs and deployments, on a server that is held to its description."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from support import openapi
from support.approvals_hub import ApprovalsHub, user
from support.githubapi import Call, Reply, page

_R = "/repos/{owner}/{repo}"


@dataclass
class Deployed:
    """A deployment with the state of its newest status."""

    sha: str
    state: str
    environment: str = "production"
    task: str = "deploy"


class RolloutHub(ApprovalsHub):
    """A repository.

    Attributes:
        login: of the token.
        url: of the server, while it runs.
        runs: by number: event, who started it, when it began and was updated.
        deployments: the newest first.
        teams: logins by `org/team`.
    """

    def __init__(self) -> None:
        super().__init__("a" * 40)
        self.login = "alice"
        self.url = ""
        self.runs: dict[str, tuple[str, str, str, str]] = {}
        self.deployments: list[Deployed] = []
        self.teams: dict[str, set[str]] = {}
        self.routes[:0] = [
            ("GET", r"/user", lambda _call: Reply(200, self._me())),
            ("GET", r"/repos/[^/]+/[^/]+/actions/runs/(\d+)", self._run),
            ("GET", r"/repos/[^/]+/[^/]+/deployments", self._deployments),
            ("GET", r"/repos/[^/]+/[^/]+/deployments/(\d+)/statuses", self._statuses),
            ("GET", r"/orgs/([^/]+)/teams/([^/]+)/memberships/([^/]+)", self._member),
        ]

    def _me(self) -> dict[str, Any]:
        found: dict[str, Any] = copy.deepcopy(openapi.example("get", "/users/{username}", 200))
        return found | {"login": self.login}

    def _run(self, _call: Call, number: str) -> Reply:
        if number not in self.runs:
            return Reply(404, {"message": "Not Found"})
        event, login, began, updated = self.runs[number]
        made = copy.deepcopy(openapi.example("get", _R + "/actions/runs/{run_id}", 200))
        made |= {
            "event": event,
            "triggering_actor": user(login),
            "run_started_at": began,
            "updated_at": updated,
        }
        return Reply(200, made)

    def _deployments(self, call: Call) -> Reply:
        kept = [
            (number, found)
            for number, found in enumerate(self.deployments, 1)
            if found.environment == call.query.get("environment") and found.task == call.query.get("task")
        ]
        example = openapi.example("get", _R + "/deployments", 200)[0]
        made = [
            copy.deepcopy(example) | {"id": n, "sha": d.sha, "environment": d.environment, "task": d.task}
            for n, d in kept
        ]
        return page(made, call)

    def _statuses(self, call: Call, number: str) -> Reply:
        example = openapi.example("get", _R + "/deployments/{deployment_id}/statuses", 200)[0]
        return page([copy.deepcopy(example) | {"state": self.deployments[int(number) - 1].state}], call)

    def _member(self, _call: Call, organisation: str, team: str, login: str) -> Reply:
        if login not in self.teams.get(f"{organisation}/{team}", ()):
            return Reply(404, {"message": "Not Found"})
        path = "/orgs/{org}/teams/{team_slug}/memberships/{username}"
        return Reply(200, copy.deepcopy(openapi.example("get", path, 200)) | {"state": "active"})
