"""What a Flagsmith server says of a flag, and who sees it. Pure.

Source: Flagsmith 2026-08 (commit 1ad8487) and its flag engine 11.1.1. A user's answer comes from the first
override, by priority, whose segment matches the user, else from the environment's default. A percentage
split draws by a hash of the segment's id and the user's key, and matches where the hash is at most the
percentage: at 0 it still matches one user in 9,999. A request without an identity gets the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, percent

SPLIT = "PERCENTAGE_SPLIT"
LEAST = Fraction(1, 9999)
"""The share of users that a split matches at 0 %."""

_PERCENT = re.compile(r"(?:0|[1-9][0-9]?|100)(?:\.[0-9]{1,9})?")
_DEEPEST = 2
"""Levels of rules within rules that Flagsmith keeps."""
_HIDDEN = "an experiment or a phased rollout of Flagsmith"


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of users.

    Attributes:
        rules: as Flagsmith has them; all must hold.
        metadata: as Flagsmith has it; it deletes what a write leaves out.
    """

    id: int
    name: str
    rules: tuple[object, ...]
    metadata: tuple[object, ...] = ()

    @property
    def split(self) -> Mapping[str, object] | None:
        """Its percentage split where it has that one condition and nothing else."""
        conditions = list(_conditions(self.rules))
        kinds = {str(rule.get("type")) for rule in _rules(self.rules)}
        alone = len(conditions) == 1 and conditions[0].get("operator") == SPLIT and kinds <= {"ALL", "ANY"}
        return conditions[0] if alone else None

    @property
    def share(self) -> Fraction | None:
        """The share of users in it; None unless it is a plain split with a percentage."""
        found = _share((self.split or {}).get("value"))
        return None if found is None else max(found, LEAST)

    @property
    def draws(self) -> bool:
        """Does a hash decide who is in it?"""
        return any(each.get("operator") == SPLIT for each in _conditions(self.rules))

    @property
    def normal(self) -> dict[str, object]:
        """All that a client sees of it."""
        return {"id": self.id, "rules": [_meaning(rule) for rule in _top(self.rules)]}


@dataclass(frozen=True, slots=True)
class Override:
    """What the users of one segment get.

    Attributes:
        segment: its id.
        priority: the lowest number counts first.
        given: value and variants, as Flagsmith has them.
    """

    segment: int
    priority: int
    enabled: bool
    given: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        enabled: the environment's default.
        overrides: in the order in which they count.
        segments: those of the overrides, by id, without those that Flagsmith keeps for itself.
        splitting: the segment whose percentage a rollout changes, or None.
        people: identities whose own override lets them see the flag.
        key: what is hashed of an identity: `identifier`, or `composite` with the environment's key.
    """

    name: str
    enabled: bool
    overrides: tuple[Override, ...]
    segments: Mapping[int, Segment]
    splitting: Segment | None
    people: int = 0
    archived: bool = False
    key: str = "composite"
    given: Mapping[str, object] | None = None

    @property
    def driver(self) -> str | None:
        """The automation of Flagsmith that changes the flag; its segments cannot be read."""
        hidden = [o for o in self.overrides if o.segment not in self.segments]
        return _HIDDEN if hidden else None

    def is_splitting(self, override: Override) -> bool:
        """Is it the override of the rollout's segment?"""
        return self.splitting is not None and override.segment == self.splitting.id

    @property
    def is_off(self) -> bool:
        """Does neither the default nor an override let anybody see it?"""
        return not self.enabled and not any(o.enabled for o in self.overrides)


def who(flag: Flag, *, count_people: bool = True) -> tuple[Exposure | None, str]:
    """Who sees the flag, and why.

    Args:
        flag: as it is.
        count_people: is the exposure not computed where identities have overrides of their own?
    """
    if flag.archived:
        return OFF, "the flag is archived, and Flagsmith serves it to nobody"
    also = f"; {flag.people} identities see it by overrides of their own" if flag.people else ""
    if flag.people and count_people:
        return None, also.removeprefix("; ")
    exposure, reason = _walk(flag)
    return exposure, f"{reason}{also}"


