"""What a flag of Unleash exposed, by the server's own event log: nothing of ours is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from support.unleash import Flag

NOBODY = (Fraction(0), frozenset[int]())

Exposed = tuple[Fraction, frozenset[int]]
"""The share of all users, and the ids of segments whose users see the flag as well: none beside everybody."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was exposed from one event on.

    Attributes:
        number: of the event; a later one has a higher one.
        kind: of the event, as Unleash names it.
        enabled: is the environment on?
        strategies: the active ones with their percentage and segments, whether the environment is on or not.
    """

    number: int
    kind: str
    enabled: bool
    strategies: Mapping[str, tuple[str, frozenset[int]]]

    @property
    def exposed(self) -> Exposed:
        """Who saw the flag."""
        if not self.enabled:
            return NOBODY
        shares = [Fraction(int(rollout), 100) for rollout, s in self.strategies.values() if not s]
        groups = [segments for _, segments in self.strategies.values() if segments]
        share = max(shares, default=Fraction(0))
        return share, frozenset().union(*groups) if share < 1 else frozenset()


def shown(flag: Flag) -> list[Shown]:
    """What a flag exposed after each event of its environment, the oldest first."""
    return list(_replayed(events(flag)))


def events(flag: Flag) -> list[dict[str, Any]]:
    """The events of a flag, the oldest first."""
    found = flag.server.call("GET", f"/api/admin/events/{flag.name}")["events"]
    return sorted(found, key=lambda event: int(event["id"]))


def _replayed(log: list[dict[str, Any]]) -> Iterator[Shown]:
    enabled = False
    strategies: dict[str, tuple[str, frozenset[int]]] = {}
    for event in log:
        kind, data = event["type"], event["data"]
        if event["environment"] != "development":
            continue
        match kind:
            case "feature-environment-enabled" | "feature-environment-disabled":
                enabled = kind.endswith("-enabled")
            case "feature-strategy-add" | "feature-strategy-update":
                strategies.pop(data["id"], None)
                if not data["disabled"]:
                    segments = frozenset(data.get("segments") or ())
                    strategies[data["id"]] = data["parameters"]["rollout"], segments
            case "feature-strategy-remove":
                strategies.pop(event["preData"]["id"], None)
            case _:
                raise AssertionError(f"an event that is not known: {kind}")
        yield Shown(int(event["id"]), kind, enabled, dict(strategies))
