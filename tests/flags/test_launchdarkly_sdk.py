"""LaunchDarkly: what its own SDK makes of what the provider writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import Exposure
from support import evaluators
from support.flag_cases import FlagRig, share
from support.launchdarkly_fake import FLAG, WHOLE, FakeLaunchDarkly
from support.launchdarkly_rig import NEW, OLD, LaunchDarklyRig, a_rig
from support.sdk_cases import SdkCases

pytestmark = pytest.mark.real


@pytest.fixture
def rig() -> Iterator[LaunchDarklyRig]:
    with a_rig() as made:
        yield made


def evaluate(snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[Any]]:
    """The values that each user gets."""
    return evaluators.ask(
        "evaluate_launchdarkly.py", evaluators.VENDORS, snapshots=snapshots, flag=FLAG, ids=ids
    )


class TestBySdk(SdkCases):
    """The cases of all."""

    without_key = (False, False, False)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, LaunchDarklyRig)
        return rig.sdk_data()

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        return evaluate(snapshots, ids)


@pytest.mark.parametrize("weight", [0, 5000])
def test_a_list_with_the_new_variation_first_shows_it_to_all_of_another_kind(
    rig: LaunchDarklyRig, weight: int
) -> None:
    """The hazard that a list in that order is refused for; at weight 0 too."""
    rig.lists((NEW, weight), (OLD, WHOLE - weight))
    rig.edit(on=True)
    assert evaluate([rig.sdk_data()], [None] * 200) == [[True] * 200]
    assert rig.provider().read().exposure is None


def test_one_with_it_first_of_those_with_a_weight_shows_it_to_all_without_the_attribute(
    rig: LaunchDarklyRig,
) -> None:
    rig.fake.page["variations"].append({"_id": "variation-2", "value": "third"})
    rig.lists((2, 0), (NEW, 5000), (OLD, 95_000), bucketBy="plan")
    rig.edit(on=True)
    assert evaluate([rig.sdk_data()], evaluators.USERS[:200]) == [[True] * 200]
    assert rig.provider().read().exposure is None


def test_the_order_decides_who_is_first(rig: LaunchDarklyRig) -> None:
    """So it is never changed: most of the first users would lose the new variation."""
    snapshots = []
    for order in ((OLD, NEW), (NEW, OLD)):
        weights = {OLD: 95_000, NEW: 5000}
        rig.lists(*((index, weights[index]) for index in order))
        rig.edit(on=True)
        snapshots.append(rig.sdk_data())
    one, other = evaluate(snapshots, evaluators.USERS)
    assert sum(map(bool, one)) > 50
    assert not any(a and b for a, b in zip(one, other, strict=True))


def test_it_grows_where_the_new_variation_is_first_and_every_context_has_the_key() -> None:
    with a_rig(FakeLaunchDarkly((True, False))) as rig:
        provider, snapshots = rig.provider(every_context_has_key="true"), []
        for percent in (1, 5, 25, 50, 100):
            provider.write(share(percent), provider.read())
            snapshots.append(rig.sdk_data())
    assert evaluators.is_monotone(evaluate(snapshots, evaluators.USERS))


def test_segments_see_it_and_nobody_else_does(rig: LaunchDarklyRig) -> None:
    provider = rig.provider()
    provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
    (seen,) = evaluate([rig.sdk_data()], evaluators.USERS)
    shown = {user for user, sees in zip(evaluators.USERS, seen, strict=True) if sees}
    assert shown == {"user-1", "user-2"}


def test_weights_below_a_whole_leave_the_rest_to_the_last_variation(rig: LaunchDarklyRig) -> None:
    """So a list whose weights are no whole is not computed."""
    rig.lists((OLD, WHOLE // 2), (NEW, 1))
    rig.edit(on=True)
    (seen,) = evaluate([rig.sdk_data()], evaluators.USERS)
    assert sum(map(bool, seen)) > 800
    assert rig.provider().read().exposure is None


def test_a_flag_that_is_off_serves_its_off_variation(rig: LaunchDarklyRig) -> None:
    rig.edit(on=False, fallthrough={"variation": OLD}, offVariation=NEW)
    assert evaluate([rig.sdk_data()], ["user-1"]) == [[True]]
    assert rig.provider().read().exposure is None


def test_a_flag_whose_prerequisite_does_not_hold_is_off(rig: LaunchDarklyRig) -> None:
    rig.edit(on=True, fallthrough={"variation": NEW}, prerequisites=[{"key": "gone", "variation": 0}])
    assert evaluate([rig.sdk_data()], ["user-1"]) == [[False]]
