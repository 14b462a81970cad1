"""Which Deployments a rollout should have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.rollout.entries import EventKind, Purpose
from sluicegate.rollout.journal import Recorded
from sluicegate.rollout.publish.stages import DESCRIPTION, Made, Wanted, first_of_each, wanted
from support.rollouts import Written, at_stage, plan, started

PLAN = plan()


def states(journal: Written) -> dict[str, str]:
    found = wanted(journal.state, Recorded(journal.id, journal.documents).entries)
    return {one.stage: one.state for one in found}


def test_a_rollout_before_its_first_stage_has_none() -> None:
    assert states(started(PLAN)) == {}


def test_the_stage_goes_on_the_one_before_succeeded_and_earlier_ones_are_inactive() -> None:
    assert states(at_stage(PLAN, "5%", 50)) == {
        "dark": "inactive",
        "internal": "success",
        "5%": "in_progress",
    }


def test_a_pause_and_a_wait_change_nothing() -> None:
    journal = at_stage(PLAN, "internal", 50).add(EventKind.PAUSED, 60, reason="drift")
    assert states(journal) == {"dark": "success", "internal": "in_progress"}


def test_a_completed_rollout_leaves_its_last_stage_active() -> None:
    journal = at_stage(PLAN, "GA", 50).add(EventKind.COMPLETED, 60, reason="over")
    found = states(journal)
    assert found.pop("GA") == "success"
    assert set(found.values()) == {"inactive"}


def test_a_rollback_is_a_failure_of_its_stage_and_nothing_is_active() -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK)
    assert states(journal)["5%"] == "in_progress"
    journal.add(EventKind.ROLLED_BACK, 61, reason="r" * 2000)
    assert states(journal) == {"dark": "inactive", "internal": "inactive", "5%": "failure"}
    entries = Recorded(journal.id, journal.documents).entries
    assert max(len(one.description) for one in wanted(journal.state, entries)) == DESCRIPTION


def test_a_rollback_that_failed_is_an_error() -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK)
    journal.add(EventKind.FAILED, 61, reason="409")
    assert states(journal)["5%"] == "error"


def test_a_skipped_stage_has_none() -> None:
    journal = at_stage(PLAN, "dark", 50)
    journal.add(EventKind.INTENDED, 60, stage="GA").add(EventKind.CONFIRMED, 61, stage="GA", epoch=61)
    assert states(journal) == {"dark": "success", "GA": "in_progress"}


@pytest.mark.parametrize("stage", [stage.name for stage in PLAN.stages])
def test_only_the_current_stage_is_made_anew(stage: str) -> None:
    journal = at_stage(PLAN, stage, 50)
    found = wanted(journal.state, Recorded(journal.id, journal.documents).entries)
    assert [one.stage for one in found if one.is_current] == [stage]
    assert isinstance(found[-1], Wanted)


@given(
    st.lists(st.builds(Made, st.integers(1, 99), st.sampled_from(["dark", "5%"])), unique_by=lambda m: m.id)
)
def test_of_several_the_first_stays(made: list[Made]) -> None:
    stays, others = first_of_each(made)
    assert {one.id for one in (*stays.values(), *others)} == {one.id for one in made}
    for one in others:
        assert stays[one.stage].id < one.id
