"""What PostHog answers about feature flags, so far as the provider asks.

Written from PostHog's source of September 2026: `products/feature_flags/backend/api` (`feature_flag.py`,
`filters_schema.py`, `scheduled_change.py`, tests of the lifecycle and rollout actions) and
`products/approvals/backend` (`mixins.py`). PostHog publishes no description of these routes that could judge
requests, so the fake notes what its serializers would refuse in `wrong`.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from support.fake_server import Fake, Request, Response

TOKEN = "phx_key-of-the-tests-0123456789"
READ_ONLY = "phx_key-that-may-only-read-0123"
PROJECT = "1234"
REQUEST = "0199a3c4-5d6e-7f80-9123-456789abcdef"
_ROOT = f"/api/projects/{PROJECT}"
_FLAG = rf"{_ROOT}/feature_flags/(\d+)/(?:([a-z_]+)/)?"
_LISTED = {"search", "key", "archived", "limit", "offset"}
_WRITTEN = {"filters", "active", "version", "original_flag"}


class FakePostHog(Fake):
    """Flags of one project.

    Attributes:
        flags: by id.
        schedules: of all flags.
        has_actions: has it those of September 2026?
        gated: members of a flag whose change a policy makes a change request of.
        waiting: the changes that wait, by flag and members.
        page: the most entries of one page.
        wrong: requests that the real server would not take.
        writes: that took effect.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flags: dict[int, dict[str, Any]] = {}
        self.schedules: list[dict[str, Any]] = []
        self.has_actions = True
        self.gated: set[str] = set()
        self.waiting: dict[tuple[int, str], dict[str, Any]] = {}
        self.dependents: list[str] = []
        self.page = 100
        self.wrong: list[str] = []
        self.writes: list[str] = []

    def add(self, key: str, **more: Any) -> dict[str, Any]:
        """A flag that is off, with one condition for everybody at 0 %."""
        number = 700 + len(self.flags)
        filters = {"groups": [{"properties": [], "rollout_percentage": 0, "variant": None}], "payloads": {}}
        self.flags[number] = {
            "id": number, "name": "", "key": key, "filters": filters, "deleted": False, "active": False,
            "archived": False, "version": 1, "ensure_experience_continuity": False, "experiment_set": [],
            "features": [], "tags": [], "evaluation_contexts": [], "is_remote_configuration": False,
            "evaluation_runtime": "all", "bucketing_identifier": "distinct_id",
            "has_encrypted_payloads": False, **more,
        }  # fmt: skip
        return self.flags[number]

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        bearer = request.headers.get("authorization", "")
        if bearer not in (f"Bearer {TOKEN}", f"Bearer {READ_ONLY}"):
            return _error(401, "authentication_failed", "Invalid personal API key.")
        if request.verb != "GET" and bearer != f"Bearer {TOKEN}":
            return _error(403, "permission_denied", "API key missing required scope 'feature_flag:write'")
        if request.path == f"{_ROOT}/feature_flags/" and request.verb == "GET":
            return self._list(request)
        if request.path == f"{_ROOT}/scheduled_changes/" and request.verb == "GET":
            return self._paged(
                request, [s for s in self.schedules if [s["record_id"]] == request.query["record_id"]]
            )
        found = re.fullmatch(_FLAG, request.path)
        flag = self.flags.get(int(found[1])) if found else None
        if found is None or flag is None:
            return _error(404, "not_found", "Not found.")
        return self._of_flag(request, flag, found[2] or "")

    def _list(self, request: Request) -> Response:
        self._check(set(request.query) <= _LISTED, f"query {sorted(request.query)}")
        (term,) = request.query.get("search", [""])
        self._check(len(term) <= 200, "a long search")
        archived = request.query.get("archived") == ["true"]
        found = [
            flag
            for flag in self.flags.values()
            if not flag["deleted"]
            and flag["archived"] == archived
            and (term.lower() in flag["key"].lower() or term.lower() in flag["name"].lower())
        ]
        if self.has_actions and "key" in request.query:  # older servers do not know that filter
            found = [f for f in found if f["key"].lower() == request.query["key"][0].lower()]
        return self._paged(request, found)

    def _paged(self, request: Request, found: list[dict[str, Any]]) -> Response:
        limit = min(int(request.query.get("limit", ["100"])[0]), self.page)
        start = int(request.query.get("offset", ["0"])[0])
        more = start + limit < len(found)
        page = {
            "count": len(found), "next": f"{request.path}?offset={start + limit}" if more else None,
            "previous": None, "results": copy.deepcopy(found[start : start + limit]),
        }  # fmt: skip
        return Response(200, page)

    def _of_flag(self, request: Request, flag: dict[str, Any], action: str) -> Response:
        if request.verb == "GET" and not action:
            return Response(200, flag)
        if request.verb == "PATCH" and not action:
            return self._patch(flag, request.body)
        if request.verb != "POST" or not self.has_actions:
            return _error(404, "not_found", "Endpoint not found.")
        if flag["deleted"]:
            return Response(400, {"success": False, "error": "This feature flag has been deleted."})
        if action == "set_release_condition_rollout":
            return self._set_percentage(flag, request.body)
        self._check(action in ("enable", "disable") and not request.body, f"{action} with {request.body}")
        return self._set_active(flag, active=action == "enable")

    def _set_percentage(self, flag: dict[str, Any], body: dict[str, Any]) -> Response:
        shape = {"condition_index", "rollout_percentage", "version"}
        self._check(set(body) == shape, f"body {sorted(body)}")
        percent = body["rollout_percentage"]
        if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
            return _error(400, "invalid", "Ensure this value is less than or equal to 100.")
        if body["version"] != flag["version"]:
            what = f"The feature flag changed since version {body['version']}. Read it again."
            return _error(409, "conflict", what)
        groups = flag["filters"]["groups"]
        if body["condition_index"] >= len(groups):
            return _error(400, "invalid", f"There is no such release condition. It has {len(groups)}.")
        if groups[body["condition_index"]].get("rollout_percentage") == percent:
            return Response(200, flag)
        changed = copy.deepcopy(flag["filters"])
        changed["groups"][body["condition_index"]]["rollout_percentage"] = percent
        return self._write(flag, filters=changed)

    def _set_active(self, flag: dict[str, Any], *, active: bool) -> Response:
        if flag["active"] == active:
            return Response(200, flag)
        if active and flag["archived"]:
            what = "Cannot enable an archived feature flag. Unarchive it first."
            return _error(400, "invalid", what)
        if not active and self.dependents:
            what = "Cannot disable this feature flag because other flags depend on it: "
            return _error(400, "invalid", what + ", ".join(self.dependents))
        return self._write(flag, active=active)

    def _patch(self, flag: dict[str, Any], body: dict[str, Any]) -> Response:
        self._check(set(body) <= _WRITTEN, f"body {sorted(body)}")
        if set(body) == {"active"}:
            return self._set_active(flag, active=body["active"])
        original = body.get("original_flag", {})
        if "version" in body and body["version"] != flag["version"]:
            touched = flag["filters"] not in (original.get("filters"), body["filters"])
            if touched and body["filters"] != original.get("filters"):
                what = "The feature flag was updated by ada@example.com since you started editing it."
                return _error(409, "conflict", what)
        return self._write(flag, filters=copy.deepcopy(body["filters"]))

    def _write(self, flag: dict[str, Any], **changes: Any) -> Response:
        if self.gated & set(changes):
            place = flag["id"], ",".join(changes)
            there = place in self.waiting
            self.waiting.setdefault(place, changes)  # an older request stays, whatever it asks for
            return Response(409, approval_of(flag["id"], there))
        if "filters" in changes:  # the write path stamps the flag's own grouping on every condition
            group = changes["filters"].get("aggregation_group_type_index")
            for condition in changes["filters"]["groups"]:
                condition.setdefault("aggregation_group_type_index", group)
        flag.update(changes)
        flag["version"] = (flag["version"] or 0) + 1
        self.writes.append(",".join(changes))
        return Response(200, flag)

    def approve(self) -> None:
        """Let a person approve all that waits."""
        gated, self.gated = self.gated, set()
        for (number, _), changes in self.waiting.items():
            self._write(self.flags[number], **changes)
        self.waiting, self.gated = {}, gated

    def _check(self, right: bool, what: str) -> None:
        if not right:
            self.wrong.append(what)


def approval_of(flag: int, there: bool) -> dict[str, Any]:
    """The body of a 409 that made a change request, or names the one that waits already."""
    known = "A pending approval request already exists for this action"
    message = known if there else "This change requires approval."
    return {
        "code": "change_request_pending" if there else "approval_required",
        "status": "approval_required", "detail": message, "message": message,
        "resource_type": "feature_flag", "resource_id": str(flag), "change_request_id": REQUEST,
        "change_request": {"id": REQUEST, "state": "pending"}, "required_approvers": {"quorum": 1},
    }  # fmt: skip


def _error(status: int, code: str, detail: str) -> Response:
    return Response(status, {"type": "invalid_request", "code": code, "detail": detail, "attr": None})
