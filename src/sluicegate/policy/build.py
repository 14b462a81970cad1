"""From the merged trees to the policy: criteria parsed, adjustments applied, names checked. Pure.

Every error is collected with its place; what depends on a part that was refused before is not
reported a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sluicegate.core.errors import CriterionError, PolicyError
from sluicegate.core.model import Better, PolicyRef, Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import UNITS
from sluicegate.criteria import Criterion, MeasureSpec, Vocabulary, did_you_mean, parse
from sluicegate.policy.catalogue import component_gates, find_spec, gate_names, gate_spec
from sluicegate.policy.keys import plain_values
from sluicegate.policy.kinds import Section
from sluicegate.policy.model import (
    Component,
    GateSettings,
    Policy,
    RunOutput,
    RunSettings,
    SourceSettings,
    Suite,
)
from sluicegate.policy.settings import features, gate_section, section
from sluicegate.policy.tree import NOTHING, Tree, over

EXIT_CODE = MeasureSpec("exit_code", "", Better.LOWER, "the command's exit code")
"""The measure of a `run:` gate that prints nothing."""


@dataclass(slots=True)
class _Errors:
    """The errors so far, and the gates whose criteria cannot be known because of them."""

    found: list[PolicyError] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)

    def add(self, what: str, *, where: str, remedy: str) -> None:
        if all((e.what, e.where) != (what, where) for e in self.found):  # components repeat some
            self.found.append(PolicyError(what, where=where, remedy=remedy))


def build(tree: Tree, ref: PolicyRef) -> tuple[Policy, tuple[PolicyError, ...]]:
    """The policy of the merged trees, and all that is wrong with it.

    With errors, the policy lacks what they are about.
    """
    layers = tree.entries("gates")
    errors = _Errors(damaged={name for name, gate in layers.items() if gate.get("damaged", False)})
    gates = tuple(filter(None, (_gate(name, gate, errors) for name, gate in _on(layers))))
    waivers = tree.find("waivers")
    policy = Policy(
        ref,
        gates,
        SourceSettings(**plain_values(section("source").keys, tree.find("source"))),
        tuple(map(_waiver, waivers.value)) if waivers else (),
        _off(layers),
        tuple(_component(n, c, layers, gates, errors) for n, c in tree.entries("components").items()),
        **plain_values(section("policy").keys, tree, "whole", "report-only"),
        sections=_sections(tree),
    )
    for placed in waivers.value if waivers else ():
        _check_waiver(placed, layers, policy.everywhere, errors)
    return policy, tuple(errors.found)


def _off(layers: Mapping[str, Tree]) -> dict[str, str]:
    """The gates that are not switched on, with the place that decides."""
    on = {name for name, _ in _on(layers)}
    return {n: layers[n].key if n in layers else "" for n in _names(layers) if n not in on}


def _sections(tree: Tree) -> dict[str, Any]:
    """The values of the sections of other rooms."""
    return {
        name: plain_values(key.kind.keys, tree.find(name))
        if isinstance(key.kind, Section)
        else tree.get(name, key.default)
        for name, key in features().items()
    }


def _component(
    name: str, own: Tree, layers: Mapping[str, Tree], gates: Sequence[GateSettings], errors: _Errors
) -> Component:
    """A component's gates: those of the whole, except those that it sets itself."""
    built = []
    for gate in component_gates():
        layer = own.find("gates", gate)
        if layer is None:
            built += [g for g in gates if g.name == gate]
        elif layer.get("enabled", True) and gate not in errors.damaged:
            made = _gate(gate, over(layers.get(gate, NOTHING), layer), errors)
            built += [made] if made is not None else []
    return Component(name, own.get("paths", ()), tuple(built), own.get("jobs", ()))


def _on(layers: Mapping[str, Tree]) -> Iterator[tuple[str, Tree]]:
    """The gates that are not switched off: the catalogue's first, then the user's own."""
    for name in _names(layers):
        if name in layers and layers[name].get("enabled", True):
            yield name, layers[name]


def _names(layers: Mapping[str, Tree]) -> dict[str, None]:
    return dict.fromkeys((*gate_names(), *layers))


def _gate(name: str, layer: Tree, errors: _Errors) -> GateSettings | None:
    run, keys = None, section("run").keys
    if name in gate_names():
        keys = gate_section(name).keys
    elif not layer.get("run", ""):
        _unknown_gate(name, layer, errors)
        return None
    else:
        run = _run(name, layer, errors)
    vocabulary = gate_spec(name).vocabulary if run is None else run_vocabulary(run)
    written = _criteria(name, layer, run, vocabulary, errors)
    criteria = _adjusted(name, layer, written, vocabulary, errors)
    suites = _suites(name, layer, criteria, vocabulary, errors)
    if not criteria and not suites and name not in errors.damaged:
        errors.add(
            f"the gate '{name}' has no criteria",
            where=layer.key,
            remedy=f"Give it some, extend a preset that has, or write '{name}: off'.",
        )
    return GateSettings(
        name,
        criteria,
        required=layer.get("required", layer.get("own", False)),
        blocking=layer.get("else", Otherwise.BLOCK) is not Otherwise.WARN,
        suites=suites,
        run=run,
        where=layer.key,
        places=_places(layer, written),
        spec=find_spec(name),
        **plain_values(keys, layer, "files", "exclude", "scope", "baseline"),
    )


