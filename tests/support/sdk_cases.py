"""What a vendor's own SDK makes of what a provider writes: a new provider inherits these cases."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from support.evaluators import is_monotone, within
from support.flag_cases import PERCENTS, FlagRig, share

IDS = [f"user-{number}" for number in range(10_000)]


class SdkCases(ABC):
    """Cases of every provider whose vendor has an SDK; a subclass has the fixture `rig`.

    Attributes:
        without_key: what a user without a key gets at 1, 50 and 100 %; None where the SDK refuses.
    """

    without_key: tuple[bool | None, bool | None, bool | None]

    @abstractmethod
    def snapshot(self, rig: FlagRig) -> Any:
        """What the SDK is given of the flag as it is now, as JSON."""

    @abstractmethod
    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """For each snapshot, whether each user sees the new variation; None is a user without a key."""

    def _stages(self, rig: FlagRig, percents: Sequence[int]) -> list[Any]:
        provider, found = rig.provider(), []
        for percent in percents:
            provider.write(share(percent), provider.read())
            found.append(self.snapshot(rig))
        return found

    def test_each_stage_has_its_share_and_keeps_its_users(self, rig: FlagRig) -> None:
        answers = self.evaluate(self._stages(rig, PERCENTS), IDS)
        for percent, seen in zip(PERCENTS, answers, strict=True):
            assert None not in seen
            assert within(sum(map(bool, seen)), percent / 100, len(IDS)), (percent, sum(map(bool, seen)))
        assert is_monotone([[bool(each) for each in seen] for seen in answers])

    def test_nobody_sees_it_after_a_kill(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(50), provider.read())
        provider.kill()
        (seen,) = self.evaluate([self.snapshot(rig)], IDS[:2_000])
        assert not any(seen)

    def test_the_same_users_see_it_after_a_kill_and_a_new_start(self, rig: FlagRig) -> None:
        (before,) = self._stages(rig, [25])
        rig.provider().kill()
        (after,) = self._stages(rig, [25])
        one, other = self.evaluate([before, after], IDS[:2_000])
        assert one == other

    def test_users_without_a_key_get_what_the_docs_say(self, rig: FlagRig) -> None:
        answers = self.evaluate(self._stages(rig, (1, 50, 100)), [None] * 5)
        assert [set(each) for each in answers] == [{each} for each in self.without_key]
