"""What a Flipt server says of a boolean flag, and who sees it. Pure.

Source: Flipt 2.11 (commit f1905b6, `internal/server/evaluation`). The rollouts of a flag are tried in order,
and the first that matches gives its value; without a match the answer is `enabled`, which is therefore a
default and no switch. A threshold matches where CRC-32 of entity id and flag key, modulo 100, is below its
percentage, so all thresholds of a flag draw the same users, and a fraction of a percent counts as a whole.
Users without an entity id are one user.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping, number, percent

FLAG = "flipt.core.Flag"
SEGMENT = "flipt.core.Segment"
BOOLEAN = "BOOLEAN_FLAG_TYPE"
BUCKETS = 100

_AND = "AND_SEGMENT_OPERATOR"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rollout to a share of all users.

    Attributes:
        buckets: of 100, that it matches.
        value: what they get.
    """

    buckets: int
    value: bool


@dataclass(frozen=True, slots=True)
class Segments:
    """A rollout to groups of users.

    Attributes:
        keys: of segments.
        all_of: must a user be in all of them, and not in any?
        value: what they get.
    """

    keys: tuple[str, ...]
    all_of: bool
    value: bool


Rollout = Threshold | Segments | None
"""None is one that is not understood."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        payload: as the server has it.
        revision: of the whole environment.
        segments: the payloads of its segments, by key.
    """

    key: str
    payload: Mapping[str, object]
    revision: str
    segments: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def is_boolean(self) -> bool:
        """Is it a boolean flag?"""
        return self.payload.get("type") == BOOLEAN

    @property
    def enabled(self) -> bool:
        """What users get whom no rollout matches."""
        return self.payload.get("enabled") is True

    @property
    def rollouts(self) -> tuple[tuple[Mapping[str, object], Rollout], ...]:
        """Each as the server has it and as it is understood, in order."""
        return tuple((found, _rollout(found)) for found in map(mapping, items(self.payload.get("rollouts"))))

    @property
    def named(self) -> frozenset[str]:
        """The segments that its rollouts name."""
        return frozenset(key for _, r in self.rollouts if isinstance(r, Segments) for key in r.keys)


def _rollout(found: Mapping[str, object]) -> Rollout:
    threshold, segment = found.get("threshold"), found.get("segment")
    if isinstance(threshold, dict) and segment is None:
        return _threshold(threshold)
    if isinstance(segment, dict) and threshold is None:
        return _segments(segment)
    return None


def _segments(found: Mapping[str, object]) -> Segments | None:
    keys, value = found.get("segments", []), found.get("value", False)
    if not isinstance(keys, list) or not isinstance(value, bool) or not all(isinstance(k, str) for k in keys):
        return None
    return Segments(tuple(keys), found.get("segmentOperator") == _AND, value)


def _threshold(found: Mapping[str, object]) -> Threshold | None:
    percentage, value = number(found.get("percentage", 0)), found.get("value", False)
    if percentage is None or not isinstance(value, bool):
        return None
    return Threshold(min(max(math.ceil(percentage), 0), BUCKETS), value)


@dataclass(slots=True)
class _Seen:
    """What the rollouts so far come to.

    Attributes:
        decided: buckets that got an answer, from the first on.
        on: how many of these see the flag.
        taken: segments from which a rollout took the flag, or empty.
    """

    decided: int = 0
    on: int = 0
    segments: tuple[str, ...] = ()
    taken: str = ""

    @property
    def nobody_is_left(self) -> bool:
        """Did everybody get an answer?"""
        return self.decided == BUCKETS


def who(flag: Flag) -> tuple[Exposure | None, str]:
    """Who sees the flag, and why."""
    if not flag.is_boolean:
        return None, "it is no boolean flag"
    if not isinstance(flag.payload.get("enabled", False), bool):
        return None, "whether it is enabled is neither true nor false"
    if not isinstance(flag.payload.get("rollouts", []), list | None):
        return None, "its rollouts are no list"
    seen = _Seen()
    for _, rollout in flag.rollouts:
        wrong = _add(seen, rollout)
        if wrong:
            return None, wrong
    if flag.enabled:
        wrong = _show_rest(seen)
        if wrong:
            return None, wrong
    return Exposure(Fraction(seen.on, BUCKETS), seen.segments), _words(flag, seen)