@dataclass(slots=True)
class _Seen:
    """What the overrides so far come to.

    Attributes:
        hole: the segment of an earlier override that is off, or empty.
        whole: does every user with a key see it already?
    """

    share: Fraction = Fraction(0)
    segments: tuple[str, ...] = ()
    hole: str = ""
    whole: bool = False


def _walk(flag: Flag) -> tuple[Exposure | None, str]:
    seen = _Seen()
    for override in flag.overrides:
        wrong = _add(seen, flag, override)
        if wrong:
            return None, wrong
    if flag.enabled and seen.hole:
        return None, f"the flag is on by default, and off for {seen.hole}"
    if flag.enabled:
        return Exposure(Fraction(1), seen.segments), "the flag is on by default"
    return Exposure(seen.share, seen.segments), _words(seen)


def _add(seen: _Seen, flag: Flag, override: Override) -> str:
    """Take one more override in; why the exposure cannot be computed with it."""
    segment = flag.segments.get(override.segment)
    name = f"the segment '{cut(one_line(segment.name), 60)}'" if segment else "a segment that is not shown"
    if not override.enabled:
        seen.hole = seen.hole if seen.whole else seen.hole or name
        return ""
    if seen.hole:
        return f"the override for {name} comes after one that is off, for {seen.hole}"
    if segment is None:
        return f"an override is for {name}"
    return _add_split(seen, segment) if flag.is_splitting(override) else _add_named(seen, segment)


def _add_split(seen: _Seen, segment: Segment) -> str:
    if segment.share is None:
        return f"the segment '{cut(one_line(segment.name), 60)}' is not one percentage split from 0 to 100"
    seen.share, seen.whole = segment.share, segment.share == 1
    return ""


def _add_named(seen: _Seen, segment: Segment) -> str:
    if segment.draws:
        return (
            f"the segment '{cut(one_line(segment.name), 60)}' holds a share of users that is drawn by itself"
        )
    seen.segments += (segment.name,)
    return ""


def _words(seen: _Seen) -> str:
    if seen.share == LEAST:
        return f"the split is at 0 %, which lets one user in {LEAST.denominator:,} see it"
    also = and_segments(seen.segments)
    return f"the split is at {percent(seen.share)}{also}" if seen.share else f"no split is on{also}"


def state_of(flag: Flag, *, count_people: bool) -> FlagState:
    """The flag as every provider says it."""
    exposure, reason = who(flag, count_people=count_people)
    return FlagState(
        exposure=exposure,
        enabled=not flag.is_off and not flag.archived,
        reason=reason,
        driver=flag.driver,
        fingerprint=fingerprint(_normal(flag)),
        version=None,
        bucketing=_bucketing(flag),
    )


def _bucketing(flag: Flag) -> str:
    if flag.splitting is None:
        return ""
    by = str((flag.splitting.split or {}).get("property") or "$.identity.key")
    return f"segment {flag.splitting.id}, by {by}, {flag.key} keys"


def _normal(flag: Flag) -> dict[str, object]:
    """All that decides what a client answers."""
    there = {s.id: s for s in (*flag.segments.values(), *([flag.splitting] if flag.splitting else ()))}
    return {
        "archived": flag.archived,
        "enabled": flag.enabled,
        "given": flag.given,
        "overrides": [(o.segment, o.enabled, dict(o.given)) for o in flag.overrides],
        "segments": [there[number].normal for number in sorted(there)],
        "people": flag.people,
        "key": flag.key,
    }


# --- reading answers ---------------------------------------------------------------------------