def _unknown_gate(name: str, layer: Tree, errors: _Errors) -> None:
    if name in errors.damaged:
        return
    errors.damaged.add(name)
    errors.add(
        f"the gate '{name}' is not a built-in one and has no 'run'",
        where=layer.key,
        remedy=f"Give it a command, for example 'run: make {name}'. "
        f"Built-in gates: {', '.join(gate_names())}.",
    )


# --- gates of the user's own -------------------------------------------------------------------


def run_vocabulary(run: RunSettings) -> Vocabulary:
    """The measures that criteria of a `run:` gate may use."""
    match run.output:
        case RunOutput.MEASURES:
            return Vocabulary(run.measures)
        case RunOutput.SARIF:
            return gate_spec("security").vocabulary
        case RunOutput.NOTHING:
            return Vocabulary({EXIT_CODE.name: EXIT_CODE})


def _run(name: str, layer: Tree, errors: _Errors) -> RunSettings:
    measures: dict[str, dict[str, Any]] = layer.get("measures", {})
    output = layer.get("output", RunOutput.MEASURES if measures else RunOutput.NOTHING)
    if name not in errors.damaged:
        _check_run(name, layer, output, errors)
    return RunSettings(
        layer.get("run", ""),
        output,
        measures={measure: _measure(measure, keys) for measure, keys in measures.items()},
        units={measure: _symbol(keys) for measure, keys in measures.items()},
        **plain_values(section("run").keys, layer, "timeout", "directory", "ok-exit-codes"),
    )


def _symbol(keys: Mapping[str, Any]) -> str:
    symbol: str = keys.get("unit", "count")
    return "" if symbol == "count" else symbol


def _measure(name: str, keys: Mapping[str, Any]) -> MeasureSpec:
    unit = UNITS[_symbol(keys)].canonical
    usual = Better.HIGHER if unit in ("%", "/s") else Better.LOWER
    return MeasureSpec(name, unit, keys.get("better", usual), keys.get("help", ""))


def _check_run(name: str, layer: Tree, output: RunOutput, errors: _Errors) -> None:
    if output is RunOutput.MEASURES and not layer.get("measures", {}):
        errors.damaged.add(name)
        errors.add(
            f"the gate '{name}' prints measures and declares none",
            where=layer.key,
            remedy="Add 'measures', for example 'measures: {total: KiB}'.",
        )
    if output is not RunOutput.MEASURES and layer.get("measures", {}):
        errors.damaged.add(name)
        errors.add(
            f"the gate '{name}' declares measures, and its output is '{output}'",
            where=layer.key,
            remedy="Remove 'measures', or write 'output: measures'.",
        )
    if output is RunOutput.NOTHING and layer.find("ok-exit-codes"):
        errors.add(
            f"the exit code of the gate '{name}' is its measure, so 'ok-exit-codes' does not fit it",
            where=layer.key,
            remedy="Write a criterion such as 'exit_code <= 1', or declare what it prints with 'output'.",
        )


# --- criteria ----------------------------------------------------------------------------------


def _criteria(
    name: str, layer: Tree, run: RunSettings | None, vocabulary: Vocabulary, errors: _Errors
) -> list[Criterion]:
    written = layer.find("criteria")
    if written is None and run is not None and run.output is RunOutput.NOTHING:
        return [parse("exit_code == 0", vocabulary)]
    if written is None or (run is not None and name in errors.damaged):
        return []  # of a damaged command the measures are not known
    return _parsed(name, written.value, vocabulary, errors)


def _parsed(gate: str, written: Iterable[Tree], vocabulary: Vocabulary, errors: _Errors) -> list[Criterion]:
    result: list[Criterion] = []
    for each in written:
        expect = each.value["expect"]
        otherwise = each.get("else", Otherwise.BLOCK)
        criterion = _parse(gate, expect, each.get("id", ""), otherwise, vocabulary, errors)
        if criterion is None:
            continue
        if any(criterion.id == other.id for other in result):
            errors.add(
                f"two criteria of '{gate}' have the id '{criterion.id}'",
                where=expect.where,
                remedy="Delete one, or give it another 'id'.",
            )
            continue
        result.append(criterion)
    return result


