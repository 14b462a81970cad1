"""What an Unleash server says of a flag, and who sees it. Pure.

Source: answers of an Unleash server 8.2.0, and what its clients make of them. Strategies are joined by "or";
the restrictions of one strategy by "and". The flag's own page holds the segments of a strategy; the page of
its environment leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, mapping

ROLLOUT = "flexibleRollout"
"""The strategy whose percentage a rollout changes."""

_ID = re.compile(r"[0-9]{1,15}")
_WHOLE = re.compile(r"0|[1-9][0-9]?|100")
_DRIVERS = {
    "releasePlans": "a release plan of Unleash",
    "safeguards": "a safeguard of Unleash",
    "milestoneProgression": "a milestone progression of Unleash",
}
"""Keys of an environment that are not empty if Unleash changes the flag by itself."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """One strategy.

    Attributes:
        id: of Unleash.
        kind: its name there.
        parameters: as texts.
        segments: ids of segments; a user must be in all of them.
        constraints: as Unleash has them; all must hold.
        variants: as Unleash has them; they say what a user gets, not whether.
        disabled: it has no effect.
        milestone: of a release plan, or empty.
    """

    id: str
    kind: str
    parameters: Mapping[str, str]
    segments: tuple[int, ...] = ()
    constraints: tuple[object, ...] = ()
    variants: tuple[object, ...] = ()
    disabled: bool = False
    milestone: str = ""

    @property
    def is_open(self) -> bool:
        """Does it count for every user?"""
        return not self.segments and not self.constraints

    @property
    def percent(self) -> int | None:
        """Of the users that it counts for, 0 to 100; None if it is uncertain.

        The server stores any text, and clients then differ.
        """
        if self.kind == "default":
            return 100
        rollout = self.parameters.get("rollout", "")
        return int(rollout) if self.kind == ROLLOUT and _WHOLE.fullmatch(rollout) else None

    @property
    def draw(self) -> str:
        """What decides which users are in its percentage."""
        group, stickiness = (self.parameters.get(k, "") for k in ("groupId", "stickiness"))
        return drawn_by(group, stickiness)

    @property
    def in_words(self) -> str:
        """For people."""
        rollout = f" with rollout '{self.parameters['rollout']}'" if "rollout" in self.parameters else ""
        return f"the strategy {cut(one_line(self.kind), 60)}{cut(one_line(rollout), 40)}"

    @property
    def normal(self) -> dict[str, object]:
        """All that a client sees of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "segments": sorted(self.segments),
            "constraints": list(self.constraints),
            "variants": list(self.variants),
            "disabled": self.disabled,
        }


