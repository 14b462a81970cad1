"""From the merged layers to the policy: criteria parsed, adjustments applied, names checked. Pure.

Every error is collected with its place; what depends on a part that was refused before is not
reported a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sluicegate.core.errors import CriterionError, PolicyError
from sluicegate.core.model import Better, PolicyRef
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.criteria import Criterion, MeasureSpec, Vocabulary, nearest, parse
from sluicegate.policy import defaults
from sluicegate.policy.catalogue import GATES, gate_spec
from sluicegate.policy.layers import (
    Adjustment,
    ComponentLayer,
    Expectation,
    GateLayer,
    Layer,
    PlacedWaiver,
    SourceLayer,
    over_gate,
)
from sluicegate.policy.model import (
    COMPONENT_GATES,
    WITHOUT_FINDINGS,
    Component,
    GateSettings,
    Policy,
    Run,
    RunOutput,
    SourceSettings,
    Suite,
)

EXIT_CODE = MeasureSpec("exit_code", "", Better.LOWER, "the command's exit code")
"""The measure of a `run:` gate that prints nothing."""


@dataclass(slots=True)
class _Errors:
    """The errors so far, and the gates whose criteria cannot be known because of them."""

    found: list[PolicyError] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)

    def add(self, what: str, *, where: str, remedy: str) -> None:
        if all((e.what, e.where) != (what, where) for e in self.found):  # components say some again
            self.found.append(PolicyError(what, where=where, remedy=remedy))


def build(layer: Layer, ref: PolicyRef) -> tuple[Policy, tuple[PolicyError, ...]]:
    """The policy of the merged layers, and all that is wrong with it.

    With errors, the policy lacks what they are about.
    """
    errors = _Errors(damaged={name for name, gate in layer.gates.items() if gate.damaged})
    gates = tuple(filter(None, (_gate(name, gate, errors) for name, gate in _on(layer))))
    components = tuple(_component(n, c, layer, gates, errors) for n, c in layer.components.items())
    waivers = tuple(w.waiver for w in layer.waivers)
    source, whole = _source(layer.source), layer.whole is not False
    report_only = layer.report_only is True
    policy = Policy(ref, gates, source, waivers, _off(layer), components, whole, report_only)
    for waiver in layer.waivers:
        _check_waiver(waiver, layer, policy.everywhere, errors)
    return policy, tuple(errors.found)


def _component(
    name: str, said: ComponentLayer, layer: Layer, gates: Sequence[GateSettings], errors: _Errors
) -> Component:
    """A component's gates: those of the whole, except where it says something itself."""
    built = []
    for gate in COMPONENT_GATES:
        own = said.gates.get(gate)
        if own is None:
            built += [g for g in gates if g.name == gate]
        elif own.enabled is not False and gate not in errors.damaged:
            settings = _gate(gate, over_gate(layer.gates.get(gate, GateLayer()), own), errors)
            built += [settings] if settings is not None else []
    return Component(name, said.paths or (), tuple(built))


def _on(layer: Layer) -> Iterator[tuple[str, GateLayer]]:
    """The gates that are not switched off: the catalogue's first, then the user's own."""
    for name in dict.fromkeys((*GATES, *layer.gates)):
        gate = layer.gates.get(name)
        if gate is not None and gate.enabled is not False:
            yield name, gate


def _off(layer: Layer) -> dict[str, str]:
    """The gates that are switched off, or that nobody switched on, with the place that decides."""
    on = {name for name, _ in _on(layer)}
    names = dict.fromkeys((*GATES, *layer.gates))
    return {n: layer.gates[n].where if n in layer.gates else "" for n in names if n not in on}


def _source(source: SourceLayer) -> SourceSettings:
    return SourceSettings(
        include=source.include or (),
        exclude=source.exclude or (),
        tests=defaults.TESTS if source.tests is None else source.tests,
        vendored=defaults.VENDORED if source.vendored is None else source.vendored,
        fixtures=source.fixtures or (),
    )


