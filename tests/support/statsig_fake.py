"""What the Console API of Statsig answers about gates and segments, so far as the provider asks.

Written from the description of the Console API 20240601 on docs.statsig.com (pages "Partially Update Gates",
"Disable Gate", "Get Gate", "Console API Overview"). It does not say what a change answers that a review must
approve: the fake can refuse it, or take it and wait.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable
from typing import Any

from support.fake_server import Fake, Request, Response

KEY = "console-key-of-the-tests"
_RULE: dict[str, Any] = {
    "name": str, "passPercentage": (int, float), "conditions": list, "environments": (list, type(None)),
    "id": str, "baseID": str, "returnValue": dict,
}  # fmt: skip
_REQUIRED = {"name", "passPercentage", "conditions"}
_CONDITION = {"type", "targetValue", "operator", "field", "customID"}


class FakeStatsig(Fake):
    """Gates and segments of one project.

    Attributes:
        gates: as they are stored, by id.
        segments: by id, as they are shown.
        reviews: `refuse` or `wait`: what a change answers that must be reviewed; empty for no reviews.
        waiting: the change that waits, at most one.
        writes: may the key write?
        limit: refuse so many of the next writes with 429, without any header.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gates: dict[str, dict[str, Any]] = {}
        self.segments: dict[str, dict[str, Any]] = {}
        self.reviews = ""
        self.waiting: list[Callable[[], None]] = []
        self.may_write = True
        self.limit = 0
        self.numbers = itertools.count(1)

    def add(self, name: str, **more: Any) -> None:
        """A new gate that is off, with a rule for everyone at 0 %."""
        self.gates[name] = {
            "id": name, "name": name, "isEnabled": False, "idType": "userID", "status": "Disabled",
            "version": 1, "holdoutIDs": [], "salt": f"salt-of-{name}", "rules": [], **more,
        }  # fmt: skip
        self.rule(name)

    def rule(self, name: str, at: int | None = None, **more: Any) -> dict[str, Any]:
        """Add a rule by hand; for everyone at 0 %, but for `more`."""
        made = {
            "name": "Everyone", "passPercentage": 0, "conditions": [{"type": "public"}], "environments": None,
            **more,
        }  # fmt: skip
        rules = self.gates[name]["rules"]
        rules.insert(len(rules) if at is None else at, self._stored(made))
        return rules[-1 if at is None else at]  # type: ignore[no-any-return]

    def _stored(self, rule: dict[str, Any]) -> dict[str, Any]:
        base = rule.get("baseID") or f"rule{next(self.numbers)}"
        number = f"{base}:{rule['passPercentage']:.2f}:{next(self.numbers)}"
        return {
            "pendingAutomatedRollouts": [],
            "completedAutomatedRollouts": [],
            **rule,
            "baseID": base,
            "id": number,
        }

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("statsig-api-key") != KEY:
            return Response(
                401, {"status": 401, "message": "This endpoint only accepts an active CONSOLE key"}
            )
        if request.headers.get("statsig-api-version") != "20240601":
            return Response(400, {"status": 400, "message": "Invalid API version"})
        if found := re.fullmatch(r"/console/v1/segments/([^/]+)", request.path):
            segment = self.segments.get(found[1])
            return _done(segment) if segment else _error(404, "Segment not found.")
        found = re.fullmatch(r"/console/v1/gates/([^/]+)(/.*)?", request.path)
        gate = self.gates.get(found[1]) if found else None
        if found is None or gate is None:
            return _error(404, "Gate not found.")
        return self._of_gate(request, gate, found[2] or "")

    def _of_gate(self, request: Request, gate: dict[str, Any], rest: str) -> Response:
        if request.verb == "GET" and not rest:
            return _done(self.shown(gate))
        if self.limit:
            self.limit -= 1
            return _error(429, "Too Many Requests")
        if not self.may_write:
            return _error(403, "The key has no write access.")
        match request.verb, rest:
            case "PUT", "/disable":
                return self._changed(gate, {"isEnabled": False})
            case "PATCH", "":
                wrong = _wrong(request.body)
                return _error(400, wrong) if wrong else self._reviewed(request, gate)
        return _error(404, f"Cannot {request.verb} {request.path}")

    def _reviewed(self, request: Request, gate: dict[str, Any]) -> Response:
        heeded = request.headers.get("x-respect-review-settings") == "true"
        if self.reviews == "refuse" and heeded:
            return _error(403, "This change requires review.")
        if self.reviews == "wait" and heeded:
            self.waiting = [lambda: self._change(gate, request.body)]
            return _done(self.shown(gate))
        return self._changed(gate, request.body)

    def _changed(self, gate: dict[str, Any], body: dict[str, Any]) -> Response:
        self._change(gate, body)
        return _done(self.shown(gate))

    def _change(self, gate: dict[str, Any], body: dict[str, Any]) -> None:
        """All rules are replaced by those that are sent."""
        gate.update(copy.deepcopy(body))
        gate["rules"] = [self._stored(rule) for rule in gate["rules"]]
        gate["version"] += 1
        gate["status"] = "In Progress" if gate["isEnabled"] else "Disabled"

    def shown(self, gate: dict[str, Any]) -> dict[str, Any]:
        """As the API shows it: without its salt."""
        shown = {key: value for key, value in gate.items() if key != "salt"}
        review = {"requiredReview": bool(self.reviews), "allowedReviewers": []}
        return {
            **copy.deepcopy(shown), "description": "", "tags": [], "targetApps": [], "type": "PERMANENT",
            "typeReason": "NONE", "checksPerHour": 0, "reviewSettings": review, "createdTime": 1705439406750,
        }  # fmt: skip


