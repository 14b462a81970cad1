from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sluicegate.policy.catalogue import gate_names, gate_spec, preset_names, preset_text
from sluicegate.policy.loader import load_layer
from sluicegate.policy.schema import policy_schema
from sluicegate.policy.yaml_positions import read_document
from support.examples import at_most
from support.policies import plain

CHECKED_IN = Path(__file__).parents[2] / "docs" / "policy.schema.json"
VALIDATOR = Draft202012Validator(policy_schema())

WAIVER: dict[str, Any] = {
    "gate": "security", "reason": "r", "owner": "@a", "expires": "2027-01-31", "rule": "B602",
}  # fmt: skip
FULL: dict[str, Any] = {
    "extends": ["strict", "./shared.yml"],
    "source": {"include": "src/**", "exclude": ["a/**"], "tests": [], "vendored": ["x/**"]},
    "gates": {
        "coverage": {
            "criteria": ["total >= 80%", {"expect": "line > 1%", "id": "line", "else": "warn"}],
            "adjust": {"a": "off", "b": "line > 2%", "c": {"else": "block"}, "d": {"enabled": False}},
            "required": True, "else": "warn", "enabled": True, "files": "a.xml", "exclude": [],
        },
        "tests": {"suites": {"unit": {"files": ["a.xml"], "criteria": ["failed == 0"]}}, "files": []},
        "security": {"required": "auto"},
        "lint": None,
        "docs": "off",
        "complexity": {"scope": "new"},
        "performance": {"baseline": "b.json"},
        "changes": False,
        "size": {
            "run": "make", "measures": {"total": "KiB", "n.x": {"unit": "count", "better": "lower"}},
            "output": "measures", "timeout": "5min", "directory": "a/b", "ok-exit-codes": [0, 2],
            "criteria": ["total < 1B"],
        },
    },
    "waivers": [WAIVER, {**WAIVER, "path": "a/**", "fingerprint": "f"}],
}  # fmt: skip


def schema_accepts(data: object) -> bool:
    return VALIDATOR.is_valid(data)


def loader_accepts(data: object) -> bool:
    return load_layer(json.dumps(data).encode(), "p.yml", own=True).errors == ()


def test_it_is_a_schema_of_its_dialect() -> None:
    Draft202012Validator.check_schema(policy_schema())
    assert policy_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_checked_in_copy_is_current() -> None:
    assert json.loads(CHECKED_IN.read_text(encoding="utf-8")) == policy_schema(), (
        "run `python -m sluicegate schema policy > docs/policy.schema.json`"
    )


def test_its_examples_are_policies() -> None:
    for example in policy_schema()["examples"]:
        assert schema_accepts(example)
        assert loader_accepts(example)


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_accepted(name: str) -> None:
    assert schema_accepts(plain(read_document(preset_text(name).encode(), name).top))


@pytest.mark.parametrize("name", gate_names())
def test_every_measure_of_a_gate_is_described(name: str) -> None:
    text = json.dumps(policy_schema()["$defs"][f"{name.capitalize()}Gate"])
    assert all(f"`{measure}`" in text for measure in gate_spec(name).vocabulary.measures)


def test_every_key_is_described() -> None:
    for name, definition in policy_schema()["$defs"].items():
        for key, node in definition.get("properties", {}).items():
            assert node.get("description") or "$ref" in node, f"{name}.{key}"


def test_a_full_policy_is_accepted_by_both() -> None:
    assert schema_accepts(FULL)
    assert loader_accepts(FULL)


@pytest.mark.parametrize(
    "change",
    [
        {"extend": "standard"},
        {"extends": None},
        {"extends": []},
        {"gates": {"1st": {"run": "x"}}},
        {"gates": {"mine": {"scope": "all"}}},
        {"gates": {"coverage": {"scope": "all"}}},
        {"gates": {"coverage": {"required": False}}},
        {"gates": {"coverage": {"required": 1}}},
        {"gates": {"coverage": {"criteria": "total >= 80%"}}},
        {"gates": {"coverage": {"criteria": [{"id": "x"}]}}},
        {"gates": {"coverage": {"criteria": [{"expect": "x", "id": "1 2"}]}}},
        {"gates": {"coverage": {"files": "/abs"}}},
        {"gates": {"coverage": {"files": "a/../b"}}},
        {"gates": {"coverage": {"files": "a..b/c"}}},
        {"gates": {"coverage": {"adjust": {"x": True}}}},
        {"gates": {"coverage": True}},
        {"gates": {"tests": {"suites": {"a.b": {"files": "x"}}}}},
        {"gates": {"size": {"run": "x", "measures": {"a b": "B"}}}},
        {"gates": {"size": {"run": "x", "measures": {"a": "b"}}}},
        {"gates": {"size": {"run": "x", "timeout": 0}}},
        {"gates": {"size": {"run": "x", "timeout": 30.5}}},
        {"gates": {"size": {"run": "x", "timeout": "5 min"}}},
        {"gates": {"size": {"run": "x", "ok-exit-codes": []}}},
        {"gates": {"size": {"run": "x", "ok-exit-codes": [256]}}},
        {"gates": {"size": {"run": " "}}},
        {"waivers": [{**WAIVER, "criterion": "x"}]},
        {"waivers": [{k: v for k, v in WAIVER.items() if k != "rule"}]},
        {"waivers": [{k: v for k, v in WAIVER.items() if k != "owner"}]},
        {"waivers": [{**WAIVER, "expires": "next week"}]},
        {"waivers": [{**WAIVER, "expires": 20270131}]},
        {"waivers": [{**WAIVER, "rule": 501}]},
        {"waivers": [{**WAIVER, "rule": True}]},
        {"waivers": [{**WAIVER, "reason": ""}]},
    ],
)
def test_schema_and_loader_agree(change: dict[str, Any]) -> None:
    assert schema_accepts(change) == loader_accepts(change)


def paths(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(p for key, child in children for p in paths(child, (*path, key)))]


PLACES = paths(FULL)[1:]


@pytest.mark.slow
@given(
    st.sampled_from(PLACES),
    st.sampled_from(
        [None, True, False, 0, 7, 2.5, "", " ", "text", "off", "a.b", [], ["x"], [3], {}, {"x": 1}]
    ),
    st.sampled_from(["replace", "rename", "delete"]),
)
@settings(max_examples=at_most(500), deadline=None)
def test_schema_and_loader_agree_on_any_single_change(
    place: tuple[str | int, ...], value: object, how: str
) -> None:
    data = copy.deepcopy(FULL)
    holder: Any = data
    for step in place[:-1]:
        holder = holder[step]
    last = place[-1]
    old = holder[last]
    if how == "replace":
        holder[last] = value
    else:
        del holder[last]
    if how == "rename" and isinstance(holder, dict):
        holder[f"{last}x"] = old
    if place[0] == "gates" and len(place) == 2 and how == "rename" and last != "size":
        return  # a misspelt gate is told as such; to the schema it is a command without `run`
    assert schema_accepts(data) == loader_accepts(data), (place, value, how)