def _parse(
    gate: str, expect: Tree, name: str, otherwise: Otherwise, vocabulary: Vocabulary, errors: _Errors
) -> Criterion | None:
    try:
        return parse(expect.value, vocabulary, name=name, otherwise=otherwise)
    except CriterionError as error:
        errors.damaged.add(gate)
        errors.add(error.what, where=expect.where, remedy=error.remedy)
        return None


def _places(layer: Tree, criteria: Sequence[Criterion]) -> dict[str, str]:
    """The place of each criterion, by id; empty when some were refused."""
    found = layer.find("criteria")
    written = found.value if found else ()
    if len(written) != len(criteria):
        return {}
    places = {c.id: each.value["expect"].where for c, each in zip(criteria, written, strict=True)}
    changed = layer.entries("adjust").items()
    return places | {name: (change.find("expect") or change).where for name, change in changed}


def _adjusted(
    name: str, layer: Tree, criteria: list[Criterion], vocabulary: Vocabulary, errors: _Errors
) -> tuple[Criterion, ...]:
    by_id = {c.id: c for c in criteria}
    for target, change in layer.entries("adjust").items():
        old = by_id.get(target)
        if old is None:
            if name not in errors.damaged:
                _unknown_id(f"the gate '{name}'", target, tuple(by_id), change.key, errors)
            continue
        new = _changed(name, old, change, vocabulary, errors)
        if new is None:
            del by_id[target]
        else:
            by_id[target] = new
    return tuple(by_id.values())


def _changed(
    gate: str, old: Criterion, change: Tree, vocabulary: Vocabulary, errors: _Errors
) -> Criterion | None:
    """The criterion after the change; None when it is removed, or its new text is wrong."""
    if not change.get("enabled", True):
        return None
    otherwise, expect = change.get("else", old.otherwise), change.find("expect")
    if expect is None:
        return replace(old, otherwise=otherwise)
    return _parse(gate, expect, old.id, otherwise, vocabulary, errors)


def _unknown_id(subject: str, target: str, ids: Sequence[str], where: str, errors: _Errors) -> None:
    known = f"Its criteria: {', '.join(ids)}." if ids else "It has no criteria."
    errors.add(
        f"{subject} has no criterion '{cut(one_line(target), 80)}'",
        where=where,
        remedy=did_you_mean(target, ids) + known,
    )


def _suites(
    name: str, layer: Tree, inherited: tuple[Criterion, ...], vocabulary: Vocabulary, errors: _Errors
) -> tuple[Suite, ...]:
    result = []
    for suite, keys in layer.entries("suites").items():
        criteria, own = inherited, keys.find("criteria")
        if own is not None:
            criteria = tuple(_parsed(name, own.value, vocabulary, errors))
        if not criteria and name not in errors.damaged:
            errors.add(
                f"the suite '{suite}' has no criteria",
                where=layer.key,
                remedy="Give it some, for example [pass_rate == 100%].",
            )
        result.append(Suite(suite, keys.get("files", ()), criteria))
    return tuple(result)


# --- waivers -----------------------------------------------------------------------------------


def _waiver(tree: Tree) -> Waiver:
    return Waiver(**plain_values(section("waiver").keys, tree), where=tree.where)


def _check_waiver(
    tree: Tree, layers: Mapping[str, Tree], gates: Sequence[GateSettings], errors: _Errors
) -> None:
    waiver, known = _waiver(tree), _names(layers)
    if waiver.gate not in known:
        hint = did_you_mean(waiver.gate, known).strip() or f"Gates: {', '.join(known)}."
        errors.add(f"unknown gate '{waiver.gate}'", where=tree.value["gate"].where, remedy=hint)
        return
    if waiver.criterion and waiver.gate not in errors.damaged:
        _check_criterion(waiver, tree.value["criterion"].where, gates, errors)
    spec = find_spec(waiver.gate)
    if not waiver.criterion and spec is not None and not spec.waives_findings:
        errors.add(
            f"a waiver of the gate '{waiver.gate}' accepts a criterion, not findings",
            where=waiver.where,
            remedy="Name the criterion by its id, for example 'criterion: total', in place of 'rule', "
            "'path' and 'fingerprint'.",
        )


def _check_criterion(waiver: Waiver, where: str, gates: Sequence[GateSettings], errors: _Errors) -> None:
    known = [gate for gate in gates if gate.name == waiver.gate]
    if not known:
        return  # it is off, and the waiver is reported as unused
    owners: list[GateSettings | Suite] = []
    for gate in known:
        owners += (gate, *gate.suites)
    ids = tuple(dict.fromkeys(c.id for own in owners for c in own.criteria))
    if waiver.criterion not in ids:
        _unknown_id(f"the gate '{waiver.gate}'", waiver.criterion, ids, where, errors)