def _wrong(body: dict[str, Any]) -> str:
    """What is wrong with a body; empty where it is as described."""
    if not body.keys() <= {"isEnabled", "rules"}:
        return f"property {min(body.keys() - {'isEnabled', 'rules'})} should not exist"
    for rule in body.get("rules", ()):
        if not rule.keys() <= _RULE.keys() or not rule.keys() >= _REQUIRED:
            return f"a rule has the properties {sorted(rule)}"
        bad = [key for key, value in rule.items() if not isinstance(value, _RULE[key])]
        hundredths = rule["passPercentage"] * 100
        if bad or not 0 <= hundredths <= 10_000 or abs(hundredths - round(hundredths)) > 1e-6:
            return f"rules: {bad or 'passPercentage'} is not as described"
        if any(not each.keys() <= _CONDITION or "type" not in each for each in rule["conditions"]):
            return "a condition has other properties"
    return ""


def _done(data: dict[str, Any]) -> Response:
    return Response(200, {"message": "Gate updated successfully.", "data": data})


def _error(status: int, message: str) -> Response:
    return Response(status, {"status": status, "message": message})


def specs(fake: FakeStatsig, name: str) -> dict[str, Any]:
    """What a server SDK is given of a gate and the segments, as `download_config_specs` has them.

    Its shape is that which the SDK 0.72.1 reads: conditions in capitals, the rule's salt its base id.
    """
    gate = fake.gates[name]
    rules = [
        {
            "name": r["name"], "id": r["id"], "salt": r["baseID"], "passPercentage": r["passPercentage"],
            "conditions": [_condition(c) for c in r["conditions"]], "idType": gate["idType"],
            "returnValue": True,
        }
        for r in gate["rules"]
    ]  # fmt: skip
    own = _spec(name, rules, gate["isEnabled"], gate["salt"], gate["idType"])
    return {
        "has_updates": True, "time": 1, "feature_gates": [own, *map(_segment, fake.segments.values())],
        "dynamic_configs": [], "layer_configs": [],
    }  # fmt: skip


def _spec(name: str, rules: list[dict[str, Any]], enabled: bool, salt: str, id_type: str) -> dict[str, Any]:
    return {
        "name": name, "type": "feature_gate", "salt": salt, "enabled": enabled, "defaultValue": False,
        "rules": rules, "idType": id_type, "entity": "feature_gate",
    }  # fmt: skip


def _condition(found: dict[str, Any]) -> dict[str, Any]:
    if found["type"] == "passes_segment":
        ids = [f"segment:{each}" for each in found["targetValue"]]
        return {
            "type": "multi_pass_gate",
            "targetValue": ids,
            "operator": None,
            "field": None,
            "idType": "userID",
        }
    return {"type": "public", "targetValue": None, "operator": None, "field": None, "idType": "userID"}


def _segment(found: dict[str, Any]) -> dict[str, Any]:
    condition = {
        "type": "unit_id", "targetValue": found["users"], "operator": "any", "field": None,
        "idType": "userID", "additionalValues": {},
    }  # fmt: skip
    rule = {
        "name": "users", "id": "users", "salt": "users", "passPercentage": 100, "conditions": [condition],
        "idType": "userID", "returnValue": True,
    }  # fmt: skip
    return _spec(f"segment:{found['id']}", [rule], True, "", "userID")


def segment(name: str, *users: str) -> dict[str, Any]:
    """A segment of users."""
    return {"id": name, "type": "rule_based", "rules": [], "lastModifiedTime": 1, "users": list(users)}
