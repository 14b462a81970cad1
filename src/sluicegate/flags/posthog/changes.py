"""The requests that lead from a flag's conditions to another exposure. Pure.

Between two of them nobody sees the flag who sees it neither before nor after. No condition is deleted or
moved, and variants and payloads stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import in_steps, the_one
from sluicegate.flags.posthog.model import Condition, Flag

STEP = Fraction(1, 100_000)
"""A thousandth of a percent. PostHog takes any number; its interface shows two decimals."""

_KEEP_ONE = "Leave the flag one condition without properties, and one for each cohort alone."


@dataclass(frozen=True, slots=True)
class Percentage:
    """Another percentage of a condition.

    Attributes:
        index: of the condition.
        share: that it has afterwards.
    """

    index: int
    share: Fraction

    def is_done(self, flag: Flag) -> bool:
        """Has the condition that percentage?"""
        conditions = flag.conditions
        return self.index < len(conditions) and conditions[self.index].share == self.share

    @property
    def number(self) -> int | float:
        """As the server takes it."""
        value = self.share * 100
        return value.numerator if value.denominator == 1 else float(value)

    def filters(self, flag: Flag) -> dict[str, Any]:
        """All filters of the flag with it, for servers without an action for it."""
        groups = [dict(each) for each in _groups(flag)]
        groups[self.index]["rollout_percentage"] = self.number
        return {**flag.filters, "groups": groups}


@dataclass(frozen=True, slots=True)
class Added:
    """A condition for everybody, after those that the flag has.

    Attributes:
        percentage: of the new condition.
    """

    percentage: Percentage

    def is_done(self, flag: Flag) -> bool:
        """Is it there?"""
        return self.percentage.is_done(flag)

    def filters(self, flag: Flag) -> dict[str, Any]:
        """All filters of the flag with it."""
        number = self.percentage.number
        condition: dict[str, Any] = {"properties": [], "rollout_percentage": number, "variant": None}
        return {**flag.filters, "groups": [*_groups(flag), condition]}


Change = Percentage | Added


def changes(flag: Flag, target: Exposure, variant: str, where: str) -> tuple[Change, ...]:
    """What to send, in order; nothing if the conditions need no change.

    Args:
        flag: as it is.
        target: with a share or a segment.
        variant: of the plan; empty for a flag without variants.
        where: names the flag in errors.

    Raises:
        FlagRefused: the flag has conditions that are not a rollout's, or none for a segment.
    """
    first = tuple(_of_share(flag, target.share, variant, where))
    wanted = [_of_segment(flag, name, variant, where) for name in target.segments]
    then = tuple(Percentage(c.index, Fraction(1)) for c in wanted if c.share != 1)
    last = tuple(_of_others(flag, {c.index for c in wanted}))
    return (*first, *then, *last)


def _of_share(flag: Flag, share: Fraction, variant: str, where: str) -> Iterator[Change]:
    in_steps(share, STEP, where)
    opened = [condition for condition in flag.conditions if condition.is_open]
    if len(opened) > 1:
        what = f"it has {len(opened)} conditions for everybody"
        raise FlagRefused(what, where=where, remedy=_KEEP_ONE)
    if not opened:
        if share:
            added = Percentage(len(flag.conditions), share)
            _check_gives(flag, Condition(added.index, share, (), "", None), variant, where)
            yield Added(added)
    elif opened[0].share != share:
        _check_gives(flag, opened[0], variant, where)
        yield Percentage(opened[0].index, share)


def _of_others(flag: Flag, kept: Collection[int]) -> Iterator[Change]:
    """Conditions for a part of the users that nobody must be in."""
    for condition in flag.conditions:
        if not condition.is_open and condition.index not in kept and condition.share != 0:
            yield Percentage(condition.index, Fraction(0))


def _of_segment(flag: Flag, name: str, variant: str, where: str) -> Condition:
    found = [condition for condition in flag.conditions if condition.cohort == name]
    remedy = f"Give it one condition for the cohort '{name}', at 0 %; the rollout sets it to 100 %."
    condition = the_one(found, "it has", f"conditions for the cohort '{name}' alone", where, remedy)
    _check_gives(flag, condition, variant, where)
    return condition


def _check_gives(flag: Flag, condition: Condition, variant: str, where: str) -> None:
    if condition.group is not None or not flag.gives(condition, variant):
        raise FlagRefused(
            f"its condition {condition.index + 1} is not for users who get '{variant or True}'", where=where,
            remedy="Give the variant of the plan 100 % of the distribution, and match by users.",
        )  # fmt: skip


def _groups(flag: Flag) -> list[dict[str, Any]]:
    found = flag.filters.get("groups")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def for_nobody(flag: Flag) -> dict[str, Any]:
    """All filters of the flag with every condition at 0 %, and without early access."""
    groups = [{**each, "rollout_percentage": 0} for each in _groups(flag)]
    early = {"feature_enrollment": False} if flag.filters.get("feature_enrollment") else {}
    kept = {key: value for key, value in flag.filters.items() if key != "super_groups"}
    return {**kept, **early, "groups": groups}
