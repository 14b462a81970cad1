"""Lives of a rollout under its real controllers, in a world in which everything fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from sluicegate.rollout.state import Phase
from support.rollout_sim import live, remembered

SOME, ALL, PART = 40, 10_000, 500
CALLS = (
    "the journal is read", "the journal is written", "a flag is read", "a flag is written",
    "a flag is killed", "a metric is read",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _fast() -> Iterator[None]:
    with remembered():
        yield


@pytest.mark.slow
def test_every_invariant_holds_in_some_lives() -> None:
    ends = Counter(live(seed).state.phase for seed in range(SOME))
    assert {Phase.ROLLED_BACK, Phase.COMPLETED, Phase.PAUSED} <= ends.keys(), ends


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SOME, ALL, PART))
def test_every_invariant_holds_in_ten_thousand_lives(first: int) -> None:
    deaths: Counter[str] = Counter()
    for seed in range(first, min(first + PART, ALL)):
        deaths.update(live(seed).world.deaths)
    assert {f"{when} {what}" for when in ("before", "after") for what in CALLS} == deaths.keys()
    assert deaths.total() > PART // 2
