"""When people are called, and how often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.rollout.decide import HEARTBEAT
from sluicegate.rollout.entries import EventKind, Purpose, Wait
from sluicegate.rollout.journal import Recorded
from sluicegate.rollout.publish.calls import DAY, HOUR, Call, Spell, calls_of, mentions
from support.rollouts import Written, at_stage, plan

PLAN = plan()
LATE = HEARTBEAT + 2 * PLAN.tick


def calls(journal: Written, now: int) -> list[Call]:
    return list(calls_of(journal.state, Recorded(journal.id, journal.documents).entries, now))


def failed() -> Written:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK)
    return journal.add(EventKind.FAILED, 61, reason="409: in review")


def test_a_rollout_that_goes_on_calls_nobody() -> None:
    assert calls(at_stage(PLAN, "5%", 50), 60) == []


def test_a_rollback_that_failed_calls_each_hour_until_the_flags_are_off() -> None:
    journal = failed()
    assert calls(journal, 61) == [Call(Spell.ROLLBACK_FAILED, 61, 0, "409: in review")]
    journal.add(EventKind.INTENDED, 300, purpose=Purpose.ROLLBACK).add(EventKind.FAILED, 301, reason="503")
    assert calls(journal, 61 + 2 * HOUR) == [Call(Spell.ROLLBACK_FAILED, 61, 2, "503")]
    journal.add(EventKind.ROLLED_BACK, 400)
    assert calls(journal, 401) == []


def test_a_failed_write_that_was_no_rollback_calls_nobody() -> None:
    journal = at_stage(PLAN, "internal", 50).add(EventKind.INTENDED, 60, stage="5%")
    assert calls(journal.add(EventKind.FAILED, 61, reason="409"), 62) == []


def test_a_pause_calls_each_day_and_a_new_one_anew() -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.PAUSED, 60, reason="drift")
    assert [call.key for call in calls(journal, 60)] == ["call paused 60 0"]
    assert [call.key for call in calls(journal, 60 + DAY)] == ["call paused 60 1"]
    journal.add(EventKind.RESUMED, 70, epoch=70)
    assert calls(journal, 71) == []
    journal.add(EventKind.PAUSED, 80, reason="drift")
    assert [call.key for call in calls(journal, 81)] == ["call paused 80 0"]


@pytest.mark.parametrize("waiting", list(Wait))
def test_only_who_waits_for_a_person_calls(waiting: Wait) -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.READING_CHANGED, 60, waiting=waiting, reason="why")
    found = [call.spell for call in calls(journal, 61)]
    assert found == ([Spell.WAITING] if waiting in (Wait.PERSON, Wait.APPROVAL) else [])


def test_a_gap_calls_once_and_is_no_news_after_an_hour() -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.HEARTBEAT, 51 + LATE)
    (call,) = calls(journal, 60 + LATE)
    assert call.text.startswith("nothing was recorded for 1 h 30 min, from 1970-01-01 00:00:50 UTC")
    assert calls(journal, 51 + LATE + HOUR) == []


def test_the_usual_heartbeat_is_no_gap() -> None:
    assert calls(at_stage(PLAN, "5%", 50).add(EventKind.HEARTBEAT, 50 + LATE), 60 + LATE) == []


def test_what_comes_after_the_end_is_no_gap() -> None:
    journal = at_stage(PLAN, "5%", 50).add(EventKind.ROLLED_BACK, 60)
    assert calls(journal.add(EventKind.ROLLED_BACK, 61 + LATE), 62 + LATE) == []


@given(st.integers(0, 10 * DAY), st.integers(0, 10 * DAY))
def test_calls_that_are_asked_for_in_one_period_are_one(first: int, second: int) -> None:
    journal = failed()
    keys = [calls(journal, 61 + after)[0].key for after in (first, second)]
    assert (keys[0] == keys[1]) == (first // HOUR == second // HOUR)


def test_only_logins_and_teams_are_mentioned() -> None:
    forged = ("@everyone **bold**", "@a\n@b", "write", "<b>", "@" + "x" * 60)
    assert mentions(("@alice", "@octo-org/sre", *forged)) == "@alice @octo-org/sre"
