"""Lives of a rollout under its real controllers, in a world in which everything fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from sluicegate.rollout.state import Phase
from support.rollout_sim import live, remembered

SOME, ALL, PART = 40, 10_000, 500


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
    for seed in range(first, min(first + PART, ALL)):
        live(seed)
