"""Who sees a flag of a flagd file, and the flag of another exposure. Pure.

Source: flagd's flag definitions (https://flagd.dev/reference/flag-definitions/) and answers of its evaluator,
flagd-core 2.0. What stays out of a share gets `defaultVariant`: users without a targeting key too, where the
buckets are drawn by the short form of `fractional`. `DISABLED` gives the default of the calling code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.files.flag import Unclear, Variants, misspelt, spelt
from sluicegate.flags.interface import Exposure, FlagRefused, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, percent

MOST = 2**31 - 1
"""The highest sum of weights."""

KEYS = ("state", "variants", "defaultVariant", "targeting", "metadata")
"""Keys of a flag. Go, in which flagd is written, takes others for them that differ in case alone."""

_SHORT: Mapping[str, object] = {}
"""Stands for the short form, in which flagd draws by the flag's key and the targeting key."""


@dataclass(frozen=True, slots=True)
class Split:
    """A `fractional` rule of two variants.

    Attributes:
        by: the expression that users are drawn by; an empty mapping for the short form.
        first: does the new variation come first?
        share: of the new variation.
    """

    by: Mapping[str, object]
    first: bool
    share: Fraction


@dataclass(frozen=True, slots=True)
class Rule:
    """A targeting that a rollout can have: segments that see the new variation, then a split.

    Attributes:
        segments: names of shared evaluators, in order.
        rest: of all others.
    """

    segments: tuple[str, ...]
    rest: Split


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in its file.

    Attributes:
        name: its key.
        body: the flag.
        evaluators: shared rules, `$evaluators` of the file.
        variants: of the rollout.
    """

    name: str
    body: Mapping[str, object]
    evaluators: Mapping[str, object]
    variants: Variants

    @property
    def rule(self) -> Rule | Unclear:
        """What its targeting means."""
        targeting = self.body.get("targeting")
        if targeting is None or targeting == {}:
            return self._default()
        found = _rule(targeting, self.variants)
        if isinstance(found, Rule):
            missing = [name for name in found.segments if name not in self.evaluators]
            if missing:
                return Unclear(f"the file has no evaluator '{missing[0]}'")
            if found.rest.share < 1 and self.body.get("defaultVariant") != self.variants.old:
                return Unclear(
                    f"its default variant is not '{self.variants.old}', which all users without a key get"
                )
        return found

    def _default(self) -> Rule | Unclear:
        default = self.body.get("defaultVariant")
        if default not in (self.variants.new, self.variants.old):
            return Unclear("its default variant is neither of the two, so that the code's default counts")
        return Rule((), Split(_SHORT, True, Fraction(int(default == self.variants.new))))

    def state(self, version: str) -> FlagState:
        """The normalised state.

        Args:
            version: of the file.
        """
        rule, enabled = self.rule, self.body.get("state") == "ENABLED"
        if wrong := misspelt(self.body, KEYS):
            rule = Unclear(f"the key '{cut(one_line(wrong), 40)}' is not written as flagd has it")
        elif missing := self._missing_variant():
            rule = Unclear(f"it has no variant '{missing}'")
        if not enabled:
            rule = Unclear("it is not ENABLED, so that the default of the calling code counts")
        exposure = Exposure(rule.rest.share, rule.segments) if isinstance(rule, Rule) else None
        return FlagState(
            exposure=exposure,
            enabled=enabled,
            reason=self._words(rule),
            driver=None,
            fingerprint=fingerprint([self.body, self._used()]),
            version=version,
            bucketing=self._bucketing(rule),
        )

    def _missing_variant(self) -> str | None:
        there = mapping(self.body.get("variants"))
        return next((name for name in (self.variants.new, self.variants.old) if name not in there), None)

    def _words(self, rule: Rule | Unclear) -> str:
        if isinstance(rule, Unclear):
            return rule.why
        also = and_segments(rule.segments)
        return f"'{self.variants.new}' is for {percent(rule.rest.share)} of all users{also}"

    def _used(self) -> Mapping[str, object]:
        """The shared rules; any of them may be used by another."""
        return self.evaluators if "$ref" in str(self.body) else {}

    def _bucketing(self, rule: Rule | Unclear) -> str:
        if isinstance(rule, Unclear):
            return "not known"
        by = f"the expression {fingerprint(rule.rest.by)}" if rule.rest.by else "the key of flag and user"
        order = (self.variants.new, self.variants.old)[:: 1 if rule.rest.first else -1]
        return f"flag {self.name}, by {by}, order {', '.join(order)}"


def _rule(targeting: object, variants: Variants) -> Rule | Unclear:
    """What a targeting means: `fractional`, a variant, or `if` with segments before one of these."""
    is_if = set(mapping(targeting)) == {"if"}
    branches = mapping(targeting)["if"] if is_if else [targeting]
    if not isinstance(branches, list):
        return Unclear("the `if` of its targeting is no list")
    *pairs, last = branches if len(branches) % 2 else [*branches, None]
    segments = [_segment(*pair, variants) for pair in zip(pairs[::2], pairs[1::2], strict=True)]
    if None in segments:
        return Unclear("a condition of its targeting is no shared evaluator that leads to the new variant")
    rest = _rest(last, variants)
    return rest if isinstance(rest, Unclear) else Rule(tuple(name for name in segments if name), rest)


def _segment(condition: object, result: object, variants: Variants) -> str | None:
    """The shared evaluator whose users see the new variant; None for any other branch."""
    name = mapping(condition).get("$ref")
    is_one = isinstance(name, str) and len(mapping(condition)) == 1 and result == variants.new
    return str(name) if is_one else None


def _rest(value: object, variants: Variants) -> Split | Unclear:
    if value is None or value == variants.old:
        return Split(_SHORT, True, Fraction(0))
    if value == variants.new:
        return Split(_SHORT, True, Fraction(1))
    if not isinstance(value, dict) or set(value) != {"fractional"}:
        return Unclear("its targeting is no fractional rule, and no shared evaluator before one")
    parts = items(value["fractional"])
    by: object = _SHORT
    if parts and not isinstance(parts[0], list):
        by, parts = parts[0], parts[1:]
    return _split(by, parts, variants)


def _split(by: object, parts: Sequence[object], variants: Variants) -> Split | Unclear:
    if by is not _SHORT and not _is_attribute(by):
        return Unclear(
            "it draws users by an expression that is no plain attribute: all users without a key may get one "
            "answer together"
        )
    weights = dict(weight for part in parts if (weight := _weight(part)) is not None)
    if len(parts) != 2 or set(weights) != {variants.new, variants.old}:
        return Unclear("its fractional rule is not of the two variants with whole weights")
    total = sum(weights.values())
    if not 0 < total <= MOST:
        return Unclear(f"the weights of its fractional rule sum up to {total}")
    return Split(mapping(by), next(iter(weights)) == variants.new, Fraction(weights[variants.new], total))


def _is_attribute(by: object) -> bool:
    """Is it `{"var": NAME}`? Who lacks the attribute then gets the default variant."""
    return set(mapping(by)) == {"var"} and isinstance(mapping(by)["var"], str)


def _weight(part: object) -> tuple[str, int] | None:
    """The variant and the weight of a part of a fractional rule; None if they are uncertain."""
    match part:
        case [str() as name]:
            return name, 1
        case [str() as name, int() as weight] if not isinstance(weight, bool) and weight >= 0:
            return name, weight
        case _:
            return None


def exposed(flag: Flag, target: Exposure, where: str) -> dict[str, object]:
    """The flag with another exposure; how users are drawn stays as it is.

    Args:
        flag: in a state whose exposure is known.
        target: who should see the new variation.
        where: names the flag in errors.

    Raises:
        FlagRefused: a segment is not a shared evaluator of the file, or the share is too fine.
    """
    rule = flag.rule
    if isinstance(rule, Rule) and Exposure(rule.rest.share, rule.segments) == target:
        return dict(flag.body)
    _check_segments(flag, target, where)
    before = rule.rest if isinstance(rule, Rule) else Split(_SHORT, True, Fraction(0))
    rest: object = {"fractional": _fractional(before, target.share, flag.variants, where)}
    if target.segments:
        branches = [part for name in target.segments for part in ({"$ref": name}, flag.variants.new)]
        rest = {"if": [*branches, rest]}
    return {**flag.body, "defaultVariant": flag.variants.old, "targeting": rest}


def _check_segments(flag: Flag, target: Exposure, where: str) -> None:
    missing = [name for name in target.segments if name not in flag.evaluators]
    if missing:
        remedy = "Name a shared evaluator of `$evaluators` in the plan."
        raise FlagRefused(f"the file has no evaluator '{missing[0]}'", where=where, remedy=remedy)


def _fractional(split: Split, share: Fraction, variants: Variants, where: str) -> list[object]:
    total = share.denominator * (100 // _common(share.denominator, 100))
    if total > MOST:
        remedy = "Plan stages of whole percents, or of a few decimals."
        raise FlagRefused(f"a share of {share} is too fine for flagd", where=where, remedy=remedy)
    new, old = int(share * total), int((1 - share) * total)
    parts: list[object] = [[variants.new, new], [variants.old, old]]
    return [*([dict(split.by)] if split.by else []), *(parts if split.first else parts[::-1])]


def _common(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one


def switched_off(flag: Flag) -> dict[str, object]:
    """The flag with which every evaluation gives the old variant, whatever the code's default is."""
    without = {key: value for key, value in spelt(flag.body, KEYS).items() if key != "targeting"}
    return {**without, "state": "ENABLED", "defaultVariant": flag.variants.old}
