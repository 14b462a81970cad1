"""The operations of a JSON Patch that lead from a flag to another exposure. Pure.

Source: the examples of `PATCH /v2/environments/E/settings/S/value` in ConfigCat's OpenAPI description. A
patch touches only its paths, so that what others wrote stays; its tests come first, and are its lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sluicegate.flags.configcat.model import FIELDS, Flag, Option, Rule
from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import the_one, whole_percent

Operation = Mapping[str, object]

_KEEP = (
    "Let only a rule with percentages for everybody, and a rule for each segment, serve the new value; let "
    "the default value be the old one."
)


def value_of(kind: str, text: str) -> dict[str, object]:
    """A value as the API has it."""
    match kind:
        case "boolean":
            return {FIELDS[kind]: text == "true"}
        case "int":
            return {FIELDS[kind]: int(text)}
        case _:
            return {"stringValue": text}


def operations(flag: Flag, target: Exposure, where: str) -> tuple[Operation, ...]:
    """What leads to an exposure; nothing if the flag has it already.

    Args:
        flag: as it is, with the segments of its product.
        target: who should see the new value.
        where: names the flag in errors.

    Raises:
        FlagRefused: a share is not a whole percent, a segment is unknown, or the flag would not then have
            that exposure.
    """
    if flag.exposure()[0] == target:
        return ()
    after = changed(flag, target, where)
    return (*_tests(flag), *_default(flag, after), *_percentages(flag, after), *_segments(flag, after))


def changed(flag: Flag, target: Exposure, where: str) -> Flag:
    """The flag with the exposure; raises as `operations`."""
    part = whole_percent(target.share, where)
    wanted = [_segment(flag, name, where) for name in target.segments]
    first = Rule((), (Option(part, flag.new), Option(100 - part, flag.old)), None)
    last = (first,) if part and not flag.percentages else ()
    rules = (*_chosen(flag, wanted), *last)
    after = replace(flag, default=flag.old, rules=tuple(_drawn(flag, rule, part) for rule in rules))
    found, reason = after.exposure()
    if found != target:
        raise FlagRefused(f"it would not have that exposure: {reason}", where=where, remedy=_KEEP)
    return after


def _chosen(flag: Flag, wanted: list[str]) -> list[Rule]:
    """The rules, without those of segments that are not wanted, and with those that are missing."""
    kept = [rule for rule in flag.rules if not _is_own(flag, rule) or rule.segment in wanted]
    there = {rule.segment for rule in kept if _is_own(flag, rule)}
    return [*(Rule((_condition(one),), (), flag.new) for one in wanted if one not in there), *kept]


def _segment(flag: Flag, name: str, where: str) -> str:
    found = [key for key, about in flag.segments.items() if about.get("name") == name]
    remedy = "Name a segment of the product in the plan, as it is spelt there."
    return the_one(found, "ConfigCat has", f"segments named '{name}'", where, remedy)


def _is_own(flag: Flag, rule: Rule) -> bool:
    """Does the rule serve the new value to a whole segment?"""
    return bool(rule.segment) and rule.share(flag.new) == 1


def _condition(segment: str) -> dict[str, object]:
    return {"segmentCondition": {"segmentId": segment, "comparator": "isIn"}}


def _drawn(flag: Flag, rule: Rule, part: int) -> Rule:
    """A rule with the percentage where it is for everybody; the order of its options stays."""
    if not rule.is_open:
        return rule
    parts = {flag.new: part, flag.old: 100 - part}
    return replace(rule, options=tuple(Option(parts.get(o.value, 0), o.value) for o in rule.options))


def _tests(flag: Flag) -> Iterator[Operation]:
    """That what decides is still as it was read: the default, percentages, and where the rules are."""
    yield {"op": "test", "path": f"/defaultValue/{FIELDS[flag.kind]}", **_plain(flag, flag.default)}
    for place in flag.percentages:
        for number, option in enumerate(flag.rules[place].options):
            path = f"/targetingRules/{place}/percentageOptions/{number}/percentage"
            yield {"op": "test", "path": path, "value": option.percentage}
    for place, rule in enumerate(flag.rules):
        if rule.segment:
            path = f"/targetingRules/{place}/conditions/0/segmentCondition/segmentId"
            yield {"op": "test", "path": path, "value": rule.segment}
    if not flag.rules:
        yield {"op": "test", "path": "/targetingRules", "value": []}


def _plain(flag: Flag, text: str) -> dict[str, object]:
    return {"value": value_of(flag.kind, text)[FIELDS[flag.kind]]}


def _default(flag: Flag, after: Flag) -> Iterator[Operation]:
    if flag.default != after.default:
        path = f"/defaultValue/{FIELDS[flag.kind]}"
        yield {"op": "replace", "path": path, **_plain(flag, after.default)}


def _percentages(flag: Flag, after: Flag) -> Iterator[Operation]:
    """Other numbers in the options that are there, or a new rule at the end."""
    new = after.rules[after.percentages[0]].options if after.percentages else ()
    for place in flag.percentages:
        for number, (option, before) in enumerate(zip(new, flag.rules[place].options, strict=True)):
            if option != before:
                path = f"/targetingRules/{place}/percentageOptions/{number}/percentage"
                yield {"op": "replace", "path": path, "value": option.percentage}
    if new and not flag.percentages:
        yield {"op": "add", "path": "/targetingRules/-", "value": body_of(flag, after.rules[-1])}


def _segments(flag: Flag, after: Flag) -> Iterator[Operation]:
    """Rules of segments: unwanted ones go, the last first, and missing ones come before all others."""
    for place in reversed(range(len(flag.rules))):
        rule = flag.rules[place]
        if _is_own(flag, rule) and rule not in after.rules:
            yield {"op": "remove", "path": f"/targetingRules/{place}"}
    for rule in after.rules:
        if _is_own(flag, rule) and rule not in flag.rules:
            yield {"op": "add", "path": "/targetingRules/0", "value": body_of(flag, rule)}


def body_of(flag: Flag, rule: Rule) -> dict[str, object]:
    """A rule as the API has it."""
    body: dict[str, object] = {"conditions": list(rule.conditions)}
    if rule.options:
        body["percentageOptions"] = [
            {"percentage": o.percentage, "value": value_of(flag.kind, o.value)} for o in rule.options
        ]
    elif rule.value is not None:
        body |= {"percentageOptions": [], "value": value_of(flag.kind, rule.value)}
    return body


def killed(kind: str, old: str) -> tuple[Operation, ...]:
    """What lets everybody get the old value, whatever the rules are; the same every time."""
    field = FIELDS[kind]
    return (
        {"op": "replace", "path": "/targetingRules", "value": []},
        {"op": "replace", "path": f"/defaultValue/{field}", "value": value_of(kind, old)[field]},
    )
