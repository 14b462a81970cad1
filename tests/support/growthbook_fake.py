"""What a GrowthBook server answers about features, so far as the provider asks.

Written from the source of its back end (growthbook/growthbook, 2026-08, `packages/back-end/src/api`), and
checked against the description of its API, 4.4.0. That description knows no errors and, in answers about
features, no `bypassedGates`: answers other than 200 are not checked, and this key is left out of the check.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.contracts import Contract, vendor
from support.fake_server import Fake, Request, Response

TOKEN = "secret_token-of-the-tests"
_WHEN = "2026-11-30T12:00:00.000Z"
_FEATURE = r"/v2/features/([^/]+)"
_REVISION = _FEATURE + r"/revisions/(new|\d+)"
_OPEN = ("draft", "pending-review", "approved", "changes-requested")


def contract() -> Contract:
    """The vendor's description."""
    return vendor("growthbook.openapi.yaml.gz", "GrowthBook", open_parts=True)


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = Response(status, {"message": message, **more})


class FakeGrowthBook(Fake):
    """Features of one organisation, with the environments `production` and `staging`.

    Attributes:
        features: by id: as they are stored, rules with `savedGroups`.
        revisions: of each feature, by version.
        groups: saved groups.
        ramps: ids of ramp schedules, by the rule that they drive.
        demands: environments whose changes need a review.
        bypass: may the token pass it?
        rebase: must a draft be made of the live version?
        publishes: may the token publish?
        gates: more gates that are closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.contract = contract()
        self.features: dict[str, dict[str, Any]] = {}
        self.revisions: dict[str, dict[int, dict[str, Any]]] = {}
        self.groups: list[dict[str, Any]] = []
        self.ramps: dict[str, str] = {}
        self.numbers = itertools.count(1)
        self.demands: set[str] = set()
        self.bypass = False
        self.rebase = False
        self.publishes = True
        self.gates: list[dict[str, Any]] = []
        self.checked = 0

    def add(self, name: str, **more: Any) -> None:
        """A new boolean feature that is off everywhere."""
        self.features[name] = {
            "id": name, "version": 1, "archived": False, "valueType": "boolean", "defaultValue": "false",
            "rules": [], "environmentsEnabled": {"production": False, "staging": True},
            "prerequisites": [], **more,
        }  # fmt: skip
        self.revisions[name] = {1: self._revision(name, 1, 0, "published", "")}

    def edit(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change a feature by hand, as its pages do: a new live revision."""
        feature = self.features[name]
        change(feature)
        feature["version"] = version = max(self.revisions[name]) + 1
        self.revisions[name][version] = self._revision(name, version, version - 1, "published", "by hand")

    def draft_by_hand(self, name: str, **more: Any) -> None:
        """A draft of somebody else, that changes nothing yet."""
        number = max(self.revisions[name]) + 1
        made = self._revision(name, number, self.features[name]["version"], "draft", "mine")
        self.revisions[name][number] = {**made, **more}

    def _revision(self, name: str, version: int, base: int, status: str, comment: str) -> dict[str, Any]:
        feature = self.features[name]
        return {
            "version": version, "baseVersion": base, "status": status, "comment": comment,
            "defaultValue": feature["defaultValue"], "rules": copy.deepcopy(feature["rules"]),
            "environmentsEnabled": dict(feature["environmentsEnabled"]),
        }  # fmt: skip

    # --- answering -----------------------------------------------------------------------------

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"message": "No API key found in request"})
        if not request.path.startswith("/api/"):
            return Response(404, {"message": "Not found"})
        request = replace(request, path=request.path.removeprefix("/api"))
        errors = self.contract.request_errors(request.verb, request.path, request.query, request.body)
        if errors:
            return Response(400, {"message": "; ".join(errors)})
        try:
            body = self._answer(request)
        except RefusedError as error:
            return error.response
        documented = {key: value for key, value in body.items() if key != "bypassedGates"}
        wrong = self.contract.answer_errors(request.verb, request.path, 200, documented)
        if wrong:
            return Response(500, {"message": f"the fake is wrong: {'; '.join(wrong)}"})
        self.checked += 1
        return Response(200, body)

    def _answer(self, request: Request) -> dict[str, Any]:
        if request.path == "/v1/saved-groups":
            return self._saved_groups(request)
        found = re.fullmatch(f"{_FEATURE}(/.*)?", request.path)
        assert found, request.path
        if found[1] not in self.features:
            raise RefusedError(400, "Could not find a feature with that key")
        match request.verb, found[2]:
            case "GET", None:
                return {"feature": self._shown(found[1])}
            case "POST", "/toggle":
                return self._toggle(found[1], request.body)
            case "GET", "/revisions":
                return self._list(found[1], request)
        return self._on_revision(request, found[1])

    def _saved_groups(self, request: Request) -> dict[str, Any]:
        offset, limit = int(request.query["offset"][0]), int(request.query["limit"][0])
        part = self.groups[offset : offset + limit]
        return {"savedGroups": part, **_page(len(part), offset, limit, len(self.groups))}

    def _list(self, name: str, request: Request) -> dict[str, Any]:
        assert request.query["status"] == ["all-drafts"]
        drafts = [r for r in self.revisions[name].values() if r["status"] in _OPEN]
        shown = [self._shown_revision(name, each) for each in sorted(drafts, key=lambda r: -r["version"])]
        return {"revisions": shown, **_page(len(shown), 0, 100, len(shown))}

    def _on_revision(self, request: Request, name: str) -> dict[str, Any]:
        found = re.fullmatch(f"{_REVISION}(/.*)?", request.path)
        assert found, request.path
        body, rest = request.body or {}, found[3] or ""
        revision = self._of(name, found[2], body.get("revisionComment", ""))
        if request.verb == "GET":
            return {"revision": self._shown_revision(name, revision)}
        try:
            more = self._act(request.verb, rest, name, revision, body)
        except RefusedError:
            if found[2] == "new":
                revision["status"] = "discarded"
            raise
        return {"revision": self._shown_revision(name, revision), **more}

    def _of(self, name: str, version: str, comment: str) -> dict[str, Any]:
        """The revision, or a new draft of the live one."""
        if version != "new":
            if int(version) not in self.revisions[name]:
                raise RefusedError(404, "Could not find feature revision")
            return self.revisions[name][int(version)]
        number, base = max(self.revisions[name]) + 1, self.features[name]["version"]
        self.revisions[name][number] = self._revision(name, number, base, "draft", comment)
        return self.revisions[name][number]

    def _act(
        self, verb: str, rest: str, name: str, revision: dict[str, Any], body: dict[str, Any]
    ) -> dict[str, Any]:
        step = rest.strip("/").split("/")
        if step[0] == "publish":
            return self._publish(name, revision)
        if revision["status"] not in _OPEN:
            raise RefusedError(400, f'Cannot edit a revision with status "{revision["status"]}"')
        match verb, step:
            case "POST", ["discard"]:
                revision["status"] = "discarded"
            case "POST", ["request-review"]:
                if revision["status"] != "draft":
                    raise RefusedError(400, "Can only request review on a draft")
                revision["status"] = "pending-review"
            case "POST", ["toggle"]:
                revision["environmentsEnabled"][body["environment"]] = body["enabled"]
            case "POST", ["rules"]:
                revision["rules"].append(self._created(body["rule"]))
            case "PUT", ["rules", rule]:
                self._patch(revision, rule, body["rule"])
        return {}

    def _created(self, body: dict[str, Any]) -> dict[str, Any]:
        made = {"id": f"fr_{next(self.numbers)}", "condition": "", "prerequisites": [], **body}
        if body.get("type") == "rollout":
            made = {"coverage": 1, "hashVersion": 2, **made, "seed": body.get("seed") or made["id"]}
            if not made.get("hashAttribute"):
                raise RefusedError(400, "hashAttribute is required for rollout rules (coverage < 100%)")
        return made

    def _patch(self, revision: dict[str, Any], number: str, fields: dict[str, Any]) -> None:
        """A share of 1 makes a rule one of the kind `force`, which keeps what is not shown."""
        rule = next((r for r in revision["rules"] if r["id"] == number), None)
        if rule is None:
            raise RefusedError(404, f'Rule "{number}" not found')
        rule.update(fields)
        if rule["type"] in ("force", "rollout"):
            part = rule.get("coverage", 1) < 1
            if part and not rule.get("hashAttribute"):
                raise RefusedError(400, "hashAttribute is required for rollout rules (coverage < 100%)")
            rule["type"] = "rollout" if part else "force"
            if part:
                rule["seed"] = rule.get("seed") or rule["id"]

    # --- publishing ----------------------------------------------------------------------------

    def _toggle(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        feature = self.features[name]
        if not self.publishes:
            raise RefusedError(403, "You do not have permission to complete that action.")
        wanted = {key: value in (True, "true", "1", 1) for key, value in body["environments"].items()}
        changed = {k: value for k, value in wanted.items() if feature["environmentsEnabled"][k] != value}
        more: dict[str, Any] = {}
        if self.demands & changed.keys():
            if not self.bypass:
                where = ", ".join(changed)
                raise RefusedError(
                    403, f"This feature requires a review before publishing changes to: {where}."
                )
            more = {"bypassedGates": [_bypassed("approval-required")]}
        if changed:
            self.edit(name, lambda f: f["environmentsEnabled"].update(changed))
        return {"feature": self._shown(name), **more}

    def _publish(self, name: str, revision: dict[str, Any]) -> dict[str, Any]:
        feature, base = self.features[name], self.revisions[name].get(revision["baseVersion"])
        if revision["status"] not in _OPEN:
            raise RefusedError(400, f'Cannot publish a revision with status "{revision["status"]}"')
        merged = {key: _merged(key, base, revision, feature) for key in ("rules", "defaultValue")}
        before = (base or feature)["environmentsEnabled"]
        switched = {k: v for k, v in revision["environmentsEnabled"].items() if v != before[k]}
        on = {**feature["environmentsEnabled"], **switched}
        if merged == {k: feature[k] for k in merged} and on == feature["environmentsEnabled"]:
            raise RefusedError(400, "Cannot publish: no changes detected in this revision")
        more = self._gate(name, revision, merged, on)
        feature.update(copy.deepcopy(merged), environmentsEnabled=on, version=revision["version"])
        revision.update(copy.deepcopy(merged), environmentsEnabled=dict(on), status="published")
        return more

    def _gate(
        self, name: str, revision: dict[str, Any], merged: dict[str, Any], on: dict[str, bool]
    ) -> dict[str, Any]:
        """What a bypass says; a closed gate is an error."""
        feature, closed = self.features[name], list(self.gates)
        if self.rebase and revision["baseVersion"] != feature["version"]:
            what = "This revision was created against an older version."
            closed.append(_gate("stale-base", what, "ignoreWarnings"))
        touched = {
            e for r in (*merged["rules"], *feature["rules"]) for e in r.get("environments", self.demands)
        }
        touched |= {e for e, value in on.items() if value != feature["environmentsEnabled"][e]}
        wants = bool(self.demands & touched) and revision["status"] != "approved"
        if wants and not self.bypass:
            what = f'Requires approval before publishing (status: "{revision["status"]}").'
            closed.append(_gate("approval-required", what, None))
        if closed:
            lines = "\n".join(f"- [{g['type']}] {g['messages'][0]}" for g in closed)
            what = f"Publish blocked by {len(closed)} gate(s):\n{lines}"
            raise RefusedError(422, what, gates=closed, warnings=[])
        return {"bypassedGates": [_bypassed("approval-required")]} if wants else {}

    # --- what is shown -------------------------------------------------------------------------

    def _shown(self, name: str) -> dict[str, Any]:
        feature = self.features[name]
        environments = {
            key: {"enabled": value, "defaultValue": feature["defaultValue"]}
            for key, value in feature["environmentsEnabled"].items()
        }
        return {
            **{k: feature[k] for k in ("id", "archived", "valueType", "defaultValue", "prerequisites")},
            **({"holdout": feature["holdout"]} if "holdout" in feature else {}),
            "dateCreated": _WHEN, "dateUpdated": _WHEN, "description": "", "owner": "tests", "project": "",
            "tags": [], "rules": [self._shown_rule(r) for r in feature["rules"]],
            "environments": environments, "customFields": {},
            "revision": {"version": feature["version"], "comment": "", "date": _WHEN},
        }  # fmt: skip

    def _shown_revision(self, name: str, revision: dict[str, Any]) -> dict[str, Any]:
        rules = [self._shown_rule(rule) for rule in revision["rules"]]
        return {**revision, "featureId": name, "date": _WHEN, "rules": rules}

    def _shown_rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        """A rule of the kind `force` does not show what its share was drawn by."""
        rule = copy.deepcopy(rule)
        groups = [{"matchType": g["match"], "savedGroups": g["ids"]} for g in rule.pop("savedGroups", [])]
        if rule["type"] == "force":
            for key in ("coverage", "hashAttribute", "seed", "hashVersion"):
                rule.pop(key, None)
        ramp = {"rampScheduleId": self.ramps[rule["id"]]} if rule["id"] in self.ramps else {}
        if rule.get("allEnvironments"):
            rule.pop("environments", None)
        return {"enabled": True, "description": "", **rule, "savedGroupTargeting": groups, **ramp}


def _merged(key: str, base: dict[str, Any] | None, draft: dict[str, Any], live: dict[str, Any]) -> Any:
    """The draft's value where the draft changed it, else the live one; both changed it: a conflict."""
    if base is None or draft[key] == base[key]:
        return live[key]
    if live[key] not in (base[key], draft[key]):
        what = "Merge conflicts exist — rebase before publishing"
        details = [{"name": key, "key": key}]
        raise RefusedError(409, what, code="conflict", details={"conflicts": details}, conflicts=details)
    return draft[key]


def _gate(kind: str, message: str, override: str | None) -> dict[str, Any]:
    return {
        "type": kind, "severity": "blocker", "messages": [message], "override": override,
        "requiresPermission": "FlagsBypassApprovals", "resolution": None,
    }  # fmt: skip


def _bypassed(kind: str) -> dict[str, str]:
    return {"type": kind, "outcome": "bypassed", "via": "restApiBypassesReviews"}


def _page(count: int, offset: int, limit: int, total: int) -> dict[str, Any]:
    following = offset + count if offset + count < total else None
    return {
        "limit": limit, "offset": offset, "count": count, "total": total, "hasMore": following is not None,
        "nextOffset": following,
    }  # fmt: skip


def group(number: int, name: str, *users: str) -> dict[str, Any]:
    """A saved group of users, as the API shows it."""
    return {
        "id": f"grp_{number}", "type": "list", "name": name, "attributeKey": "id", "values": list(users),
        "dateCreated": _WHEN, "dateUpdated": _WHEN, "owner": "tests",
    }  # fmt: skip


def payload(fake: FakeGrowthBook, name: str) -> dict[str, Any]:
    """What an SDK is served of a feature in `production`: by `getFeatureDefinition` of the back end.

    A feature that is off in the environment is not served at all.
    """
    feature = fake.features[name]
    if feature["archived"] or not feature["environmentsEnabled"]["production"]:
        return {}
    rules = [r for r in feature["rules"] if r["enabled"] and _counts(r)]
    return {
        name: {
            "defaultValue": json.loads(feature["defaultValue"]),
            "rules": [_served(fake, r) for r in rules],
        }
    }


def _counts(rule: dict[str, Any]) -> bool:
    return bool(rule.get("allEnvironments")) or "production" in rule.get("environments", ())


def _served(fake: FakeGrowthBook, rule: dict[str, Any]) -> dict[str, Any]:
    served: dict[str, Any] = {"force": json.loads(rule["value"])}
    if rule["type"] == "rollout" and rule["coverage"] < 1:
        keys = ("coverage", "hashAttribute", "seed", "hashVersion")
        served |= {key: rule[key] for key in keys if rule.get(key)}
        served["coverage"] = rule["coverage"]
    ids = [one for groups in rule.get("savedGroups", ()) for one in groups["ids"]]
    if ids:
        named = [g for g in fake.groups if g["id"] in ids]
        served["condition"] = {"$or": [{g["attributeKey"]: {"$in": g["values"]}} for g in named]}
    return served
