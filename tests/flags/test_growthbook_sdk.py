"""What GrowthBook's own SDK makes of what the provider writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import Exposure
from support import evaluators
from support.flag_cases import FlagRig, share
from support.growthbook_fake import payload
from support.growthbook_rig import FLAG, GrowthBookRig, a_rig
from support.sdk_cases import IDS, SdkCases

pytestmark = pytest.mark.real


@pytest.fixture
def rig() -> Iterator[GrowthBookRig]:
    with a_rig() as made:
        yield made


class TestBySdk(SdkCases):
    """The cases of all."""

    without_key = (False, False, True)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, GrowthBookRig)
        return payload(rig.fake, FLAG)

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        return evaluators.ask(
            "evaluate_growthbook.py", evaluators.VENDORS, snapshots=list(snapshots), flag=FLAG, ids=list(ids)
        )

    def test_the_same_users_see_it_after_everybody_did(self, rig: GrowthBookRig) -> None:
        before, _, after = self._stages(rig, (25, 100, 25))
        one, other = self.evaluate([before, after], IDS[:2_000])
        assert one == other

    def test_a_saved_group_sees_it_beside_the_share(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
        (seen,) = self.evaluate([self.snapshot(rig)], IDS)
        assert [each for each, sees in zip(IDS, seen, strict=True) if sees] == ["user-1", "user-2"]

    def test_a_hundredth_of_a_percent_is_drawn(self, rig: GrowthBookRig) -> None:
        provider = rig.provider()
        counts = []
        for percent in ("0.01", "0.5", "0.51"):
            provider.write(share(percent), provider.read())
            (seen,) = self.evaluate([self.snapshot(rig)], IDS)
            counts.append(sum(map(bool, seen)))
        assert counts == sorted(counts)
        assert evaluators.within(counts[1], 0.005, len(IDS))

    def test_rules_that_draw_alike_are_the_larger(self, rig: GrowthBookRig) -> None:
        rig.rule(coverage=0.05)
        rig.rule(coverage=0.25)
        rig.switch()
        assert rig.provider().read().exposure == share(25)
        (seen,) = self.evaluate([self.snapshot(rig)], IDS)
        assert evaluators.within(sum(map(bool, seen)), 0.25, len(IDS))
