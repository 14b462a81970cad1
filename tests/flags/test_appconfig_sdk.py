"""The rules that we write for AppConfig, evaluated by a reader that shares nothing with ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from sluicegate.flags.interface import Exposure
from support import proxy
from support.appconfig_agent import variant_for
from support.appconfig_fake import AppConfigFake
from support.appconfig_rig import FLAG, AppConfigRig, a_flag, variant
from support.flag_cases import FlagRig, share
from support.sdk_cases import SdkCases

pytestmark = pytest.mark.real

GUARDED = '(and (exists key::"userId") (split by::$userId pct::0 seed::"a"))'
STAFF = variant("staff", '(in $userId ["user-1", "user-2"])')


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[AppConfigRig]:
    fake = AppConfigFake()
    with proxy.before(fake) as before:
        made = AppConfigRig(fake, before, monkeypatch)
        made.put(a_flag(STAFF, rule=GUARDED))
        yield made


class TestByItsRules(SdkCases):
    without_key = (False, False, False)

    def snapshot(self, rig: FlagRig) -> Any:
        return cast("AppConfigRig", rig).flag()

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        contexts = [{} if each is None else {"userId": each} for each in ids]
        return [[variant_for(flag, FLAG, each)["enabled"] for each in contexts] for flag in snapshots]

    def test_a_group_sees_it_whatever_the_share_is(self, rig: AppConfigRig) -> None:
        provider = rig.provider()
        for target in (Exposure(share(0).share, ("staff",)), Exposure(share(5).share, ("staff",)), share(5)):
            provider.write(target, provider.read())
            (seen,) = self.evaluate([rig.flag()], ["user-1", "user-2", *(f"u-{n}" for n in range(2_000))])
            assert all(seen[:2]) or not target.segments
            assert sum(map(bool, seen[2:])) < 200
