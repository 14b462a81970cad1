"""The JSON Schema (draft 2020-12) of `sluicegate.benchmarks/1`, and the check that a document holds to it.

A copy for readers without Python is in `docs/benchmarks.schema.json`, kept equal by a test. The check
knows the few words of JSON Schema that this schema uses; a test compares it with a full validator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluicegate.evidence.benchmarks.suite import MAX_NAME, number

JsonSchema = dict[str, Any]

_ROOT = "the document"

SCHEMA = "sluicegate.benchmarks/1"
"""Name and version of the document."""

_TEXT: JsonSchema = {"type": "string", "maxLength": MAX_NAME}
_COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_ABOVE_ZERO: JsonSchema = {"type": "number", "exclusiveMinimum": 0}
_NOT_NEGATIVE: JsonSchema = {"type": "number", "minimum": 0}


def native_schema() -> JsonSchema:
    """The schema as JSON values."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluicegate:benchmarks:1",
        "title": "Sluicegate benchmarks",
        "description": "Benchmarks with raw samples, as `sluicegate bench` writes them.",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "tool": {**_TEXT, "description": "the tool that measured"},
                "version": _TEXT,
                "machine": _machine(),
                "base": _commit("the commit compared with"),
                "head": _commit("the commit measured"),
                "plan": _plan(),
                "benchmarks": {"type": "array", "minItems": 0, "items": _benchmark()},
                "removed": {
                    "type": "array",
                    "minItems": 0,
                    "items": {**_TEXT, "minLength": 1},
                    "description": "benchmarks that the base has and the head has not",
                },
                "problems": {
                    "type": "array",
                    "minItems": 0,
                    "items": _object({"message": {**_TEXT, "minLength": 1}, "remedy": _TEXT}, "message"),
                    "description": "failed measurements; the gate is then ERROR",
                },
            },
            "schema",
            "benchmarks",
        ),
    }


def native_schema_text() -> str:
    """The schema as text, as `docs/benchmarks.schema.json` holds it."""
    return json.dumps(native_schema(), indent=2) + "\n"


def _object(properties: JsonSchema, *required: str, is_open: bool = False) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": is_open,
    }


def _machine() -> JsonSchema:
    texts = dict.fromkeys(("system", "architecture", "processor", "runtime"), _TEXT)
    about = "identifies the kind of machine; never a host name"
    return {"description": about, **_object({**texts, "cores": _COUNT})}


def _commit(about: str) -> JsonSchema:
    return {"description": about, **_object({"commit": _TEXT, "ref": _TEXT})}


def _plan() -> JsonSchema:
    return {
        "description": "how the samples were taken; a tool may add keys of its own",
        **_object(
            {
                "looks": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 1000,
                    "description": "how often a sequential plan looked at the samples",
                },
                "order": {**_TEXT, "description": "the order of base and head within a pair"},
                "warmup": {**_COUNT, "description": "runs thrown away before the first sample"},
                "stopped": {**_TEXT, "description": "why no more samples were taken"},
            },
            is_open=True,
        ),
    }


def _benchmark() -> JsonSchema:
    return _object(
        {
            "name": {**_TEXT, "minLength": 1},
            "unit": {"enum": ["ns", "us", "ms", "s"], "description": "of samples and cpu, and of their base"},
            "samples": _series(_ABOVE_ZERO, "wall time of a call, in the order measured"),
            "base_samples": _series(_ABOVE_ZERO, "of the base; each measured together with its sample"),
            "cpu": _series(_NOT_NEGATIVE, "CPU time of a run"),
            "base_cpu": _series(_NOT_NEGATIVE, "of the base; one for each value of cpu"),
            "memory": _series(_ABOVE_ZERO, "peak bytes of a run"),
            "base_memory": _series(_ABOVE_ZERO, "of the base; one for each value of memory"),
            "pairs_per_round": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "description": "pairs in a round; a sequential plan looks after whole rounds; 1 if absent",
            },
            "instructions": _COUNT,
            "base_instructions": _COUNT,
            "throughput": {**_NOT_NEGATIVE, "description": "a second"},
            "error_rate": {
                **_NOT_NEGATIVE,
                "maximum": 100,
                "description": "per cent of the calls that failed",
            },
        },
        "name",
        "unit",
        "samples",
    )


def _series(items: JsonSchema, about: str) -> JsonSchema:
    return {"type": "array", "minItems": 1, "items": items, "description": about}


# --- the check ---------------------------------------------------------------------------------


def violation(document: object) -> str:
    """What the document does against the schema, with its place; empty when it holds to it."""
    return next(_violations(document, native_schema(), _ROOT), "")


def _violations(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{place} must be {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} must be one of {', '.join(schema['enum'])}"
    if "type" in schema:
        yield from _TYPES[schema["type"]](value, schema, place)


def _of_object(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} must be an object"
        return
    known = schema["properties"]
    for key in schema["required"]:
        if key not in value:
            yield f"{place} must have the key {key!r}"
    for key, item in value.items():
        if key in known:
            yield from _violations(item, known[key], key if place == _ROOT else f"{place}.{key}")
        elif not schema["additionalProperties"]:
            yield f"{place} has the unknown key {key[:60]!r}"


def _of_array(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if not isinstance(value, list) or len(value) < schema["minItems"]:
        yield f"{place} must be an array of at least {schema['minItems']}"
        return
    unbounded = schema["items"].get("type") == "number" and "maximum" not in schema["items"]
    for position, item in enumerate(value):
        if unbounded and type(item) is float and 0 < item < math.inf:
            continue  # nearly every item; a cheap test
        yield from _violations(item, schema["items"], f"{place}[{position}]")


def _of_text(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    if not isinstance(value, str) or not schema.get("minLength", 0) <= len(value) <= schema["maxLength"]:
        yield f"{place} must be text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"


def _of_integer(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    found = number(value)
    if found is None or not found.is_integer():
        yield f"{place} must be a whole number"
    else:
        yield from _of_number(value, schema, place)


def _of_number(value: object, schema: Mapping[str, Any], place: str) -> Iterator[str]:
    found = number(value)
    if found is None:
        yield f"{place} must be a number"
    elif "exclusiveMinimum" in schema and found <= schema["exclusiveMinimum"]:
        yield f"{place} must be above {schema['exclusiveMinimum']}"
    elif "minimum" in schema and found < schema["minimum"]:
        yield f"{place} must be at least {schema['minimum']}"
    elif "maximum" in schema and found > schema["maximum"]:
        yield f"{place} must be at most {schema['maximum']}"


_TYPES: Mapping[str, Callable[[object, Mapping[str, Any], str], Iterator[str]]] = {
    "object": _of_object,
    "array": _of_array,
    "string": _of_text,
    "integer": _of_integer,
    "number": _of_number,
}
