"""ConfigCat: what its own SDK makes of what the provider writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import Exposure
from support import evaluators
from support.configcat_rig import MEMBERS, ConfigCatRig, a_rig, drawn
from support.flag_cases import FlagRig, share
from support.sdk_cases import SdkCases

pytestmark = pytest.mark.real


@pytest.fixture
def rig() -> Iterator[ConfigCatRig]:
    with a_rig() as made:
        yield made


def evaluate(snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[Any]]:
    """The values that each user gets."""
    return evaluators.ask(
        "evaluate_configcat.py", evaluators.VENDORS, snapshots=snapshots, flag="new-checkout", ids=ids
    )


class TestBySdk(SdkCases):
    """The cases of all."""

    without_key = (False, False, False)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, ConfigCatRig)
        return rig.config()

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        return evaluate(snapshots, ids)


def test_either_order_of_options_grows(rig: ConfigCatRig) -> None:
    rig.rules(drawn(0, new_first=False))
    provider, snapshots = rig.provider(), []
    for percent in (1, 5, 25, 50, 100):
        provider.write(share(percent), provider.read())
        snapshots.append(rig.config())
    assert evaluators.is_monotone(evaluate(snapshots, evaluators.USERS))


def test_a_share_of_two_and_a_half_percent_is_three(rig: ConfigCatRig) -> None:
    """So a percentage that is not whole is not computed."""
    snapshots = []
    for part in (2.5, 3):
        rule = drawn(0)
        for option, number in zip(rule["percentageOptions"], (part, 100 - part), strict=True):
            option["percentage"] = number
        rig.rules(rule)
        snapshots.append(rig.config())
    half, three = evaluate(snapshots, evaluators.USERS)
    assert half == three
    assert any(half)


def test_a_default_value_that_is_the_new_one_is_seen_without_a_key(rig: ConfigCatRig) -> None:
    rig.edit(defaultValue={"boolValue": True}, targetingRules=[drawn(5)])
    assert evaluate([rig.config()], [None]) == [[True]]
    assert rig.provider().read().exposure is None


def test_segments_see_it_and_nobody_else_does(rig: ConfigCatRig) -> None:
    provider = rig.provider()
    provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
    (seen,) = evaluate([rig.config()], evaluators.USERS)
    assert {user for user, sees in zip(evaluators.USERS, seen, strict=True) if sees} == set(MEMBERS)
