"""What LaunchDarkly answers about one flag: written from its OpenAPI description 2.0 of 2026-03.

Each request and each answer is checked against the description; instructions of semantic patches, whose
schema takes anything, against the list of kinds and parameters in the text of the operation. Not in the
description, and inferred: a list of a rollout has the order of the flag's variations, and the words of a
refused conflict. The words of a demanded approval are those that users of ldcli report.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from support.contracts import Contract, vendor
from support.fake_server import Fake, Request, Response

TOKEN = "api-token-of-the-tests"
PROJECT, FLAG, ENVIRONMENT = "shop", "new-checkout", "production"
PATH = f"/api/v2/flags/{PROJECT}/{FLAG}"
WITHIN = f"/api/v2/projects/{PROJECT}/flags/{FLAG}/environments/{ENVIRONMENT}"
SEMANTIC = "domain-model=launchdarkly.semanticpatch"
WHOLE = 100_000


def contract() -> Contract:
    """The description."""
    return vendor("launchdarkly.openapi.json.gz", "LaunchDarkly")


def kinds(description: Contract) -> dict[str, frozenset[str]]:
    """The kinds of instructions that the description lists, with their parameters."""
    operation = description.document["paths"]["/api/v2/flags/{projectKey}/{featureFlagKey}"]["patch"]
    text = operation["description"].partition("### Instructions")[2].partition("### Using JSON patches")[0]
    parts = re.split(r"^#### (\w+)$", text, flags=re.M)[1:]
    return {
        name: frozenset(re.findall(r"^\s*- `(\w+)`", body.partition("Here's")[0], re.M))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


class FakeLaunchDarkly(Fake):
    """One flag in one environment, of the project `shop`.

    Attributes:
        page: the flag, with all its environments.
        segments, scheduled, workflows, requests: of the environment.
        wrong: what was not as the description has it.
        approvals: does the environment demand them?
        lists_backwards: are lists of rollouts in the reverse order of the variations?
        plan_has_workflows: does the account's plan have scheduled changes and workflows?
    """

    def __init__(self, values: tuple[Any, ...] = (False, True), names: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.contract = contract()
        self.kinds = kinds(self.contract)
        self.page = _page(values, names)
        self.segments = {key: _segment(key) for key in ("beta", "staff")}
        self.scheduled: list[dict[str, Any]] = []
        self.workflows: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.approvals = False
        self.lists_backwards = False
        self.plan_has_workflows = True
        self.numbers = itertools.count(1)

    @property
    def own(self) -> dict[str, Any]:
        """The flag in the environment."""
        found: dict[str, Any] = self.page["environments"][ENVIRONMENT]
        return found

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        is_semantic = SEMANTIC in request.headers.get("content-type", "")
        body = None if is_semantic else request.body
        self.wrong += self.contract.request_errors(request.verb, request.path, request.query, body)
        if is_semantic:
            self.wrong += self._patch_errors(request)
        answer = self._answer(request)
        self.wrong += self.contract.answer_errors(request.verb, request.path, answer.status, answer.body)
        return answer

    def _patch_errors(self, request: Request) -> list[str]:
        """What is wrong with a semantic patch."""
        body = request.body
        errors = [f"{request.path} takes no semantic patch"] if request.path != PATH else []
        known = {"comment", "environmentKey", "instructions"}
        errors += [f"there is no key {key}" for key in body.keys() - known]
        for each in body["instructions"]:
            errors += self.instruction_errors(each)
        return errors

    def instruction_errors(self, each: Mapping[str, Any]) -> list[str]:
        """What is wrong with an instruction."""
        known = self.kinds.get(each.get("kind", ""))
        if known is None:
            return [f"there is no instruction {each.get('kind')}"]
        return [f"{each['kind']} has no parameter {key}" for key in each.keys() - {"kind"} - known]

    def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != TOKEN:
            return _error(401, "unauthorized", "Invalid access token")
        if request.path == PATH:
            return self._flag(request)
        if request.path.startswith("/api/v2/segments/"):
            found = self.segments.get(request.path.rpartition("/")[2])
            return Response(200, found) if found else _error(404, "not_found", "Unknown segment key")
        if request.path.startswith(f"{WITHIN}/"):
            return self._within(request, request.path.removeprefix(f"{WITHIN}/").split("/"))
        return _error(404, "not_found", "Unknown flag key")

    def _within(self, request: Request, parts: list[str]) -> Response:
        match request.verb, parts:
            case "GET", [name]:
                return self._list(name)
            case "POST", ["approval-requests"]:
                return self._ask(request.body)
            case _, ["approval-requests", number, *rest]:
                return self._asked(request, number, rest)
        return _error(404, "not_found", "Unknown path")

    def _list(self, name: str) -> Response:
        if name != "approval-requests" and not self.plan_has_workflows:
            return _error(403, "forbidden", "Your plan does not have this feature")
        lists = {
            "approval-requests": self.requests, "scheduled-changes": self.scheduled,
            "workflows": self.workflows,
        }  # fmt: skip
        page: dict[str, Any] = {"items": lists[name], "_links": {}}
        return Response(200, page | ({"totalCount": len(lists[name])} if name == "workflows" else {}))

    # --- the flag ------------------------------------------------------------------------------

    def _flag(self, request: Request) -> Response:
        if request.verb == "GET":
            wanted = request.query.get("env", [ENVIRONMENT])
            environments = {k: v for k, v in self.page["environments"].items() if k in wanted}
            return Response(200, {**self.page, "environments": environments})
        return self._patch(request)

    def _patch(self, request: Request) -> Response:
        if SEMANTIC not in request.headers.get("content-type", ""):
            return _error(400, "invalid_request", "json: cannot unmarshal object into a JSON patch")
        is_dry, forced = (request.query.get(key) == ["true"] for key in ("dryRun", "ignoreConflicts"))
        if self.page["archived"]:
            return _error(400, "invalid_request", "Cannot update an archived flag")
        if self.approvals:
            what = "Flag configuration updates require approval: action 'updateOn' not allowed"
            return _error(405, "method_not_allowed", what)
        if self.scheduled and not forced:
            return _error(400, "invalid_request", "The update conflicts with pending scheduled changes")
        after = self.applied(request.body["instructions"])
        if not is_dry:
            self.page = after
        return Response(200, after)

    def applied(self, instructions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The flag after instructions, all of which are carried out."""
        after = copy.deepcopy(self.page)
        own = after["environments"][ENVIRONMENT]
        before = copy.deepcopy(own)
        for each in instructions:
            self._apply(own, each)
        if own != before:
            own["version"] += 1
            after["_version"] += 1
        return after

    def _apply(self, own: dict[str, Any], each: Mapping[str, Any]) -> None:
        match each["kind"]:
            case "turnFlagOn" | "turnFlagOff":
                own["on"] = each["kind"] == "turnFlagOn"
            case "updateFallthroughVariationOrRollout":
                own["fallthrough"] = self._served(each)
            case "updateOffVariation":
                own["offVariation"] = self._index(each["variationId"])
            case "addRule":
                clauses = [{"_id": f"clause-{next(self.numbers)}", **clause} for clause in each["clauses"]]
                own["rules"].append(
                    {"_id": f"rule-{next(self.numbers)}", "clauses": clauses, "trackEvents": False,
                     **self._served(each)}
                )  # fmt: skip
            case "removeRule":
                own["rules"] = [rule for rule in own["rules"] if rule["_id"] != each["ruleId"]]

    def _served(self, each: Mapping[str, Any]) -> dict[str, Any]:
        if "variationId" in each:
            return {"variation": self._index(each["variationId"])}
        weights = {self._index(number): weight for number, weight in each["rolloutWeights"].items()}
        order = sorted(weights, reverse=self.lists_backwards)
        rollout: dict[str, Any] = {"variations": [{"variation": i, "weight": weights[i]} for i in order]}
        if each.get("rolloutBucketBy", "key") != "key":
            rollout["bucketBy"] = each["rolloutBucketBy"]
        return {"rollout": {**rollout, "contextKind": each.get("rolloutContextKind", "user")}}

    def _index(self, number: str) -> int:
        return [each["_id"] for each in self.page["variations"]].index(number)

    # --- approvals -----------------------------------------------------------------------------

    def _ask(self, body: dict[str, Any]) -> Response:
        for each in body["instructions"]:
            self.wrong += self.instruction_errors(each)
        made = {
            "_id": f"{next(self.numbers):024}", "_version": 1, "creationDate": 1, "status": "pending",
            "serviceKind": "launchdarkly", "reviewStatus": "pending", "allReviews": [], "notifyMemberIds": [],
            "conflicts": [], "_links": {}, "description": body["description"],
            "instructions": [{**each, "_note": "ours"} for each in body["instructions"]],
        }  # fmt: skip
        self.requests.append(made)
        return Response(201, made)

    def _asked(self, request: Request, number: str, rest: list[str]) -> Response:
        found = next((each for each in self.requests if each["_id"] == number), None)
        if found is None:
            return _error(404, "not_found", "Unknown approval request")
        if request.verb == "DELETE":
            self.requests.remove(found)
            return Response(204)
        if rest == ["apply"]:
            if found["reviewStatus"] != "approved" or found["status"] != "pending":
                return _error(403, "forbidden", "Approval request cannot be applied")
            if found["conflicts"]:
                found["status"] = "failed"
            else:
                found["status"] = "completed"
                self.page = self.applied(found["instructions"])
        return Response(200, found)


