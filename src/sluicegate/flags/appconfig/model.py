"""What the content of a profile of feature flags says of a flag, and who sees it. Pure.

Source: the user guide of AWS AppConfig, "Understanding the type reference for AWS.AppConfig.FeatureFlags" and
"Understanding multi-variant feature flag rules". Variants are tried in order, the first whose rule holds is
the answer, and the last one, without a rule, is for everybody else. `split` is of the users, by a hash of a
value of the context; the growth of a deployment is of the callers, and another thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.files.json_text import read_document, replace_flag
from sluicegate.flags.interface import EVERYONE, OFF, Exposure, FlagRefused, FlagState
from sluicegate.flags.normal import fingerprint, items, mapping, percent, whole_percent

FORM = (
    "Give the flag its variants in this order: the new one with the rule (split by::$userId pct::0), those "
    "of groups with rules of their own, and last a disabled default without a rule."
)

_SPLIT = re.compile(
    r'\(\s*split((?:\s+(?:by::\$[\w.-]+|pct::[0-9]{1,3}(?:\.[0-9]{1,9})?|seed::"[^"\\]*")){2,3})\s*\)'
)
_PART = re.compile(r'(by|pct|seed)::(?:\$([\w.-]+)|([0-9.]+)|"([^"\\]*)")')
_GUARD = re.compile(r'\(\s*and\s+\(\s*exists\s+key::"([\w.-]+)"\s*\)\s+(\(.*\))\s*\)', re.DOTALL)
_SEED_OR_PCT = re.compile(r'seed::"[^"]*"|pct::[0-9.]+')
_OWN_KEYS = ("enabled", "_variants")
_STAMPS = ("_createdAt", "_updatedAt", "_deprecation")


@dataclass(frozen=True, slots=True)
class Split:
    """A rule that holds for a share of the users.

    Attributes:
        by: the value of the context that users are drawn by.
        share: of the users, from 0 to 1.
        seed: empty for one of the flag's own.
        guarded: does it not hold for a context without that value? Else AppConfig does not say.
    """

    by: str
    share: Fraction
    seed: str
    guarded: bool

    @property
    def bucketing(self) -> str:
        """What decides which users it holds for, for people and to compare."""
        seed = f"seed {self.seed}" if self.seed else "a seed of the flag"
        return f"split by {self.by}, {seed}" + (f", where {self.by} exists" if self.guarded else "")


def parse_split(rule: str) -> Split | None:
    """The split that a rule is; None if it is another.

    Forms: `(split by::$KEY pct::N)`, perhaps with `seed::"TEXT"`, in any order; or
    `(and (exists key::"KEY") (split …))` with the same key.
    """
    guard = _GUARD.fullmatch(rule.strip())
    values = _parts(guard[2] if guard else rule.strip())
    if not {"by", "pct"} <= values.keys() or (guard and guard[1] != values["by"]):
        return None
    share = Fraction(values["pct"]) / 100
    return Split(values["by"], share, values.get("seed", ""), guard is not None) if share <= 1 else None


def _parts(split: str) -> Mapping[str, str]:
    """The values of a bare split by name; empty unless it is one that names each once."""
    found = _SPLIT.fullmatch(split)
    parts = [match.groups() for match in _PART.finditer(found[1])] if found else []
    values = {name: next(filter(None, alternatives), "") for name, *alternatives in parts}
    return values if len(values) == len(parts) else {}


def _with_percent(rule: str, number: int) -> str:
    """A split with another percentage; all else in it stays, a seed that looks like one too."""
    return _SEED_OR_PCT.sub(lambda found: found[0] if found[0][0] == "s" else f"pct::{number}", rule)


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant; `rule` is empty for that of everybody else."""

    name: str
    enabled: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in the content of a version.

    Attributes:
        name: its key.
        new: the name of the variant that is rolled out.
        value: what the content has under `values`; None if the flag is not there.
    """

    name: str
    new: str
    value: Mapping[str, object] | None

    @property
    def has_variants(self) -> bool:
        """Does it have variants? Else it is on or off for everybody."""
        return self.value is not None and "_variants" in self.value

    @property
    def variants(self) -> tuple[Variant, ...] | None:
        """Its variants in order; None if one of them is malformed."""
        found = [mapping(each) for each in items(mapping(self.value).get("_variants"))]
        sound = all(
            isinstance(v.get("name"), str)
            and isinstance(v.get("enabled"), bool)
            and isinstance(v.get("rule", ""), str)
            for v in found
        )
        if not found or not sound:
            return None
        return tuple(
            Variant(str(v["name"]), v["enabled"] is True, str(v.get("rule", "")).strip()) for v in found
        )

    def exposure(self) -> tuple[Exposure | None, str]:
        """Who sees the new variant, and how that was computed or why it cannot be."""
        if self.value is None:
            return None, "the deployed version has no such flag"
        if not self.has_variants:
            return self._plain(self.value.get("enabled"))
        variants = self.variants
        if variants is None or "enabled" in self.value:
            return None, "its variants are not of the form that AppConfig documents"
        wrong = next(_wrong(variants, self.new), None)
        return (None, wrong) if wrong else _of_variants(variants)

    def _plain(self, enabled: object) -> tuple[Exposure | None, str]:
        match enabled:
            case True:
                return EVERYONE, "it has no variants, and is enabled"
            case False:
                return OFF, "it is disabled"
        return None, "it is neither enabled nor disabled"

    @property
    def bucketing(self) -> str:
        """What decides which users are in the share; empty without a split."""
        split = parse_split(self.variants[0].rule) if self.variants else None
        return split.bucketing if split else ""

    @property
    def guarded(self) -> bool | None:
        """Does the split leave contexts without its key out? None without a split."""
        split = parse_split(self.variants[0].rule) if self.variants else None
        return split.guarded if split else None

    @property
    def is_off(self) -> bool:
        """Is nothing of it enabled?"""
        value = mapping(self.value)
        if not isinstance(value.get("_variants"), list | None):
            return False
        return not value.get("enabled") and not any(
            mapping(each).get("enabled") for each in items(value.get("_variants"))
        )

    def normal(self) -> dict[str, object]:
        """All that decides what a client gets, with every value of its attributes."""
        return {k: v for k, v in mapping(self.value).items() if k not in _STAMPS} | {
            "there": bool(self.value)
        }


def _wrong(variants: tuple[Variant, ...], new: str) -> Iterator[str]:
    """Why the variants are not those of a rollout."""
    names = [v.name for v in variants]
    if len(set(names)) != len(names):
        yield "two of its variants have one name"
    if names[0] != new:
        yield f"its first variant is {_said(names[0])}, and not {_said(new)}"
    if len(variants) == 1 or variants[-1].rule:
        yield "its last variant is not a default without a rule"
    if parse_split(variants[0].rule) is None:
        yield f"the rule of {_said(new)} is no split of the users"
    yield from _wrong_groups(variants[0], variants[1:-1])


def _wrong_groups(first: Variant, groups: tuple[Variant, ...]) -> Iterator[str]:
    for group in groups:
        if not group.rule:
            yield f"{_said(group.name)} has no rule, and hides the variants behind it"
        if "split" in group.rule:
            yield f"{_said(group.name)} has a share of its own"
    if any(group.enabled for group in groups) and not first.enabled and _share(first):
        yield f"{_said(first.name)} is disabled, and hides a part of the groups behind it"


def _share(variant: Variant) -> Fraction:
    split = parse_split(variant.rule)
    return split.share if split else Fraction(0)


def _of_variants(variants: tuple[Variant, ...]) -> tuple[Exposure, str]:
    first, *groups, last = variants
    if last.enabled:
        return EVERYONE, f"its default {_said(last.name)} is enabled"
    share = _share(first) if first.enabled else Fraction(0)
    seen = tuple(group.name for group in groups if group.enabled)
    words = (
        f"{_said(first.name)} is {'enabled' if first.enabled else 'disabled'} for {percent(_share(first))}"
    )
    return Exposure(share, seen), words + (f"; enabled for {', '.join(map(_said, seen))}" if seen else "")


def _said(name: str) -> str:
    return f"'{cut(one_line(name), 60)}'"


def read_flag(content: bytes, name: str, new: str, where: str) -> Flag:
    """The flag in a version's content.

    Raises:
        EvidenceError: the content is not a JSON object.
    """
    document = read_document(content, where)
    found = mapping(document.get("values")).get(name)
    return Flag(name, new, found if isinstance(found, dict) else None)


def with_flag(content: bytes, flag: Flag) -> bytes:
    """The content with another value of a flag that it has; every other byte stays."""
    return replace_flag(content, ("values", flag.name), mapping(flag.value))


def targeted(flag: Flag, target: Exposure, where: str) -> Flag:
    """The flag as it must be for another exposure. The order of its variants and its split stay.

    Args:
        flag: as it is, with an exposure that can be computed.
        target: with a share or a segment; for nobody see `switched_off`.
        where: names the flag in errors.

    Raises:
        FlagRefused: the flag has no variants, its default is enabled, or it has no such group.
    """
    groups = _groups(flag, where)
    if unknown := [name for name in target.segments if name not in groups]:
        raise FlagRefused(
            f"the flag has no variant {_said(unknown[0])} below {_said(flag.new)}", where=where,
            remedy=f"It has: {', '.join(groups) or 'none'}. Add it with a rule of its own.",
        )  # fmt: skip
    number = whole_percent(target.share, where)
    first, *between, last = (dict(mapping(each)) for each in items(mapping(flag.value)["_variants"]))
    first |= {"enabled": number > 0, "rule": _with_percent(str(first["rule"]), number)}
    for group in between:
        group["enabled"] = group["name"] in target.segments
    return Flag(flag.name, flag.new, {**mapping(flag.value), "_variants": [first, *between, last]})


def _groups(flag: Flag, where: str) -> list[str]:
    """The names of the variants of groups; the default must be off."""
    variants = flag.variants
    if variants is None or variants[-1].enabled:
        what = "its default is enabled" if variants else "it has no variants"
        raise FlagRefused(f"{what}: it is for everybody or nobody", where=where, remedy=FORM)
    return [v.name for v in variants[1:-1]]


def switched_off(flag: Flag) -> Flag:
    """The flag with nothing of it enabled, whatever its form; the shares stay as they are."""
    value = dict(mapping(flag.value))
    variants = value.get("_variants")
    if not isinstance(variants, list):
        value.pop("_variants", None)
    if "enabled" in value or not isinstance(variants, list):
        value["enabled"] = False
    if isinstance(variants, list):
        value["_variants"] = [
            {**each, "enabled": False} if isinstance(each, dict) else each for each in variants
        ]
    return Flag(flag.name, flag.new, value)


def state_of(flag: Flag, version: str, driver: str | None) -> FlagState:
    """The state of a flag of a version that all callers get."""
    exposure, reason = flag.exposure()
    return FlagState(
        exposure=exposure,
        enabled=not flag.is_off,
        reason=reason,
        driver=driver,
        fingerprint=fingerprint(flag.normal()),
        version=version,
        bucketing=flag.bucketing,
    )


def unknown_state(reason: str, version: str, driver: str | None) -> FlagState:
    """The state where it is not known which version a caller gets."""
    return FlagState(None, True, reason, driver, fingerprint([reason, version]), version, "")
