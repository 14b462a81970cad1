"""The catalogue of gates as data: one YAML file a gate, and the presets beside them.

The files live in `gates/` at the top of the source tree and in `sluicegate/_catalogue` in an
installed wheel. The loader of policies takes its vocabularies from here, `explain` its texts,
and the documentation is generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sluicegate.core.errors import WorldError
from sluicegate.core.model import Better
from sluicegate.criteria import MeasureSpec, Vocabulary

GATES = ("tests", "coverage", "security", "lint", "complexity", "docs", "performance", "changes")
"""The built-in gates, in the order in which reports show them."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that a gate reads: the command that writes it, and what it holds."""

    tool: str
    write: str
    gives: str


@dataclass(frozen=True, slots=True)
class GateSpec:
    """One gate's entry.

    Attributes:
        why: what it protects from, a short paragraph.
        evidence: what it reads, in words.
        looks_for: names and patterns that discovery looks for; empty for an engine's gate.
        remedies: by measure name: what to do when a criterion on it is not satisfied.
        example: a policy fragment, as YAML text.
        formats: for a gate that reads many, one line each.
    """

    name: str
    title: str
    why: str
    evidence: str
    looks_for: tuple[str, ...]
    vocabulary: Vocabulary
    remedies: Mapping[str, str]
    example: str
    formats: tuple[Format, ...] = ()


@cache
def folder() -> Path:
    """The folder that holds the catalogue.

    Raises:
        WorldError: the installation is damaged.
    """
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "_catalogue", package.parents[1] / "gates"):
        if (candidate / "presets").is_dir():
            return candidate
    raise WorldError(
        "the catalogue of gates is missing from the installation", remedy="Install sluicegate again."
    )


def load_yaml(text: str) -> dict[str, Any]:
    """Parse trusted YAML of our own, a mapping, with the fastest safe loader there is."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        data: dict[str, Any] = loader.get_single_data()
        return data
    finally:
        loader.dispose()


@cache
def gate_spec(name: str) -> GateSpec:
    """The entry of a built-in gate.

    Raises:
        KeyError: there is no such gate.
    """
    if name not in GATES:
        raise KeyError(name)
    data = load_yaml((folder() / f"{name}.yml").read_text(encoding="utf-8"))
    selectors = {kind: _specs(specs) for kind, specs in data.get("selectors", {}).items()}
    return GateSpec(
        name=data["gate"],
        title=data["title"],
        why=data["why"].strip(),
        evidence=data["evidence"].strip(),
        looks_for=tuple(data.get("looks-for", ())),
        vocabulary=Vocabulary(_specs(data["measures"]), selectors),
        remedies=data.get("remedies", {}),
        example=data.get("example", "").strip(),
        formats=tuple(Format(tool, **about) for tool, about in data.get("formats", {}).items()),
    )


def _specs(data: Mapping[str, Any]) -> dict[str, MeasureSpec]:
    return {
        name: MeasureSpec(
            name, spec.get("unit", ""), Better(spec["better"]), spec.get("help", ""), spec.get("share", False)
        )
        for name, spec in data.items()
    }


def preset_names() -> tuple[str, ...]:
    """The presets that ship with the package."""
    return tuple(sorted(p.stem for p in (folder() / "presets").glob("*.yml")))


def preset_text(name: str) -> str:
    """The YAML text of a preset.

    Raises:
        KeyError: there is no such preset.
    """
    if name not in preset_names():
        raise KeyError(name)
    return (folder() / "presets" / f"{name}.yml").read_text(encoding="utf-8")
