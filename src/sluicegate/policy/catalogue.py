"""The catalogue of gates as data: one YAML file a gate, and the presets beside them.

The files live in `gates/` at the top of the source tree and in `sluicegate/_catalogue` in an
installed wheel. A gate of a third party is an entry point of the group `sluicegate.gates`: its name is
the gate's, its value a module with a `GATE`, and the YAML file, `NAME.yml`, lies beside that module.
Everything about a gate by name comes from here: keys of the policy, texts of `explain`,
headlines and badges, what it reads, and the documentation.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from sluicegate.core.errors import WorldError
from sluicegate.core.model import Better
from sluicegate.core.text import one_line
from sluicegate.criteria import MeasureSpec, Vocabulary
from sluicegate.policy.gatespec import Format, GateSpec
from sluicegate.policy.plugins import plugins

GROUP = "sluicegate.gates"
"""The entry points of third parties' gates."""

NAME = r"[A-Za-z][A-Za-z0-9_-]{0,59}"
"""What the name of a gate looks like."""


@cache
def folder() -> Path:
    """The folder that holds the catalogue; raises `WorldError` where the installation is damaged."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / "_catalogue", package.parents[1] / "gates"):
        if (candidate / "presets").is_dir():
            return candidate
    raise WorldError(
        "the catalogue of gates is missing from the installation", remedy="Install sluicegate again."
    )


def load_yaml(text: str) -> dict[str, Any]:
    """Parse trusted YAML of our own, a mapping, with the fastest safe loader there is."""
    import yaml  # not where only names are needed

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        data: dict[str, Any] = loader.get_single_data()
        return data
    finally:
        loader.dispose()


def gate_names() -> tuple[str, ...]:
    """The gates there are, in the order in which reports show them: ours, then those of third parties.

    Raises:
        WorldError: the installation is damaged, or a package brings a gate that cannot be used.
    """
    return tuple(_specs_by_name())


def gate_spec(name: str) -> GateSpec:
    """The entry of a gate; raises `KeyError` where there is none."""
    return _specs_by_name()[name]


def find_spec(name: str) -> GateSpec | None:
    """The entry of a gate; None for a `run:` gate, and for one whose package is not installed here."""
    return _specs_by_name().get(name)


def component_gates() -> tuple[str, ...]:
    """The gates whose evidence has paths, so that a component can be judged."""
    return tuple(name for name, spec in _specs_by_name().items() if spec.has_paths)


def gates_reading(kind: str) -> tuple[str, ...]:
    """The gates that read files of a kind."""
    return tuple(name for name, spec in _specs_by_name().items() if kind in spec.reads)


def charted() -> tuple[tuple[str, str], ...]:
    """Gate and measure of everything whose course is shown."""
    return tuple((name, measure) for name, spec in _specs_by_name().items() for measure in spec.charted)


@cache
def _specs_by_name() -> Mapping[str, GateSpec]:
    ours = {path.stem: _read(path) for path in folder().glob("*.yml")}
    own = [_spec(data, name, f"sluicegate.gates.{name.replace('-', '_')}") for name, data in ours.items()]
    found = {spec.name: spec for spec in sorted(own, key=lambda spec: spec.order)}
    for point in plugins(GROUP):
        if point.name in found:
            raise _unusable(point, "there is a gate of that name already")
        found[point.name] = _foreign(point)
    return found


def _read(path: Path) -> dict[str, Any]:
    return load_yaml(path.read_text(encoding="utf-8"))


def _foreign(point: EntryPoint) -> GateSpec:
    """The entry of a third party's gate, without importing its module."""
    if not re.fullmatch(NAME, point.name):
        raise _unusable(point, "a name begins with a letter; then come letters, digits, '_' and '-'")
    try:
        module = importlib.util.find_spec(point.module)
        if module is None or module.origin is None:
            raise _unusable(point, f"there is no module '{point.module}'")
        return _spec(_read(Path(module.origin).with_name(f"{point.name}.yml")), point.name, point.module)
    except WorldError:
        raise
    except Exception as error:  # whatever a stranger's package or file does wrong
        raise _unusable(point, f"{type(error).__name__}: {error}") from error


def _unusable(point: EntryPoint, reason: str) -> WorldError:
    package = point.dist.name if point.dist is not None else point.module
    what = f"the gate '{one_line(point.name)}' of the package '{package}' cannot be used: {one_line(reason)}"
    return WorldError(what, remedy=f"Fix the package, or uninstall it: pip uninstall {package}.")


_FIELDS = {f.name.replace("_", "-"): f for f in fields(GateSpec)}
"""The fields of an entry by their keys; three are made of others."""


def _spec(data: dict[str, Any], name: str, module: str) -> GateSpec:
    if data["gate"] != name:
        raise ValueError(f"its file has 'gate: {data['gate']}'")
    if missing := {"title", "about", "why", "evidence", "measures"} - data.keys():
        raise ValueError(f"it lacks {sorted(missing)}")
    selectors = {kind: _specs(specs) for kind, specs in data.get("selectors", {}).items()}
    formats = tuple(Format(tool, **about) for tool, about in data.get("formats", {}).items())
    made = {"vocabulary": Vocabulary(_specs(data["measures"]), selectors), "formats": formats}
    found = {key: value for key, value in data.items() if key not in ("gate", "measures", "selectors")}
    if unknown := found.keys() - (_FIELDS.keys() - {"name", "module", "vocabulary"}):
        raise ValueError(f"unknown key '{min(unknown)}'")
    plain: dict[str, Any] = {_FIELDS[key].name: _taken(value) for key, value in found.items()}
    return GateSpec(name=name, module=module, **{**plain, **made})


def _taken(value: object) -> object:
    """A text without the line feed of its block, a list as a tuple."""
    if isinstance(value, str):
        return value.strip()
    return tuple(value) if isinstance(value, list) else value


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
    """The YAML text of a preset; raises `KeyError` where there is none."""
    if name not in preset_names():
        raise KeyError(name)
    return (folder() / "presets" / f"{name}.yml").read_text(encoding="utf-8")
