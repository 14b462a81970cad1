"""An OpenAPI description as a judge: are a request and its answer what a vendor documents?"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from support import needs

_URI = "urn:contract"
_KEYWORDS = ("type", "enum", "anyOf", "oneOf", "allOf", "$ref")
_JSON = "application~1json"


def _nullable(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    """OpenAPI 3.0's `nullable`, which JSON Schema does not know."""
    check = Draft202012Validator.VALIDATORS[keyword]

    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not (instance is None and schema.get("nullable")):
            yield from check(validator, value, instance, schema) or ()

    return checked


make: Any = extend  # the package leaves it without types
_KIND = make(Draft202012Validator, {name: _nullable(name) for name in _KEYWORDS})


class Contract:
    """One description.

    Attributes:
        document: the OpenAPI document.
        whose: for people.
        deep: the variables of paths whose values hold slashes.
    """

    def __init__(self, document: Mapping[str, Any], whose: str, *, deep: tuple[str, ...] = ()) -> None:
        self.document = document
        self.whose = whose
        self.deep = deep
        self._validators: dict[str, Validator] = {}

    @cached_property
    def _registry(self) -> Registry[Any]:
        resource = Resource.from_contents(dict(self.document), default_specification=DRAFT202012)
        empty: Registry[Any] = Registry()
        made: Registry[Any] = empty.with_resource(_URI, resource)
        return made

    def _errors(self, pointer: str, value: Any) -> list[str]:
        if pointer not in self._validators:
            made = _KIND({"$ref": f"{_URI}#{pointer}"}, registry=self._registry)
            self._validators[pointer] = made
        found = self._validators[pointer].iter_errors(value)
        return [f"{e.json_path}: {e.message[:300]}" for e in found]

    @cached_property
    def _templates(self) -> list[tuple[re.Pattern[str], str]]:
        """Path templates, the ones with the fewest variables first."""
        paths = sorted(self.document["paths"], key=lambda p: (p.count("{"), p))
        return [(re.compile(self._pattern(p)), p) for p in paths]

    def _pattern(self, template: str) -> str:
        text = re.escape(template)
        for name in self.deep:
            text = text.replace(rf"\{{{name}\}}", ".+")
        return re.sub(r"\\\{\w+\\\}", "[^/]+", text)

    def template_of(self, path: str) -> str:
        """The template of a path; empty when there is none."""
        return next((t for pattern, t in self._templates if pattern.fullmatch(path)), "")

    def request_errors(self, verb: str, path: str, query: Mapping[str, object], body: Any) -> list[str]:
        """What is wrong with a request; empty when it is as documented."""
        template = self.template_of(path)
        item = self.document["paths"].get(template, {})
        operation = item.get(verb.lower())
        if operation is None:
            return [f"{verb} {path}: {self.whose} has no such operation"]
        parameters = [
            self.resolved(p) for p in (*item.get("parameters", ()), *operation.get("parameters", ()))
        ]
        known = {p["name"] for p in parameters if p["in"] == "query"}
        errors = [f"{verb} {path}: there is no parameter '{name}'" for name in query if name not in known]
        if body is None:
            return errors
        if operation.get("requestBody") is None:
            return [*errors, f"{verb} {path}: a body is not documented"]
        pointer = f"/paths/{_escaped(template)}/{verb.lower()}/requestBody/content/{_JSON}/schema"
        return errors + [f"{verb} {path}: {each}" for each in self._errors(pointer, body)]

    def answer_errors(self, verb: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer; empty when it is as documented."""
        template = self.template_of(path)
        responses = self.document["paths"].get(template, {}).get(verb.lower(), {}).get("responses", {})
        response = responses.get(str(status))
        if response is None:
            return [f"{verb} {path}: {status} is not documented"]
        if "application/json" not in self.resolved(response).get("content", ()):
            return []
        base = response.get("$ref", f"#/paths/{_escaped(template)}/{verb.lower()}/responses/{status}")[1:]
        return [
            f"{verb} {path} {status}: {each}" for each in self._errors(f"{base}/content/{_JSON}/schema", body)
        ]

    def resolved(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What a reference names."""
        found: Any = item
        while "$ref" in found:
            parts = found["$ref"].removeprefix("#/").split("/")
            found = self.document
            for part in parts:
                found = found[part.replace("~1", "/").replace("~0", "~")]
        resolved: dict[str, Any] = found
        return resolved

    def example(self, verb: str, path: str, status: int) -> Any:
        """The first example answer that the description gives for an operation."""
        response = self.resolved(self.document["paths"][path][verb.lower()]["responses"][str(status)])
        examples = response["content"]["application/json"]["examples"]
        return self.resolved(next(iter(examples.values())))["value"]


def _escaped(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _opened(document: Any) -> Any:
    """The document, where the parts of an `allOf` allow what other parts of it name.

    Some vendors close each part by `additionalProperties: false`, so that no value can satisfy two of them.
    """
    contract = Contract(document, "")

    def open_part(part: Any) -> None:
        found = contract.resolved(part) if "$ref" in part else part
        target = _target(document, part["$ref"]) if "$ref" in part else part
        target.pop("additionalProperties", None)
        for each in (*found.get("allOf", ()), *found.get("anyOf", ())):
            open_part(each)

    def walk(node: Any) -> None:
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(child)
        for part in node.get("allOf", ()) if isinstance(node, dict) else ():
            open_part(part)

    walk(document)
    return document


def _target(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


@cache
def vendor(file: str, whose: str, *, open_parts: bool = False) -> Contract:
    """The description in a file of the folder that `SLUICEGATE_CONTRACTS` names, packed or not.

    Without it the test skips on a laptop, and fails under `CI=true`.

    Args:
        file: its name.
        whose: for people.
        open_parts: do parts of an `allOf` allow what others name, though the vendor closed each?
    """
    folder = os.environ.get("SLUICEGATE_CONTRACTS")
    path = Path(folder or ".") / file
    if not folder or not path.is_file():
        needs.missing(
            f"{path} is missing: let SLUICEGATE_CONTRACTS name the folder of the vendors' descriptions"
        )
    data = path.read_bytes()
    text = (gzip.decompress(data) if file.endswith(".gz") else data).decode()
    loaded = json.loads(text) if ".json" in file else yaml.load(text, Loader=yaml.CSafeLoader)
    return Contract(_opened(loaded) if open_parts else loaded, whose)
