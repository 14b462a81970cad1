"""From the bytes of one policy file to its layer, with every error in it, each at its place.

What pydantic refuses is taken out and the rest is looked at again, so that one pass tells all
that is wrong. Nothing is merged here, and no criterion is parsed: that needs the other layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from sluicegate.core.errors import PolicyError
from sluicegate.core.model import Better, Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import UNITS
from sluicegate.criteria import MeasureSpec, nearest
from sluicegate.policy import settings as s
from sluicegate.policy.catalogue import GATES
from sluicegate.policy.document import Document, Path, place_of
from sluicegate.policy.layers import (
    Adjustment,
    ComponentLayer,
    Expectation,
    GateLayer,
    Layer,
    PlacedWaiver,
    SourceLayer,
    SuiteLayer,
)
from sluicegate.policy.locks import Part, written_in
from sluicegate.policy.model import RunOutput, Scope
from sluicegate.policy.plain_errors import Complaint, plain_errors
from sluicegate.policy.yaml_positions import read_document

_MAX_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file, read.

    Attributes:
        layer: what it says, without what was refused.
        extends: each text with its place; None when the file has no `extends`.
        extends_refused: it has one, and that is wrong, so the layers below are not known.
        errors: what was refused, in file order.
        part: what it locks, and which keys it writes.
    """

    layer: Layer
    extends: tuple[tuple[str, str], ...] | None
    extends_refused: bool
    errors: tuple[PolicyError, ...]
    part: Part


def load_layer(data: bytes, name: str, *, own: bool) -> Loaded:
    """Read one file.

    Args:
        data: its bytes.
        name: how errors call it.
        own: it is the user's own file, not a preset.

    Raises:
        PolicyError: it is not YAML, or its top is not a mapping.
    """
    document = read_document(data, name)
    checked, usable, complaints = _checked(document)
    damaged = frozenset(str(path[1]) for path, _ in complaints if path[:1] == ("gates",) and len(path) > 1)
    layer = Layer(
        source=_source(checked.source),
        gates=_gates(checked.gates, usable, own=own, damaged=damaged),
        waivers=tuple(_waiver(w, usable, i) for i, w in enumerate(checked.waivers)),
        components=_components(checked, usable, own=own),
        whole=_if_said(checked, "whole", checked.whole),
        report_only=_if_said(checked, "report_only", checked.report_only),
    )
    refused = any(path[:1] in ((), ("extends",)) for path, _ in complaints)
    errors = sorted((error for _, error in complaints), key=place_of)
    locked = tuple((tuple(key.split(".")), place) for key, place in _placed(checked.locked, usable, "locked"))
    extends = _if_said(checked, "extends", _placed(checked.extends, usable, "extends"))
    return Loaded(layer, extends, refused, tuple(errors), Part(locked, written_in(usable)))


def _placed(texts: Iterable[str], document: Document, key: str) -> tuple[tuple[str, str], ...]:
    """Each text of a list with its place."""
    return tuple((text, document.where((key, index))) for index, text in enumerate(texts))


def structural_errors(data: bytes, name: str) -> tuple[PolicyError, ...]:
    """What the JSON Schema could tell as well: unknown and missing keys, wrong kinds of values.

    Raises:
        PolicyError: it is not YAML, or its top is not a mapping.
    """
    return tuple(error for _, error in _checked(read_document(data, name))[2])


def _checked(document: Document) -> tuple[s.PolicySettings, Document, list[Complaint]]:
    complaints = _misnamed_gates(document)
    gone = {path for path, _ in complaints}
    for attempt in range(_MAX_ROUNDS):
        document = document.without(gone)
        try:
            return s.PolicySettings.model_validate(document.data()), document, complaints
        except ValidationError as error:
            found = plain_errors(document, error)
        if attempt == 0:  # pydantic tells all at once; later ones come of what was taken out
            complaints += found
        gone = {path for path, _ in found}
        if () in gone:
            break
    return s.PolicySettings.model_validate({}), document, complaints


def _misnamed_gates(document: Document) -> list[Complaint]:
    """Gates that look like a misspelt built-in one, told as that and not by their keys."""
    gates = document.data().get("gates")
    return [
        ((("gates", name)), _unknown_gate(document, name, close))
        for name, value in (gates.items() if isinstance(gates, dict) else ())
        if name not in GATES
        and not (isinstance(value, dict) and "run" in value)
        and (close := nearest(name, GATES))
    ]


def _unknown_gate(document: Document, name: str, close: str) -> PolicyError:
    return PolicyError(
        f"unknown gate '{cut(one_line(name), 60)}'",
        where=document.where(("gates", name), key=True),
        remedy=f"Perhaps you meant '{close}'. A gate of your own has the key 'run'.",
    )


_T = TypeVar("_T")


def _if_said(section: s.Section, name: str, value: _T) -> _T | None:
    return value if name in section.model_fields_set else None


def _source(section: s.SourceSection) -> SourceLayer:
    return SourceLayer(
        include=_if_said(section, "include", section.include),
        exclude=_if_said(section, "exclude", section.exclude),
        tests=_if_said(section, "tests", section.tests),
        vendored=_if_said(section, "vendored", section.vendored),
        fixtures=_if_said(section, "fixtures", section.fixtures),
    )


