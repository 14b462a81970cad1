"""The counts of metrics before a start: events that are counted twice, and none at all."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sluicegate.rollout.plan import StageKind
from sluicegate.rollout.readings import Needed, needed
from sluicegate.rollout.series import Series
from sluicegate.rollout.traffic import counts_text, traffic_remarks
from support.rollouts import plan, series

PLAN = plan()
ASKED: dict[str, Needed] = {
    one.metric: one for stage in PLAN.stages if stage.kind is StageKind.PERCENT for one in needed(PLAN, stage)
}


def remarks(service: int, exposed: int, control: int, share: Fraction = Fraction(0)) -> list[str]:
    """Of one metric of the service and one of both arms."""
    counted = [
        (ASKED["service_errors"], series([(0, service)])),
        (ASKED["error_rate"], series([(0, exposed)], [(0, control)])),
    ]
    return list(traffic_remarks(PLAN, counted, share))


def test_arms_that_add_up_to_the_service_are_right() -> None:
    assert remarks(1000, 50, 950, Fraction(1, 20)) == []
    assert remarks(1000, 0, 400) == []


def test_arms_of_twice_the_service_are_named() -> None:
    (found,) = remarks(1000, 0, 2000)
    assert found == (
        "error_rate counts 2,000 events, and 1,000 are of service_errors in the whole service: "
        "is each event counted once?"
    )


def test_an_exposed_arm_of_twice_its_share_is_named() -> None:
    (found,) = remarks(10_000, 1000, 9000, Fraction(1, 20))
    assert found == (
        "error_rate in the exposed arm counts 1,000 events, and 500 are of 5% of both arms, which the flag "
        "exposes: is each event counted once?"
    )


@pytest.mark.parametrize("counts", [(0, 0, 90), (90, 0, 200)])
def test_few_events_say_nothing_of_ratios(counts: tuple[int, int, int]) -> None:
    assert not any("counted once" in text for text in remarks(*counts))


def test_no_event_at_all_is_said_of_each_metric() -> None:
    assert [text.partition(":")[0] for text in remarks(0, 0, 0)] == ["service_errors", "error_rate"]


def test_counts_are_shown_by_arm() -> None:
    assert counts_text(series([(1, 1000), None], [(0, 5)])) == "1 of 1,000 (exposed), 0 of 5 (control)"
    assert counts_text(Series(series([(1, 1000)]).exposed)) == "1 of 1,000"
