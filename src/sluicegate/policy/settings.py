"""The sections of a policy: the keys of `keys.yml` with their kinds, and the rules between keys.

A room that has a section of its own declares it in the same way and is named in `FEATURES`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.core.model import Better
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import MeasureSpec, nearest
from sluicegate.policy import values as v
from sluicegate.policy.catalogue import component_gates, gate_names, gate_spec, load_yaml, preset_names
from sluicegate.policy.document import Node, Scalar
from sluicegate.policy.gatespec import GateSpec
from sluicegate.policy.keys import Definitions, Key, Kind, Short, Spot
from sluicegate.policy.kinds import Choice, ListOf, Named, Section
from sluicegate.policy.model import RunOutput, Scope
from sluicegate.policy.tree import Merge, Tree

FEATURES: tuple[str, ...] = ("sluicegate.rollout.keys", "sluicegate.release.keys")
"""Modules of other rooms that declare sections of their own: each has `SECTIONS`, a mapping from the name of
a section to its `Key`. What a policy sets there is in `Policy.sections`, with defaults filled in; where the
module has a function `build`, given the name and the tree, what that makes of it."""

Build = Callable[[str, Tree], tuple[Any, tuple[PolicyError, ...]]]
"""Makes of the tree of a section what the program uses, and says what is wrong with it."""

_FINDING_KEYS = ("rule", "path", "fingerprint")

# --- rules between keys ------------------------------------------------------------------------


def _one_of(mandatory: bool) -> Callable[[Sequence[str]], PolicyError | None]:
    def rule(keys: Sequence[str]) -> PolicyError | None:
        if "expect" in keys and "any" in keys:
            what = "a criterion has either 'expect' or 'any', and this one has both"
            return PolicyError(what, remedy="Delete one.")
        if not mandatory or "expect" in keys or "any" in keys:
            return None
        remedy = "Write the criterion, for example expect: total >= 80%."
        return PolicyError("a criterion has no 'expect'", remedy=remedy)

    return rule


def _accepts_one_kind(keys: Sequence[str]) -> PolicyError | None:
    finding = [key for key in _FINDING_KEYS if key in keys]
    if ("criterion" in keys) != bool(finding):
        return None
    if finding:
        what = f"a waiver accepts a criterion or findings, and this one has 'criterion' and '{finding[0]}'"
        return PolicyError(what, remedy="Make two waivers of it.")
    remedy = "Add 'criterion', or any of 'rule', 'path' and 'fingerprint'."
    return PolicyError("the waiver has nothing that it accepts", remedy=remedy)


def _joined(entries: dict[str, Tree]) -> dict[str, Tree]:
    """Of several comparisons, one of which must hold, one text with `or` between them."""
    several = entries.pop("any", None)
    if several is not None:
        text = " or ".join(part.value for part in several.value)
        entries["expect"] = Tree(text, several.where, several.key)
    return entries


def _switched_on(entries: dict[str, Tree]) -> dict[str, Tree]:
    """To name a gate is to switch it on; a list of criteria drops the adjustments below it."""
    if "criteria" in entries:
        entries["adjust"] = replace(entries.get("adjust", Tree({})), merge=Merge.REPLACE)
    return {"enabled": Tree(True), **entries}


def _text_as(key: str) -> Callable[[Scalar], Short]:
    return lambda value: {key: value} if isinstance(value, str) else value


def _off(value: Scalar) -> Short:
    """`off` is `{enabled: false}`; YAML 1.1 tools read `off` as false, so that is the same."""
    return {"enabled": False} if value is False or value == "off" else value


def _adjustment(value: Scalar) -> Short:
    switched = _off(value)
    return {"expect": switched} if isinstance(switched, str) else switched


def _gate_word(value: Scalar) -> Short:
    """A gate that is only named keeps the settings of the preset."""
    return {} if value is None or value is True or value == "on" else _off(value)


# --- sections ----------------------------------------------------------------------------------


@cache
def _data() -> dict[str, Any]:
    return load_yaml(Path(__file__).with_name("keys.yml").read_text(encoding="utf-8"))


def declared(name: str) -> dict[str, Key]:
    """The keys of a part of `keys.yml`."""
    return keys_of(_data()[name]["keys"], _kind)


def keys_of(declarations: Mapping[str, Mapping[str, Any]], kind_of: Callable[[str], Kind]) -> dict[str, Key]:
    """The keys that a file in the form of `keys.yml` declares.

    Args:
        declarations: of each key its kind, help, default and so on.
        kind_of: the kind of a name.
    """
    return {key: _key(about, kind_of(about["kind"])) for key, about in declarations.items()}


def _key(about: Mapping[str, Any], kind: Kind) -> Key:
    default = about.get("default")
    if isinstance(default, list):
        default = tuple(default)
    elif isinstance(kind, Choice) and default is not None:
        default = kind.options(default)
    words = about["help"].replace("{presets}", ", ".join(preset_names()))
    return Key(kind, words, default, about.get("missing", ""), tuple(about.get("examples", ())))


@cache
def section(name: str) -> Section:
    """A section of `keys.yml`: `policy`, `source`, `waiver`, `run` and others."""
    about: dict[str, Any] = {key: text for key, text in _data()[name].items() if key != "keys"}
    keys = declared(name)
    if name == "run":
        return _gate("RunGate", about["help"], keys)
    if name == "policy":
        keys |= features()
    return (_Suite if name == "suite" else Section)(**about, keys=keys, **_RULES.get(name, {}))


_RULES: Mapping[str, Mapping[str, Any]] = {
    "criterion": {
        "short": _text_as("expect"),
        "short_json": (v.EXPECT.schema({}),),
        "rule": _one_of(mandatory=True),
        "rule_json": {"oneOf": [{"required": ["expect"]}, {"required": ["any"]}]},
        "finish": _joined,
    },
    "adjustment": {
        "short": _adjustment,
        "short_json": (v.EXPECT.schema({}), {"type": "boolean", "const": False}),
        "rule": _one_of(mandatory=False),
        "rule_json": {"not": {"required": ["expect", "any"]}},
        "finish": lambda entries: {"enabled": Tree(True)} | _joined(entries),
    },
    "measure": {"short": _text_as("unit"), "short_json": (v.UNIT.schema({}),)},
    "waiver": {
        "rule": _accepts_one_kind,
        "rule_json": {
            "oneOf": [{"required": ["criterion"]}, {"anyOf": [{"required": [key]} for key in _FINDING_KEYS]}]
        },
    },
}
"""What holds between the keys of a section, and its short spellings: fields of `Section`."""


class _Suite(Section):
    """A suite; a text in its place is most likely its glob."""

    __slots__ = ()

    def _refusal(self, spot: Spot) -> PolicyError:
        error, value = super()._refusal(spot), spot.node.value
        files = cut(one_line(value), 80) if isinstance(value, str) else ""
        return PolicyError(error.what, remedy=f'Write {{files: "{files}"}}.') if files else error


def _gate(title: str, about: str, keys: Mapping[str, Key]) -> Section:
    every = {**declared("gate"), **keys}
    return Section(
        title=title,
        help=about,
        subject="the gate '{name}'",
        what="the gate '{name}' is a mapping of settings, or 'off'",
        remedy="For example {criteria: [...]}.",
        short=_gate_word,
        short_json=({"enum": ["off", "on"], "type": "string"}, {"type": "boolean"}, {"type": "null"}),
        finish=_switched_on,
        foreign=_belongs_to,
        keys=every,
    )


def _belongs_to(key: str) -> str:
    """Which gates have a key, as a remedy; empty for one that none has."""
    owners = [name for name in gate_names() if key in gate_spec(name).keys]
    owners += ["gates with 'run'"] if key in section("run").keys else []
    return f"It belongs to: {', '.join(owners)}." if owners else ""


@cache
def gate_section(name: str) -> Section:
    """The section of a gate of the catalogue."""
    spec = gate_spec(name)
    special, criteria = declared("special"), declared("gate")["criteria"]
    keys = {key: replace(special[key], help=about) for key, about in spec.keys.items() if key in special}
    keys = {"criteria": replace(criteria, help=f"{criteria.help} {_measures(spec)}"), **keys}
    title = "".join(word.capitalize() for word in name.replace("_", "-").split("-"))
    return _gate(f"{title}Gate", f"{spec.title}. {' '.join(spec.why.split())}", keys)


def _measures(spec: GateSpec) -> str:

    def listed(specs: Mapping[str, MeasureSpec]) -> str:
        units = {name: f", {s.unit}" if s.unit else "" for name, s in specs.items()}
        return "; ".join(f"`{name}` ({s.better} is better{units[name]})" for name, s in specs.items())

    kinds = spec.vocabulary.selectors.items()
    behind = "".join(f' Behind {kind}["GLOB"]: {listed(specs)}.' for kind, specs in kinds)
    return f"Measures: {listed(spec.vocabulary.measures)}.{behind}"


class _Gates(Named):
    """The gates by name: those of the catalogue, and any other name for a command of the user's own."""

    __slots__ = ()

    def _entry_of(self, name: str) -> Kind:
        return gate_section(name) if name in gate_names() else self.entry

    def _check_name(self, name: str, node: Node) -> None:
        is_command = isinstance(node.value, dict) and "run" in node.value
        close = "" if is_command or name in gate_names() else nearest(name, gate_names())
        if close:
            remedy = f"Perhaps you meant '{close}'. A gate of your own has the key 'run'."
            raise PolicyError(f"unknown gate '{cut(one_line(name), 60)}'", remedy=remedy)
        super()._check_name(name, node)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        keys = {name: Key(gate_section(name), gate_spec(name).about) for name in gate_names()}
        definitions["GatesSettings"] = {
            "description": "The gates by name: built-in ones, and any other name for a command of your own.",
            "properties": {name: key.schema(definitions) for name, key in keys.items()},
            **super().schema(definitions),
        }
        return {"$ref": "#/$defs/GatesSettings"}


