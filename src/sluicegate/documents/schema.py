"""The JSON Schema of a document, from the types of its fields and the docstrings of its classes."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

JsonSchema = dict[str, Any]

_ATTRIBUTE = re.compile(r"^ {4}(\w+(?:, \w+)*): (.*(?:\n {8}.*)*)", re.MULTILINE)
"""An attribute in a docstring, with its continuation lines."""


class _Generator(GenerateJsonSchema):
    """Omits titles, which repeat the names."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


class _Whole(_Generator):
    """For documents in which every key is present."""

    def field_is_required(self, field: object, total: bool) -> bool:
        return True


def schema_of(
    adapter: TypeAdapter[Any], schema: str, title: str, description: str, *, whole: bool
) -> JsonSchema:
    """The JSON Schema (draft 2020-12) of the adapter's dataclass, as JSON values.

    `schema` is name and version, the document's first key; `whole` says that every key is always present.
    """
    made = adapter.json_schema(schema_generator=_Whole if whole else _Generator)
    definitions = made.pop("$defs", {})
    name, version = schema.removeprefix("sluicegate.").split("/")
    record = _described(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sluicegate:{name}:{version}",
        "title": title,
        **record,
        "description": description,
        "properties": {"schema": {"const": schema}, **record["properties"]},
        "required": ["schema", *record.get("required", [])],
        "$defs": {key: _described(inner) for key, inner in sorted(definitions.items())},
    }


def _described(made: JsonSchema) -> JsonSchema:
    """A class's schema without additional properties, with its docstring's attributes as descriptions."""
    bare = _bare(made)
    about, _, attributes = bare.get("description", "").partition("\n\nAttributes:\n")
    if "properties" in bare:
        properties = dict(bare["properties"])
        for names, words in _ATTRIBUTE.findall(attributes):
            for name in names.split(", "):
                if name in properties:
                    properties[name] = {"description": " ".join(words.split()), **properties[name]}
        bare |= {"properties": properties, "additionalProperties": False}
    return {"description": about, **{k: v for k, v in bare.items() if k != "description"}}


def _bare(value: JsonSchema) -> JsonSchema:
    return {
        key: _within(inner)
        for key, inner in value.items()
        if key not in ("title", "default") or isinstance(inner, dict)
    }


def _within(value: object) -> object:
    if isinstance(value, list):
        return [_within(inner) for inner in value]
    return _bare(value) if isinstance(value, dict) else value
