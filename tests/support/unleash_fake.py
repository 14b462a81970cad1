"""What an Unleash server 8.2.0 answers about flags, so far as the provider asks: taken from a real one.

The same cases run against both, so that the two cannot differ for long.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from typing import Any

from support.fake_server import Fake, Request, Response

_FEATURE = r"/api/admin/projects/default/features/([^/]+)"
_ENVIRONMENT = _FEATURE + r"/environments/([^/]+)"
ADMIN = "*:*.admin-token-of-the-tests"
CLIENT = "default:development.client-token-of-the-tests"


class FakeUnleash(Fake):
    """Flags of the project `default`, with the environments `development` and `production`."""

    def __init__(self) -> None:
        super().__init__()
        self.flags: dict[str, dict[str, Any]] = {}
        self.segments: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)
        self.permissions: list[dict[str, str]] = [{"permission": "ADMIN"}]

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.path == "/health":
            return Response(200, {"health": "GOOD"})
        token = request.headers.get("authorization", "")
        is_client = request.path == "/api/client/features"
        if token != (CLIENT if is_client else ADMIN):
            return _error(401, "UnauthorizedError", "You must log in to use Unleash.")
        if is_client:
            return self._client()
        return self._admin(request)

    def _admin(self, request: Request) -> Response:
        if request.path == "/api/admin/user":
            return Response(200, {"user": {"username": "tests"}, "permissions": self.permissions})
        if request.path == "/api/admin/segments":
            return self._segments(request)
        if request.path == "/api/admin/projects/default/features" and request.verb == "POST":
            return self._create(request)
        found = re.fullmatch(f"{_FEATURE}(?:/environments/([^/]+)/(.+))?", request.path)
        flag = self.flags.get(found[1]) if found else None
        if flag and flag["archived"] and found and found[3] in ("on", "off"):
            return _error(400, "ArchivedFeatureError", "Cannot perform this operation on archived features")
        if found is None or flag is None or flag["archived"]:
            name = found[1] if found else ""
            return _error(404, "NotFoundError", f"Could not find feature flag with name {name}")
        return self._of_flag(request, flag, found[2], found[3] or "")

    def _create(self, request: Request) -> Response:
        name = request.body["name"]
        environments: list[dict[str, Any]] = [
            {"name": each, "enabled": False, "type": each, "strategies": []}
            for each in ("development", "production")
        ]
        self.flags[name] = {
            "name": name, "type": "release", "project": "default", "archived": False, "dependencies": [],
            "children": [], "environments": environments,
        }  # fmt: skip
        return Response(201, {"name": name, "archived": False})

    def _segments(self, request: Request) -> Response:
        if request.verb == "POST":
            made = {"id": next(self.numbers), "description": None, **request.body}
            self.segments.append(made)
            return Response(201, made)
        return Response(200, {"segments": self.segments})

    def _of_flag(self, request: Request, flag: dict[str, Any], environment: str, rest: str) -> Response:
        if not rest:
            flag["archived"] = request.verb == "DELETE"
            return Response(202) if flag["archived"] else Response(200, flag)
        own = next((e for e in flag["environments"] if e["name"] == environment), None)
        if own is None:
            what = f"Could not find environment {environment} for feature: {flag['name']}"
            return _error(404, "NotFoundError", what)
        match request.verb, rest.partition("/")[0]:
            case "POST", "on":
                if all(s["disabled"] for s in own["strategies"]):
                    own["strategies"].append(self._strategy(flag["name"], {"name": "flexibleRollout"}))
                own["enabled"] = True
            case "POST", "off":
                own["enabled"] = False
            case "POST", "strategies":
                return self._add(flag, own, request.body)
            case (("PATCH" | "DELETE"), "strategies"):
                return self._change(request, own, rest.partition("/")[2])
        return Response(200)

    def _add(self, flag: dict[str, Any], own: dict[str, Any], body: dict[str, Any]) -> Response:
        unknown = set(body.get("segments", [])) - {segment["id"] for segment in self.segments}
        if unknown:
            return _error(404, "NotFoundError", f'No segment exists with ID "{min(unknown)}"')
        own["strategies"].append(self._strategy(flag["name"], body))
        return Response(200, own["strategies"][-1])

    def _strategy(self, flag: str, body: dict[str, Any]) -> dict[str, Any]:
        rollout = body["name"] == "flexibleRollout"
        defaults = {"rollout": "100", "stickiness": "default", "groupId": flag} if rollout else {}
        return {
            "name": body["name"], "constraints": body.get("constraints", []),
            "variants": body.get("variants", []), "parameters": {**defaults, **body.get("parameters", {})},
            "segments": body.get("segments", []), "sortOrder": 0, "id": f"01M8{next(self.numbers):022}",
            "title": body.get("title"), "disabled": body.get("disabled", False),
        }  # fmt: skip

    def _change(self, request: Request, own: dict[str, Any], number: str) -> Response:
        found = [s for s in own["strategies"] if s["id"] == number]
        if not found:
            return _error(404, "NotFoundError", f"Could not find strategy with id: {number}")
        if request.verb == "DELETE":
            own["strategies"].remove(found[0])
        else:
            changed = copy.deepcopy(found[0])
            for operation in request.body:
                *parents, last = operation["path"].strip("/").split("/")
                place = changed
                for step in parents:
                    place = place[step]
                if operation["op"] == "test" and place[last] != operation["value"]:
                    what = f"Test operation failed\nname: TEST_OPERATION_FAILED\n{json.dumps(operation)}"
                    return _error(500, "UnknownError", what)
                if operation["op"] == "replace":
                    place[last] = operation["value"]
            found[0].clear()
            found[0].update(changed)
        if all(s["disabled"] for s in own["strategies"]):
            own["enabled"] = False
        return Response(200, found[0])

    def _client(self) -> Response:
        constraints = {s["id"]: s["constraints"] for s in self.segments}
        features = []
        for flag in self.flags.values():
            own = flag["environments"][0]
            strategies = [
                {
                    "name": s["name"], "parameters": s["parameters"], "variants": [],
                    "constraints": [*s["constraints"], *(c for n in s["segments"] for c in constraints[n])],
                }
                for s in own["strategies"]
                if not s["disabled"]
            ]  # fmt: skip
            if not flag["archived"]:
                features.append(
                    {"name": flag["name"], "type": "release", "enabled": own["enabled"], "variants": [],
                     "project": "default", "stale": False, "strategies": strategies}
                )  # fmt: skip
        return Response(200, {"version": 2, "features": features, "query": {"environment": "development"}})


def _error(status: int, name: str, message: str) -> Response:
    return Response(status, {"name": name, "message": message, "details": [{"message": message}]})
