"""What Statsig's own SDK makes of what the provider writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import Exposure
from support import evaluators
from support.flag_cases import FlagRig, share
from support.sdk_cases import IDS, SdkCases
from support.statsig_fake import specs
from support.statsig_rig import GATE, StatsigRig, a_rig

pytestmark = pytest.mark.real


@pytest.fixture
def rig() -> Iterator[StatsigRig]:
    with a_rig() as made:
        yield made


class TestBySdk(SdkCases):
    """The cases of all."""

    without_key = (None, None, None)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, StatsigRig)
        return specs(rig.fake, GATE)

    def evaluate(
        self, snapshots: Sequence[Any], ids: Sequence[str | None], *, custom: bool = False
    ) -> list[list[bool | None]]:
        """See `SdkCases`."""
        asked = {"snapshots": list(snapshots), "flag": GATE, "ids": list(ids), "custom": custom}
        return evaluators.ask("evaluate_statsig.py", evaluators.VENDORS, **asked)

    def test_users_with_another_id_alone_are_one_bucket(self, rig: StatsigRig) -> None:
        (seen,) = self.evaluate(self._stages(rig, [50]), IDS[:200], custom=True)
        assert len(set(seen)) == 1

    def test_a_segment_passes_before_the_share(self, rig: StatsigRig) -> None:
        provider = rig.provider()
        provider.write(Exposure(Fraction(0), ("beta",)), provider.read())
        (seen,) = self.evaluate([self.snapshot(rig)], IDS)
        assert [each for each, sees in zip(IDS, seen, strict=True) if sees] == ["user-1", "user-2"]

    def test_the_first_rule_for_everyone_decides(self, rig: StatsigRig) -> None:
        rig.fake.rule(GATE, passPercentage=100)
        provider = rig.provider()
        provider.write(share(5), provider.read())
        assert provider.read().exposure == share(5)
        (seen,) = self.evaluate([self.snapshot(rig)], IDS)
        assert evaluators.within(sum(map(bool, seen)), 0.05, len(IDS))