def read_overrides(page: Mapping[str, object]) -> tuple[Override, ...] | None:
    """The overrides of a flag's page in the order in which they count; None if the page is not one."""
    found = [_override(mapping(each)) for each in items(page.get("segment_overrides"))]
    default = mapping(page.get("environment_default"))
    whole = isinstance(default.get("enabled"), bool) and isinstance(page.get("segment_overrides"), list)
    if not whole or None in found:
        return None
    known = [each for each in found if each is not None]
    return tuple(sorted(known, key=lambda o: (o.priority, o.enabled, o.segment)))


def _override(found: Mapping[str, object]) -> Override | None:
    number, priority = mapping(found.get("segment")).get("id"), found.get("priority")
    enabled = found.get("enabled")
    if not isinstance(number, int) or not isinstance(priority, int) or not isinstance(enabled, bool):
        return None
    return Override(number, priority, enabled, given(found))


def given(found: Mapping[str, object]) -> Mapping[str, object]:
    """What a flag gives beside on or off."""
    return {key: found.get(key) for key in ("value", "variants")}


def read_segment(found: Mapping[str, object]) -> Segment | None:
    """A segment of its page; None if the page is not one."""
    number, rules = found.get("id"), found.get("rules")
    if not isinstance(number, int) or not isinstance(rules, list) or _depth(rules) > _DEEPEST:
        return None
    return Segment(number, str(found.get("name", "")), tuple(rules), tuple(items(found.get("metadata"))))


def seeing(overrides: Iterable[object]) -> int:
    """How many identities see the flag by overrides of their own."""
    states = [mapping(each.get("feature_state", each)) for each in map(mapping, overrides)]
    return sum(state.get("enabled") is not False for state in states)


# --- rules of segments -------------------------------------------------------------------------


def with_percent(segment: Segment, value: str) -> dict[str, object]:
    """The body that gives a segment another percentage; ids and all else stay."""
    return {
        "rules": [_changed(rule, value) for rule in segment.rules],
        "metadata": list(segment.metadata),
    }


def _changed(rule: object, value: str) -> object:
    if not isinstance(rule, dict):
        return rule
    made = dict(rule)
    if rule.get("operator") == SPLIT:
        made["value"] = value
    for key in ("rules", "conditions"):
        if key in rule:
            made[key] = [_changed(each, value) for each in items(rule[key])]
    return made


def _depth(rules: list[object]) -> int:
    """Levels of rules; one more than is kept where there are more."""
    level, depth = rules, 0
    while level and depth <= _DEEPEST:
        level, depth = [below for rule in _top(level) for below in items(rule.get("rules"))], depth + 1
    return depth


def _top(rules: Sequence[object]) -> Iterator[Mapping[str, object]]:
    return (mapping(rule) for rule in rules)


def _rules(rules: Sequence[object]) -> Iterator[Mapping[str, object]]:
    """All rules, those inside others too."""
    for rule in _top(rules):
        yield rule
        yield from _rules(items(rule.get("rules")))


def _conditions(rules: Sequence[object]) -> Iterator[Mapping[str, object]]:
    for rule in _rules(rules):
        yield from (mapping(each) for each in items(rule.get("conditions")))


def _share(value: object) -> Fraction | None:
    """A percentage as the engine reads it; None unless it is from 0 to 100."""
    text = str(value)
    return Fraction(text) / 100 if _PERCENT.fullmatch(text) and Fraction(text) <= 100 else None


def _meaning(rule: Mapping[str, object]) -> object:
    """A rule without what people write about it and what the server numbers."""
    conditions = [mapping(each) for each in items(rule.get("conditions"))]
    below = [_meaning(each) for each in _top(items(rule.get("rules")))]
    return [str(rule.get("type")), [_condition(each) for each in conditions], below]


def _condition(found: Mapping[str, object]) -> list[object]:
    value = found.get("value")
    share = _share(value) if found.get("operator") == SPLIT else None
    said = (found.get("operator") or "", found.get("property") or "")
    return [*said, value or "" if share is None else str(share)]
