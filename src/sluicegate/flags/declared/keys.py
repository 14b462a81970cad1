"""The keys by which a plan declares a flag's API, and the provider that they make."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.documents.jsonpath import JsonPath, PathError, parse_path
from sluicegate.flags.declared.model import ETAG, Reading, Scale
from sluicegate.flags.declared.provider import Declared, Request
from sluicegate.flags.interface import FlagFactory, Lock
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.kinds import Choice, ListOf, Section, Value
from sluicegate.policy.provider_keys import (
    HEADER_KEYS,
    JSON_PATH,
    ROUTE,
    JsonValue,
    refresh_key,
    token_key,
    url_key,
)
from sluicegate.runtime.servers import server_of
from sluicegate.runtime.surroundings import Surroundings


class Verb(enum.StrEnum):
    """Of a write."""

    PATCH = "PATCH"
    PUT = "PUT"
    POST = "POST"
    DELETE = "DELETE"


_REQUEST = Section(
    title="FlagRequest",
    help="A request of a declared flag API.",
    what="'{name}' is a mapping with verb, path and body",
    remedy="For example {path: /api/flags/x, body: {rollout: $percent}}.",
    keys={
        "verb": Key(Choice(options=Verb), "Verb of the request.", Verb.PATCH),
        "path": Key(ROUTE, "Path below `url`.", missing="Give it, for example path: /api/flags/x."),
        "body": Key(
            JsonValue(), "What is sent as JSON: `$percent` (0 to 100), `$share` (0 to 1) and `$version` are "
            "replaced in it."
        ),
    },
)  # fmt: skip


def _step(value: float) -> Fraction:
    step = Fraction(0) if isinstance(value, bool) else Fraction(str(value)) / 100
    if not 0 < step <= 1:
        raise PolicyError(
            "a step is a number of percent above 0", remedy="For example step: 1, or step: 0.1."
        )
    return step


_STEP = Value(
    what="'{name}' is a number of percent",
    remedy="For example step: 1, or step: 0.1.",
    takes=(int, float),
    convert=_step,
    json={"type": "number", "exclusiveMinimum": 0, "maximum": 100},
)
_PATHS = ListOf(JSON_PATH, single=True)
KEYS: Mapping[str, Key] = {
    "url": url_key("Address of the API.", "https://flags.example.com"),
    "flag": Key(v.LABEL, "Name of the flag, for people.", missing="Name it, for example flag: new-checkout."),
    "token": token_key("FLAGS_TOKEN"),
    **HEADER_KEYS,
    "read": Key(ROUTE, "Path that is read.", missing="Give it, for example read: /api/flags/new-checkout."),
    "share": Key(
        JSON_PATH, "JSONPath of the share in the answer.", missing="Give it, for example share: $.rollout."
    ),
    "scale": Key(Choice(options=Scale), "How the answer has it: `percent` or `fraction`.", Scale.PERCENT),
    "enabled": Key(JSON_PATH, "JSONPath of the flag's switch, true or false."),
    "version": Key(
        v.LABEL, "JSONPath of the flag's version, which `set` must send back as `$version`; or `etag` for "
        "the header of that name, sent back as `If-Match`."
    ),
    "driver": Key(JSON_PATH, "JSONPath of what changes the flag by itself: the rollout refuses it then."),
    "state": Key(_PATHS, "JSONPaths of the parts whose change is a change of the flag; without it all.", ()),
    "bucketing": Key(_PATHS, "JSONPaths of what decides which users are in a share: salts, seeds.", ()),
    "set": Key(_REQUEST, "Sets the share.", missing="Declare it, for example set: {path: …, body: …}."),
    "kill": Key(_REQUEST, "Lets nobody see it.", missing="Declare it, for example kill: {path: …, body: …}."),
    "switch-on": Key(_REQUEST, "Switches it on; sent after `set` where `enabled` is false."),
    "probe": Key(_REQUEST, "Needs the rights of `set` and changes nothing, such as a dry run; `rollout "
                           "validate --live` sends it."),
    "step": Key(_STEP, "Smallest step of a share, in percent.", 1),
    "without-key": Key(v.TEXT, "What users without a key get, for people.", "not stated in the plan"),
    "refresh": refresh_key("Longest time until clients see a write.", 60.0),
}  # fmt: skip


def _create(settings: Mapping[str, Any], around: Surroundings) -> Declared:
    there = server_of(settings, around)
    setting = _request(settings["set"])
    switching = settings.get("switch_on")
    return Declared(
        server=there,
        flag=settings["flag"],
        path=settings["read"],
        reading=_reading(settings),
        setting=setting,
        killing=_request(settings["kill"]),
        switching=_request(switching) if switching else None,
        lock=_lock(settings.get("version"), setting),
        step=settings["step"] if isinstance(settings["step"], Fraction) else _step(settings["step"]),
        refresh=settings["refresh"],
        without_key=settings["without_key"],
        probing=_request(settings["probe"]) if settings.get("probe") else None,
    )


def _reading(settings: Mapping[str, Any]) -> Reading:
    def path(key: str) -> JsonPath | None:
        text = settings.get(key)
        return parse_path(text) if text and text != ETAG else None

    state, bucketing = (tuple(parse_path(text) for text in settings[key]) for key in ("state", "bucketing"))
    return Reading(
        share=parse_path(settings["share"]),
        scale=settings["scale"],
        enabled=path("enabled"),
        version=path("version"),
        driver=path("driver"),
        state=state,
        bucketing=bucketing,
    )


def _lock(version: str | None, setting: Request) -> Lock:
    """The lock that a declaration gives.

    Raises:
        UsageError: the version is never sent back.
    """
    if version is None:
        return "none"
    if version == ETAG:
        return "etag"
    try:
        parse_path(version)
    except PathError as error:
        remedy = "Write `etag`, or a JSONPath such as $.version."
        raise UsageError(f"'{version[:60]}' {error}", where="version", remedy=remedy) from error
    if "$version" not in str(setting.body):
        remedy = "Put $version into the body of `set`, as the API wants it."
        raise UsageError("the version is read and never sent back", where="version", remedy=remedy)
    return "version"


def _request(found: Mapping[str, Any]) -> Request:
    return Request(str(found.get("verb", Verb.PATCH)), found["path"], found.get("body"))


FACTORY = FlagFactory(KEYS, _create)
