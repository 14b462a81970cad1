"""The JSON Schema (draft 2020-12) of a bundle's manifest, `bundle.json`.

Made of the same records as the reader, so it never refuses what `read.open_bundle` takes. The reader
is stricter where JSON Schema has no words: sizes together, each part once, digests.
A copy for readers without Python stands in `docs/bundle.schema.json`, kept equal by a test.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from sluicegate.bundle import layout
from sluicegate.bundle.codec import MAX_NUMBER, MAX_TEXT
from sluicegate.bundle.layout import Manifest

JsonSchema = dict[str, Any]

_COUNT: JsonSchema = {"type": "integer", "minimum": 0, "maximum": MAX_NUMBER}
_PLAIN: Mapping[Any, JsonSchema] = {
    str: {"type": "string", "maxLength": MAX_TEXT},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER},
    float: {"type": "number"},
}
_STRICTER: Mapping[tuple[type, str], JsonSchema] = {
    (Manifest, "schema"): {"const": layout.SCHEMA},
    (Manifest, "shard"): {"type": "string", "pattern": layout.SHARD},
    (Manifest, "files"): {"type": "array", "maxItems": layout.MAX_FILES, "minItems": len(layout.PARTS)},
    (layout.File, "name"): {"type": "string", "pattern": layout.NAME},
    (layout.File, "kind"): {"enum": [*layout.PARTS, *layout.EVIDENCE, layout.EXTERNAL]},
    (layout.File, "size"): _COUNT,
    (layout.Run, "id"): _COUNT,
    (layout.Run, "attempt"): _COUNT,
}


def bundle_schema() -> JsonSchema:
    """The schema as JSON values."""
    definitions: JsonSchema = {}
    top = _record(Manifest, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluicegate:bundle:1",
        "title": "Sluicegate bundle",
        "description": "`bundle.json` of a shard's evidence, as `sluicegate check --bundle` writes it.",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as text, as `docs/bundle.schema.json` holds it."""
    return json.dumps(bundle_schema(), indent=2) + "\n"


def _record(kind: type[Any], definitions: JsonSchema) -> JsonSchema:
    hints = typing.get_type_hints(kind)
    properties = {f.name: _property(kind, f.name, hints[f.name], definitions) for f in fields(kind)}
    needed = [f.name for f in fields(kind) if _is_needed(f)]
    record = {"type": "object", "properties": properties, "additionalProperties": False}
    return record | ({"required": needed} if needed else {})


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _property(kind: type, name: str, wanted: object, definitions: JsonSchema) -> JsonSchema:
    stricter = _STRICTER.get((kind, name), {})
    return stricter if "const" in stricter or "enum" in stricter else _schema(wanted, definitions) | stricter


def _schema(kind: object, definitions: JsonSchema) -> JsonSchema:
    """Of a type, generic or not."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return _array(arguments, definitions)
    if isinstance(kind, type) and is_dataclass(kind):
        definitions[kind.__name__] = _record(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    raise TypeError(f"no manifest holds a {kind}")


def _array(arguments: tuple[Any, ...], definitions: JsonSchema) -> JsonSchema:
    if arguments[-1] is Ellipsis:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    parts = [_schema(a, definitions) for a in arguments]
    return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