def _gate(name: str, layer: GateLayer, errors: _Errors) -> GateSettings | None:
    run = None
    if name not in GATES:
        if layer.run is None:
            _unknown_gate(name, layer, errors)
            return None
        run = _run(name, layer, layer.run, errors)
    vocabulary = gate_spec(name).vocabulary if run is None else run_vocabulary(run)
    written = _criteria(name, layer, run, vocabulary, errors)
    criteria = _adjusted(name, layer, written, vocabulary, errors)
    suites = _suites(name, layer, criteria, vocabulary, errors)
    if not criteria and not suites and name not in errors.damaged:
        errors.add(
            f"the gate '{name}' has no criteria",
            where=layer.where,
            remedy=f"Give it some, extend a preset that has, or write '{name}: off'.",
        )
    settings = GateSettings(
        name,
        criteria,
        required=layer.own if layer.required is None else layer.required,
        blocking=layer.otherwise is not Otherwise.WARN,
        suites=suites,
        run=run,
        where=layer.where,
        places=_places(layer, written),
    )
    return replace(settings, **_said(layer, ("files", "exclude", "scope", "baseline")))


def _said(layer: GateLayer, names: Iterable[str]) -> dict[str, Any]:
    """Of these fields, those that some file sets; the others keep their defaults."""
    return {name: value for name in names if (value := getattr(layer, name)) is not None}


def _unknown_gate(name: str, layer: GateLayer, errors: _Errors) -> None:
    if name in errors.damaged:
        return
    errors.damaged.add(name)
    errors.add(
        f"the gate '{name}' is not a built-in one and has no 'run'",
        where=layer.where,
        remedy=f"Give it a command, for example 'run: make {name}'. Built-in gates: {', '.join(GATES)}.",
    )


# --- gates of the user's own -------------------------------------------------------------------


def run_vocabulary(run: Run) -> Vocabulary:
    """The measures that criteria of a `run:` gate may use."""
    match run.output:
        case RunOutput.MEASURES:
            return Vocabulary(run.measures)
        case RunOutput.SARIF:
            return gate_spec("security").vocabulary
        case RunOutput.NOTHING:
            return Vocabulary({EXIT_CODE.name: EXIT_CODE})


def _run(name: str, layer: GateLayer, command: str, errors: _Errors) -> Run:
    measures = layer.measures or {}
    output = layer.output or (RunOutput.MEASURES if measures else RunOutput.NOTHING)
    if name not in errors.damaged:
        _check_run(name, layer, output, errors)
    run = Run(
        command,
        output,
        measures={n: spec for n, (spec, _) in measures.items()},
        units={n: symbol for n, (_, symbol) in measures.items()},
    )
    return replace(run, **_said(layer, ("timeout", "directory", "ok_exit_codes")))


def _check_run(name: str, layer: GateLayer, output: RunOutput, errors: _Errors) -> None:
    if output is RunOutput.MEASURES and not layer.measures:
        errors.damaged.add(name)
        errors.add(
            f"the gate '{name}' prints measures and declares none",
            where=layer.where,
            remedy="Add 'measures', for example 'measures: {total: KiB}'.",
        )
    if output is not RunOutput.MEASURES and layer.measures:
        errors.damaged.add(name)
        errors.add(
            f"the gate '{name}' declares measures, and its output is '{output}'",
            where=layer.where,
            remedy="Remove 'measures', or write 'output: measures'.",
        )
    if output is RunOutput.NOTHING and layer.ok_exit_codes is not None:
        errors.add(
            f"the exit code of the gate '{name}' is its measure, so 'ok-exit-codes' does not fit it",
            where=layer.where,
            remedy="Write a criterion such as 'exit_code <= 1', or say what it prints with 'output'.",
        )


# --- criteria ----------------------------------------------------------------------------------


def _criteria(
    name: str, layer: GateLayer, run: Run | None, vocabulary: Vocabulary, errors: _Errors
) -> list[Criterion]:
    if layer.criteria is None and run is not None and run.output is RunOutput.NOTHING:
        return [parse("exit_code == 0", vocabulary)]
    if run is not None and name in errors.damaged:
        return []  # its measures are not known
    return _parsed(name, layer.criteria or (), vocabulary, errors)


def _parsed(
    gate: str, expectations: Iterable[Expectation], vocabulary: Vocabulary, errors: _Errors
) -> list[Criterion]:
    result: list[Criterion] = []
    for said in expectations:
        criterion = _parse(gate, said, vocabulary, errors)
        if criterion is None:
            continue
        if any(criterion.id == other.id for other in result):
            errors.add(
                f"two criteria of '{gate}' have the id '{criterion.id}'",
                where=said.where,
                remedy="Delete one, or give it another 'id'.",
            )
            continue
        result.append(criterion)
    return result


def _parse(gate: str, said: Expectation, vocabulary: Vocabulary, errors: _Errors) -> Criterion | None:
    try:
        return parse(said.expect, vocabulary, name=said.id, otherwise=said.otherwise)
    except CriterionError as error:
        errors.damaged.add(gate)
        errors.add(error.what, where=said.where, remedy=error.remedy)
        return None


