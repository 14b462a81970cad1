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

from support import needs

_KEYWORDS = ("type", "enum", "anyOf", "oneOf", "allOf", "$ref")
_JSON = "application~1json"
_SHORT = 20_000
"""Characters of a value that is remembered."""

_MANY = 2_000
"""Whole bodies that are remembered."""


Check = Callable[..., Iterator[ValidationError]]


def _nullable(check: Check) -> Check:
    """A keyword's check with OpenAPI 3.0's `nullable`, which JSON Schema does not know."""

    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not (instance is None and schema.get("nullable")):
            yield from check(validator, value, instance, schema) or ()

    return checked


make: Any = extend  # the package leaves it without types


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
        self._named: dict[str, Any] = {}
        self._validators: dict[str, Validator] = {}
        self._judged: dict[tuple[str, str], list[str]] = {}
        self._fits: set[tuple[int, str]] = set()
        self._template_of: dict[str, str] = {}

    @cached_property
    def _kind(self) -> Any:
        """The class of its validators; each reference is to a place in the document."""
        checks = {name: Draft202012Validator.VALIDATORS[name] for name in _KEYWORDS} | {"$ref": self._follow}
        own = {"properties": self._members}
        return make(Draft202012Validator, own | {name: _nullable(check) for name, check in checks.items()})

    def _follow(self, validator: Any, reference: str, instance: Any, _: Any) -> Iterator[ValidationError]:
        yield from validator.descend(instance, self._at(reference))

    def _members(self, validator: Any, known: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        """What is wrong with an object's members; an object that had none wrong is not judged again.

        The hundred entries of a page differ by little, and each names the same people and repositories.
        """
        key = id(known), json.dumps(instance)  # the document stays, and so does what is known of members
        if key in self._fits:
            return
        check: Check = Draft202012Validator.VALIDATORS["properties"]
        errors = list(check(validator, known, instance, schema) or ())
        if not errors and len(key[1]) < _SHORT:
            self._fits.add(key)
        yield from errors

    def _at(self, reference: str) -> Any:
        if reference not in self._named:
            self._named[reference] = _target(self.document, reference)
        return self._named[reference]

    def _errors(self, pointer: str, value: Any) -> list[str]:
        """What is wrong with a value; one that was judged before is not judged again."""
        key = pointer, json.dumps(value)
        if key not in self._judged:
            if len(self._judged) > _MANY:
                self._judged.clear()
            if pointer not in self._validators:
                self._validators[pointer] = self._kind({"$ref": f"#{pointer}"})
            found = self._validators[pointer].iter_errors(value)
            self._judged[key] = [f"{e.json_path}: {e.message[:300]}" for e in found]
        return self._judged[key]

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
        if path not in self._template_of:
            found = (t for pattern, t in self._templates if pattern.fullmatch(path))
            self._template_of[path] = next(found, "")
        return self._template_of[path]

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
