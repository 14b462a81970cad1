"""PostHog's own library for Python on the flags that we wrote."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import Exposure
from support import evaluators
from support.flag_cases import FlagRig
from support.posthog_fake import FakePostHog
from support.posthog_rig import PostHogRig, a_rig, cohort, everybody, share_of
from support.sdk_cases import SdkCases

pytestmark = pytest.mark.real

_SERVED = ("id", "name", "key", "filters", "deleted", "active", "ensure_experience_continuity", "version")


def served(page: dict[str, Any]) -> dict[str, Any]:
    """The flag as local evaluation gets it: fewer members, by `MinimalFeatureFlagSerializer` of PostHog."""
    return copy.deepcopy({key: page[key] for key in (*_SERVED, "bucketing_identifier")})


def rigged(variant: str) -> Iterator[PostHogRig]:
    with a_rig(variant) as made:
        made.set(groups=[everybody(0)])
        yield made


class TestBySdk(SdkCases):
    """The cases of all."""

    without_key = (False, False, True)  # drawn as one user, whose hash is 0.858
    variant = ""

    @pytest.fixture
    def rig(self) -> Iterator[PostHogRig]:
        yield from rigged(self.variant)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, PostHogRig)
        return served(rig.flag)

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        return evaluate(snapshots, ids, self.variant)


class TestAVariantBySdk(TestBySdk):
    """The cases of all, for a variant of a flag that has some."""

    variant = "test"


STAFF = {
    "12": {
        "type": "AND",
        "values": [{"key": "email", "type": "person", "value": "@example.com", "operator": "icontains"}],
    }
}


def evaluate(
    flags: Sequence[Any], ids: Sequence[str | None], variant: str = "", **properties: str
) -> list[list[bool | None]]:
    question = {"flags": list(flags), "ids": list(ids), "variant": variant, "cohorts": STAFF}
    return evaluators.ask("evaluate_posthog.py", evaluators.VENDORS, **question, properties=properties)


def test_the_hazards_are_as_we_read_them() -> None:
    cases: list[tuple[dict[str, Any], float, str]] = [
        ({"groups": [everybody(None)]}, 1, ""),
        ({"groups": [{"properties": []}]}, 1, ""),
        ({"groups": []}, 0, ""),
        ({"groups": [everybody(100), everybody(5)]}, 1, ""),
        ({"groups": [everybody(5), everybody(20)]}, 0.2, ""),
        ({"groups": [everybody(20), everybody(5)]}, 0.2, ""),
        ({"groups": [everybody(5), everybody(20)], "early_exit": True}, 0.05, ""),
        ({"groups": [everybody(100)], "holdout": {"id": 7, "exclusion_percentage": 30}}, 0.7, ""),
        ({"groups": [everybody(5, variant="test")], "multivariate": _split(0)}, 0.05, "test"),
        ({"groups": [everybody(100)], "multivariate": _split(40)}, 0.4, "test"),
        ({"groups": [everybody(5, variant="gone")], "multivariate": _split(100)}, 0.05, "test"),
    ]
    fake = FakePostHog()
    for number, (filters, expected, variant) in enumerate(cases):
        flag = served({**fake.add(f"hazard-{number}"), "filters": filters, "active": True})
        ((*seen,),) = evaluate([flag], evaluators.USERS, variant)
        assert evaluators.within(sum(map(bool, seen)), expected), (filters, sum(map(bool, seen)))


@pytest.mark.parametrize(("email", "expected"), [("ada@example.com", 1), ("ada@example.org", 0.05)])
def test_a_cohort_sees_it_whatever_the_share_is(email: str, expected: float) -> None:
    for rig in rigged(""):
        rig.set(groups=[everybody(0), cohort("staff")])
        provider = rig.provider()
        provider.write(Exposure(Fraction(1, 20), ("staff",)), provider.read())
        ((*seen,),) = evaluate([served(rig.flag)], evaluators.USERS, email=email)
        assert evaluators.within(sum(map(bool, seen)), expected)


def _split(percent: int) -> dict[str, Any]:
    return {"variants": [share_of("control", 100 - percent), share_of("test", percent)]}
