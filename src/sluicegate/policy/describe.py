"""What a policy resolves to, as text for people and as plain values for JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sluicegate.core.model import Waiver
from sluicegate.core.statuses import Otherwise
from sluicegate.core.text import clean, one_line, plural
from sluicegate.criteria import Criterion, explain
from sluicegate.policy.model import GateSettings, Policy, RunOutput, RunSettings, Scope
from sluicegate.policy.waivers import active, days_left


def policy_text(policy: Policy, today: date) -> str:
    """What it is made of, gates with their criteria, and waivers with the days that they have left."""
    origin = f"the preset '{policy.ref.ref}'" if policy.ref.origin == "preset" else policy.ref.ref
    parts = [f"{one_line(origin)}: OK"]
    if policy.report_only:
        parts += ["It only reports: nothing blocks."]
    parts += _origin_lines(policy)
    parts += ["", "Gates", *(line for gate in policy.gates for line in _gate_lines(gate))]
    parts += _component_lines(policy)
    if policy.off:
        parts += ["", "Off"]
        parts += [f"  {name:<14} {_switched_off(where)}" for name, where in policy.off.items()]
    if policy.waivers:
        parts += ["", "Waivers", *(f"  {_waiver_line(w, today)}" for w in policy.waivers)]
    return clean("\n".join(parts)) + "\n"


def _origin_lines(policy: Policy) -> Iterator[str]:
    if len(policy.made_of) > 1:
        yield from ("", "Made of, each over the one before", *(f"  {one_line(n)}" for n in policy.made_of))
    if policy.locked:
        yield from ("", "Locked", *(f"  {key}  {_place(where)}" for key, where in policy.locked.items()))


def _component_lines(policy: Policy) -> Iterator[str]:
    instead = "" if policy.whole else ", judged in place of the whole"
    for component in policy.components:
        yield ""
        yield f"Component {component.name}: {', '.join(component.paths)}{instead}"
        for gate in component.gates:
            if gate not in policy.gates:
                yield from _gate_lines(gate)


def _place(where: str) -> str:
    """A place in a file, with a pin as short as git shows it: the whole one is above."""
    return one_line(re.sub(r"(@[0-9a-f]{7})[0-9a-f]{33}(?=:\d+:\d+$)", r"\1", where))


def _switched_off(where: str) -> str:
    return f"switched off in {_place(where)}" if where else "no file and no preset names it"


def _gate_lines(gate: GateSettings) -> Iterator[str]:
    yield f"  {gate.name:<14} {', '.join(_traits(gate))}"
    yield from _criteria_lines(gate.criteria, "    ", gate.places)
    for suite in gate.suites:
        yield f"    suite {suite.name}: {', '.join(suite.files)}"
        yield from _criteria_lines(suite.criteria, "      ", {})


def _traits(gate: GateSettings) -> Iterator[str]:
    yield "required" if gate.required else "auto (skipped where there is nothing of its kind)"
    if not gate.blocking:
        yield "only warns"
    if gate.scope is not Scope.ALL:
        yield f"scope {gate.scope}"
    if gate.run is not None:
        yield f"runs '{one_line(gate.run.command)}' for {gate.run.timeout:g}s at most"


def _criteria_lines(criteria: Iterable[Criterion], indent: str, places: Mapping[str, str]) -> Iterator[str]:
    for criterion in criteria:
        name = "" if criterion.id == criterion.expect else f"  [{criterion.id}]"
        warns = "  (only warns)" if criterion.otherwise is Otherwise.WARN else ""
        place = f"  from {_place(places[criterion.id])}" if criterion.id in places else ""
        yield f"{indent}{criterion.expect}{name}{warns}{place}"


def _waiver_line(waiver: Waiver, today: date) -> str:
    left = days_left(waiver, today)
    state = f"{plural(left, 'day')} left, until {waiver.expires}"
    if not active(waiver, today):
        state = f"expired {plural(-left, 'day')} ago, on {waiver.expires}: it no longer counts"
    return one_line(f"{waiver.label()}  {waiver.owner}, {state}; {waiver.reason}")


def policy_document(policy: Policy) -> dict[str, Any]:
    """The resolved policy as JSON values; times are seconds."""
    return {
        "schema": "sluicegate.policy/1",
        "policy": asdict(policy.ref),
        "made_of": list(policy.made_of),
        "locked": [{"key": key, "where": where} for key, where in policy.locked.items()],
        "report_only": policy.report_only,
        "source": asdict(policy.source),
        "gates": [_gate(gate) for gate in policy.gates],
        "off": [{"gate": name, "where": where or None} for name, where in policy.off.items()],
        "components": [
            {"component": c.name, "paths": list(c.paths), "gates": [_gate(gate) for gate in c.gates]}
            for c in policy.components
        ],
        "whole": policy.whole,
        "waivers": [{**_plain(waiver), "expires": waiver.expires.isoformat()} for waiver in policy.waivers],
    }


def _plain(waiver: Waiver) -> dict[str, Any]:
    return {key: value or None for key, value in asdict(waiver).items()}


def _gate(gate: GateSettings) -> dict[str, Any]:
    return {
        "gate": gate.name,
        "where": gate.where or None,
        "required": gate.required,
        "else": "block" if gate.blocking else "warn",
        "scope": str(gate.scope),
        "files": list(gate.files),
        "exclude": list(gate.exclude),
        "baseline": gate.baseline or None,
        "run": None if gate.run is None else _run(gate.run),
        "criteria": [{**_criterion(c), "where": gate.places.get(c.id)} for c in gate.criteria],
        "suites": [
            {"suite": s.name, "files": list(s.files), "criteria": [_criterion(c) for c in s.criteria]}
            for s in gate.suites
        ],
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    otherwise, means = str(criterion.otherwise), explain(criterion)
    return {"id": criterion.id, "expect": criterion.expect, "else": otherwise, "means": means}


def _run(run: RunSettings) -> dict[str, Any]:
    return {
        "command": run.command,
        "output": str(run.output),
        "timeout": run.timeout,
        "directory": run.directory or None,
        "ok-exit-codes": None if run.output is RunOutput.NOTHING else list(run.ok_exit_codes),
        "measures": {
            name: {"unit": run.units[name] or "count", "better": str(spec.better), "help": spec.help}
            for name, spec in run.measures.items()
        },
    }