def _gates(
    gates: s.GatesSettings, document: Document, *, own: bool, damaged: frozenset[str]
) -> dict[str, GateLayer]:
    sections: dict[str, s.GateSection | None] = {name: getattr(gates, name) for name in GATES}
    sections.update(gates.__pydantic_extra__ or {})
    return {
        name: _gate(section, document, ("gates", name), own=own, damaged=name in damaged)
        for name, section in sections.items()
        if section is not None
    }


def _components(checked: s.PolicySettings, document: Document, *, own: bool) -> dict[str, ComponentLayer]:
    return {name: _component(c, document, name, own=own) for name, c in checked.components.items()}


def _component(section: s.ComponentSettings, document: Document, name: str, *, own: bool) -> ComponentLayer:
    place: Path = ("components", name, "gates")
    gates = {gate: getattr(section.gates, gate) for gate in s.ComponentGates.model_fields}
    return ComponentLayer(
        section.paths,
        {
            gate: _gate(said, document, (*place, gate), own=own, damaged=False)
            for gate, said in gates.items()
            if said is not None
        },
    )


def _gate(section: s.GateSection, document: Document, path: Path, *, own: bool, damaged: bool) -> GateLayer:
    shared: dict[str, Any] = {
        "where": document.where(path, key=True),
        "own": own,
        "damaged": damaged,
        "criteria": _if_said(section, "criteria", _criteria(section.criteria, document, (*path, "criteria"))),
        "adjust": _adjust(section, document, (*path, "adjust")),
        "required": _if_said(section, "required", section.required is True),
        "otherwise": _if_said(section, "else_", Otherwise(section.else_)),
        "enabled": section.enabled,  # to name a gate is to switch it on
    }
    return GateLayer(**shared, **_special(section, document, path))


def _special(section: s.GateSection, document: Document, path: Path) -> dict[str, Any]:
    """The fields that only some gates have."""
    said = {n: getattr(section, n) for n in section.model_fields_set & _PLAIN}
    if "scope" in said:
        said["scope"] = Scope(said["scope"])
    if isinstance(section, s.TestsGate):
        said["suites"] = {
            name: _suite(suite, document, (*path, "suites", name)) for name, suite in section.suites.items()
        }
    if isinstance(section, s.RunGate):
        said["output"] = _if_said(section, "output", RunOutput(section.output))
        said["measures"] = _if_said(section, "measures", _measures(section))
    return said


_PLAIN = frozenset(("files", "exclude", "scope", "baseline", "run", "timeout", "directory", "ok_exit_codes"))


def _criteria(
    criteria: tuple[s.CriterionSettings, ...], document: Document, path: Path
) -> tuple[Expectation, ...]:
    return tuple(
        Expectation(_expect(c), _expect_where(c, document, (*path, i)), c.id, Otherwise(c.else_))
        for i, c in enumerate(criteria)
    )


def _expect(said: s.CriterionSettings | s.AdjustmentSettings) -> str:
    """The text of a criterion; of several, one of which must hold, all with `or` between them."""
    return " or ".join(said.any_) or said.expect


def _expect_where(said: s.CriterionSettings | s.AdjustmentSettings, document: Document, path: Path) -> str:
    return document.where((*path, "any" if said.any_ else "expect"))


def _adjust(section: s.GateSection, document: Document, path: Path) -> dict[str, Adjustment]:
    return {
        name: Adjustment(
            where=document.where((*path, name), key=True),
            expect=_expect(change) or None,
            expect_where=_expect_where(change, document, (*path, name)) if _expect(change) else None,
            otherwise=_if_said(change, "else_", Otherwise(change.else_)),
            enabled=change.enabled,
        )
        for name, change in section.adjust.items()
    }


def _suite(suite: s.SuiteSettings, document: Document, path: Path) -> SuiteLayer:
    criteria = _criteria(suite.criteria, document, (*path, "criteria"))
    return SuiteLayer(suite.files, _if_said(suite, "criteria", criteria))


def _measures(section: s.RunGate) -> dict[str, tuple[MeasureSpec, str]]:
    result = {}
    for name, measure in section.measures.items():
        symbol = "" if measure.unit == "count" else measure.unit
        unit = UNITS[symbol].canonical
        usual = Better.HIGHER if unit in ("%", "/s") else Better.LOWER
        better = measure.better if "better" in measure.model_fields_set else usual
        result[name] = (MeasureSpec(name, unit, better, measure.help), symbol)
    return result


def _waiver(waiver: s.WaiverSettings, document: Document, index: int) -> PlacedWaiver:
    path: Path = ("waivers", index)
    return PlacedWaiver(
        Waiver(
            gate=waiver.gate,
            reason=waiver.reason,
            owner=waiver.owner,
            expires=waiver.expires,
            rule=waiver.rule,
            path=waiver.path,
            fingerprint=waiver.fingerprint,
            criterion=waiver.criterion,
            where=document.where(path),
        ),
        gate_where=document.where((*path, "gate")),
        criterion_where=document.where((*path, "criterion")),
    )
