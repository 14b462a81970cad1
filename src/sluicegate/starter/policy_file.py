"""The text of a first policy. Pure but for the presets, which the catalogue reads."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluicegate.policy import catalogue
from sluicegate.starter.detect import Part, Project
from sluicegate.starter.place import Place
from sluicegate.starter.thresholds import Threshold
from sluicegate.starter.workflow_texts import PART_JOB

_HEAD = """\
# The rules for changes to this repository. `sluicegate explain GATE` describes a gate, and
# `sluicegate validate` prints the resolved policy.
extends: {preset}
"""

_GATES = """
# A gate that is named here is required: without its reports it fails. The other gates of the preset
# are skipped without reports.
gates:
"""

_NO_GATES = """
# Name a gate to require it: without its reports it then fails. Until then every gate of the preset
# is skipped without reports.
# gates:
#   tests: {}
#   coverage: {}
"""

_COMPONENTS = """
# Each part is judged by itself, and a change needs the evidence of the parts that it touches. A change to
# the files behind a part's folder (lock files, this file, the workflow) touches every part. A gate that a
# part names is required: without its reports it fails.
whole: false
components:
"""

_MORE = """
# More options:
#
#   gates:
#     coverage:
#       adjust: {example}
#     security: {{criteria: [critical == 0, high == 0]}}   # old findings too, not only new ones
#     docs: off
#     bundle-size:                                       # your own command
#       run: node tools/size.js
#       measures: {{total: KiB}}
#       criteria: [total <= 250KiB]
#
# waivers:
#   - gate: security
#     rule: B602
#     path: {path}/legacy/**
#     reason: runs in a sandbox
#     owner: "@alice"
#     expires: 2027-01-31
"""

_ADJUSTMENTS = {
    "standard": "{total: total >= 90%}",
    "strict": "{total: total >= 95%}",
    "legacy": "{patch: {any: [patch.total >= 70%, patch.uncovered <= 3], else: block}}",
}


def policy_file(project: Project, preset: str, place: Place | None = None) -> str:
    """The policy that fits the project: it requires tests and coverage where their commands are known."""
    where = place or Place()
    packages = project.python.packages if project.python else ()
    path = project.members[0].folder or "src" if project.members else packages[0] if packages else "src"
    more = _MORE.format(example=_ADJUSTMENTS[preset], path=path)
    if project.members:
        body = _COMPONENTS + "".join(_component(p, project, preset, where) for p in project.members)
    else:
        gates = gates_of(project, preset, where.folder)
        body = _GATES + textwrap.indent(gates, "  ") if gates else _NO_GATES
    return _HEAD.format(preset=preset) + body + more


def _component(part: Part, whole: Project, preset: str, place: Place) -> str:
    shared = [*whole.shared, place.policy, place.workflow]
    paths = ", ".join(_glob(g) for g in (*part.paths, *shared))
    gates = gates_of(part.project, preset, part.folder)
    text = f"{part.name}:\n  paths: [{paths}]\n  jobs: [{PART_JOB}]\n"
    text += "  gates:\n" + textwrap.indent(gates, "    ") if gates else ""
    return textwrap.indent(text, "  ")


def _glob(glob: str) -> str:
    return glob if re.match("[A-Za-z0-9_.]", glob) else f'"{glob}"'


def gates_of(project: Project, preset: str, folder: str = "") -> str:
    """The gates to name, as YAML without indentation; empty for none."""
    runs = project.tests(folder)
    required = {"tests": any(r.tests for r in runs), "coverage": any(r.coverage for r in runs)}
    return "".join(
        _gate(gate, [t for t in project.thresholds if t.gate == gate], preset, required.get(gate))
        for gate in ("tests", "coverage", "complexity", "docs")
    )


def _gate(gate: str, thresholds: Sequence[Threshold], preset: str, required: bool | None) -> str:
    """A gate's settings; `required` is None for one that needs no reports."""
    if thresholds and required is not False:
        return f"{gate}:\n{textwrap.indent(_kept(gate, thresholds, preset), '  ')}"
    return f"{gate}: {{}}\n" if required else ""