def _component_gates() -> Section:
    return Section(
        title="ComponentGates",
        help="The gates that judge a component by itself.",
        what=_GATES[0],
        remedy=_GATES[1],
        keys={name: Key(gate_section(name), gate_spec(name).in_component) for name in component_gates()},
    )


_GATES = ("'{name}' is a mapping from names of gates", "For example 'coverage: {criteria: [total >= 80%]}'.")
_KINDS: Mapping[str, Callable[[], Kind]] = {
    "otherwise": lambda: Choice(options=Otherwise),
    "scope": lambda: Choice(options=Scope),
    "output": lambda: Choice(options=RunOutput),
    "better": lambda: Choice(options=Better),
    "source": lambda: section("source"),
    "criteria": lambda: ListOf(
        section("criterion"),
        what="'{name}' is a list of criteria",
        remedy="Write it as [total >= 80%], or as items that begin with '- '.",
    ),
    "waivers": lambda: ListOf(
        section("waiver"),
        merge=Merge.ADD,
        what="'{name}' is a list of waivers",
        remedy="Begin each waiver with '- '.",
    ),
    "adjust": lambda: Named(
        section("adjustment"),
        what="'{name}' is a mapping from criterion ids",
        remedy="For example 'adjust: {total: total >= 90%}'.",
    ),
    "suites": lambda: Named(
        section("suite"),
        v.name_of("a suite"),
        what="'{name}' is a mapping from names of suites",
        remedy="For example 'unit: {files: reports/unit/*.xml}'.",
    ),
    "measures": lambda: Named(
        section("measure"),
        v.MEASURE_NAME,
        merge=Merge.REPLACE,
        what="'{name}' is a mapping from names of measures to units",
        remedy="For example 'measures: {total: KiB}'.",
    ),
    "components": lambda: Named(
        section("component"),
        v.name_of("a component"),
        most=512,
        what="'{name}' is a mapping from names of components",
        remedy="For example 'api: {paths: services/api/**}'.",
    ),
    "gates": lambda: _Gates(section("run"), v.name_of("a gate"), what=_GATES[0], remedy=_GATES[1]),
    "component-gates": _component_gates,
}


@cache
def _kind(name: str) -> Kind:
    return v.KINDS[name] if name in v.KINDS else _KINDS[name]()


def features() -> dict[str, Key]:
    """The sections of other rooms."""
    return {name: key for module in _modules() for name, key in module.SECTIONS.items()}


def builders() -> dict[str, Build]:
    """What other rooms make of their sections, for those that make something."""
    return {name: m.build for m in _modules() if hasattr(m, "build") for name in m.SECTIONS}


def _modules() -> list[ModuleType]:
    return [importlib.import_module(module) for module in FEATURES]
