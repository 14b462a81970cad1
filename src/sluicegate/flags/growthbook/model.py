"""What GrowthBook says of a feature, and who sees it in one environment. Pure.

Source: the API's description 4.4.0, and what the server's payload and its SDKs make of a feature. The first
rule that a user meets decides; who meets none gets the default value. An environment that is switched off has
no such feature at all, so that the code's own default counts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.growthbook.rules import FORCE, ROLLOUT, Draw, Rule, read_rules
from sluicegate.flags.interface import EVERYONE, OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, percent


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """A named group of users; `meaning` is what decides who is in it."""

    id: str
    name: str
    meaning: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a plan says of the feature.

    Attributes:
        environment: its id.
        value: of the new variation, as GrowthBook writes it.
        draw: of the rollout's rule.
    """

    environment: str
    value: str
    draw: Draw


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature, looked at from one environment.

    Attributes:
        version: of the live revision.
        environments: of the organisation, by id: are they switched on?
        value_type: `boolean`, `string`, `number` or `json`.
        default: the value of who meets no rule.
        rules: of all environments, in order.
        parents: features that must be on for this one to be.
        holdout: the id of its holdout, or empty.
        groups: the saved groups that are known, by id.
        wanted: what the plan says.
    """

    id: str
    version: int
    environments: Mapping[str, bool]
    value_type: str
    default: str
    rules: tuple[Rule, ...]
    wanted: Wanted
    archived: bool = False
    parents: tuple[object, ...] = ()
    holdout: str = ""
    groups: Mapping[str, SavedGroup] | None = None

    @property
    def enabled(self) -> bool:
        """Is its environment switched on?"""
        return self.environments.get(self.wanted.environment, False)

    @property
    def own(self) -> tuple[Rule, ...]:
        """The rules of the environment, disabled ones too."""
        return tuple(r for r in self.rules if r.is_in(self.wanted.environment))

    @property
    def active(self) -> tuple[Rule, ...]:
        """The rules that count in the environment."""
        return tuple(r for r in self.own if r.enabled)

    @property
    def driver(self) -> str | None:
        """The automation that changes a rule of the environment, or None."""
        return next((rule.driver for rule in self.own if rule.driver), None)

    @property
    def rollouts(self) -> tuple[Rule, ...]:
        """The rules that give every user the new variation, or a share of all."""
        return tuple(
            r for r in self.active if r.is_open and r.kind in (FORCE, ROLLOUT) and self.is_new(r.value)
        )

    def is_new(self, value: str) -> bool:
        """Is it the value of the new variation?"""
        return _same(value, self.wanted.value, self.value_type)

    def name_of(self, rule: Rule) -> str:
        """The saved group that a rule is for as a whole; empty for any other rule."""
        found = (self.groups or {}).get(rule.group)
        return found.name if found else ""

    def if_enabled(self) -> tuple[Exposure | None, str]:
        """Who sees it where the environment is switched on, and why."""
        if self.parents:
            return None, "it has prerequisites, other features that must be on"
        if self.holdout:
            return None, f"the holdout {cut(one_line(self.holdout), 60)} keeps a part of the users from it"
        return _Reader(self).read()


@dataclass(slots=True)
class _Reader:
    """Goes through the rules as a client does.

    Attributes:
        feature: that is read.
        shares: of the rules for all users, by what they draw by.
        segments: that were met.
        before: a rule that gives the old variation to some users; what follows it counts for the others only.
    """

    feature: Feature
    shares: dict[Draw | None, Fraction]
    segments: list[str]
    before: Rule | None

    def __init__(self, feature: Feature) -> None:
        self.feature, self.shares, self.segments, self.before = feature, {}, [], None

    def read(self) -> tuple[Exposure | None, str]:
        rules = [rule for rule in self.feature.active if rule.coverage != 0]
        for number, rule in enumerate(rules, 1):
            why = self._meet(rule)
            if why:
                return None, why
            if rule.is_open and rule.coverage == 1:
                is_new = self.feature.is_new(rule.value)
                self.segments += filter(None, map(self._named, rules[number:])) if is_new else ()
                return self._end(is_new, rule.in_words)
        return self._end(self.feature.is_new(self.feature.default), "the default value")

    def _meet(self, rule: Rule) -> str:
        """Count a rule; why who sees the feature cannot be computed, or nothing."""
        if rule.kind not in (FORCE, ROLLOUT):
            return f"{rule.in_words} is of a kind that a rollout does not use"
        if rule.coverage is None:
            return f"{rule.in_words} has a coverage that is no number from 0 to 1"
        if not self.feature.is_new(rule.value):
            self.before = self.before or rule
            return ""
        if self.before is not None:
            return f"{self.before.in_words} gives the old variation before {rule.in_words} gives the new one"
        if rule.is_open:
            self.shares[rule.draw] = max(rule.coverage, self.shares.get(rule.draw, Fraction(0)))
        elif name := self._named(rule):
            self.segments.append(name)
        else:
            return f"{rule.in_words} is for a part of the users that is no whole saved group{_why(rule)}"
        return ""

    def _named(self, rule: Rule) -> str:
        """The saved group that sees the new variation by a rule; empty for any other rule."""
        return self.feature.name_of(rule) if self.feature.is_new(rule.value) else ""

    def _end(self, is_new: bool, what: str) -> tuple[Exposure | None, str]:
        """The exposure, where all who are left get the new variation or not."""
        if is_new and self.before is not None:
            return None, f"{self.before.in_words} gives the old variation, and {what} the new one"
        also = and_segments(self.segments, "saved groups")
        if is_new:
            return Exposure(EVERYONE.share, tuple(self.segments)), f"{what} is for everybody{also}"
        if len(self.shares) > 1:
            return None, "several rules draw their users differently"
        share = next(iter(self.shares.values()), Fraction(0))
        return Exposure(share, tuple(self.segments)), f"its rules are for {percent(share)} of all users{also}"


def _why(rule: Rule) -> str:
    return f": {rule.limits[0]}" if rule.limits else ""


def _same(one: str, other: str, value_type: str) -> bool:
    """Do two values mean the same? An unreadable one means what it says."""
    if value_type == "string":
        return one == other
    try:
        loaded = [json.loads(each) for each in (one, other)]
    except (ValueError, RecursionError):
        return one.strip() == other.strip()
    return bool(type(loaded[0]) is type(loaded[1]) and loaded[0] == loaded[1]) or _equal_numbers(loaded)


def _equal_numbers(values: Collection[object]) -> bool:
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return len(numbers) == len(values) and len(set(numbers)) == 1


def state_of(feature: Feature) -> FlagState:
    """The normalised state of a feature."""
    exposure, reason = feature.if_enabled()
    if feature.archived or not feature.enabled:
        exposure = OFF
        reason = "it is archived" if feature.archived else "it is switched off in the environment"
    draws = sorted({r.draw.in_words for r in feature.rollouts if r.draw is not None and r.coverage != 1})
    return FlagState(
        exposure=exposure,
        enabled=feature.enabled and not feature.archived,
        reason=reason,
        driver=feature.driver,
        fingerprint=fingerprint(_normal(feature)),
        version=str(feature.version),
        bucketing="; ".join(draws or [feature.wanted.draw.in_words]),
    )


def _normal(feature: Feature) -> dict[str, object]:
    """All that decides what a client answers."""
    used = {one for rule in feature.own for groups in rule.groups for one in groups.ids}
    known = feature.groups or {}
    return {
        "archived": feature.archived,
        "enabled": feature.enabled,
        "default": feature.default,
        "value type": feature.value_type,
        "rules": [rule.normal for rule in feature.own],
        "groups": {one: list(known[one].meaning) for one in sorted(used) if one in known},
        "parents": list(feature.parents),
        "holdout": feature.holdout,
    }


def read_feature(page: Mapping[str, object], wanted: Wanted) -> Feature | None:
    """The feature of what `GET /v2/features/F` answers; None if it is not one, or lacks the environment."""
    found = mapping(page.get("feature"))
    revision, environments = mapping(found.get("revision")), mapping(found.get("environments"))
    switches = {name: mapping(each).get("enabled") for name, each in environments.items()}
    version, name = revision.get("version"), found.get("id")
    if not isinstance(name, str) or not isinstance(version, int) or not isinstance(found.get("rules"), list):
        return None
    if not isinstance(switches.get(wanted.environment), bool):
        return None
    return Feature(
        id=name,
        version=version,
        environments={key: value is True for key, value in switches.items()},
        value_type=str(found.get("valueType", "")),
        default=str(found.get("defaultValue", "")),
        rules=read_rules(found.get("rules")),
        wanted=wanted,
        archived=found.get("archived") is True,
        parents=tuple(items(found.get("prerequisites"))),
        holdout=str(mapping(found.get("holdout")).get("id", "")),
    )


def read_groups(found: Iterable[object]) -> dict[str, SavedGroup]:
    """The saved groups of what `GET /v1/saved-groups` answers, by id."""
    keys = ("type", "condition", "attributeKey", "values", "archived")
    groups = [mapping(each) for each in found]
    return {
        str(each["id"]): SavedGroup(str(each["id"]), str(each.get("name", "")), tuple(map(each.get, keys)))
        for each in groups
        if "id" in each
    }
