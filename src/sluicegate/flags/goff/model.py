"""Who sees a flag of a file of GO Feature Flag, and the flag of another exposure. Pure.

Source: `modules/core` of GO Feature Flag, 2026. Rules of `targeting` are asked in order, then `defaultRule`.
A percentage draws by a hash of the flag's name and the key, into as many buckets as the sum of the
percentages has thousandths; the names of variations in descending order get them one after the other. With
two variations and an unchanged sum, each stage holds the one before, whichever name comes first. A percentage
needs a key: without one, and where a flag is disabled, the default of the calling code counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sluicegate.core.text import cut, one_line
from sluicegate.flags.files.flag import Unclear, Variants, misspelt, spelt
from sluicegate.flags.interface import OFF, Exposure, FlagRefused, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, percent, the_one

BUCKETS = 100_000
"""Of percentages that sum up to 100: a thousandth of a percent each."""

_FLAG_KEYS = (
    "variations", "targeting", "bucketingKey", "defaultRule", "scheduledRollout", "experimentation",
    "trackEvents", "disable", "version", "metadata",
)  # fmt: skip
_DRIVERS = ("scheduledRollout", "experimentation")
_RULE_KEYS = ("name", "query", "variation", "percentage", "progressiveRollout", "disable")
_SHAPE = "Give the flag a defaultRule of one variation, or of the two with percentages that sum up to 100."


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in its file.

    Attributes:
        name: its key.
        body: the flag.
        variants: of the rollout.
    """

    name: str
    body: Mapping[str, object]
    variants: Variants

    @property
    def rules(self) -> tuple[Mapping[str, object], ...]:
        """The rules of its targeting, in order."""
        return tuple(map(mapping, items(self.body.get("targeting"))))

    @property
    def default(self) -> Mapping[str, object]:
        """The rule for all others."""
        return mapping(self.body.get("defaultRule"))

    @property
    def driver(self) -> str | None:
        """The automation of GO Feature Flag that changes it by itself, or None."""
        if self.body.get("scheduledRollout"):
            return "a scheduledRollout of GO Feature Flag"
        if self.body.get("experimentation"):
            return "an experimentation of GO Feature Flag"
        counts = (*(rule for rule in self.rules if _disabled(rule) is not True), self.default)
        if any(rule.get("progressiveRollout") for rule in counts):
            return "a progressiveRollout of GO Feature Flag"
        return None

    @property
    def exposure(self) -> Exposure | Unclear:
        """Who sees the new variation."""
        if why := self._unclear():
            return Unclear(why)
        share = self._share()
        return share if isinstance(share, Unclear) else self._with_rules(share)

    def _with_rules(self, share: Fraction) -> Exposure | Unclear:
        """The exposure of all rules together."""
        counts = [rule for rule in self.rules if not _disabled(rule)]
        led = [rule for rule in counts if not _gives_old(rule, self.variants)]
        segments = [self.segment(rule) for rule in led]
        if None in segments:
            return Unclear("a rule of its targeting has no name, or leads not to the new variation alone")
        exposure = Exposure(share, tuple(map(str, segments)))
        if len(led) < len(counts) and exposure != OFF:
            return Unclear("a rule of its targeting keeps users from the new variation")
        return exposure

    def segment(self, rule: Mapping[str, object]) -> str | None:
        """The name of a rule whose users all see the new variation where it counts; None for any other."""
        name = rule.get("name")
        plain = not rule.get("percentage") and not rule.get("progressiveRollout")
        leads = rule.get("variation") == self.variants.new and plain and bool(rule.get("query"))
        return name if leads and isinstance(name, str) and name else None

    def _unclear(self) -> str:
        """Why the flag does not say who sees the new variation; empty if it may."""
        there = mapping(self.body.get("variations"))
        missing = [name for name in (self.variants.new, self.variants.old) if name not in there]
        reasons = (
            (bool(missing), f"it has no variation '{missing[0] if missing else ''}'"),
            (
                _disabled(self.body) is not False,
                "it is disabled, so that the default of the calling code counts",
            ),
            (not isinstance(self.body.get("targeting", []), list | None), "its targeting is no list"),
            (
                None in map(_disabled, self.rules),
                "whether a rule of its targeting is disabled is not certain",
            ),
        )
        return self._misspelt() or next((why for holds, why in reasons if holds), "")

    def _misspelt(self) -> str:
        found = [misspelt(self.body, _FLAG_KEYS)]
        found += [misspelt(rule, _RULE_KEYS) for rule in (*self.rules, self.default)]
        wrong = next(filter(None, found), "")
        return (
            f"the key '{cut(one_line(wrong), 40)}' is not written as GO Feature Flag has it" if wrong else ""
        )

    def _share(self) -> Fraction | Unclear:
        """The share of the default rule."""
        rule = self.default
        if rule.get("progressiveRollout"):
            return Unclear("its progressiveRollout changes the share with the time")
        if percentages := rule.get("percentage"):
            return _split(percentages, self.variants)
        if rule.get("variation") in (self.variants.new, self.variants.old):
            return Fraction(int(rule.get("variation") == self.variants.new))
        return Unclear("its defaultRule leads to neither of the two variations")

    def state(self, version: str) -> FlagState:
        """The normalised state.

        Args:
            version: of the file.
        """
        found = self.exposure
        return FlagState(
            exposure=found if isinstance(found, Exposure) else None,
            enabled=_disabled(self.body) is False,
            reason=found.why if isinstance(found, Unclear) else self._words(found),
            driver=self.driver,
            fingerprint=fingerprint(self._normal()),
            version=version,
            bucketing=f"flag {self.name}, by {self.body.get('bucketingKey') or 'the targeting key'}, "
            f"{self.variants.new} and {self.variants.old}",
        )

    def _words(self, found: Exposure) -> str:
        rules = and_segments(found.segments, "rules")
        return f"'{self.variants.new}' is for {percent(found.share)} of all users{rules}"

    def _normal(self) -> dict[str, object]:
        """All that decides; `version`, `metadata` and `trackEvents` do not."""
        quiet = ("version", "metadata", "trackEvents")
        kept = {key: value for key, value in self.body.items() if key not in quiet}
        rules = [{**rule, "disable": _disabled(rule)} for rule in self.rules]
        return {**kept, "disable": _disabled(self.body), "targeting": rules}


