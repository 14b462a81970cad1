"""Readings: one class for each criterion, from the bins alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.rollout.arms import share_text
from sluicegate.rollout.judge import ShareVerdict
from sluicegate.rollout.plan import Plan, Stage
from sluicegate.rollout.readings import (
    Health,
    Reading,
    ReadingClass,
    acting,
    needed,
    read_stage,
    stage_window,
)
from sluicegate.rollout.series import Answers, Failed, Series
from support.rollouts import FLAG, PROVIDER, USUAL, plan, series

PLAN = plan()
CANARY = PLAN.stages[2]
GOOD, BAD = (1, 500), (60, 500)
CONTROL = (20, 9500)
SERVICE = ("service_errors", None)
RATE = ("error_rate", None)


def stage(name: str, of: Plan = PLAN) -> Stage:
    index = of.stage(name)
    assert index is not None
    return of.stages[index]


def healthy(count: int = 5) -> dict[tuple[str, Fraction | None], Series | Failed]:
    return {SERVICE: series([(20, 10_000)] * count), RATE: series([GOOD] * count, [CONTROL] * count)}


def read(answers: Answers, of: Plan = PLAN, at: Stage = CANARY) -> Health:
    return read_stage(of, at, answers)


def one(health: Health, name: str) -> Reading:
    return next(r for r in health.readings if r.id == name)


def classes(health: Health) -> dict[str, ReadingClass]:
    return {r.id: r.status for r in health.readings}


GUARD, SERVICE_GUARD, COMPARED = "error_rate <= 5%", "service_errors <= 5%", "error_rate <= control + 0.5pp"


class TestWhatIsAsked:
    def test_arms_and_service(self) -> None:
        found = {n.metric: n.arms for n in needed(PLAN, CANARY)}
        assert found == {"service_errors": (None,), "error_rate": ("on", "off")}

    def test_the_dark_stage_asks_for_the_service_alone(self) -> None:
        assert [n.metric for n in needed(PLAN, stage("dark"))] == ["service_errors"]

    def test_without_a_control_arm_the_exposed_one_is_asked_for(self) -> None:
        for name in ("internal", "100%", "GA"):
            assert {n.metric: n.arms for n in needed(PLAN, stage(name))}["error_rate"] == ("on",)

    def test_each_threshold_is_a_query_of_its_own(self) -> None:
        found = plan(USUAL.replace("criteria: [", "criteria: [p95 <= 2s, p99 <= 5s, p90 <= 2s, "))
        asked = [n for n in needed(found, found.stages[2]) if n.metric == "latency"]
        assert [n.over for n in asked] == [n.query.over for n in asked] == [Fraction(2), Fraction(5)]


class TestWindow:
    @pytest.mark.parametrize(("now", "count"), [(0, 0), (149, 0), (150, 1), (209, 1), (3600, 58)])
    def test_has_the_bins_that_are_complete(self, now: int, count: int) -> None:
        found = stage_window(PLAN, 1000, 1000 + now)
        assert (found.start, found.width, found.count) == (1000, 60, count)
        assert found.end + PLAN.lag <= 1000 + max(now, PLAN.lag)

    def test_before_the_epoch_there_are_none(self) -> None:
        assert stage_window(PLAN, 1000, 900).count == 0


class TestClasses:
    def test_healthy_is_ok(self) -> None:
        assert set(classes(read(healthy())).values()) == {ReadingClass.OK}

    def test_a_fault_is_a_breach_that_says_what_is_proven(self) -> None:
        found = one(read({**healthy(), RATE: series([BAD] * 3, [CONTROL] * 3)}), GUARD)
        assert (found.status, found.reason) == (ReadingClass.BREACH, "proven: more than 5% are bad")
        assert found.evidence >= found.acts_at

    def test_a_breach_needs_no_samples(self) -> None:
        found = read({**healthy(), RATE: series([(30, 40)], [(0, 760)])})
        assert one(found, GUARD).status is ReadingClass.BREACH

    def test_a_breach_needs_bad_events(self) -> None:
        few = {**healthy(), RATE: series([(4, 4)], [(0, 76)])}
        assert one(read(few), COMPARED).evidence > one(read(few), COMPARED).acts_at
        assert one(read(few), COMPARED).status is ReadingClass.INSUFFICIENT
        loose = plan("min-bad: 4\n" + USUAL)
        assert one(read(few, loose, loose.stages[2]), COMPARED).status is ReadingClass.BREACH

    def test_few_bad_events_do_not_hold_a_stage_for_ever(self) -> None:
        rare = plan(
            "min-bad: 5\nmin-samples: 10\n" + USUAL.replace("error_rate <= 5%", "error_rate <= 0.01%")
        )
        at = rare.stages[2]
        name = "error_rate <= 0.01%"
        start, more = [(4, 50)], [(0, 500)] * 300
        early = read({**healthy(), RATE: series(start, [(0, 950)])}, rare, at)
        late = read({**healthy(), RATE: series(start + more, [(0, 950)] * 301)}, rare, at)
        assert one(early, name).reason == "4 bad events of 5 that count as a fault"
        assert (one(early, name).status, one(late, name).status) == (
            ReadingClass.INSUFFICIENT,
            ReadingClass.OK,
        )

    def test_too_few_samples(self) -> None:
        found = one(read({**healthy(), RATE: series([(0, 100)] * 3, [CONTROL] * 3)}), GUARD)
        assert (found.status, found.reason) == (ReadingClass.INSUFFICIENT, "300 of 1,000 samples")

    def test_of_a_service_the_exposed_part_counts_as_samples(self) -> None:
        found = one(read({**healthy(), SERVICE: series([(0, 10_000)])}), SERVICE_GUARD)
        assert found.reason == "500 of 1,000 samples"
        whole = read({SERVICE: series([(0, 10_000)])}, at=stage("dark"))
        assert one(whole, SERVICE_GUARD).status is ReadingClass.OK

    def test_no_event_is_too_few_also_without_a_minimum(self) -> None:
        found = one(
            read({SERVICE: series([(0, 5)]), RATE: series([(0, 0)] * 3)}, at=stage("internal")), GUARD
        )
        assert (found.status, found.reason) == (ReadingClass.INSUFFICIENT, "no event was counted yet")

    def test_before_the_first_bin(self) -> None:
        assert set(classes(read({SERVICE: series([]), RATE: series([], [])})).values()) == {
            ReadingClass.INSUFFICIENT
        }

    def test_silence_is_no_data(self) -> None:
        found = one(read({**healthy(), RATE: series([None, None], [CONTROL, CONTROL])}), GUARD)
        assert (found.status, found.reason) == (
            ReadingClass.NO_DATA,
            "there are no data of the exposed arm since the epoch",
        )

    def test_silence_in_the_newest_bin_is_no_data_and_heals(self) -> None:
        gap = {**healthy(), RATE: series([GOOD] * 4 + [None], [CONTROL] * 5)}
        assert one(read(gap), GUARD).status is ReadingClass.NO_DATA
        back = {**healthy(), RATE: series([GOOD] * 4 + [None, GOOD], [CONTROL] * 6)}
        assert one(read(back), GUARD).status is ReadingClass.OK

    def test_a_comparison_needs_data_of_the_control_arm(self) -> None:
        found = read({**healthy(), RATE: series([GOOD] * 5, [CONTROL] * 4 + [None])})
        assert one(found, GUARD).status is ReadingClass.OK
        assert one(found, COMPARED).reason == "there are no data of the control arm in the newest bin"

    def test_a_fault_that_ends_in_silence_is_a_breach(self) -> None:
        crashed = {**healthy(), RATE: series([BAD] * 3 + [None] * 9, [CONTROL] * 12)}
        assert one(read(crashed), GUARD).status is ReadingClass.BREACH

    def test_a_provider_that_failed(self) -> None:
        found = one(read({**healthy(), RATE: Failed("503 from the server")}), GUARD)
        assert (found.status, found.reason) == (ReadingClass.PROVIDER_ERROR, "503 from the server")

    def test_what_was_not_asked_failed(self) -> None:
        assert classes(read({}))[GUARD] is ReadingClass.PROVIDER_ERROR

    def test_more_bad_events_than_events(self) -> None:
        found = one(read({**healthy(), RATE: series([(5, 4)], [CONTROL])}), GUARD)
        assert found.status is ReadingClass.PROVIDER_ERROR
        assert found.reason == "5 bad events of 4: the expressions do not fit each other"

    def test_good_events_are_counted_from_the_other_side(self) -> None:
        text = FLAG + PROVIDER + "metrics: {success: {good: ok, total: all}}\ncriteria: [success >= 95%]\n"
        good = plan(text)
        found = read({("success", None): series([(400, 500)] * 3)}, good, good.stages[0])
        assert found.readings[0].status is ReadingClass.BREACH
        assert (found.readings[0].bad, found.readings[0].total) == (300, 1500)

    def test_dispersion_makes_a_verdict_slower(self) -> None:
        spread = plan("dispersion: 9\n" + USUAL)
        answers = {**healthy(), RATE: series([BAD] * 3, [CONTROL] * 3)}
        assert one(read(answers), GUARD).status is ReadingClass.BREACH
        slower = one(read(answers, spread, spread.stages[2]), GUARD)
        assert slower.status is ReadingClass.OK
        assert 1 < slower.evidence < slower.acts_at

    def test_arms_of_different_times_are_a_bug(self) -> None:
        with pytest.raises(ValueError, match="same times"):
            read({**healthy(), RATE: series([GOOD], [CONTROL] * 2)})

    def test_the_shown_figures(self) -> None:
        found = one(read({**healthy(), RATE: series([(8, 100)], [(80, 1900)])}), GUARD)
        assert (found.bad, found.total, found.until) == (8, 100, 60)
        assert found.low < 0.08 < found.high
        assert found.acts_at == pytest.approx(16 / 0.05)


class TestArms:
    def test_an_unhealthy_control_suspends_comparisons_and_is_named(self) -> None:
        found = read({**healthy(), RATE: series([GOOD] * 5, [(1900, 9500)] * 5)})
        assert found.control == "more than 5% are bad (error_rate <= 5%)"
        assert [s.id for s in found.skipped] == [COMPARED]
        assert classes(found)[GUARD] is ReadingClass.OK

    def test_a_breach_on_the_exposed_arm_stands_beside_an_unhealthy_control(self) -> None:
        found = read({**healthy(), RATE: series([BAD] * 5, [(1900, 9500)] * 5)})
        assert found.control
        assert classes(found)[GUARD] is ReadingClass.BREACH

    def test_the_measured_share(self) -> None:
        found = read(healthy())
        assert found.share is not None
        assert (found.share.verdict, found.share.exposed, found.share.total) == (
            ShareVerdict.FITS,
            2500,
            50_000,
        )
        assert (
            share_text(CANARY, found.share) == "5.00% of the events are of exposed users, and the stage is 5%"
        )

    def test_too_high_a_share_is_said(self) -> None:
        found = read({**healthy(), RATE: series([(1, 5000)] * 3, [CONTROL] * 3)})
        assert found.share is not None
        assert found.share.verdict is ShareVerdict.HIGH

    def test_too_low_a_share_suspends_comparisons(self) -> None:
        found = read({**healthy(), RATE: series([(1, 100)] * 30, [CONTROL] * 30)})
        assert found.share is not None
        assert found.share.verdict is ShareVerdict.LOW
        assert [s.id for s in found.skipped] == [COMPARED]

    @pytest.mark.parametrize("name", ["dark", "internal", "100%", "GA"])
    def test_other_stages_compare_nothing(self, name: str) -> None:
        found = read({SERVICE: series([(20, 10_000)]), RATE: series([GOOD])}, at=stage(name))
        assert found.share is None
        assert COMPARED in [s.id for s in found.skipped]

    def test_shadow_readings_do_not_act(self) -> None:
        shadow = plan("shadow: true\n" + USUAL)
        found = read({**healthy(), RATE: series([BAD] * 5, [CONTROL] * 5)}, shadow, shadow.stages[2])
        assert classes(found)[GUARD] is ReadingClass.BREACH
        assert acting(found.readings) == ()


COUNTS = st.tuples(st.integers(0, 400), st.floats(0, 1)).map(lambda c: (int(c[0] * c[1]), c[0]))
PAIRS = st.lists(st.tuples(st.none() | COUNTS, st.none() | COUNTS), min_size=1, max_size=10)


class TestProperties:
    @given(PAIRS)
    def test_a_breach_stays_one_whatever_comes_after(
        self, pairs: list[tuple[tuple[int, int] | None, tuple[int, int] | None]]
    ) -> None:
        """So a late look acts as all the looks before it would have."""
        exposed, control = [e for e, _ in pairs], [c for _, c in pairs]
        broken: set[str] = set()
        for count in range(len(pairs) + 1):
            health = read({**healthy(), RATE: series(exposed[:count], control[:count])})
            readings = [r for r in health.readings if r.id == GUARD]
            now = {r.id for r in readings if r.status is ReadingClass.BREACH}
            assert broken <= now
            broken = now

    @given(PAIRS)
    def test_ok_is_said_of_data_alone(
        self, pairs: list[tuple[tuple[int, int] | None, tuple[int, int] | None]]
    ) -> None:
        exposed, control = [e for e, _ in pairs], [c for _, c in pairs]
        health = read({**healthy(), RATE: series(exposed, control)})
        for found in health.readings:
            if found.id in (GUARD, COMPARED) and found.status is ReadingClass.OK:
                assert exposed[-1] is not None
                assert found.total >= CANARY.min_samples
