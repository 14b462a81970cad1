"""From the merged trees to the policy: criteria parsed, adjustments applied, names checked. Pure.

Every error is collected with its place; what depends on a part that was refused before is not
reported a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sluicegate.core.errors import CriterionError, PolicyError
from sluicegate.core.model import Better, PolicyRef, Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import cut, one_line
from sluicegate.core.units import UNITS
from sluicegate.criteria import Criterion, MeasureSpec, Vocabulary, did_you_mean, parse
from sluicegate.policy import model
from sluicegate.policy.catalogue import component_gates, find_spec, gate_names, gate_spec
from sluicegate.policy.keys import Key, plain_values
from sluicegate.policy.kinds import Section
from sluicegate.policy.model import Component, GateSettings, Policy, RunOutput, RunSettings, Suite
from sluicegate.policy.settings import builders, features, gate_section, section
from sluicegate.policy.tree import NOTHING, Tree, over

EXIT_CODE = MeasureSpec("exit_code", "", Better.LOWER, "the command's exit code")
"""The measure of a `run:` gate that prints nothing."""


@dataclass(slots=True)
class _Errors:
    """The errors so far, and the gates whose criteria cannot be known because of them."""

    found: list[PolicyError] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)

    def add(self, what: str, where: str, remedy: str, *, damages: str = "") -> None:
        if all((e.what, e.where) != (what, where) for e in self.found):  # components repeat some
            self.found.append(PolicyError(what, where=where, remedy=remedy))
        self.damaged |= {damages} - {""}

    def add_unknown_id(self, gate: str, target: str, ids: Collection[str], where: str) -> None:
        known = f"Its criteria: {', '.join(ids)}." if ids else "It has no criteria."
        what = f"the gate '{gate}' has no criterion '{cut(one_line(target), 80)}'"
        self.add(what, where, did_you_mean(target, ids) + known)


def build(tree: Tree, ref: PolicyRef) -> tuple[Policy, tuple[PolicyError, ...]]:
    """The policy of the merged trees, and all that is wrong with it.

    With errors, the policy lacks what they are about.
    """
    layers = tree.entries("gates")
    on = _on(layers)
    errors = _Errors(damaged={name for name, gate in layers.items() if gate.get("damaged", False)})
    gates = tuple(filter(None, (_gate(name, gate, errors) for name, gate in on.items())))
    waivers = tree.find("waivers") or Tree(())
    policy = Policy(
        ref,
        gates,
        model.SourceSettings(**plain_values(section("source").keys, tree.find("source"))),
        tuple(map(_waiver, waivers.value)),
        {name: layers.get(name, NOTHING).key for name in _names(layers) if name not in on},
        tuple(_component(n, c, layers, gates, errors) for n, c in tree.entries("components").items()),
        **plain_values(section("policy").keys, tree, "whole", "report-only"),
        sections=_sections(tree, errors),
    )
    for placed in waivers.value:
        _check_waiver(placed, _names(layers), policy.everywhere, errors)
    return policy, tuple(errors.found)


def _sections(tree: Tree, errors: _Errors) -> dict[str, Any]:
    """The values of the sections of other rooms."""
    build, sections = builders(), {}
    for name, key in features().items():
        written = tree.find(name)
        if name in build and written is not None:
            sections[name], wrong = build[name](name, written)
            errors.found += wrong
        elif isinstance(key.kind, Section):
            sections[name] = plain_values(key.kind.keys, written)
        else:
            sections[name] = tree.get(name, key.default)
    return sections


def _names(layers: Mapping[str, Tree]) -> dict[str, None]:
    """The gates that have a name here: the catalogue's first, then the user's own."""
    return dict.fromkeys((*gate_names(), *layers))


def _on(layers: Mapping[str, Tree]) -> dict[str, Tree]:
    return {n: layers[n] for n in _names(layers) if n in layers and layers[n].get("enabled", True)}


def _component(
    name: str, own: Tree, layers: Mapping[str, Tree], gates: Sequence[GateSettings], errors: _Errors
) -> Component:
    """A component's gates: those of the whole, except those that it sets itself."""
    built: list[GateSettings | None] = []
    for gate in component_gates():
        layer = own.find("gates", gate)
        if layer is None:
            built += [g for g in gates if g.name == gate]
        elif layer.get("enabled", True) and gate not in errors.damaged:
            built.append(_gate(gate, over(layers.get(gate, NOTHING), layer), errors))
    return Component(name, own.get("paths", ()), tuple(filter(None, built)), own.get("jobs", ()))


