"""The periods of a rollout: which stage was judged from which epoch until when."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.rollout.entries import Entry, EventKind, Purpose
from sluicegate.rollout.judge import BinCounts, Counts
from sluicegate.rollout.periods import GROUPS, Period, grouped, periods
from support.examples import at_most
from support.rollout_statuses import SITUATIONS, status
from support.rollouts import Written, at_stage, plan

PLAN = plan()


def found(journal: Written, now: int) -> tuple[tuple[int, int, int, int], ...]:
    entries = tuple(document.body for document in journal.documents.values())
    ordered = sorted(entries, key=lambda entry: entry.seq)
    return tuple((p.stage, p.epoch, p.start, p.end) for p in periods(PLAN, ordered, now))


def test_each_confirmed_stage_is_a_period_and_the_last_one_goes_on() -> None:
    seen = found(at_stage(PLAN, "5%", 1000), 2000)
    assert seen == ((0, 998, 998, 999), (1, 999, 999, 1000), (2, 1000, 1000, 2000))


def test_a_resume_begins_the_stage_anew() -> None:
    journal = at_stage(PLAN, "dark", 1000).add(EventKind.PAUSED, 1100)
    journal.add(EventKind.RESUMED, 1200, epoch=1230)
    assert found(journal, 2000) == ((0, 1000, 1000, 1200), (0, 1230, 1200, 2000))


def test_a_rollback_ends_the_last_period_when_it_begins() -> None:
    journal = at_stage(PLAN, "dark", 1000)
    journal.add(EventKind.INTENDED, 1100, purpose=Purpose.ROLLBACK).add(EventKind.ROLLED_BACK, 1150)
    assert found(journal, 2000) == ((0, 1000, 1000, 1100),)


def test_a_return_to_the_stage_before_begins_none() -> None:
    journal = at_stage(PLAN, "dark", 1000)
    journal.add(EventKind.INTENDED, 1100, stage="dark", purpose=Purpose.RESTORE, holder="me")
    journal.add(EventKind.CONFIRMED, 1110, stage="dark", epoch=1110)
    assert found(journal, 2000) == ((0, 1000, 1000, 2000),)


def test_a_rollout_without_a_confirmed_stage_has_none() -> None:
    assert periods(PLAN, [Entry(0, "", 5, EventKind.STARTED)], 10) == ()


def test_the_window_has_the_bins_that_could_be_judged_at_the_end() -> None:
    window = Period(0, 1000, 1000, 1000 + 10 * PLAN.width + PLAN.lag).window(PLAN)
    assert (window.start, window.count) == (1000, 10)


@pytest.mark.parametrize("name", SITUATIONS)
def test_periods_of_a_life_follow_each_other(name: str) -> None:
    made = status(name).periods
    assert all(one.end <= other.start for one, other in pairwise(made))


numbers = st.tuples(st.integers(0, 9), st.integers(0, 9))
bins = st.lists(numbers, max_size=2 * GROUPS + 5).map(
    lambda pairs: [BinCounts(Counts(one, 9), Counts(0, other)) for one, other in pairs]
)


@settings(max_examples=at_most(50))
@given(bins)
def test_groups_lose_no_event_and_end_with_the_last_bin(made: list[BinCounts]) -> None:
    groups = grouped(made, 60, 1000)
    assert len(groups) <= GROUPS
    assert sum(g.exposed.bad for g in groups) == sum(b.exposed.bad for b in made)
    assert sum(g.control.total for g in groups) == sum(b.control.total for b in made)
    assert [g.last for g in groups] == sorted({g.last for g in groups})
    assert not made or (groups[-1].last, groups[-1].end) == (len(made), 1000 + 60 * len(made))