def _page(values: tuple[Any, ...], names: tuple[str, ...]) -> dict[str, Any]:
    variations = [{"_id": f"variation-{number}", "value": value} for number, value in enumerate(values)]
    for each, name in zip(variations, names, strict=False):
        each["name"] = name
    old = values.index(False) if False in values else 0
    own = {
        "on": False, "archived": False, "salt": "61eddeadbeef4da1facecafe3a60a397", "sel": "810edead",
        "lastModified": 1627071171347, "version": 1, "targets": [], "contextTargets": [], "rules": [],
        "fallthrough": {"variation": old}, "offVariation": old, "prerequisites": [],
        "_site": {"href": f"/{PROJECT}/{ENVIRONMENT}/features/{FLAG}", "type": "text/html"},
        "_environmentName": "Production", "trackEvents": False, "trackEventsFallthrough": False,
    }  # fmt: skip
    return {
        "name": "New checkout", "kind": "boolean" if False in values else "multivariate", "key": FLAG,
        "_version": 1, "creationDate": 1494437420312, "variations": variations, "temporary": True, "tags": [],
        "_links": {"self": {"href": PATH, "type": "application/json"}}, "customProperties": {},
        "experiments": {"baselineIdx": 0, "items": []}, "archived": False,
        "environments": {ENVIRONMENT: own, "test": {**own, "on": True, "fallthrough": {"variation": 1}}},
    }  # fmt: skip


def _segment(key: str) -> dict[str, Any]:
    return {
        "name": key, "tags": [], "creationDate": 1, "lastModifiedDate": 1, "key": key, "_links": {},
        "rules": [], "version": 1, "deleted": False, "generation": 1, "included": ["user-1", "user-2"],
        "excluded": [],
    }  # fmt: skip


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, {"code": code, "message": message})