@dataclass(frozen=True, slots=True)
class Segment:
    """A named group of users: all constraints hold for them."""

    id: int
    name: str
    constraints: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        enabled: the environment's switch.
        strategies: of the environment.
        segments: those that the server has, by id.
        parents: flags that must be on for this one to be.
        driver: the automation that changes it, or None.
    """

    name: str
    enabled: bool
    strategies: tuple[Strategy, ...]
    segments: Mapping[int, Segment]
    parents: tuple[object, ...] = ()
    archived: bool = False
    driver: str | None = None

    @property
    def active(self) -> tuple[Strategy, ...]:
        """The strategies that count."""
        return tuple(s for s in self.strategies if not s.disabled)

    @property
    def opened(self) -> tuple[Strategy, ...]:
        """The strategies that count, for every user."""
        return tuple(s for s in self.active if s.is_open)

    def named(self, strategy: Strategy) -> str | None:
        """The one segment that a strategy is for as a whole; None for any other strategy."""
        if strategy.constraints or len(strategy.segments) != 1 or strategy.percent != 100:
            return None
        found = self.segments.get(strategy.segments[0])
        return found.name if found else None

    def if_enabled(self) -> tuple[Exposure | None, str]:
        """Who sees the flag where its environment is switched on, and why."""
        if not self.active:
            return None, "it has no active strategy: Unleash adds one for everybody when it is switched on"
        share, reason = _share(self.opened)
        if share is None:
            return None, reason
        segments: list[str] = []
        for strategy in self.active:
            if strategy.is_open or strategy.percent == 0:
                continue
            name = self.named(strategy)
            if name is None:
                return None, f"{strategy.in_words} is for a part of the users that is no whole segment"
            segments.append(name)
        exposure = Exposure(share, tuple(segments))
        also = and_segments(exposure.segments)
        return exposure, f"{reason}{also}"


def _share(opened: Sequence[Strategy]) -> tuple[Fraction | None, str]:
    """The share of all users in the union of open strategies."""
    percents = {s.percent: s for s in opened}
    if None in percents:
        return None, f"{percents[None].in_words} is for nobody knows how many"
    most = max((percent for percent in percents if percent is not None), default=0)
    if most == 100:
        return Fraction(1), "a strategy is for everybody"
    unsure = _unsure_draw({s.draw for s in opened if s.percent})
    if unsure:
        return None, unsure
    return Fraction(most, 100), f"its strategies are for {most} % of all users"


def _unsure_draw(draws: Collection[str]) -> str:
    """Why the users of partial strategies are not one growing group; empty if they are."""
    if len(draws) > 1:
        return "several strategies draw their users differently"
    if any(draw.endswith(" random") for draw in draws):
        return "its stickiness is random, so that every evaluation draws anew"
    return ""


def state_of(flag: Flag, stickiness: str) -> FlagState:
    """The normalised state of a flag.

    Args:
        flag: in its environment.
        stickiness: of the strategy that a rollout would add to a flag without one.
    """
    exposure, reason = flag.if_enabled()
    if flag.archived or not flag.enabled:
        exposure = OFF
        reason = "it is archived" if flag.archived else "it is switched off in the environment"
    draws = sorted({s.draw for s in flag.opened if s.kind == ROLLOUT}) or [drawn_by(flag.name, stickiness)]
    return FlagState(
        exposure=exposure,
        enabled=flag.enabled and not flag.archived,
        reason=reason,
        driver=flag.driver,
        fingerprint=fingerprint(_normal(flag)),
        version=None,
        bucketing="; ".join(draws),
    )


def _normal(flag: Flag) -> dict[str, object]:
    """All that decides what a client answers."""
    used = {number for s in flag.strategies for number in s.segments} & flag.segments.keys()
    return {
        "archived": flag.archived,
        "enabled": flag.enabled,
        "strategies": sorted((s.normal for s in flag.strategies), key=lambda n: str(n["id"])),
        "segments": {str(number): list(flag.segments[number].constraints) for number in used},
        "parents": list(flag.parents),
    }


def drawn_by(group: str, stickiness: str) -> str:
    """What decides which users are in a percentage, for people and to compare."""
    return f"group {group}, stickiness {stickiness}"


def read_flag(page: Mapping[str, object], environment: str, segments: Mapping[int, Segment]) -> Flag | None:
    """The flag of its own page; None if the page is not a flag or has no such environment.

    Args:
        page: what `GET /api/admin/projects/P/features/F` answers.
        environment: its name.
        segments: of the server.
    """
    name = page.get("name")
    found = [e for e in map(mapping, items(page.get("environments"))) if e.get("name") == environment]
    if not isinstance(name, str) or len(found) != 1 or not isinstance(found[0].get("enabled"), bool):
        return None
    own = found[0]
    strategies = tuple(_strategy(mapping(each)) for each in items(own.get("strategies")))
    return Flag(
        name=name,
        enabled=own["enabled"] is True,
        strategies=strategies,
        segments=segments,
        parents=tuple(items(page.get("dependencies"))),
        archived=page.get("archived") is True,
        driver=_driver(own, strategies),
    )


def _driver(environment: Mapping[str, object], strategies: Sequence[Strategy]) -> str | None:
    named = [words for key, words in _DRIVERS.items() if environment.get(key)]
    if any(s.milestone for s in strategies):
        named.append("a milestone of an Unleash release plan")
    return named[0] if named else None


def _strategy(found: Mapping[str, object]) -> Strategy:
    return Strategy(
        id=str(found.get("id", "")),
        kind=str(found.get("name", "")),
        parameters={k: _text(v) for k, v in mapping(found.get("parameters")).items()},
        segments=tuple(int(n) for n in map(str, items(found.get("segments"))) if _ID.fullmatch(n)),
        constraints=tuple(items(found.get("constraints"))),
        variants=tuple(items(found.get("variants"))),
        disabled=found.get("disabled") is True,
        milestone=str(found.get("milestoneId") or ""),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def read_segments(page: Mapping[str, object]) -> dict[int, Segment]:
    """The segments of what `GET /api/admin/segments` answers, by id."""
    found = [mapping(each) for each in items(page.get("segments"))]
    return {
        number: Segment(number, str(each.get("name", "")), tuple(items(each.get("constraints"))))
        for each in found
        if isinstance(number := each.get("id"), int)
    }
