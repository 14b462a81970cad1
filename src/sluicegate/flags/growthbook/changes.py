"""The changes of a draft that lead a feature to another exposure. Pure.

They are published together, so that no user sees an intermediate state. No rule is deleted, so that
seeds and ids stay for the life of a rollout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from sluicegate.flags.growthbook.model import Feature, state_of
from sluicegate.flags.growthbook.rules import FORCE, HASH_VERSION, ROLLOUT, Groups, Rule
from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import in_steps, the_one

STEP = Fraction(1, 10_000)
"""The smallest step of a share: version 2 of the hash has 10,000 buckets."""

_TITLE = "Rollout by Sluicegate"
_KEEP_ONE = "Leave the environment at most one rule for everybody, and one rule for each saved group."


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of one rule.

    Attributes:
        after: the rule in its new form.
        fields: that are sent.
    """

    after: Rule
    fields: Mapping[str, object]

    def applied(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """The rules after it."""
        return tuple(self.after if rule.id == self.after.id else rule for rule in rules)

    def is_done(self, rules: Iterable[Rule]) -> bool:
        """Does the rule have its new form?"""
        return any(rule.id == self.after.id and rule.normal == self.after.normal for rule in rules)


@dataclass(frozen=True, slots=True)
class Create:
    """A new rule, behind all others.

    Attributes:
        rule: in its new form.
        known: the ids that were there before.
    """

    rule: Rule
    known: frozenset[str]

    @property
    def body(self) -> dict[str, object]:
        """Of the request."""
        rule, draw = self.rule, self.rule.draw
        drawn: dict[str, object] = {}
        if draw is not None:
            drawn = {"hashAttribute": draw.attribute, "seed": draw.seed, "hashVersion": draw.version}
        return {
            "type": rule.kind,
            "description": _TITLE,
            "enabled": True,
            "value": rule.value,
            "environments": list(rule.environments or ()),
            "allEnvironments": False,
            **({"coverage": float(rule.coverage or 0), **drawn} if drawn else {}),
            **(
                {"savedGroups": [{"match": g.match, "ids": list(g.ids)} for g in rule.groups]}
                if rule.groups
                else {}
            ),
        }

    def applied(self, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        """The rules after it."""
        return (*rules, self.rule)

    def is_done(self, rules: Iterable[Rule]) -> bool:
        """Is such a rule there that was not there before?"""
        return any(rule.id not in self.known and rule.normal == self.rule.normal for rule in rules)


Change = Patch | Create


def changes(feature: Feature, target: Exposure, where: str) -> tuple[Change, ...]:
    """What to change in a draft, in order; nothing if the rules need no change.

    Args:
        feature: as it is, with its saved groups where the target names some.
        target: with a share or a segment.
        where: names the flag in errors.

    Raises:
        FlagRefused: the feature has rules that are not a rollout's, or GrowthBook no such saved group.
    """
    in_steps(target.share, STEP, where)
    ids = {name: _group(feature, name, where) for name in target.segments}
    found = (
        *_of_share(feature, target.share, where),
        *(change for name, id_ in ids.items() for change in _of_group(feature, name, id_, where)),
        *_unwanted(feature, target, where),
    )
    after = after_changes(feature, found)
    if after.if_enabled()[0] != target:
        raise FlagRefused(
            f"its other rules would give another exposure: {after.if_enabled()[1]}",
            where=where,
            remedy=_KEEP_ONE,
        )
    return found


def after_changes(feature: Feature, found: Iterable[Change]) -> Feature:
    """The feature after the changes, its environment switched on."""
    rules = feature.rules
    for change in found:
        rules = change.applied(rules)
    on = {**feature.environments, feature.wanted.environment: True}
    return replace(feature, rules=rules, environments=on)


def _of_share(feature: Feature, share: Fraction, where: str) -> Iterable[Change]:
    rules = feature.rollouts
    if len(rules) > 1:
        raise FlagRefused(f"it has {len(rules)} rules for everybody", where=where, remedy=_KEEP_ONE)
    if not rules:
        if share:
            yield Create(_new(feature, ROLLOUT, share), frozenset(r.id for r in feature.rules))
        return
    rule = rules[0]
    _check_draw(feature, rule, where)
    if rule.coverage == share:
        return
    _check_own(feature, rule, where)
    draw = feature.wanted.draw
    fields: dict[str, object] = {"coverage": float(share)}
    if rule.draw is None:  # the server no longer shows what it draws by, or never knew
        fields |= {"hashAttribute": draw.attribute, "seed": draw.seed, "hashVersion": draw.version}
    kind = FORCE if share == 1 else ROLLOUT
    yield Patch(replace(rule, kind=kind, coverage=share, draw=None if share == 1 else draw), fields)


def _check_draw(feature: Feature, rule: Rule, where: str) -> None:
    """A rule that is for everybody shows no draw, so the plan must know it."""
    draw = rule.draw
    if draw is None or draw == feature.wanted.draw:
        return
    if draw.version != HASH_VERSION:
        raise FlagRefused(
            f"{rule.in_words} draws by version {draw.version} of the hash", where=where,
            remedy=f"Remove the rule, so that one is added that draws by version {HASH_VERSION}.",
        )  # fmt: skip
    raise FlagRefused(
        f"{rule.in_words} draws by {draw.in_words}, and the plan by {feature.wanted.draw.in_words}",
        where=where,
        remedy=f"Write 'attribute: {draw.attribute}' and 'seed: {draw.seed}' in the plan, or remove the rule",
    )  # fmt: skip


def _check_own(feature: Feature, rule: Rule, where: str) -> None:
    """A rule of several environments would be changed in all of them."""
    others = [e for e in feature.environments if e != feature.wanted.environment and rule.is_in(e)]
    if others:
        raise FlagRefused(
            f"{rule.in_words} is also of {', '.join(others)}, where it would be changed too", where=where,
            remedy=f"Give {feature.wanted.environment} a rule of its own in GrowthBook.",
        )  # fmt: skip


def _group(feature: Feature, name: str, where: str) -> str:
    found = [group.id for group in (feature.groups or {}).values() if group.name == name]
    remedy = "Name a saved group of GrowthBook in the plan, as it is spelt there."
    return the_one(found, "GrowthBook has", f"saved groups named '{name}'", where, remedy)


def _of_group(feature: Feature, name: str, id_: str, where: str) -> Iterable[Change]:
    """The rule of a saved group: there, switched on again, or added."""
    there = [
        r for r in feature.own if feature.name_of(r) == name and feature.is_new(r.value) and not r.driver
    ]
    if any(rule.enabled for rule in there):
        return
    if there:
        yield _switch(feature, there[0], where, enabled=True)
    else:
        rule = replace(_new(feature, FORCE, Fraction(1)), groups=(Groups("any", (id_,)),))
        yield Create(rule, frozenset(r.id for r in feature.rules))


def _unwanted(feature: Feature, target: Exposure, where: str) -> Iterable[Change]:
    """Rules of saved groups that must not see the new variation."""
    for rule in feature.active:
        if rule.is_open or rule.coverage == 0 or not feature.is_new(rule.value):
            continue
        name = feature.name_of(rule)
        if not name:
            what = f"{rule.in_words} is for a part of the users that is no whole saved group"
            raise FlagRefused(what, where=where, remedy=_KEEP_ONE)
        if name not in target.segments:
            yield _switch(feature, rule, where, enabled=False)


def _switch(feature: Feature, rule: Rule, where: str, *, enabled: bool) -> Patch:
    _check_own(feature, rule, where)
    return Patch(replace(rule, enabled=enabled), {"enabled": enabled})


def _new(feature: Feature, kind: str, share: Fraction) -> Rule:
    wanted = feature.wanted
    draw = wanted.draw if kind == ROLLOUT else None
    return Rule("", kind, True, wanted.value, share, draw, environments=(wanted.environment,))


def is_meant(feature: Feature, draft: Feature, found: Iterable[Change]) -> bool:
    """Does a draft lead to what the changes lead to, in the environment and in all others?"""
    wanted = after_changes(feature, found)
    same = [rule.normal for rule in draft.rules] == [rule.normal for rule in wanted.rules]
    one, other = state_of(draft), state_of(wanted)
    alike = (one.exposure, one.fingerprint) == (other.exposure, other.fingerprint)
    return same and alike and draft.environments == wanted.environments
