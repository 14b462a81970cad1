"""The JSON Schema of the policy, generated from its settings and the catalogue.

Draft 2020-12. Editors use it for completion; it accepts what the loader accepts as far as
structure goes. Names of measures are in the descriptions, since criteria are texts.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from sluicegate.criteria import MeasureSpec
from sluicegate.policy import settings
from sluicegate.policy.catalogue import GATES, gate_spec, preset_names
from sluicegate.policy.fields import MEASURE, NAME, schema_pattern
from sluicegate.policy.settings import PolicySettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:sluicegate:policy:1"

_FINDING_KEYS = ("rule", "path", "fingerprint")


def policy_schema() -> dict[str, Any]:
    """The schema as plain values, the same on every call."""
    schema = _documented().model_json_schema(mode="validation")
    _tidy(schema)
    definitions: dict[str, Any] = schema["$defs"]
    _extends(schema["properties"]["extends"])
    for name in GATES:
        _gate(definitions, name)
    _run_gate(definitions["RunGate"]["properties"])
    _gates(definitions["GatesSettings"])
    _named(schema["properties"]["components"], NAME)
    _waiver(definitions["WaiverSettings"])
    definitions["CriterionSettings"]["oneOf"] = [{"required": ["expect"]}, {"required": ["any"]}]
    definitions["AdjustmentSettings"]["not"] = {"required": ["expect", "any"]}
    head = {"$schema": DIALECT, "$id": IDENTITY, "title": "Policy of Sluicegate"}
    return {**head, **schema, "examples": [_example()]}


@cache
def _documented() -> type[PolicySettings]:
    """The settings, with the text below each field as its description.

    pydantic would read the source of every class for it, each time that a policy is judged by.
    """
    texts = _texts_below_fields(inspect.getsource(settings))
    models = [m for m in vars(settings).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    own = [model for model in models if model.__module__ == settings.__name__]
    for model in own:
        _describe(model, texts)
    for model in own:
        model.model_rebuild(force=True)
    return PolicySettings


def _describe(model: type[BaseModel], texts: Mapping[str, Mapping[str, str]]) -> None:
    """Give each field of a model its text, which may stand in a class that the model extends."""
    described: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        described |= texts.get(parent.__name__, {})
    for name, info in model.model_fields.items():
        info.description = described.get(name)


def _texts_below_fields(source: str) -> dict[str, dict[str, str]]:
    """By class and field: the text that stands below the field."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = found.setdefault(node.name, {})
        for field, below in pairwise(node.body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                match below:
                    case ast.Expr(ast.Constant(str(text))):
                        fields[field.target.id] = inspect.cleandoc(text)
    return found


def policy_schema_text() -> str:
    """The schema as it is checked in and printed: JSON with two spaces, ending in a line feed."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: object) -> None:
    """Without pydantic's titles, and without defaults that stand for "not said"."""
    if isinstance(node, list):
        for item in node:
            _tidy(item)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    if "default" in node and node["default"] in (None, "", [], {}):
        del node["default"]
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].split())
    for value in node.values():
        _tidy(value)


def _extends(node: dict[str, Any]) -> None:
    """Presets are offered by name; any other text is a path, or a file of another repository."""
    names = ", ".join(preset_names())
    node["description"] += f" Presets: {names}."
    node["examples"] = [*preset_names(), ["strict", "./shared.yml"]]


def _measure(spec: MeasureSpec) -> str:
    unit = f", {spec.unit}" if spec.unit else ""
    return f"`{spec.name}` ({spec.better} is better{unit})"


def _gate(definitions: dict[str, Any], name: str) -> None:
    spec = gate_spec(name)
    node = definitions[f"{name.capitalize()}Gate"]
    node["description"] = f"{spec.title}. {' '.join(spec.why.split())}"
    measures = "; ".join(_measure(m) for m in spec.vocabulary.measures.values())
    behind = "".join(
        f' Behind {kind}["GLOB"]: {"; ".join(_measure(m) for m in specs.values())}.'
        for kind, specs in spec.vocabulary.selectors.items()
    )
    criteria = node["properties"]["criteria"]
    criteria["description"] += f" Measures: {measures}.{behind}"
    _adjust(node["properties"])
    if "suites" in node["properties"]:
        _named(node["properties"]["suites"], NAME)


def _named(node: dict[str, Any], pattern: str) -> None:
    """Names that do not fit are errors; a pattern alone would leave them unlooked at."""
    node["additionalProperties"] = node.pop("patternProperties").popitem()[1]
    node["propertyNames"] = schema_pattern(pattern)


def _adjust(properties: dict[str, Any]) -> None:
    properties["adjust"]["examples"] = [{"total": "total >= 90%", "patch": "off"}]


def _run_gate(properties: dict[str, Any]) -> None:
    _adjust(properties)
    _named(properties["measures"], MEASURE)
    properties["measures"]["examples"] = [{"total": "KiB", "score": {"unit": "%", "better": "higher"}}]


def _gates(node: dict[str, Any]) -> None:
    node["propertyNames"] = schema_pattern(NAME)
    for name in GATES:
        node["properties"][name].setdefault("description", gate_spec(name).title)


def _waiver(node: dict[str, Any]) -> None:
    """A criterion, or at least one of the keys that describe findings."""
    findings = [{"required": [key]} for key in _FINDING_KEYS]
    node["oneOf"] = [{"required": ["criterion"]}, {"anyOf": findings}]


def _example() -> dict[str, Any]:
    return {
        "extends": "standard",
        "gates": {
            "coverage": {"criteria": ["total >= 80%", {"expect": "patch.line >= 90%", "else": "warn"}]},
            "security": {"adjust": {"new-high": "off"}},
            "bundle-size": {
                "run": "node tools/size.js",
                "measures": {"total": "KiB"},
                "criteria": ["total <= 250KiB"],
            },
        },
        "waivers": [
            {
                "gate": "security",
                "rule": "B602",
                "path": "src/legacy/**",
                "reason": "runs in a sandbox",
                "owner": "@alice",
                "expires": "2027-01-31",
            }
        ],
    }
