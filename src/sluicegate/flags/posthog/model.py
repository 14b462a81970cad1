"""What PostHog says of a flag, and who sees it. Pure.

Source: the API's serializers and the evaluation in PostHog's library for Python 7.91.1. The conditions
(`filters.groups`) are joined by "or". All of them draw by the same hash of flag key and user, so that the
users of a small percentage are among those of a larger one. A missing or empty percentage means 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.text import cut, one_line
from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, fraction_of, items, mapping, percent

_NAMES = ("cohort_name", "label", "group_key_names")
"""Members of a property that are shown to people, and decide nothing."""

_UNCLEAR: tuple[tuple[str, str], ...] = (
    ("super_groups", "early access conditions decide before its own"),
    ("feature_enrollment", "enrolment in early access decides before its conditions"),
    ("holdout", "a holdout takes users out of it"),
    ("holdout_groups", "a holdout takes users out of it"),
    ("early_exit", "it stops at the first condition that a user's percentage misses (early exit)"),
)
"""Members of `filters` with which the conditions alone do not say who sees the flag, and why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One release condition.

    Attributes:
        index: its place in the flag.
        share: of the users whom its properties fit; None if the percentage is not a number from 0 to 100.
        properties: which must all fit.
        variant: that it names in place of the flag's distribution, or empty.
        group: the type of group that it is drawn by; None for users.
    """

    index: int
    share: Fraction | None
    properties: tuple[object, ...]
    variant: str
    group: object

    @property
    def is_open(self) -> bool:
        """Does it fit every user?"""
        return not self.properties

    @property
    def cohort(self) -> str | None:
        """The name of the one cohort that it is for; None for other properties."""
        if len(self.properties) != 1:
            return None
        found = mapping(self.properties[0])
        if found.get("type") != "cohort" or found.get("negation") or found.get("operator") not in _INSIDE:
            return None
        name = found.get("cohort_name")
        return name if isinstance(name, str) and name else f"cohort {found.get('value')}"

    @property
    def normal(self) -> dict[str, object]:
        """All of it that decides."""
        kept = [
            {key: value for key, value in mapping(each).items() if key not in _NAMES}
            for each in self.properties
        ]
        return {"share": str(self.share), "properties": kept, "variant": self.variant, "group": self.group}


_INSIDE = (None, "in", "exact")


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag.

    Attributes:
        page: what the server answers of it.
        schedules: changes of it that PostHog will make by itself.
    """

    page: Mapping[str, object]
    schedules: tuple[str, ...] = ()

    @property
    def id(self) -> int:
        """By which the server names it in paths."""
        found = self.page.get("id")
        return found if isinstance(found, int) else 0

    @property
    def key(self) -> str:
        """By which code names it."""
        return str(self.page.get("key"))

    @property
    def active(self) -> bool:
        """Is it switched on?"""
        return self.page.get("active") is True and not self.archived

    @property
    def archived(self) -> bool:
        """Is it put away, and so off?"""
        return self.page.get("archived") is True

    @property
    def version(self) -> object:
        """By which a write is locked; None on flags that are older than versions."""
        return self.page.get("version")

    @property
    def filters(self) -> Mapping[str, object]:
        """Conditions, variants and payloads."""
        return mapping(self.page.get("filters"))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions, in order."""
        group = self.filters.get("aggregation_group_type_index")
        found = enumerate(map(mapping, items(self.filters.get("groups"))))
        return tuple(_condition(index, each, group) for index, each in found)

    @property
    def variants(self) -> Mapping[str, object]:
        """The percentage of each variant, by its key."""
        found = items(mapping(self.filters.get("multivariate")).get("variants"))
        return {str(each.get("key")): each.get("rollout_percentage") for each in map(mapping, found)}

    @property
    def driver(self) -> str | None:
        """What changes it without us; None for nothing."""
        if self.schedules:
            return f"a scheduled change of PostHog ({', '.join(self.schedules)})"
        if items(self.page.get("experiment_set")):
            return "an experiment of PostHog"
        return "an early access feature of PostHog" if items(self.page.get("features")) else None

    def gives(self, condition: Condition, variant: str) -> bool:
        """Do users whom a condition counts for get the variant; True for a flag without variants?"""
        variants = self.variants
        if condition.variant in variants:
            return condition.variant == variant
        return not variants or variants.get(variant) == 100

    def if_active(self, variant: str) -> tuple[Exposure | None, str]:
        """Who sees the variant where the flag is switched on, and why.

        Args:
            variant: of the plan; empty for a flag without variants.
        """
        if why := _unclear(self, variant):
            return None, why
        share, segments = Fraction(0), []
        for condition in self.conditions:
            if condition.share == 0:
                continue
            if why := self._unclear(condition, variant):
                return None, f"its condition {condition.index + 1} {why}"
            if condition.cohort is not None:
                segments.append(condition.cohort)
            else:
                share = max(share, condition.share or Fraction(0))
        exposure = Exposure(share, tuple(segments))
        also = and_segments(exposure.segments, "cohorts")
        return exposure, f"its conditions are for {percent(share)} of all users{also}"

    def _unclear(self, condition: Condition, variant: str) -> str:
        """Why it is not known whom a condition counts for; empty if it is."""
        if condition.share is None:
            return "has no percentage from 0 to 100"
        if condition.group is not None:
            return "is drawn by groups, not by users"
        if not self.gives(condition, variant):
            return f"gives its users other variants than '{variant}'"
        if not condition.is_open and (condition.cohort is None or condition.share != 1):
            return "is for a part of the users that is no whole cohort"
        return ""


def _condition(index: int, found: Mapping[str, object], group: object) -> Condition:
    return Condition(
        index=index,
        share=_share(found.get("rollout_percentage")),
        properties=tuple(items(found.get("properties"))),
        variant=str(found.get("variant") or ""),
        group=found.get("aggregation_group_type_index", group),
    )


def _share(value: object) -> Fraction | None:
    if value is None:
        return Fraction(1)
    return fraction_of(value)


def _unclear(flag: Flag, variant: str) -> str:
    """Why the conditions do not say who sees the variant; empty if they do."""
    if not isinstance(flag.page.get("active"), bool):
        return "whether it is active is neither true nor false"
    if flag.filters.get("version", 1) != 1 or not isinstance(flag.filters.get("groups"), list):
        return "its filters have a form that is not known here"
    if flag.page.get("is_remote_configuration") is True:
        return "it is a remote configuration"
    if flag.filters.get("aggregation_group_type_index") is not None:
        return "it is drawn by groups, not by users"
    for key, why in _UNCLEAR:
        if flag.filters.get(key):
            return why
    return _unclear_variant(flag.variants, variant)


def _unclear_variant(variants: Iterable[str], variant: str) -> str:
    there = [cut(one_line(name), 60) for name in variants]
    if there and not variant:
        return f"it has the variants {', '.join(there)}, and the plan names none of them as `variant`"
    if variant and variant not in variants:
        return f"it has no variant '{variant}'"
    return ""


def state_of(flag: Flag, variant: str) -> FlagState:
    """The normalised state of a flag.

    Args:
        flag: with its schedules.
        variant: of the plan; empty for a flag without variants.
    """
    exposure, reason = flag.if_active(variant)
    if flag.page.get("active") is False or flag.archived:
        exposure, reason = OFF, "it is archived" if flag.archived else "it is switched off"
    return FlagState(
        exposure=exposure,
        enabled=flag.active,
        reason=reason,
        driver=flag.driver,
        fingerprint=fingerprint(_normal(flag)),
        version=None if flag.version is None else str(flag.version),
        bucketing=_bucketing(flag),
    )


def _bucketing(flag: Flag) -> str:
    by = flag.page.get("bucketing_identifier") or "distinct_id"
    kept = flag.page.get("ensure_experience_continuity") is True
    return f"flag {flag.key}, by {by}{', kept when a user logs in' if kept else ''}"


def _normal(flag: Flag) -> dict[str, object]:
    """All that decides what a library answers; the version also moves with a new description."""
    filters = flag.filters
    kept = ("multivariate", "payloads", "version", *(key for key, _ in _UNCLEAR))
    return {
        "active": flag.active,
        "archived": flag.archived,
        "conditions": [condition.normal for condition in flag.conditions],
        "filters": {key: filters[key] for key in kept if filters.get(key)},
        "group": filters.get("aggregation_group_type_index"),
        "remote": flag.page.get("is_remote_configuration") is True,
        "contexts": sorted(map(str, items(flag.page.get("evaluation_contexts")))),
        "runtime": flag.page.get("evaluation_runtime"),
        "bucketing": _bucketing(flag),
        "driver": flag.driver,
    }


def find_flag(results: Iterable[object], key: str) -> Mapping[str, object] | None:
    """The flag with exactly that key among those of a page of the list; None if it is not there."""
    for found in map(mapping, results):
        if found.get("key") == key and found.get("deleted") is not True and isinstance(found.get("id"), int):
            return found
    return None


def pending(results: Iterable[object], flag: int) -> tuple[str, ...]:
    """The changes that PostHog will still make to a flag, of what `GET …/scheduled_changes/` answers."""
    waiting = [
        each
        for each in map(mapping, results)
        if each.get("executed_at") is None and str(each.get("record_id")) == str(flag)
    ]
    return tuple(sorted(cut(one_line(str(each.get("scheduled_at"))), 40) for each in waiting))