def _gate(name: str, layer: Tree, errors: _Errors) -> GateSettings | None:
    if name in gate_names():
        keys = gate_section(name).keys
        return _Gate(name, layer, errors, gate_spec(name).vocabulary).settings(keys)
    if layer.get("run", ""):
        run = _run(name, layer, errors)
        return _Gate(name, layer, errors, run_vocabulary(run), run).settings(section("run").keys)
    if name not in errors.damaged:
        remedy = (
            f"Give it a command, for example 'run: make {name}'. Built-in gates: {', '.join(gate_names())}."
        )
        what = f"the gate '{name}' is not a built-in one and has no 'run'"
        errors.add(what, layer.key, remedy, damages=name)
    return None


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
    units = {measure: keys.get("unit", "count").removeprefix("count") for measure, keys in measures.items()}
    return RunSettings(
        layer.get("run", ""),
        output,
        measures={measure: _measure(measure, units[measure], keys) for measure, keys in measures.items()},
        units=units,
        **plain_values(section("run").keys, layer, "timeout", "directory", "ok-exit-codes"),
    )


def _measure(name: str, symbol: str, keys: Mapping[str, Any]) -> MeasureSpec:
    unit = UNITS[symbol].canonical
    usual = Better.HIGHER if unit in ("%", "/s") else Better.LOWER
    return MeasureSpec(name, unit, keys.get("better", usual), keys.get("help", ""))


def _check_run(name: str, layer: Tree, output: RunOutput, errors: _Errors) -> None:
    measures: dict[str, Any] = layer.get("measures", {})
    if output is RunOutput.MEASURES and not measures:
        remedy = "Add 'measures', for example 'measures: {total: KiB}'."
        errors.add(f"the gate '{name}' prints measures and declares none", layer.key, remedy, damages=name)
    if output is not RunOutput.MEASURES and measures:
        what = f"the gate '{name}' declares measures, and its output is '{output}'"
        errors.add(what, layer.key, "Remove 'measures', or write 'output: measures'.", damages=name)
    if output is RunOutput.NOTHING and layer.find("ok-exit-codes"):
        errors.add(
            f"the exit code of the gate '{name}' is its measure, so 'ok-exit-codes' does not fit it",
            layer.key,
            "Write a criterion such as 'exit_code <= 1', or declare what it prints with 'output'.",
        )


