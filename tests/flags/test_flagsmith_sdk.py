"""What Flagsmith's own engine makes of what we write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from support import evaluators
from support.flag_cases import FlagRig, share
from support.flagsmith_fake import KEY
from support.flagsmith_rig import FlagsmithRig, a_rig
from support.sdk_cases import SdkCases

pytestmark = pytest.mark.real


@pytest.fixture
def rig() -> Iterator[FlagsmithRig]:
    with a_rig() as made:
        yield made


def context_of(rig: FlagsmithRig) -> dict[str, Any]:
    """The state of the flag as the engine takes it.

    A segment's key is its id, and an identity's is made by the engine of the environment's key and the
    identifier: so do `map_environment_document_to_context` and `map_context_and_identity_data_to_context` of
    its client for Python (flagsmith/mappers.py).
    """
    name, state = rig.flag_name, rig.state
    overrides = {o["segment"]["id"]: o for o in state["segment_overrides"]}
    feature = {"key": str(rig.flag), "name": name, "value": None}
    return {
        "environment": {"key": KEY, "name": "Production"},
        "features": {name: {**feature, "enabled": state["environment_default"]["enabled"]}},
        "segments": {
            str(number): {
                "key": str(number),
                "name": segment["name"],
                "rules": segment["rules"],
                "overrides": [
                    {**feature, "enabled": o["enabled"], "priority": o["priority"]}
                    for o in [overrides.get(number)]
                    if o
                ],
            }
            for number, segment in rig.fake.segments.items()
        },
    }


class TestBySdk(SdkCases):
    """The cases of all, with the engine of Flagsmith."""

    without_key = (False, False, True)

    def snapshot(self, rig: FlagRig) -> Any:
        """See `SdkCases`."""
        assert isinstance(rig, FlagsmithRig)
        return rig.flag_name, context_of(rig)

    def evaluate(self, snapshots: Sequence[Any], ids: Sequence[str | None]) -> list[list[bool | None]]:
        """See `SdkCases`."""
        (flag,) = {name for name, _ in snapshots}
        contexts = [context for _, context in snapshots]
        return evaluators.ask(
            "evaluate_flagsmith.py", evaluators.VENDORS, contexts=contexts, flag=flag, ids=list(ids)
        )

    def test_a_split_at_nought_lets_somebody_see_it(self, rig: FlagsmithRig) -> None:
        rig.fake.override(rig.flag, rig.split, enabled=True, priority=0)
        ids = [f"user-{number}" for number in range(30_000)]
        (seen,) = self.evaluate([self.snapshot(rig)], ids)
        assert 0 < sum(map(bool, seen)) < 20
        exposure = rig.provider().read().exposure
        assert exposure is not None
        assert exposure.share > 0

    def test_another_segment_draws_others(self, rig: FlagsmithRig) -> None:
        provider, seen = rig.provider(), []
        provider.write(share(25), provider.read())
        seen.append(self.snapshot(rig))
        rig.create_the_split_anew()
        seen.append(self.snapshot(rig))
        one, other = self.evaluate(seen, [f"user-{number}" for number in range(2_000)])
        assert one != other