def _places(layer: GateLayer, criteria: Sequence[Criterion]) -> dict[str, str]:
    """Where the criteria stand, by id; nothing where some were refused."""
    said = layer.criteria or ()
    if len(said) != len(criteria):
        return {}
    places = {c.id: e.where for c, e in zip(criteria, said, strict=True)}
    return places | {name: change.expect_where or change.where for name, change in layer.adjust.items()}


def _adjusted(
    name: str, layer: GateLayer, criteria: list[Criterion], vocabulary: Vocabulary, errors: _Errors
) -> tuple[Criterion, ...]:
    by_id = {c.id: c for c in criteria}
    for target, change in layer.adjust.items():
        old = by_id.get(target)
        if old is None:
            if name not in errors.damaged:
                _unknown_id(f"the gate '{name}'", target, tuple(by_id), change.where, errors)
            continue
        new = _changed(name, old, change, vocabulary, errors)
        if new is None:
            del by_id[target]
        else:
            by_id[target] = new
    return tuple(by_id.values())


def _changed(
    gate: str, old: Criterion, change: Adjustment, vocabulary: Vocabulary, errors: _Errors
) -> Criterion | None:
    """The criterion after the change; None when it is removed, or its new text is wrong."""
    if change.enabled is False:
        return None
    otherwise = old.otherwise if change.otherwise is None else change.otherwise
    if change.expect is None:
        return replace(old, otherwise=otherwise)
    said = Expectation(change.expect, change.expect_where or change.where, old.id, otherwise)
    return _parse(gate, said, vocabulary, errors)


def _unknown_id(subject: str, target: str, ids: Sequence[str], where: str, errors: _Errors) -> None:
    close = nearest(target, ids)
    hint = f"Perhaps you meant '{close}'. " if close else ""
    known = f"Its criteria: {', '.join(ids)}." if ids else "It has no criteria."
    errors.add(
        f"{subject} has no criterion '{cut(one_line(target), 80)}'", where=where, remedy=f"{hint}{known}"
    )


def _suites(
    name: str, layer: GateLayer, inherited: tuple[Criterion, ...], vocabulary: Vocabulary, errors: _Errors
) -> tuple[Suite, ...]:
    result = []
    for suite, said in layer.suites.items():
        criteria = inherited
        if said.criteria is not None:
            criteria = tuple(_parsed(name, said.criteria, vocabulary, errors))
        if not criteria and name not in errors.damaged:
            errors.add(
                f"the suite '{suite}' has no criteria",
                where=layer.where,
                remedy="Give it some, for example [pass_rate == 100%].",
            )
        result.append(Suite(suite, said.files or (), criteria))
    return tuple(result)


# --- waivers -----------------------------------------------------------------------------------


def _check_waiver(placed: PlacedWaiver, layer: Layer, gates: Sequence[GateSettings], errors: _Errors) -> None:
    waiver = placed.waiver
    known = dict.fromkeys((*GATES, *layer.gates))
    if waiver.gate not in known:
        close = nearest(waiver.gate, known)
        hint = f"Perhaps you meant '{close}'." if close else f"Gates: {', '.join(known)}."
        errors.add(f"unknown gate '{waiver.gate}'", where=placed.gate_where, remedy=hint)
        return
    if waiver.criterion and waiver.gate not in errors.damaged:
        _check_criterion(placed, gates, errors)
    if not waiver.criterion and waiver.gate in WITHOUT_FINDINGS:
        errors.add(
            f"a waiver of the gate '{waiver.gate}' accepts a criterion, not findings",
            where=waiver.where,
            remedy="Name the criterion by its id, for example 'criterion: total', in place of 'rule', "
            "'path' and 'fingerprint'.",
        )


def _check_criterion(placed: PlacedWaiver, gates: Sequence[GateSettings], errors: _Errors) -> None:
    name = placed.waiver.gate
    known = [gate for gate in gates if gate.name == name]
    if not known:
        return  # it is off, and the waiver is reported as unused
    criteria = [c for gate in known for c in (*gate.criteria, *_of_suites(gate))]
    ids = tuple(dict.fromkeys(c.id for c in criteria))
    if placed.waiver.criterion not in ids:
        _unknown_id(f"the gate '{name}'", placed.waiver.criterion, ids, placed.criterion_where, errors)


def _of_suites(gate: GateSettings) -> Iterator[Criterion]:
    return (criterion for suite in gate.suites for criterion in suite.criteria)
