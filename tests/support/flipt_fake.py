"""What a Flipt v2 server answers about flags, so far as the provider asks.

Written from its source (2.11, commit f1905b6: `internal/server/environments`, `internal/storage`, `coss`) and
held to its OpenAPI description: each request, and each answer that is no error. There a payload is *one of* a
flag and a segment, though every flag is both by these schemas; it is read as *any of*.
"""

from __future__ import annotations

import copy
import re
import zlib
from functools import cache
from typing import Any

from support import contracts
from support.fake_server import Fake, Request, Response

TOKEN = "flipt-token-of-the-tests"
ENVIRONMENT = "production"
NAMESPACE = "shop"

_BRANCHES = rf"/api/v2/environments/{ENVIRONMENT}/branches"
_RESOURCES = rf"/api/v2/environments/([\w-]+)/namespaces/{NAMESPACE}/resources"
_ZERO = re.compile("0*")


@cache
def contract() -> contracts.Contract:
    """The description, mended."""
    document = copy.deepcopy(dict(contracts.vendor("flipt-environments.openapi.yaml", "Flipt").document))
    payload = document["components"]["schemas"]["ResourcePayload"]
    payload["anyOf"] = payload.pop("oneOf")
    return contracts.Contract(document, "Flipt")


class FakeFlipt(Fake):
    """A server with one environment.

    Attributes:
        environments: by key, branches among them: the revision, flags and segments of the namespace.
        proposals: by branch.
        protected: does the git host take no push to the branch of the environment?
        licensed: can it open pull requests?
        may_write: may the token update flags?
        wrong: what was not as described.
    """

    def __init__(self) -> None:
        super().__init__()
        self.contract = contract()
        self.commits = 0
        self.environments: dict[str, dict[str, Any]] = {
            ENVIRONMENT: {"revision": self._commit(), "flipt.core.Flag": {}, "flipt.core.Segment": {}}
        }
        self.proposals: dict[str, dict[str, str]] = {}
        self.protected = False
        self.licensed = True
        self.may_write = True
        self.wrong: list[str] = []

    def _commit(self) -> str:
        self.commits += 1
        return f"{self.commits:040x}"

    # --- what a person does --------------------------------------------------------------------

    def flag(self, key: str, kind: str = "BOOLEAN_FLAG_TYPE") -> dict[str, Any]:
        """A new flag that is off; its payload, which a test may change with `touch` after."""
        payload = {
            "@type": "flipt.core.Flag", "key": key, "type": kind, "name": key.title(), "description": "",
            "enabled": False, "variants": [], "rules": [], "rollouts": [], "metadata": {"owner": "shop"},
        }  # fmt: skip
        self.environments[ENVIRONMENT]["flipt.core.Flag"][key] = payload
        self.touch()
        return payload

    def segment(self, key: str, value: str) -> None:
        """A new segment."""
        constraint = {
            "type": "STRING_COMPARISON_TYPE", "property": "group", "operator": "eq", "value": value,
            "description": "",
        }  # fmt: skip
        self.environments[ENVIRONMENT]["flipt.core.Segment"][key] = {
            "@type": "flipt.core.Segment", "key": key, "name": key, "description": "",
            "matchType": "ALL_MATCH_TYPE", "constraints": [constraint],
        }  # fmt: skip
        self.touch()

    def touch(self, environment: str = ENVIRONMENT) -> None:
        """A commit to an environment, of whatever."""
        self.environments[environment]["revision"] = self._commit()

    def merge(self, branch: str) -> None:
        """A person merges the pull request of a branch."""
        self.proposals[branch]["state"] = "PROPOSAL_STATE_MERGED"
        self.environments[ENVIRONMENT] = copy.deepcopy(self.environments[branch])
        self.touch()

    # --- the server ----------------------------------------------------------------------------

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, 16, "authentication required")
        where = (request.verb, request.path)
        self.wrong += self.contract.request_errors(*where, request.query, request.body)
        answer = self._answer(request)
        if answer.status < 300:
            self.wrong += self.contract.answer_errors(*where, answer.status, answer.body)
        return answer

    def _answer(self, request: Request) -> Response:
        found = re.fullmatch(rf"{_RESOURCES}(?:/(flipt\.core\.\w+)(?:/([\w-]+))?)?", request.path)
        if found:
            return self._of_resources(request, *found.groups())
        found = re.fullmatch(rf"{_BRANCHES}(?:/([\w-]+))?", request.path)
        if found:
            return self._of_branches(request, found[1] or "")
        return _error(404, 5, "Not Found")

    def _of_resources(self, request: Request, key: str, kind: str | None, name: str | None) -> Response:
        environment = self.environments.get(key)
        if environment is None:
            return _error(404, 5, f'environment: "{key}"')
        if request.verb == "PUT":
            return self._put(environment, key, request.body)
        assert kind
        revision = {"revision": environment["revision"]}
        if name is None:
            resources = [_resource(k, payload) for k, payload in environment[kind].items()]
            return Response(200, {"resources": resources, **revision})
        if name not in environment[kind]:
            return _error(404, 5, f"getting flag {NAMESPACE}/{name}: flag {NAMESPACE}/{name}")
        return Response(200, {"resource": _resource(name, environment[kind][name]), **revision})

    def _put(self, environment: dict[str, Any], key: str, body: dict[str, Any]) -> Response:
        """`Update` of the git store: the head is compared, the whole flag replaced, the commit pushed."""
        if not self.may_write:
            return _error(403, 7, "permission denied")
        wanted = body.get("revision", "")
        if not _ZERO.fullmatch(wanted) and wanted != environment["revision"]:
            head = environment["revision"]
            return _error(409, 10, f'expected head revision "{wanted}" has changed (now "{head}")')
        flags = environment[body["payload"]["@type"]]
        if body["key"] not in flags:
            return _error(404, 5, f"update resource: flag {NAMESPACE}/{body['key']}")
        named = {k for r in body["payload"]["rollouts"] for k in r.get("segment", {}).get("segments", [])}
        if named - environment["flipt.core.Segment"].keys():
            return _error(400, 3, "flag references unknown segment")
        if self.protected and key == ENVIRONMENT:
            return _error(500, 13, "pushing: protected branch hook declined")
        flags[body["key"]] = copy.deepcopy(body["payload"])
        self.touch(key)
        return Response(
            200, {"resource": _resource(body["key"], flags[body["key"]]), "revision": environment["revision"]}
        )

    def _of_branches(self, request: Request, key: str) -> Response:
        match request.verb, bool(key):
            case "GET", False:
                return Response(200, {"branches": [self._listed(k) for k in self._branches]})
            case "POST", False:
                return self._branch(request.body["key"])
            case "DELETE", True:
                self.environments.pop(key, None)
                self.proposals.pop(key, None)
                return Response(200, {})
            case "POST", True if key in self.environments:
                return self._propose(key)
        return _error(404, 5, f'environment: "{key}"')

    @property
    def _branches(self) -> list[str]:
        return [key for key in self.environments if key != ENVIRONMENT]

    def _listed(self, key: str) -> dict[str, Any]:
        proposal = {"proposal": self.proposals[key]} if key in self.proposals else {}
        return {"environmentKey": ENVIRONMENT, "key": key, "ref": f"flipt/{ENVIRONMENT}/{key}", **proposal}

    def _branch(self, key: str) -> Response:
        if key in self.environments:
            return _error(409, 6, f'environment: "{key}"')
        self.environments[key] = copy.deepcopy(self.environments[ENVIRONMENT])
        configuration = {"ref": f"flipt/{ENVIRONMENT}/{key}", "base": ENVIRONMENT}
        return Response(200, {"key": key, "name": key, "default": False, "configuration": configuration})

    def _propose(self, key: str) -> Response:
        if not self.licensed:
            return _error(501, 12, "Propose not implemented in non-commercial version")
        if self.proposals.get(key, {}).get("state") == "PROPOSAL_STATE_OPEN":
            return _error(500, 13, "failed to create pull request: 422 A pull request already exists")
        link = f"https://git.example/pull/{self.commits}"
        self.proposals[key] = {"url": link, "state": "PROPOSAL_STATE_OPEN"}
        return Response(200, self.proposals[key])


def _resource(key: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"namespaceKey": NAMESPACE, "key": key, "payload": payload}


def _error(status: int, code: int, message: str) -> Response:
    return Response(status, {"code": code, "message": message, "details": []})


def evaluated(payload: dict[str, Any], entity: str) -> bool:
    """What Flipt answers to a user of no segment.

    The published evaluation of boolean flags, written anew: `Server.boolean` in
    `internal/server/evaluation/evaluation.go` of Flipt 2.11 (commit f1905b6), and the same in the engine of
    its clients (`flipt-evaluation`): CRC-32 (IEEE) of entity id and flag key, modulo 100, is below the
    percentage.
    """
    bucket = zlib.crc32((entity + payload["key"]).encode()) % 100
    for rollout in payload["rollouts"]:
        threshold = rollout.get("threshold")
        if threshold and bucket < threshold["percentage"]:
            return bool(threshold["value"])
    return bool(payload["enabled"])
