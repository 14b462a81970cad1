"""Parts of a step, side by side."""

from __future__ import annotations

import threading
import time

import pytest

from sluicegate.action.parallel import side_by_side


def test_parts_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=30)
    assert sorted(side_by_side([meeting.wait] * 3)) == [0, 1, 2]


def test_the_results_are_in_the_order_of_the_parts() -> None:
    def late() -> str:
        time.sleep(0.1)
        return "first"

    assert side_by_side([late, lambda: "second"]) == ["first", "second"]


def test_one_alone_runs_in_this_thread() -> None:
    assert side_by_side([threading.current_thread]) == [threading.current_thread()]


def test_what_the_first_part_raises_is_raised_when_all_have_ended() -> None:
    ended = []

    def fails(name: str) -> None:
        raise ZeroDivisionError(name)

    def late() -> None:
        time.sleep(0.1)
        ended.append(True)

    with pytest.raises(ZeroDivisionError, match="one"):
        side_by_side([lambda: fails("one"), lambda: fails("two"), late])
    assert ended == [True]
