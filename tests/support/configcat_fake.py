"""What ConfigCat answers about one flag.

Written from the OpenAPI description in configcat/configcat-publicapi-go-client (2024-10), and from the
documents of its version 3 (2026) for `lastVersionId`, `readOnly` and change requests. Not documented, and
inferred: a patch whose `test` fails answers 400, and so does a write where an approval is demanded,
with words about it.
"""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

from support.fake_server import Fake, Request, Response

USER, PASSWORD = "08d86d63-user", "password-of-the-tests"
ENVIRONMENT, SETTING = "08d86d63-2726-47cd-8bfc-59608ecb91e2", 1234
FLAG = "new-checkout"
PRODUCT, CONFIG = "08d86d63-product", "08d86d63-config"
PATH = f"/v2/environments/{ENVIRONMENT}/settings/{SETTING}/value"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

_RULE = {"conditions", "percentageOptions", "value"}
_VALUE = {"boolValue", "stringValue", "intValue", "doubleValue"}
_ROOTS = {"defaultValue", "targetingRules", "percentageEvaluationAttribute"}


class PatchError(Exception):
    """A patch that the API refuses."""


class FakeConfigCat(Fake):
    """One flag in one environment.

    Attributes:
        value: the flag, as `GET …/value` answers it.
        segments: of the product; `members` are the test's own.
        requests: change requests.
        approvals: does the environment demand them?
        beta: has the account change requests?
    """

    def __init__(self, kind: str = "boolean", old: Any = False) -> None:
        super().__init__()
        self.field = {"boolean": "boolValue", "string": "stringValue", "int": "intValue"}[kind]
        self.numbers = itertools.count(1)
        self.value: dict[str, Any] = {
            "lastVersionId": "version-0", "defaultValue": {self.field: old}, "targetingRules": [],
            "setting": {"settingId": SETTING, "key": FLAG, "name": "New", "settingType": kind},
            "updatedAt": "2026-11-30T00:00:00Z", "percentageEvaluationAttribute": None, "readOnly": False,
            "config": {"configId": CONFIG, "product": {"productId": PRODUCT}, "evaluationVersion": "v2"},
            "environment": {"environmentId": ENVIRONMENT, "name": "Production"},
        }  # fmt: skip
        self.segments = [
            {"segmentId": f"segment-{name}", "name": name, "updatedAt": "2026-01-01T00:00:00Z"}
            for name in ("beta", "staff")
        ]
        self.requests: list[dict[str, Any]] = []
        self.approvals = False
        self.beta = True

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != BASIC:
            return Response(401)
        if request.path == PATH:
            return self._value(request)
        if request.path == f"/v1/products/{PRODUCT}/segments":
            return Response(200, self.segments)
        if "change-requests" in request.path and self.beta:
            return self._requests(request)
        return Response(404)

    def _value(self, request: Request) -> Response:
        if request.verb == "GET":
            return Response(200, self.value)
        if request.verb != "PATCH" or set(request.query) - {"reason"}:
            return Response(405)
        if self.approvals:
            return Response(400, {"message": "The environment requires approval. Open a change request."})
        try:
            after = patched(self.value, request.body)
        except PatchError as error:
            return Response(400, {"message": str(error)})
        if after == self.value:
            return Response(204)
        self.set(after)
        return Response(200, self.value)

    def set(self, after: dict[str, Any]) -> None:
        """Let the flag be another, with a new version."""
        self.value = {**after, "lastVersionId": f"version-{next(self.numbers)}"}

    # --- change requests -----------------------------------------------------------------------

    def _requests(self, request: Request) -> Response:
        if request.path == f"/v2/products/{PRODUCT}/change-requests":
            return Response(200, {"changeRequests": {"items": self._listed(request), "totalCount": 1}})
        if request.path == f"/v2/configs/{CONFIG}/environments/{ENVIRONMENT}/change-requests":
            return self._create(request.body)
        number, _, action = request.path.removeprefix("/v2/change-requests/").partition("/")
        found = next((each for each in self.requests if str(each["changeRequestId"]) == number), None)
        if found and request.verb == "GET" and action == "proposed-changes":
            return Response(200, {"featureFlagLimitations": {}, "proposedChanges": self._proposed(found)})
        return self._act(found, action) if found else Response(404)

    def _proposed(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        """What a request proposes: a flag as it would be, whose conditions have a member of each kind."""
        change = json.loads(json.dumps(found["change"]))
        for rule in change["targetingRules"]:
            rule["conditions"] = [{"userCondition": None, **each} for each in rule["conditions"]]
        own = {key: change[key] for key in _ROOTS}
        return [{**own, "setting": self.value["setting"], "lastVersionId": change["latestVersionId"]}]

    def _listed(self, request: Request) -> list[dict[str, Any]]:
        query = {key: value[0] for key, value in request.query.items()}
        assert (query["environmentId"], query["settingId"]) == (ENVIRONMENT, str(SETTING))
        scheduled = query["scheduleFilter"] == "scheduled"
        return [
            {key: value for key, value in each.items() if key != "change"}
            for each in self.requests
            if each["changeRequestStatus"] == "open" and bool(each["applyAt"]) is scheduled
        ]

    def _create(self, body: dict[str, Any]) -> Response:
        (proposed,) = body["proposedChanges"]
        change = proposed["proposedChange"]
        if change["latestVersionId"] != self.value["lastVersionId"]:
            return Response(409, {"message": "the setting has changed"})
        made = {
            "changeRequestId": next(self.numbers), "changeRequestStatus": "open", "title": body["title"],
            "applyAt": None, "approved": False, "change": change,
        }  # fmt: skip
        self.requests.append(made)
        return Response(200, made)

    def _act(self, found: dict[str, Any], action: str) -> Response:
        if action == "close":
            found["changeRequestStatus"] = "closed"
        elif action == "apply" and not found["approved"]:
            return Response(403, {"message": "not approved"})
        elif action == "apply":
            found["changeRequestStatus"] = "applied"
            self.set({**self.value, **{key: found["change"][key] for key in _ROOTS}})
        return Response(200, found)


def patched(value: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """A flag after a JSON Patch.

    Raises:
        PatchError: it is refused as a whole.
    """
    after: dict[str, Any] = json.loads(json.dumps(value))
    for each in operations:
        *parents, last = each["path"].strip("/").split("/")
        if (parents or [last])[0] not in _ROOTS:
            raise PatchError(f"{each['path']} cannot be modified")
        try:
            _operate(after, parents, last, each)
        except (KeyError, IndexError, ValueError, TypeError):
            raise PatchError(f"{each['path']} does not exist") from None
    _check(after)
    return after


def _operate(after: dict[str, Any], parents: list[str], last: str, each: dict[str, Any]) -> None:
    place: Any = after
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key: Any = last
    if isinstance(place, list):
        key = len(place) if last == "-" else int(last)
    match each["op"]:
        case "test" if place[key] != each["value"]:
            raise PatchError(f"the test of {each['path']} failed")
        case "replace" if isinstance(place, dict) or key < len(place):
            place[key] = each["value"]
        case "add":
            place.insert(key, each["value"])
        case "remove":
            del place[key]


def _check(after: dict[str, Any]) -> None:
    """What the API would refuse of the result."""
    for rule in after["targetingRules"]:
        if set(rule) - _RULE or ("value" in rule) is bool(rule.get("percentageOptions")):
            raise PatchError("a targeting rule has either a value or percentage options")
        options = rule.get("percentageOptions") or []
        if options and sum(option["percentage"] for option in options) != 100:
            raise PatchError("the percentages must add up to 100")
        for found in (*(option["value"] for option in options), rule.get("value") or {}):
            if set(found) - _VALUE:
                raise PatchError("a value has an unknown member")
