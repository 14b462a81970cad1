"""The requests that lead from a flag's state to another exposure. Pure.

The percentage is written first, and the overrides second, in one request that counts as a whole. The
segment of the split is never made or deleted, so that the same users stay drawn; nor is its override.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sluicegate.flags.flagsmith.model import Flag, Override, Segment
from sluicegate.flags.interface import Exposure, FlagRefused

Body = dict[str, object]
Wanted = tuple[tuple[int, bool], ...]
"""Ids of segments in the order in which their overrides count, each on or off."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the environment's default and the overrides must become.

    Attributes:
        enabled: the default.
        overrides: those that are there afterwards.
        leaving: segments whose overrides go.
    """

    enabled: bool
    overrides: Wanted
    leaving: tuple[int, ...] = ()

    def is_done(self, flag: Flag) -> bool:
        """Are default and overrides so, those that go aside?"""
        found = tuple((o.segment, o.enabled) for o in flag.overrides)
        return flag.enabled == self.enabled and found in (self.overrides, self._all)

    def raises(self, flag: Flag) -> bool:
        """Does it let anybody see the flag who does not now, by default or by an override?"""
        on = {o.segment for o in flag.overrides if o.enabled}
        added = {number for number, enabled in self.overrides if enabled} - on
        return bool(added) or (self.enabled and not flag.enabled)

    @property
    def body(self) -> Body:
        """Of the one request that writes it."""
        overrides = [
            {"segment": {"id": number}, "enabled": enabled, "priority": place}
            for place, (number, enabled) in enumerate(self._all)
        ]
        return {"environment_default": {"enabled": self.enabled}, "segment_overrides": overrides}

    @property
    def _all(self) -> Wanted:
        return (*self.overrides, *((number, True) for number in self.leaving))


def setting(flag: Flag, target: Exposure, named: Mapping[str, Segment], where: str) -> Setting:
    """What default and overrides must become for an exposure.

    Args:
        flag: as it is.
        target: with a share or a segment.
        named: the segments of the target, by name.
        where: names the flag in errors.

    Raises:
        FlagRefused: the flag is off for a segment by an override, or the split is among the segments.
    """
    split = split_of(flag, where)
    _check_split_is_not_named(split, named, where)
    wanted = [segment.id for segment in named.values()]
    others = [o for o in flag.overrides if o.segment not in (split.id, *wanted)]
    _check_none_is_off(flag, others, where)
    on = [(number, True) for number in wanted]
    leaving = tuple(o.segment for o in others)
    if target.share:
        return Setting(target.share == 1, ((split.id, True), *on), leaving)
    last = [(o.segment, False) for o in flag.overrides if o.segment == split.id]
    return Setting(False, (*on, *last), leaving)


def _check_split_is_not_named(split: Segment, named: Mapping[str, Segment], where: str) -> None:
    if split.id in [segment.id for segment in named.values()]:
        raise FlagRefused(
            f"the segment '{split.name}' splits the users, and the stage names it", where=where,
            remedy="Name other segments in the plan; the split follows the stage's percentage.",
        )  # fmt: skip


def split_of(flag: Flag, where: str) -> Segment:
    """The segment whose percentage is written.

    Raises:
        FlagRefused: there is none, or it is more than a split.
    """
    if flag.splitting is None:
        raise FlagRefused(
            "the project has no segment of the name that the plan gives", where=where,
            remedy="Create it in Flagsmith with the one condition 'percentage split', once and for good.",
        )  # fmt: skip
    if flag.splitting.share is None:
        raise FlagRefused(
            f"the segment '{flag.splitting.name}' is not one percentage split from 0 to 100", where=where,
            remedy="Let it have the one condition 'percentage split' and no other rule.",
        )  # fmt: skip
    return flag.splitting


def _check_none_is_off(flag: Flag, others: Sequence[Override], where: str) -> None:
    off = [o for o in others if not o.enabled]
    for override in off:
        name = flag.segments[override.segment].name if override.segment in flag.segments else "?"
        raise FlagRefused(
            f"an override switches the flag off for the segment '{name}'", where=where,
            remedy="Delete that override in Flagsmith, or name the segment in the stage.",
        )  # fmt: skip


def off(flag: Flag) -> Body:
    """The body of the one request after which neither the default nor an override shows the flag."""
    return {"environment_default": {"enabled": False}, "segment_overrides": list(_switched_off(flag))}


def _switched_off(flag: Flag) -> Iterator[Body]:
    for override in flag.overrides:
        if override.enabled:
            yield {"segment": {"id": override.segment}, "enabled": False}