def _add(seen: _Seen, rollout: Rollout) -> str:
    """Take one more rollout in; why the exposure cannot be computed with it."""
    match rollout:
        case None:
            return "a rollout is neither a threshold nor of segments"
        case Threshold(buckets, value):
            return _decide(seen, buckets, value=value)
        case Segments(keys, all_of, value):
            return _add_segments(seen, keys, all_of=all_of, value=value)


def _decide(seen: _Seen, buckets: int, *, value: bool) -> str:
    """Let the buckets below a number get an answer, which have none yet."""
    added = max(buckets - seen.decided, 0)
    if value and added and seen.taken:
        return f"a share of the users sees it, after a rollout that takes it away from {seen.taken}"
    seen.decided += added
    seen.on += added if value else 0
    return ""


def _add_segments(seen: _Seen, keys: tuple[str, ...], *, all_of: bool, value: bool) -> str:
    """A rollout of any of some segments is one of each; of all of none, Flipt makes everybody."""
    if seen.nobody_is_left:
        return ""
    names = ", ".join(cut(one_line(key), 60) for key in keys)
    if all_of and len(keys) != 1:
        return f"a rollout is for users in all of the segments {names or '(none)'}"
    if not keys:
        return ""
    return _show(seen, keys, names) if value else _take(seen, names)


def _show(seen: _Seen, keys: tuple[str, ...], names: str) -> str:
    if seen.taken or seen.decided > seen.on:
        return f"the segments {names} see it, after a rollout that takes it away from others"
    seen.segments += keys
    return ""


def _take(seen: _Seen, names: str) -> str:
    seen.taken = seen.taken or names
    return ""


def _show_rest(seen: _Seen) -> str:
    if seen.nobody_is_left:
        return ""
    return _decide(seen, BUCKETS, value=True)


def _words(flag: Flag, seen: _Seen) -> str:
    also = and_segments(seen.segments)
    if flag.enabled and seen.on == BUCKETS:
        return f"enabled shows it to everybody whom no rollout matches{also}"
    return f"the thresholds show it to {percent(Fraction(seen.on, BUCKETS))}{also}"


def state_of(flag: Flag) -> FlagState:
    """The flag as every provider says it."""
    exposure, reason = who(flag)
    return FlagState(
        exposure=exposure,
        enabled=exposure is None or exposure.share > 0 or bool(exposure.segments),
        reason=reason,
        driver=None,
        fingerprint=fingerprint(_normal(flag)),
        version=flag.revision or None,
        bucketing=f"CRC-32 of entity id and flag {flag.key}",
    )


def _normal(flag: Flag) -> dict[str, object]:
    """All that decides what a client answers."""
    rollouts = [found if rollout is None else _plain(rollout) for found, rollout in flag.rollouts]
    used = {key: _meaning(flag.segments.get(key, {})) for key in sorted(flag.named)}
    return {"type": flag.payload.get("type"), "enabled": flag.enabled, "rollouts": rollouts, "segments": used}


def _plain(rollout: Threshold | Segments) -> list[object]:
    if isinstance(rollout, Threshold):
        return ["threshold", rollout.buckets, rollout.value]
    return ["segments", sorted(rollout.keys), rollout.all_of, rollout.value]


def _meaning(segment: Mapping[str, object]) -> list[object]:
    """A segment without what people write about it."""
    keys = ("type", "property", "operator", "value")
    constraints = [[mapping(each).get(key) for key in keys] for each in items(segment.get("constraints"))]
    return [segment.get("matchType"), constraints]


def read_flag(page: Mapping[str, object], key: str) -> Flag | None:
    """The flag of its resource; None if the page is not one.

    Args:
        page: what `GET …/resources/flipt.core.Flag/KEY` answers.
        key: of the flag.
    """
    payload = mapping(mapping(page.get("resource")).get("payload"))
    revision = page.get("revision")
    if payload.get("key") != key or not isinstance(payload.get("type"), str) or not isinstance(revision, str):
        return None
    return Flag(key, payload, revision)


def read_segments(page: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """The segments of what `GET …/resources/flipt.core.Segment` answers, by key."""
    found = [mapping(each) for each in items(page.get("resources"))]
    return {str(each.get("key")): mapping(each.get("payload")) for each in found}
