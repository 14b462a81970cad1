"""One policy file as plain values, and how a later one is laid over an earlier one. Pure.

The rules, in full:

- What a layer does not say (None), the layer below it says.
- Mappings (gates, suites, adjustments) are merged by key; texts and lists are replaced whole.
- `criteria` replaces the list below and drops the adjustments below, which spoke of that list;
  adjustments without it are merged by criterion id and applied when all layers are there.
- Waivers add up.
- A gate is the user's own as soon as one layer that is the user's own names it.

With these, `over` is associative, and `Layer()` is its neutral element.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeVar

from sluicegate.core.model import Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.criteria import MeasureSpec
from sluicegate.policy.model import RunOutput, Scope


@dataclass(frozen=True, slots=True)
class Expectation:
    """A criterion as written: `where` is the place of its text; `id` is empty without one."""

    expect: str
    where: str
    id: str = ""
    otherwise: Otherwise = Otherwise.BLOCK


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What to change in a criterion of a layer below; None leaves it as it is."""

    where: str = ""
    expect: str | None = None
    expect_where: str | None = None
    otherwise: Otherwise | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class SuiteLayer:
    """What one file says about a suite of the tests."""

    files: tuple[str, ...] | None = None
    criteria: tuple[Expectation, ...] | None = None


@dataclass(frozen=True, slots=True)
class GateLayer:
    """What one file says about a gate.

    Attributes:
        where: the place of its name.
        own: a file of the user's names it, not only a preset.
        measures: of a `run:` gate: name -> (what it is, unit symbol of the printed numbers).
        timeout: seconds.
        damaged: a part of it was refused, so what is missing from it is no error of its own.
    """

    where: str = ""
    own: bool = False
    criteria: tuple[Expectation, ...] | None = None
    adjust: Mapping[str, Adjustment] = field(default_factory=dict)
    required: bool | None = None
    otherwise: Otherwise | None = None
    enabled: bool | None = None
    files: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    scope: Scope | None = None
    suites: Mapping[str, SuiteLayer] = field(default_factory=dict)
    baseline: str | None = None
    run: str | None = None
    measures: Mapping[str, tuple[MeasureSpec, str]] | None = None
    output: RunOutput | None = None
    timeout: float | None = None
    directory: str | None = None
    ok_exit_codes: tuple[int, ...] | None = None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class SourceLayer:
    """What one file says about the project's own files, as globs."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    tests: tuple[str, ...] | None = None
    vendored: tuple[str, ...] | None = None
    fixtures: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlacedWaiver:
    """A waiver with the places of its gate and of its criterion, for errors."""

    waiver: Waiver
    gate_where: str
    criterion_where: str


@dataclass(frozen=True, slots=True)
class ComponentLayer:
    """What one file says about a component."""

    paths: tuple[str, ...] | None = None
    gates: Mapping[str, GateLayer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file says."""

    source: SourceLayer = field(default_factory=SourceLayer)
    gates: Mapping[str, GateLayer] = field(default_factory=dict)
    waivers: tuple[PlacedWaiver, ...] = ()
    components: Mapping[str, ComponentLayer] = field(default_factory=dict)
    whole: bool | None = None
    report_only: bool | None = None


def merged(layers: Iterable[Layer]) -> Layer:
    """All layers, the lowest first."""
    return reduce(over, layers, Layer())


def over(lower: Layer, upper: Layer) -> Layer:
    """The upper layer laid over the lower one."""
    return Layer(
        source=_said(lower.source, upper.source),
        gates=_by_key(lower.gates, upper.gates, over_gate),
        waivers=lower.waivers + upper.waivers,
        components=_by_key(lower.components, upper.components, _component),
        whole=lower.whole if upper.whole is None else upper.whole,
        report_only=lower.report_only if upper.report_only is None else upper.report_only,
    )


def _component(lower: ComponentLayer, upper: ComponentLayer) -> ComponentLayer:
    paths = lower.paths if upper.paths is None else upper.paths
    return ComponentLayer(paths, _by_key(lower.gates, upper.gates, over_gate))


def over_gate(lower: GateLayer, upper: GateLayer) -> GateLayer:
    """What two files say about one gate."""
    below = {} if upper.criteria is not None else lower.adjust
    return replace(
        _said(lower, upper),
        own=lower.own or upper.own,
        damaged=lower.damaged or upper.damaged,
        where=upper.where or lower.where,
        adjust=_by_key(below, upper.adjust, _said),
        suites=_by_key(lower.suites, upper.suites, _said),
    )


_K = TypeVar("_K")
_V = TypeVar("_V")
_D = TypeVar("_D", SourceLayer, GateLayer, SuiteLayer, Adjustment)


def _said(lower: _D, upper: _D) -> _D:
    """Field by field what the upper one says, else what the lower one says."""
    names = (f.name for f in dataclasses.fields(upper))
    return replace(lower, **{n: v for n in names if (v := getattr(upper, n)) is not None})


def _by_key(lower: Mapping[_K, _V], upper: Mapping[_K, _V], join: Callable[[_V, _V], _V]) -> dict[_K, _V]:
    result = dict(lower)
    for key, value in upper.items():
        result[key] = join(result[key], value) if key in result else value
    return result
