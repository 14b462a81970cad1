"""The rules that lead a gate to another exposure. Pure.

The rule for everybody is never added or removed, since its id decides which users are drawn. Rules of
segments come before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import in_steps
from sluicegate.flags.statsig.model import IN_SEGMENT, READ_ONLY, Gate, Rule

STEP = Fraction(1, 10_000)
"""The smallest step of a share: pass percentages have two decimals."""

_KEEP_ONE = "Leave the gate one rule for everyone, and before it one rule for each whole segment at 100 %."


def rules_for(gate: Gate, target: Exposure, where: str) -> tuple[Rule, ...]:
    """The rules of the gate as they must become, in order.

    Args:
        gate: as it is, with the segments that the target names.
        target: with a share or a segment.
        where: names the gate in errors.

    Raises:
        FlagRefused: the gate has no rule for everyone, or rules that are not a rollout's, or Statsig no such
            segment.
    """
    _check_target(gate, target, where)
    rules = tuple(_after(gate, target, _opened(gate, where)))
    after = replace(gate, rules=rules, enabled=True, status="")
    found, why = after.if_enabled()
    if found != target:
        raise FlagRefused(
            f"its other rules would give another exposure: {why}", where=where, remedy=_KEEP_ONE
        )
    return rules


def _check_target(gate: Gate, target: Exposure, where: str) -> None:
    in_steps(target.share, STEP, where)
    missing = next((name for name in target.segments if gate.segments.get(name) is None), None)
    if missing is not None:
        raise FlagRefused(
            f"Statsig has no segment '{missing}'", where=where,
            remedy="Name a segment of Statsig in the plan by its id.",
        )  # fmt: skip


def _after(gate: Gate, target: Exposure, opened: Rule) -> Iterator[Rule]:
    """The rules in order: those of segments that are added stand before the one for everybody."""
    own = gate.own
    there = {rule.segment for rule in own}
    for rule in gate.rules:
        if rule is opened:
            yield from (_of_segment(gate, name) for name in target.segments if name not in there)
            yield replace(rule, share=target.share)
        elif not (rule.segment and rule in own) or rule.segment in target.segments:
            yield rule


def _opened(gate: Gate, where: str) -> Rule:
    rule = gate.opened
    if rule is None:
        raise FlagRefused("it has no rule for everyone", where=where, remedy="Add one in Statsig, at 0 %.")
    wanted = (gate.environment,) if gate.environment else None
    if rule.environments != wanted:
        named = "all environments" if rule.environments is None else ", ".join(rule.environments)
        remedy = (
            "Leave out 'environment' in the plan" if wanted else f"Write 'environment: {named}' in the plan"
        )
        raise FlagRefused(
            f"{rule.in_words} is of {named}, where it would be changed too", where=where,
            remedy=f"{remedy}, or give the environment a rule of its own in Statsig.",
        )  # fmt: skip
    return rule


def _of_segment(gate: Gate, name: str) -> Rule:
    environments = [gate.environment] if gate.environment else None
    condition: dict[str, Any] = {"type": IN_SEGMENT, "targetValue": [name]}
    raw = {
        "name": f"{name} (rollout by Sluicegate)", "passPercentage": 100, "conditions": [condition],
        "environments": environments,
    }  # fmt: skip
    return Rule(raw, Fraction(1), (condition,), tuple(environments) if environments else None, False)


def body_of(gate: Gate, rules: tuple[Rule, ...]) -> dict[str, object]:
    """The body that sets the rules, and switches a gate on that is off.

    A gate that is on is not switched on again, for a kill may come first.
    """
    switch = {} if gate.enabled else {"isEnabled": True}
    return {**switch, "rules": [_sent(rule) for rule in rules]}


def _sent(rule: Rule) -> Mapping[str, object]:
    kept = {key: value for key, value in rule.raw.items() if key not in READ_ONLY}
    percentage = (rule.share or Fraction(0)) * 100
    return {
        **kept,
        "passPercentage": percentage.numerator if percentage.denominator == 1 else float(percentage),
    }


def is_meant(gate: Gate, rules: tuple[Rule, ...]) -> bool:
    """Are the rules of the gate these? Ids of rules that Statsig adds are not known before."""
    return [_comparable(rule) for rule in gate.rules] == [_comparable(rule) for rule in rules]


def _comparable(rule: Rule) -> dict[str, object]:
    return {**rule.normal, "base": "" if rule.segment else rule.base}