@dataclass(frozen=True, slots=True)
class _Gate:
    """A gate that is being built; `run` is None for one of the catalogue."""

    name: str
    layer: Tree
    errors: _Errors
    vocabulary: Vocabulary
    run: RunSettings | None = None

    def settings(self, keys: Mapping[str, Key]) -> GateSettings:
        name, layer = self.name, self.layer
        written = self._written()
        criteria = self._adjusted(written)
        suites = tuple(self._suite(n, own, criteria) for n, own in layer.entries("suites").items())
        if not criteria and not suites and name not in self.errors.damaged:
            remedy = f"Give it some, extend a preset that has, or write '{name}: off'."
            self.errors.add(f"the gate '{name}' has no criteria", layer.key, remedy)
        return GateSettings(
            name,
            criteria,
            required=layer.get("required", layer.get("own", False)),
            blocking=layer.get("else", Otherwise.BLOCK) is not Otherwise.WARN,
            suites=suites,
            run=self.run,
            where=layer.key,
            places=self._places(written),
            spec=find_spec(name),
            **plain_values(keys, layer, "files", "exclude", "scope", "baseline"),
        )

    def _written(self) -> list[Criterion]:
        written = self.layer.find("criteria")
        if written is None and self.run is not None and self.run.output is RunOutput.NOTHING:
            return [parse("exit_code == 0", self.vocabulary)]
        if written is None or (self.run is not None and self.name in self.errors.damaged):
            return []  # of a damaged command the measures are not known
        return self._parsed(written.value)

    def _parsed(self, written: Iterable[Tree]) -> list[Criterion]:
        result: dict[str, Criterion] = {}
        for each in written:
            expect = each.value["expect"]
            criterion = self._parse(expect, each.get("id", ""), each.get("else", Otherwise.BLOCK))
            if criterion is not None and criterion.id in result:
                what = f"two criteria of '{self.name}' have the id '{criterion.id}'"
                self.errors.add(what, expect.where, "Delete one, or give it another 'id'.")
            elif criterion is not None:
                result[criterion.id] = criterion
        return list(result.values())

    def _parse(self, expect: Tree, name: str, otherwise: Otherwise) -> Criterion | None:
        try:
            return parse(expect.value, self.vocabulary, name=name, otherwise=otherwise)
        except CriterionError as error:
            self.errors.add(error.what, expect.where, error.remedy, damages=self.name)
            return None

    def _places(self, criteria: Sequence[Criterion]) -> dict[str, str]:
        """The place of each criterion, by id; empty when some were refused."""
        found = self.layer.find("criteria")
        written = found.value if found else ()
        if len(written) != len(criteria):
            return {}
        places = {c.id: each.value["expect"].where for c, each in zip(criteria, written, strict=True)}
        changed = self.layer.entries("adjust").items()
        return places | {name: (change.find("expect") or change).where for name, change in changed}

    def _adjusted(self, criteria: Iterable[Criterion]) -> tuple[Criterion, ...]:
        by_id = {c.id: c for c in criteria}
        for target, change in self.layer.entries("adjust").items():
            if target in by_id and (new := self._changed(by_id[target], change)):
                by_id[target] = new
            elif target in by_id:
                del by_id[target]
            elif self.name not in self.errors.damaged:
                self.errors.add_unknown_id(self.name, target, by_id, change.key)
        return tuple(by_id.values())

    def _changed(self, old: Criterion, change: Tree) -> Criterion | None:
        """The criterion after the change; None when it is removed, or its new text is wrong."""
        if not change.get("enabled", True):
            return None
        otherwise, expect = change.get("else", old.otherwise), change.find("expect")
        if expect is None:
            return replace(old, otherwise=otherwise)
        return self._parse(expect, old.id, otherwise)

    def _suite(self, suite: str, keys: Tree, criteria: tuple[Criterion, ...]) -> Suite:
        """A suite; without criteria of its own it has those of the gate."""
        own = keys.find("criteria")
        if own is not None:
            criteria = tuple(self._parsed(own.value))
        if not criteria and self.name not in self.errors.damaged:
            remedy = "Give it some, for example [pass_rate == 100%]."
            self.errors.add(f"the suite '{suite}' has no criteria", self.layer.key, remedy)
        return Suite(suite, keys.get("files", ()), criteria)


def _waiver(tree: Tree) -> Waiver:
    return Waiver(**plain_values(section("waiver").keys, tree), where=tree.where)


def _check_waiver(tree: Tree, known: Collection[str], gates: Iterable[GateSettings], errors: _Errors) -> None:
    waiver = _waiver(tree)
    if waiver.gate not in known:
        hint = did_you_mean(waiver.gate, known).strip() or f"Gates: {', '.join(known)}."
        errors.add(f"unknown gate '{waiver.gate}'", tree.value["gate"].where, hint)
        return
    if waiver.criterion and waiver.gate not in errors.damaged:
        _check_criterion(waiver, tree.value["criterion"].where, gates, errors)
    spec = find_spec(waiver.gate)
    if not waiver.criterion and spec is not None and not spec.waives_findings:
        errors.add(
            f"a waiver of the gate '{waiver.gate}' accepts a criterion, not findings",
            waiver.where,
            "Name the criterion by its id, for example 'criterion: total', in place of 'rule', "
            "'path' and 'fingerprint'.",
        )


def _check_criterion(waiver: Waiver, where: str, gates: Iterable[GateSettings], errors: _Errors) -> None:
    ours = [gate for gate in gates if gate.name == waiver.gate]  # none: it is off, and the waiver is unused
    ids = dict.fromkeys(c.id for gate in ours for c in gate.all_criteria)
    if ours and waiver.criterion not in ids:
        errors.add_unknown_id(waiver.gate, waiver.criterion, ids, where)
