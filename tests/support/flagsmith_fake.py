"""What a Flagsmith server answers about flags, so far as the provider asks.

Written from its source (commit 1ad8487, 2026-08: `features/future`, `segments`, `environments`) and held to
its OpenAPI description: each request, and each answer that is no error. Errors are not described there, and
the list of a segment's features is described as one object, though the server pages it.
"""

from __future__ import annotations

import copy
import itertools
import re
import uuid
from collections.abc import Callable
from typing import Any

from support import contracts
from support.fake_server import Fake, Request, Response

SECRET = "flagsmith-key-of-the-tests"
KEY = "env-key-of-the-tests"
OTHER = "other-env-key-of-the-tests"
PROJECT = 11
MOST = 20
"""Entries of a page, at most: fewer than a server allows, so that few entries fill several pages."""
_FLAG = rf"/api/__future__/environments/({KEY}|{OTHER})/features/(\d+)/"

_NEEDS = {"environment_default": "UPDATE_FEATURE_STATE", "segment_overrides": "MANAGE_SEGMENT_OVERRIDES"}

Answer = Callable[..., Response]


class FakeFlagsmith(Fake):
    """A project with two environments.

    Attributes:
        versioned: has the environment feature versioning v2? The state of a flag is then a list of versions.
        approvals: are its flags changed by change requests alone, and how does the server say so?
        denied: permissions that the key lacks.
        edge: identities with overrides that the server does not count, as on the edge.
        older: is it a server without the endpoint of flags?
        wrong: what was not as described.
    """

    def __init__(self, *, versioned: bool = True) -> None:
        super().__init__()
        self.contract = contracts.vendor("flagsmith.openapi.yaml.gz", "Flagsmith")
        self.numbers = itertools.count(101)
        self.versioned = versioned
        self.approvals: Response | None = None
        self.denied: set[str] = set()
        self.edge: list[bool] | None = None
        self.identities: list[bool] = []
        self.environments = {
            key: {"id": number, "name": name, "api_key": key, "project": PROJECT,
                  "use_v2_feature_versioning": versioned, "use_identity_composite_key_for_hashing": True}
            for key, number, name in ((KEY, 21, "Production"), (OTHER, 22, "Staging"))
        }  # fmt: skip
        self.features: dict[int, dict[str, Any]] = {}
        self.versions: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self.segments: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        self.older = False
        self.wrong: list[str] = []

    # --- what a person does in the dashboard ---------------------------------------------------

    def flag(self, name: str) -> int:
        """A new flag that is off; its id."""
        number = next(self.numbers)
        self.features[number] = {"id": number, "name": name, "type": "STANDARD", "is_archived": False}
        for key in self.environments:
            default: dict[str, Any] = {"enabled": False, "value": None, "variants": []}
            self.versions[key, number] = [{"environment_default": default, "segment_overrides": []}]
        return number

    def segment(self, name: str, *conditions: tuple[str, str, str], kind: str = "ANY") -> int:
        """A new segment with conditions of operator, property and value, as the dashboard nests them."""
        number = next(self.numbers)
        inner = [
            {"id": next(self.numbers), "operator": operator, "property": of, "value": value}
            for operator, of, value in conditions
        ]
        below = {"id": next(self.numbers), "type": kind, "conditions": inner}
        rules = [{"id": next(self.numbers), "type": "ALL", "rules": [below], "conditions": []}]
        self.segments[number] = {
            "id": number, "uuid": str(uuid.UUID(int=number)), "name": name, "description": "",
            "project": PROJECT, "feature": None, "version_of": number, "rules": rules, "metadata": [],
            "membership_counts": [], "managed_by": "",
        }  # fmt: skip
        return number

    def state(self, number: int, key: str = KEY) -> dict[str, Any]:
        """The live state of a flag, which a test may change."""
        return self.versions[key, number][-1]

    def override(self, number: int, segment: int, *, enabled: bool, priority: int, key: str = KEY) -> None:
        """Add an override by hand."""
        given: dict[str, Any] = {"enabled": enabled, "value": None, "variants": []}
        made = {"segment": {"id": segment}, "priority": priority, **given}
        self.state(number, key)["segment_overrides"].append(made)

    # --- the server ----------------------------------------------------------------------------

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Api-Key {SECRET}":
            return _error(401, "Authentication credentials were not provided.")
        where = (request.verb, request.path)
        self.wrong += self.contract.request_errors(*where, request.query, request.body)
        answer = self._answer(request)
        if answer.status < 300 and not request.path.endswith("/associated-features/"):
            self.wrong += self.contract.answer_errors(*where, answer.status, answer.body)
        return answer

    def _answer(self, request: Request) -> Response:
        routes: list[tuple[str, Answer]] = [
            (_FLAG, self._flag),
            (_FLAG + r"segment-overrides/(\d+)/", self._delete_override),
            (r"/api/v1/environments/", self._environments),
            (rf"/api/v1/environments/({KEY}|{OTHER})/", self._environment),
            (rf"/api/v1/environments/({KEY}|{OTHER})/featurestates/", self._of_identities),
            (rf"/api/v1/environments/({KEY}|{OTHER})/edge-identity-overrides", self._on_the_edge),
            (rf"/api/v1/projects/{PROJECT}/features/", self._features),
            (rf"/api/v1/projects/{PROJECT}/segments/", self._segments),
            (rf"/api/v1/projects/{PROJECT}/segments/(\d+)/", self._segment),
            (rf"/api/v1/projects/{PROJECT}/segments/(\d+)/associated-features/", self._uses),
        ]
        for pattern, route in routes:
            found = re.fullmatch(pattern, request.path)
            if found:
                return route(request, *found.groups())
        return _error(404, "Not found.")

    def _environments(self, request: Request) -> Response:
        return _paged(request, list(self.environments.values()))

    def _environment(self, request: Request, key: str) -> Response:
        return Response(200, {**self.environments[key], "total_segment_overrides": 0, "metadata": []})

    def _features(self, request: Request) -> Response:
        words = request.query["search"][0].lower()
        found = [f for f in self.features.values() if words in f["name"].lower()]
        counted = len(self.identities) if self.edge is None else None
        more = {"num_identity_overrides": counted, "is_num_identity_overrides_complete": self.edge is None}
        return _paged(request, [{**f, **more} for f in found])

    def _of_identities(self, request: Request, key: str) -> Response:
        number = int(request.query["feature"][0])
        assert "anyIdentity" in request.query
        return _paged(request, [
            {"id": 900 + place, "feature": number, "enabled": enabled,
             "identity": {"id": 800 + place, "identifier": f"person-{place}"}}
            for place, enabled in enumerate(self.identities)
        ])  # fmt: skip

    def _on_the_edge(self, request: Request, key: str) -> Response:
        number = int(request.query["feature"][0])
        return Response(200, {"results": [
            {"identifier": f"person-{place}", "identity_uuid": str(uuid.UUID(int=place)),
             "feature_state": {"feature": number, "enabled": enabled, "multivariate_feature_state_values": [],
                               "featurestate_uuid": str(uuid.UUID(int=place)), "identity_uuid": None}}
            for place, enabled in enumerate(self.edge or [])
        ]})  # fmt: skip

    def _segments(self, request: Request) -> Response:
        words = request.query["q"][0].lower()
        shown = [s for number, s in self.segments.items() if number not in self.hidden]
        return _paged(request, [s for s in shown if words in s["name"].lower()])

    def _segment(self, request: Request, text: str) -> Response:
        segment = self.segments.get(int(text))
        if segment is None or segment["id"] in self.hidden:
            return _error(404, "No Segment matches the given query.")
        if request.verb == "PATCH":
            if "MANAGE_SEGMENTS" in self.denied:
                return _error(403, "You do not have permission to perform this action.")
            segment.update({"metadata": [], **copy.deepcopy(request.body)})  # so does `_update_metadata`
        return Response(200, segment)

    def _uses(self, request: Request, text: str) -> Response:
        if "MANAGE_SEGMENTS" in self.denied:
            return _error(403, "You do not have permission to perform this action.")
        wanted = int(request.query["environment"][0])
        states = [
            {"id": 700 + number, "feature": number, "environment": wanted}
            for (key, number), versions in self.versions.items()
            for override in versions[-1]["segment_overrides"]
            if override["segment"]["id"] == int(text) and self.environments[key]["id"] == wanted
        ]
        return _paged(request, states)

    def _flag(self, request: Request, key: str, text: str) -> Response:
        number = int(text)
        if number not in self.features or self.older:
            return _error(404, "Not found.")
        if request.verb == "PATCH":
            refused = self._refused(request.body) or self._patch(request.body, key, number)
            if refused:
                return refused
        state = self.state(number, key)
        state["segment_overrides"].sort(key=lambda o: (o["priority"], o["segment"]["id"]))
        return Response(200, state)

    def _refused(self, body: dict[str, Any]) -> Response | None:
        needs = {
            "environment_default": "UPDATE_FEATURE_STATE",
            "segment_overrides": "MANAGE_SEGMENT_OVERRIDES",
        }
        if self.denied >= set(needs.values()):
            return _error(404, "Not found.")
        if any(needs[name] in self.denied for name in body):
            return _error(403, "You do not have permission to perform this action.")
        return self.approvals

    def _draft(self, key: str, number: int) -> dict[str, Any]:
        """The state that is written: where flags have versions, a new one."""
        state = copy.deepcopy(self.state(number, key))
        if not self.versioned:
            self.versions[key, number].pop()
        return state

    def _patch(self, body: dict[str, Any], key: str, number: int) -> Response | None:
        if not any(body.values()):
            return None
        before = list(self.versions[key, number])
        state = self._draft(key, number)
        state["environment_default"] |= body.get("environment_default", {})
        there = {o["segment"]["id"]: o for o in state["segment_overrides"]}
        for place, change in enumerate(body.get("segment_overrides", [])):
            segment = change["segment"]["id"]
            if segment not in self.segments or segment in self.hidden - there.keys():
                return _invalid("Segment not found.")
            made = {**copy.deepcopy(state["environment_default"]), "priority": place}
            there[segment] = {**there.get(segment, made), **change}
        state["segment_overrides"] = list(there.values())
        priorities = [o["priority"] for o in there.values()]
        if len(set(priorities)) < len(priorities):
            self.versions[key, number] = before
            return _invalid("Segment overrides must not share a priority.")
        self.versions[key, number].append(state)
        return None

    def _delete_override(self, request: Request, key: str, text: str, segment: str) -> Response:
        number = int(text)
        refused = self._refused({"segment_overrides": None})
        if refused:
            return refused
        there = self.state(number, key)["segment_overrides"]
        left = [o for o in there if o["segment"]["id"] != int(segment)]
        if len(left) == len(there):
            return _error(404, "Segment override not found.")
        state = self._draft(key, number)
        state["segment_overrides"] = [{**o, "priority": place} for place, o in enumerate(left)]
        self.versions[key, number].append(state)
        return Response(200, state)


def _paged(request: Request, entries: list[dict[str, Any]]) -> Response:
    size, page = (
        int(request.query.get(name, [most])[0]) for name, most in (("page_size", "10"), ("page", "1"))
    )
    size = min(size, MOST)
    shown = entries[(page - 1) * size : page * size]
    following = f"http://flagsmith.example/?page={page + 1}" if page * size < len(entries) else None
    body = {"count": len(entries), "next": following, "previous": None, "results": shown}
    return Response(200, {k: v for k, v in body.items() if v is not None})


def _error(status: int, detail: str) -> Response:
    return Response(status, {"detail": detail})


def _invalid(words: str) -> Response:
    return Response(400, {"non_field_errors": [words]})
