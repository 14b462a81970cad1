"""The rules of a GrowthBook feature as its API shows them. Pure.

Source: the API's description 4.4.0, and the server's source of 2026-08. A rule of the kind `force` holds for
everybody, also for users without the attribute. A rule whose coverage is set to 1 becomes one of the kind
`force`, and the API then no longer shows what it draws by. A rule without a hash version draws by version 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.normal import items, mapping, number

FORCE, ROLLOUT = "force", "rollout"
HASH_VERSION = 2
"""The version of the hash that a rollout draws by: it has 10,000 buckets, version 1 has 1,000."""

_AUTOMATED = {
    "safe-rollout": "a safe rollout of GrowthBook",
    "experiment": "an experiment of GrowthBook",
    "experiment-ref": "an experiment of GrowthBook",
    "contextual-bandit-ref": "a contextual bandit of GrowthBook",
}


@dataclass(frozen=True, slots=True)
class Draw:
    """What decides which users are in a percentage.

    Attributes:
        attribute: of the user, that is hashed.
        seed: hashed with it.
        version: of the hash, 1 or 2.
    """

    attribute: str
    seed: str
    version: int = HASH_VERSION

    @property
    def in_words(self) -> str:
        """For people, and to compare."""
        return f"attribute {self.attribute}, seed {self.seed}, hash version {self.version}"


@dataclass(frozen=True, slots=True)
class Groups:
    """Saved groups that a rule asks for: `any`, `all` or `none` of the ids."""

    match: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: of GrowthBook; empty for a rule that is not there yet.
        kind: its type there.
        enabled: does it count?
        value: what its users get, as GrowthBook writes values.
        coverage: the share of the users that it is for, from 0 to 1; None if it is uncertain.
        draw: what its share is drawn by; None for a rule without a share.
        condition: JSON, or empty.
        groups: of saved groups; all must hold.
        environments: in which it counts; None for all.
        limits: other restrictions, for people: prerequisites, projects, a value that is a part of one.
        driver: the automation that changes it, or empty.
    """

    id: str
    kind: str
    enabled: bool
    value: str
    coverage: Fraction | None
    draw: Draw | None
    condition: str = ""
    groups: tuple[Groups, ...] = ()
    environments: tuple[str, ...] | None = None
    limits: tuple[str, ...] = ()
    driver: str = ""

    @property
    def is_open(self) -> bool:
        """Is it for every user?"""
        return not self.condition and not self.groups and not self.limits

    @property
    def group(self) -> str:
        """The id of the one saved group that it is for as a whole; empty for any other rule."""
        whole = self.coverage == 1 and not self.condition and not self.limits
        if not whole or len(self.groups) != 1 or self.groups[0].match not in ("any", "all"):
            return ""
        return self.groups[0].ids[0] if len(self.groups[0].ids) == 1 else ""

    @property
    def in_words(self) -> str:
        """For people."""
        return f"the {cut(one_line(self.kind), 40)} rule {cut(one_line(self.id), 60)}"

    @property
    def normal(self) -> dict[str, object]:
        """All that decides what a client answers; the id is left out, which decides nothing."""
        partial = self.coverage != 1
        return {
            "kind": self.kind if self.kind not in (FORCE, ROLLOUT) else ROLLOUT,
            "enabled": self.enabled,
            "value": self.value,
            "coverage": str(self.coverage),
            "draw": self.draw.in_words if self.draw and partial else "",
            "condition": self.condition,
            "groups": [[g.match, sorted(g.ids)] for g in self.groups],
            "environments": None if self.environments is None else sorted(self.environments),
            "limits": list(self.limits),
            "driver": self.driver,
        }

    def is_in(self, environment: str) -> bool:
        """Does it count in that environment, if it is enabled?"""
        return self.environments is None or environment in self.environments


def read_rules(found: object) -> tuple[Rule, ...]:
    """The rules of a feature or of a revision, in their order."""
    return tuple(_rule(mapping(each)) for each in items(found))


def _rule(found: Mapping[str, object]) -> Rule:
    kind = _text(found.get("type"))
    coverage = _coverage(kind, found)
    everywhere = found.get("allEnvironments") is True or not isinstance(found.get("environments"), list)
    return Rule(
        id=_text(found.get("id")),
        kind=kind,
        enabled=found.get("enabled") is not False,
        value=_text(found.get("value")),
        coverage=coverage,
        draw=_draw(found) if kind == ROLLOUT else None,
        condition=_condition(found.get("condition")),
        groups=tuple(_groups(items(found.get("savedGroupTargeting")))),
        environments=None if everywhere else tuple(map(str, items(found.get("environments")))),
        limits=tuple(_limits(found)),
        driver=_driver(kind, found),
    )


def _coverage(kind: str, found: Mapping[str, object]) -> Fraction | None:
    """Of a rule; a number below 0 is taken as 0 and one above 1 as 1, as the server does."""
    value = number(found.get("coverage", 1 if kind == FORCE else None))
    if value is None:
        return None
    share = Fraction(str(min(max(value, 0), 1)))
    return share if kind == ROLLOUT or share == 1 else None


def _draw(found: Mapping[str, object]) -> Draw:
    version = found.get("hashVersion")
    number = version if isinstance(version, int) and not isinstance(version, bool) else 1
    return Draw(_text(found.get("hashAttribute")), _text(found.get("seed")), number)


def _condition(value: object) -> str:
    """Empty for a condition that always holds."""
    text = _text(value).strip()
    try:
        loaded = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return text
    return "" if loaded == {} else json.dumps(loaded, sort_keys=True)


def _groups(found: Iterable[object]) -> Iterable[Groups]:
    for each in map(mapping, found):
        ids = tuple(str(one) for one in items(each.get("savedGroups")))
        if ids:
            yield Groups(_text(each.get("matchType")), ids)


def _limits(found: Mapping[str, object]) -> Iterable[str]:
    needed = [mapping(each) for each in items(found.get("prerequisites"))]
    if needed:
        named = ", ".join(f"{one.get('id')} {one.get('condition', '')}" for one in needed)
        yield f"it has prerequisites ({cut(one_line(named), 200)})"
    if found.get("allProjects") is False:
        yield f"it is for the projects {items(found.get('projects'))}"
    if found.get("sparse") is True or found.get("config") is not None:
        yield "its value is a part of the feature's"


def _driver(kind: str, found: Mapping[str, object]) -> str:
    if found.get("rampScheduleId") or found.get("scheduleType") == "ramp":
        return "a ramp schedule of GrowthBook"
    if items(found.get("scheduleRules")):
        return "a schedule of GrowthBook"
    return _AUTOMATED.get(kind, "") if found.get("enabled") is not False else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
