"""What the Console API of Statsig says of a gate, and who passes it. Pure.

Source: the description of the Console API 20240601, and what the SDK for Python 0.72.1 makes of a gate. The
first rule whose conditions a user meets decides, also against the user: the rules below it do not count then.
A share is drawn by the gate's salt, the rule's salt and the user's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, fraction_of, items, mapping, percent

PUBLIC = "public"
IN_SEGMENT = "passes_segment"
ARCHIVED, LAUNCHED = "Archived", "Launched"
READ_ONLY = frozenset({"completedAutomatedRollouts", "pendingAutomatedRollouts"})
"""Keys of a rule that the server sets alone."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        raw: as the server has it.
        share: of the users who meet its conditions, 0 to 1; None if it is uncertain.
        conditions: that must all hold; none if it is for everybody.
        environments: in which it counts; None for all.
        is_driven: does Statsig change its share by itself?
    """

    raw: Mapping[str, Any]
    share: Fraction | None
    conditions: tuple[Mapping[str, object], ...]
    environments: tuple[str, ...] | None
    is_driven: bool

    @property
    def base(self) -> str:
        """Its id that stays when its share changes, which its users are drawn by."""
        return str(self.raw.get("baseID") or self.raw.get("id") or "")

    @property
    def segment(self) -> str:
        """The id of the one segment that it lets pass as a whole; empty for any other rule."""
        if self.share != 1 or len(self.conditions) != 1 or self.conditions[0].get("type") != IN_SEGMENT:
            return ""
        value = self.conditions[0].get("targetValue")
        ids = value if isinstance(value, list) else [value]
        return ids[0] if len(ids) == 1 and isinstance(ids[0], str) else ""

    @property
    def in_words(self) -> str:
        """For people."""
        return f"the rule '{cut(one_line(str(self.raw.get('name', ''))), 60)}'"

    def is_in(self, environment: str) -> bool:
        """Does it count there?"""
        return self.environments is None or environment in self.environments

    @property
    def normal(self) -> dict[str, object]:
        """All that decides whom it lets pass."""
        return {
            "base": self.base,
            "share": str(self.share),
            "conditions": [dict(each) for each in self.conditions],
            "environments": None if self.environments is None else sorted(self.environments),
            "driven": self.is_driven,
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate, looked at from one environment.

    Attributes:
        enabled: its switch, of all environments.
        status: of Statsig, for people.
        rules: in order.
        id_type: which id of a user a share is drawn by.
        holdouts: ids of holdouts.
        version: counted by Statsig, or None.
        must_be_reviewed: do its changes need a review?
        environment: that is looked at; empty for all of them alike.
        segments: what is known of segments, by id; None for a missing one.
    """

    id: str
    enabled: bool
    status: str
    rules: tuple[Rule, ...]
    id_type: str
    holdouts: tuple[object, ...]
    version: int | None
    must_be_reviewed: bool
    environment: str
    segments: Mapping[str, object]

    @property
    def own(self) -> tuple[Rule, ...]:
        """The rules of the environment; all where none is looked at alone."""
        return tuple(rule for rule in self.rules if not self.environment or rule.is_in(self.environment))

    @property
    def opened(self) -> Rule | None:
        """The first rule for everybody: it decides for all who met none before."""
        whole = [rule for rule in self.own if self.environment or rule.environments is None]
        return next((rule for rule in whole if not rule.conditions), None)

    @property
    def is_archived(self) -> bool:
        """Is it in the archive?"""
        return self.status == ARCHIVED

    def if_enabled(self) -> tuple[Exposure | None, str]:
        """Who passes where the gate is on, and why."""
        if self.holdouts:
            return None, "a holdout keeps a part of the users from it"
        some = [rule for rule in self.own if not self.environment and rule.environments is not None]
        if some:
            return None, f"{some[0].in_words} is of some environments, and the plan names none"
        found, reason = _exposure(self.own)
        if self.status == LAUNCHED and (found is None or found.share != 1):
            return None, f"Statsig shows it as launched, and {reason}"
        return found, reason


def _exposure(rules: Iterable[Rule]) -> tuple[Exposure | None, str]:
    """Who passes the rules; the first one that a user meets decides."""
    segments: list[str] = []
    stopped: Rule | None = None
    for rule in rules:
        if rule.share is None:
            return None, f"{rule.in_words} has a pass percentage that is no number from 0 to 100"
        if not rule.conditions:
            return _end(rule.share, segments, stopped)
        if rule.share == 0:
            stopped = stopped or rule
        elif stopped is not None:
            return None, f"{stopped.in_words} stops a part of the users before {rule.in_words} lets some pass"
        elif not rule.segment:
            return None, f"{rule.in_words} is for a part of the users that is no whole segment"
        else:
            segments.append(rule.segment)
    return _end(Fraction(0), segments, None)


def _end(share: Fraction, segments: list[str], stopped: Rule | None) -> tuple[Exposure | None, str]:
    if share and stopped is not None:
        return None, f"{stopped.in_words} stops a part of the users before the rule for everybody"
    also = and_segments(segments)
    return Exposure(share, tuple(segments)), f"its rules are for {percent(share)} of all users{also}"


def state_of(gate: Gate) -> FlagState:
    """The normalised state of a gate."""
    exposure, reason = gate.if_enabled()
    if gate.is_archived or not gate.enabled:
        exposure, reason = OFF, "it is archived" if gate.is_archived else "it is switched off"
    driven = any(rule.is_driven for rule in gate.own)
    drawn = f"rule {gate.opened.base}, id {gate.id_type}" if gate.opened is not None else ""
    return FlagState(
        exposure=exposure,
        enabled=gate.enabled and not gate.is_archived,
        reason=reason,
        driver="an automated rollout of Statsig" if driven else None,
        fingerprint=fingerprint(_normal(gate)),
        version=None if gate.version is None else str(gate.version),
        bucketing=drawn,
    )


def _normal(gate: Gate) -> dict[str, object]:
    """All that decides what a client answers."""
    return {
        "enabled": gate.enabled,
        "archived": gate.is_archived,
        "rules": [rule.normal for rule in gate.own],
        "id type": gate.id_type,
        "holdouts": list(gate.holdouts),
        "segments": dict(gate.segments),
    }


def read_gate(page: Mapping[str, object], environment: str) -> Gate | None:
    """The gate of what `GET /console/v1/gates/G` answers; None if it is not one."""
    found = mapping(page.get("data"))
    name, enabled, rules = found.get("id"), found.get("isEnabled"), found.get("rules")
    if not isinstance(name, str) or not isinstance(enabled, bool) or not isinstance(rules, list):
        return None
    version = found.get("version")
    return Gate(
        id=name,
        enabled=enabled,
        status=str(found.get("status", "")),
        rules=tuple(_rule(mapping(each)) for each in rules),
        id_type=str(found.get("idType", "")),
        holdouts=tuple(items(found.get("holdoutIDs"))),
        version=version if isinstance(version, int) else None,
        must_be_reviewed=mapping(found.get("reviewSettings")).get("requiredReview") is True,
        environment=environment,
        segments={},
    )


def _rule(found: Mapping[str, object]) -> Rule:
    conditions = tuple(mapping(each) for each in items(found.get("conditions")))
    environments = found.get("environments")
    return Rule(
        raw=found,
        share=fraction_of(found.get("passPercentage")),
        conditions=tuple(each for each in conditions if each.get("type") != PUBLIC),
        environments=tuple(map(str, environments)) if isinstance(environments, list) else None,
        is_driven=bool(items(found.get("pendingAutomatedRollouts"))),
    )