def _disabled(found: Mapping[str, object]) -> bool | None:
    """Is a flag or a rule disabled? None if it is uncertain."""
    value = found.get("disable")
    return False if value is None else value if isinstance(value, bool) else None


def _split(percentages: object, variants: Variants) -> Fraction | Unclear:
    found = mapping(percentages)
    if set(found) != {variants.new, variants.old}:
        return Unclear("its percentages are not of the two variations")
    new, old = (_number(found[name]) for name in (variants.new, variants.old))
    if new is None or old is None:
        return Unclear("its percentages are no numbers from 0 to 100")
    return share_of(new, old, variants)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 100 else None


def share_of(new: float, old: float, variants: Variants) -> Fraction | Unclear:
    """The share of the buckets that the new variation gets, in floating point as Go computes it."""
    if int((new + old) * 1000) != BUCKETS:
        return Unclear(f"its percentages sum up to {new + old:g}, not to 100")
    first, second = (new, old) if variants.new > variants.old else (old, new)
    end = int(first * 1000)
    if int(first * 1000 + second * 1000) != BUCKETS:
        return Unclear("its percentages leave users without a variation")
    return Fraction(end if variants.new > variants.old else BUCKETS - end, BUCKETS)


def exposed(flag: Flag, target: Exposure, where: str) -> dict[str, object]:
    """The flag with another exposure; how users are drawn stays as it is.

    Args:
        flag: in a state whose exposure is known.
        target: who should see the new variation.
        where: names the flag in errors.

    Raises:
        FlagRefused: a segment is not a rule of the flag, or the share is not a whole number of buckets.
    """
    if flag.exposure == target:
        return dict(flag.body)
    body = {**flag.body}
    if target.segments or any(not _disabled(rule) for rule in flag.rules):
        body["targeting"] = _switched(flag, target, where)
    share = flag.exposure.share if isinstance(flag.exposure, Exposure) else None
    if share != target.share:
        body["defaultRule"] = {**_bare(flag.default), "percentage": _percentages(flag, target.share, where)}
    after = Flag(flag.name, body, flag.variants).exposure
    if after != target:
        why = after.why if isinstance(after, Unclear) else "another exposure would come of it"
        raise FlagRefused(f"the exposure cannot be written: {why}", where=where, remedy=_SHAPE)
    return body


