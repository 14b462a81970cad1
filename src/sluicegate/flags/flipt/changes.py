"""The flag that another exposure needs, made of the flag as it is. Pure.

The rollouts of a flag that is rolled out are one threshold and one for each segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sluicegate.flags.flipt.model import Flag, Segments, Threshold
from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import whole_percent

Payload = dict[str, object]


def payload_for(flag: Flag, target: Exposure, known: Mapping[str, object], where: str) -> Payload:
    """The payload with an exposure.

    Args:
        flag: a boolean one, whose exposure can be computed.
        target: who should see it.
        known: the segments that the server has, by key.
        where: names the flag in errors.

    Raises:
        FlagRefused: the share has a fraction of a percent, the server has no such segment, or a rollout
            takes the flag away.
    """
    value = whole_percent(target.share, where)
    for key in target.segments:
        if key not in known:
            raise FlagRefused(
                f"Flipt has no segment '{key}' in the namespace", where=where,
                remedy="Name the key of a segment of Flipt in the plan.",
            )  # fmt: skip
    if any(_taking_away(flag)):
        raise FlagRefused(
            "a rollout takes the flag away from some users", where=where,
            remedy="Delete that rollout in Flipt.",
        )  # fmt: skip
    rollouts = [*_of_segments(flag, target), *_threshold(flag, value)]
    return {**flag.payload, "enabled": False, "rollouts": rollouts}


def off(flag: Flag) -> Payload:
    """The payload with which nobody sees the flag: default and rollouts say no.

    Rollouts that take the flag away stay.
    """
    if not flag.is_boolean:
        return {**flag.payload, "enabled": False}
    return {**flag.payload, "enabled": False, "rollouts": list(_taking_away(flag))}


def _taking_away(flag: Flag) -> Iterator[Mapping[str, object]]:
    for found, rollout in flag.rollouts:
        if rollout is not None and not rollout.value:
            yield found


def _threshold(flag: Flag, value: int) -> Iterator[Mapping[str, object]]:
    if value:
        there = [found for found, r in flag.rollouts if isinstance(r, Threshold) and r.value]
        made = {"type": "THRESHOLD_ROLLOUT_TYPE", "description": "Rollout by Sluicegate"}
        old = there[0] if there else made
        yield {**old, "threshold": {"percentage": value, "value": True}}


def _of_segments(flag: Flag, target: Exposure) -> Iterator[Mapping[str, object]]:
    """One rollout for each segment; those that are there stay as they are."""
    there = {r.keys: found for found, r in flag.rollouts if isinstance(r, Segments) and r.value}
    for key in target.segments:
        segment = {"segmentOperator": "OR_SEGMENT_OPERATOR", "segments": [key], "value": True}
        yield there.get((key,), {"type": "SEGMENT_ROLLOUT_TYPE", "description": "", "segment": segment})