def _kept(gate: str, thresholds: Sequence[Threshold], preset: str) -> str:
    """The settings of a gate that keep the thresholds, each with the place that it comes from."""
    comments = "".join(f"# kept: {t.said_by}{_DEFINED.get(gate, '')}\n" for t in thresholds)
    criteria = [_Written(c) for c in _criteria(preset, gate)]
    adjusted = [_adjusted(threshold, criteria) for threshold in thresholds]
    settings = _adjustments(adjusted) if all(adjusted) else _whole_list(thresholds, criteria)
    return comments + settings


def _adjustments(adjusted: Iterable[Iterable[tuple[str, str]]]) -> str:
    changes = dict(change for each in adjusted for change in each)
    return f"adjust: {{{', '.join(f'{id_}: {text}' for id_, text in changes.items())}}}\n"


def _whole_list(thresholds: Sequence[Threshold], criteria: Iterable[_Written]) -> str:
    """The thresholds, then the criteria of the preset that are about other measures."""
    replaced = {measure for t in thresholds for measure in (t.measure, *t.covers)}
    lines = [_entry(t.measure.replace(".", "-"), f"expect: {t.expect}", warns=t.warns) for t in thresholds]
    lines += [c.text for c in criteria if c.measure not in replaced]
    return "criteria:\n" + "".join(f"  - {line}\n" for line in lines)


_DEFINED = {
    "complexity": "; boolean operators count here too",
    "docs": "; which names count differs here, so it warns",
}


@dataclass(frozen=True, slots=True)
class _Written:
    """A criterion of a preset, as written there."""

    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.data["id"])

    @property
    def expect(self) -> str:
        """Its text, or the first of its alternatives."""
        return str(self.data.get("expect") or self.data["any"][0])

    @property
    def measure(self) -> str:
        """What it looks at first."""
        return self.expect.partition(" ")[0]

    @property
    def warns(self) -> bool:
        """Is it advisory?"""
        return self.data.get("else") == "warn"

    @property
    def is_plain(self) -> bool:
        """Is it one comparison with a number?"""
        return "expect" in self.data and "baseline" not in self.expect

    @property
    def text(self) -> str:
        """It as YAML."""
        any_of = self.data.get("any")
        expected = f"any: [{', '.join(any_of)}]" if any_of else f"expect: {self.expect}"
        return _entry(self.id, expected, warns=self.warns)


def _adjusted(threshold: Threshold, criteria: Iterable[_Written]) -> list[tuple[str, str]]:
    """Id and new text of the preset's criteria that take the bound; empty where they do not fit."""
    if threshold.gate == "complexity":  # new, changed, grown: whichever the preset judges
        same = [c for c in criteria if c.is_plain and c.measure.endswith(threshold.measure)]
        return _with_bound(threshold, same)
    same = [c for c in criteria if c.measure == threshold.measure]
    return [] if any(c.warns != threshold.warns for c in same) else _with_bound(threshold, same)


def _with_bound(threshold: Threshold, criteria: Sequence[_Written]) -> list[tuple[str, str]]:
    plain = all(c.is_plain for c in criteria)
    return [(c.id, f"{c.measure} {threshold.bound}") for c in criteria] if plain else []


def _entry(id_: str, expected: str, *, warns: bool) -> str:
    return f"{{id: {id_}, {expected}{', else: warn' if warns else ''}}}"


def _criteria(preset: str, gate: str) -> list[dict[str, Any]]:
    """The criteria of a gate in a preset, as written there."""
    data = catalogue.load_yaml((catalogue.folder() / "presets" / f"{preset}.yml").read_text(encoding="utf-8"))
    if gate in data["gates"] or "extends" not in data:
        found: list[dict[str, Any]] = data["gates"].get(gate, {}).get("criteria", [])
        return found
    return _criteria(data["extends"], gate)
