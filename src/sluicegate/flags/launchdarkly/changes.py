"""The instructions that lead from a flag to another exposure. Pure.

They are one patch, which LaunchDarkly carries out as a whole. The order of a rollout's list, and what users
are drawn by, stay for the life of a rollout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.launchdarkly.instructions import Instruction, instruction
from sluicegate.flags.launchdarkly.model import SEGMENT, WHOLE, Flag, Rule, Served, list_order, segments_of
from sluicegate.flags.normal import in_steps

_KEEP = (
    "Let no target, and no rule but one for a segment, serve the new variation; list the old variation "
    "before the new one, or state `every-context-has-key: true` where that holds."
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of a flag.

    Attributes:
        instructions: that make it; empty if the flag needs no change.
        is_new_list: may LaunchDarkly choose the order of the default rule's list anew? It gets weights
            without an order.
    """

    instructions: tuple[Instruction, ...]
    is_new_list: bool = False


def changed(flag: Flag, target: Exposure, where: str) -> Changed:
    """What leads to an exposure other than nobody.

    Args:
        flag: as it is, with the segments that the target names.
        target: with a share or a segment.
        where: names the flag in errors.

    Raises:
        FlagRefused: the share is too fine, LaunchDarkly has no such segment, or the flag is not one that
            then has that exposure.
    """
    _check_segments(flag, target, where)
    fallthrough = _fallthrough(flag, target, where)
    unwanted, added = _rules(flag, target)
    kept = (rule for rule in flag.rules if rule not in unwanted)
    after = replace(flag, on=True, fallthrough=fallthrough, rules=(*kept, *added))
    found, reason = after.exposure()
    if found != target:
        raise FlagRefused(f"it would not have that exposure: {reason}", where=where, remedy=_KEEP)
    removed = (instruction("removeRule", ruleId=rule.id) for rule in unwanted)
    return Changed(
        (*_served(flag, fallthrough), *removed, *_adds(flag, added), *_switch(flag)),
        is_new_list=flag.fallthrough != fallthrough and not _is_listed(flag),
    )


def _check_segments(flag: Flag, target: Exposure, where: str) -> None:
    missing = [key for key in target.segments if key not in flag.segments]
    if missing:
        raise FlagRefused(
            f"LaunchDarkly has no segment with the key '{missing[0]}' in the environment", where=where,
            remedy="Name segments of the environment in the plan by their keys.",
        )  # fmt: skip


def _fallthrough(flag: Flag, target: Exposure, where: str) -> Served:
    """The default rule with the share: its own list, with other weights."""
    weight = in_steps(target.share, Fraction(1, WHOLE), where)
    weights = {flag.new: weight, flag.old: WHOLE - weight}
    before, settings = flag.fallthrough, flag.settings
    if _has_list(flag):
        return replace(before, weights=tuple((i, weights.get(i, 0)) for i, _ in before.weights))
    listed = tuple((index, weights[index]) for index in list_order(flag))
    return Served(listed, settings.context_kind, settings.bucket_by)


def _has_list(flag: Flag) -> bool:
    """Has the default rule a list with both variations?"""
    return flag.fallthrough.is_rollout and {flag.new, flag.old} <= {i for i, _ in flag.fallthrough.weights}


def _is_listed(flag: Flag) -> bool:
    """Has the default rule a list in the flag's own order? LaunchDarkly gives no other by itself."""
    return _has_list(flag) and list(list_order(flag)) == sorted((flag.new, flag.old))


def _rules(flag: Flag, target: Exposure) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The rules for segments that must not see the new variation, and those that are missing."""
    wanted = frozenset(target.segments)
    own = [rule for rule in flag.serving if rule.segments]
    unwanted = tuple(rule for rule in own if not wanted.issuperset(rule.segments))
    there = segments_of(rule for rule in own if rule not in unwanted)
    return unwanted, tuple(_added(flag, key) for key in target.segments if key not in there)


def _added(flag: Flag, key: str) -> Rule:
    clause: Mapping[str, object] = {
        "contextKind": flag.settings.context_kind,
        "attribute": SEGMENT,
        "op": SEGMENT,
        "negate": False,
        "values": [key],
    }
    return Rule("", (clause,), Served(((flag.new, WHOLE),)))


def _served(flag: Flag, fallthrough: Served) -> Iterator[Instruction]:
    if flag.fallthrough != fallthrough:
        yield instruction(
            "updateFallthroughVariationOrRollout",
            rolloutWeights={flag.variations[index].id: weight for index, weight in fallthrough.weights},
            rolloutBucketBy=fallthrough.bucket_by,
            rolloutContextKind=fallthrough.context_kind,
        )


def _adds(flag: Flag, rules: tuple[Rule, ...]) -> Iterator[Instruction]:
    for rule in rules:
        clauses = [dict(clause) for clause in rule.clauses]
        yield instruction("addRule", clauses=clauses, variationId=flag.variations[flag.new].id)


def _switch(flag: Flag) -> tuple[Instruction, ...]:
    return () if flag.on else (instruction("turnFlagOn"),)
