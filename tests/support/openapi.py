"""GitHub's OpenAPI description: are a request and its answer what GitHub documents?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from support import rig

_URI = "urn:github"
_KEYWORDS = ("type", "enum", "anyOf", "oneOf", "allOf", "$ref")


@cache
def description() -> dict[str, Any]:
    """The description of api.github.com, from the package @octokit/openapi."""
    rig.require()
    path = rig.MODULES / "@octokit" / "openapi" / "generated" / "api.github.com.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _nullable(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    """OpenAPI 3.0's `nullable`, which JSON Schema does not know."""
    check = Draft202012Validator.VALIDATORS[keyword]

    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not (instance is None and schema.get("nullable")):
            yield from check(validator, value, instance, schema) or ()

    return checked


make: Any = extend  # the package leaves it without types
_KIND = make(Draft202012Validator, {name: _nullable(name) for name in _KEYWORDS})


@cache
def _validator(pointer: str) -> Validator:
    registry: Registry[Any] = Registry().with_resource(
        _URI, Resource.from_contents(description(), default_specification=DRAFT202012)
    )
    made: Validator = _KIND({"$ref": f"{_URI}#{pointer}"}, registry=registry)
    return made


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Path templates, the ones with the fewest variables first."""
    paths = sorted(description()["paths"], key=lambda p: (p.count("{"), p))
    return [(re.compile(_pattern(p)), p) for p in paths]


def _pattern(template: str) -> str:
    """A path in a repository, and names of branches, hold slashes."""
    deep = re.sub(r"\\\{(path|basehead)\\\}", ".+", re.escape(template))
    return re.sub(r"\\\{\w+\\\}", "[^/]+", deep)


@cache
def template_of(path: str) -> str:
    """The template of a path; empty when GitHub has none."""
    return next((t for pattern, t in _templates() if pattern.fullmatch(path)), "")


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def request_errors(verb: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """What is wrong with a request; empty when it is as documented."""
    template = template_of(path)
    operation = description()["paths"].get(template, {}).get(verb.lower())
    if operation is None:
        return [f"{verb} {path}: GitHub has no such operation"]
    known = {p["name"] for p in map(_resolved, operation.get("parameters", ())) if p["in"] == "query"}
    errors = [f"{verb} {path}: there is no parameter '{name}'" for name in query if name not in known]
    wanted = operation.get("requestBody")
    if body is None:
        return errors
    if wanted is None:
        return [*errors, f"{verb} {path}: a body is not documented"]
    pointer = f"/paths/{_escaped(template)}/{verb.lower()}/requestBody/content/application~1json/schema"
    return errors + [
        f"{verb} {path}: {e.json_path}: {e.message[:300]}" for e in _validator(pointer).iter_errors(body)
    ]


def answer_errors(verb: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with an answer; empty when it is as documented."""
    template = template_of(path)
    responses = description()["paths"].get(template, {}).get(verb.lower(), {}).get("responses", {})
    response = responses.get(str(status))
    if response is None:
        return [f"{verb} {path}: {status} is not documented"]
    if "content" not in _resolved(response):
        return []
    base = response.get("$ref", f"#/paths/{_escaped(template)}/{verb.lower()}/responses/{status}")[1:]
    pointer = f"{base}/content/application~1json/schema"
    return [
        f"{verb} {path} {status}: {e.json_path}: {e.message[:300]}"
        for e in _validator(pointer).iter_errors(body)
    ]


def _resolved(item: dict[str, Any]) -> dict[str, Any]:
    found: Any = item
    while "$ref" in found:
        parts = found["$ref"].removeprefix("#/").split("/")
        found = description()
        for part in parts:
            found = found[part.replace("~1", "/").replace("~0", "~")]
    resolved: dict[str, Any] = found
    return resolved


def example(verb: str, path: str, status: int) -> Any:
    """The first example answer that the description gives for an operation."""
    response = _resolved(description()["paths"][path][verb.lower()]["responses"][str(status)])
    examples = response["content"]["application/json"]["examples"]
    return _resolved(next(iter(examples.values())))["value"]