def _bare(rule: Mapping[str, object]) -> dict[str, Any]:
    lead = ("variation", "percentage", "progressiveRollout")
    return {key: value for key, value in rule.items() if key not in lead}


def _percentages(flag: Flag, share: Fraction, where: str) -> dict[str, object]:
    """The percentages of a share, in the order that the file has."""
    names = flag.variants
    shares = {names.new: share, names.old: 1 - share}
    numbers = {name: _written(value * 100) for name, value in shares.items()}
    if share_of(float(numbers[names.new]), float(numbers[names.old]), names) != share:
        raise FlagRefused(
            f"{percent(share)} is no whole number of GO Feature Flag's {BUCKETS} buckets", where=where,
            remedy="Plan stages of whole percents, or of another share near it (not 2.01 % but 2.02 %).",
        )  # fmt: skip
    there = mapping(flag.default.get("percentage"))
    order = [name for name in there if name in numbers] or [names.new, names.old]
    return {name: numbers[name] for name in order}


def _written(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


def _switched(flag: Flag, target: Exposure, where: str) -> list[object]:
    """The rules, with those of the segments switched on and all others off."""
    for name in target.segments:
        found = [rule for rule in flag.rules if flag.segment(rule) == name]
        remedy = (
            f"Give it one rule with `name: {name}`, a query, `variation: {flag.variants.new}` and "
            "`disable: true`; the rollout enables it."
        )
        the_one(found, "its targeting has", f"rules '{name}' for '{flag.variants.new}'", where, remedy)
    named = [(rule, flag.segment(rule)) for rule in flag.rules]
    return [_enabled(rule, name in target.segments) if name else dict(rule) for rule, name in named]


def _enabled(rule: Mapping[str, object], on: bool) -> dict[str, object]:
    if _disabled(rule) == (not on):
        return dict(rule)
    return {**rule, "disable": not on}


def switched_off(flag: Flag, where: str) -> dict[str, object]:
    """The flag with which every evaluation gives the old variation, whatever the code's default is.

    Rules that may lead to the new one are disabled, and schedules deleted; `disable` would let the default of
    the calling code count.

    Raises:
        FlagRefused: it has no old variation.
    """
    if flag.variants.old not in mapping(flag.body.get("variations")):
        raise FlagRefused(f"it has no variation '{flag.variants.old}'", where=where, remedy=_SHAPE)
    body = {key: value for key, value in spelt(flag.body, _FLAG_KEYS).items() if key not in _DRIVERS}
    if _disabled(body) is not False:
        body["disable"] = False
    if "targeting" in body:
        rules = items(body.pop("targeting"))
        body["targeting"] = [_harmless(mapping(rule), flag.variants) for rule in rules]
    rule = {key: value for key, value in flag.default.items() if key in ("name", "query")}
    return {**body, "defaultRule": {**rule, "variation": flag.variants.old}}


def _harmless(rule: Mapping[str, object], variants: Variants) -> dict[str, object]:
    """A rule that leads to the old variation alone, or to nothing."""
    rule = spelt(rule, _RULE_KEYS)
    keeps = _gives_old(rule, variants) and _disabled(rule) is not None
    return dict(rule) if keeps else _enabled(rule, False)


def _gives_old(rule: Mapping[str, object], variants: Variants) -> bool:
    """Does a rule lead to the old variation alone?"""
    drawn = rule.get("percentage") or rule.get("progressiveRollout")
    return rule.get("variation") == variants.old and not drawn
