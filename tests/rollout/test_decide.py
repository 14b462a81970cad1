"""Decisions: one rollout after another, step by step, and each rule by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.flags.interface import EVERYONE, OFF, Exposure
from sluicegate.rollout.actions import (
    Command,
    CommandKind,
    Decision,
    Facts,
    FlagView,
    Hold,
    Note,
    Refuse,
    RollBack,
    Unread,
    Write,
)
from sluicegate.rollout.arms import ShareReading
from sluicegate.rollout.decide import HEARTBEAT, decide
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose, Wait, flag_record
from sluicegate.rollout.judge import ShareVerdict
from sluicegate.rollout.plan import OnBreach, Plan
from sluicegate.rollout.readings import Health, ReadingClass
from sluicegate.rollout.start import Go, decide_start
from sluicegate.rollout.state import Phase, State
from support.rollout_world import World, health, reading
from support.rollouts import USUAL, Written, at_stage, flag, plan, started

PLAN = plan()
START = 1_800_000_000  # a Friday, 2027-01-15 08:00 UTC
FIVE, QUARTER = PLAN.stages[2].exposure, PLAN.stages[3].exposure
HOUR = 3600
GOOD, BREACH, SILENT, FEW, BROKEN = (
    ReadingClass.OK,
    ReadingClass.BREACH,
    ReadingClass.NO_DATA,
    ReadingClass.INSUFFICIENT,
    ReadingClass.PROVIDER_ERROR,
)


def facts(
    state: State,
    later: int = 0,
    status: ReadingClass | Health | None = GOOD,
    flags: tuple[FlagView, ...] | None = None,
    **more: Any,
) -> Facts:
    """The facts `later` seconds after the newest document; flags as the stage wants them."""
    now = state.at + later
    known = health(status, now) if isinstance(status, ReadingClass) else status
    seen = (flag(state.exposure),) if flags is None else flags
    moment = datetime.fromtimestamp(now, UTC)
    return replace(Facts(state, seen, known, moment, "me", deployed=True), **more)


def canary(of: Plan = PLAN, name: str = "5%") -> Written:
    return at_stage(of, name, START)


def by(kind: CommandKind, **more: Any) -> Command:
    return Command(kind, Actor("alice", "comment", "7"), may_promote=True, **more)


def event(decision: Decision) -> EventKind | None:
    return decision.action.event if isinstance(decision.action, Note) else None


class TestWholeRollouts:
    def test_a_good_version_goes_from_dark_to_ga(self) -> None:
        world = World(PLAN)
        for _ in range(400):
            if world.state.phase is Phase.COMPLETED:
                break
            after = "5%" if world.state.waiting is Wait.APPROVAL else ""
            world.tick(by(CommandKind.PROMOTE, to=after) if after else None)
            world.now += 900
        assert world.state.phase is Phase.COMPLETED
        assert world.exposures == [EVERYONE]
        events = [d.body.event for d in world.journal.documents.values()]
        assert events.count(EventKind.CONFIRMED) == len(PLAN.stages)
        assert "can be removed" in world.state.reason

    def test_a_bad_version_is_rolled_back_in_the_tick_that_sees_it(self) -> None:
        world = World(PLAN)
        world.journal, world.exposures = canary(), [FIVE]
        world.now = START + 300
        world.status = lambda at: health(BREACH, at)
        world.tick()
        assert (world.state.phase, world.exposures) == (Phase.ROLLED_BACK, [OFF])
        assert "error_rate <= 5% is broken at 5%" in world.state.reason

    def test_several_flags_return_together_when_one_is_refused(self) -> None:
        two = plan(
            USUAL.replace("flags: [", "flags: [{file: {path: b.json, flag: b}}, ")
            + "shared-bucketing: true\n"
        )
        world = World(two)
        world.journal, world.exposures = canary(two), [FIVE, FIVE]
        world.now, world.refuses = START + HOUR, {1}
        decision = decide(world.facts())
        assert decision.action == Write(3, QUARTER)
        world.act(decision)
        assert world.exposures == [QUARTER, FIVE]
        world.refuses = set()
        again = decide(world.facts())
        assert again.action == Write(2, FIVE, Purpose.RESTORE)
        world.act(again)
        world.act(decide(world.facts()))
        assert (world.exposures, world.state.stage, world.state.intent) == ([FIVE, FIVE], 2, None)


class TestTime:
    def test_a_stage_bakes(self) -> None:
        state = canary().state
        found = decide(facts(state, HOUR - 60))
        assert found.reason == "5% bakes for 60 s more"
        assert found.next_at == START + HOUR
        assert decide(facts(state, HOUR)).action == Write(3, QUARTER)

    def test_skip_bake_skips_time_only(self) -> None:
        journal = canary()
        found = decide(facts(journal.state, 60), by(CommandKind.SKIP_BAKE, reason="hotfix"))
        assert found.action == Note(EventKind.SKIPPED_BAKE, "5%")
        state = journal.add(EventKind.SKIPPED_BAKE, START + 60).state
        assert decide(facts(state, 60)).action == Write(3, QUARTER)
        assert not isinstance(decide(facts(state, 60, FEW)).action, Write)

    def test_paused_time_does_not_bake(self) -> None:
        journal = canary().add(EventKind.PAUSED, START + 60)
        journal.add(EventKind.RESUMED, START + 10 * HOUR, epoch=START + 10 * HOUR)
        assert not isinstance(decide(facts(journal.state, 600)).action, Write)

    def test_a_clock_behind_the_journal_promotes_nothing(self) -> None:
        state = replace(canary().state, at=START + 3 * HOUR)
        found = decide(facts(state, -600))
        assert not isinstance(found.action, Write)
        assert found.alarms == ("the clock is 600 s behind the journal",)
        assert isinstance(decide(facts(state, -600, BREACH)).action, RollBack)

    def test_a_tick_that_changes_nothing_writes_one_heartbeat_an_hour(self) -> None:
        journal = canary(name="100%")
        first = decide(facts(journal.state, 60))
        assert event(first) is EventKind.READING_CHANGED
        journal.add(EventKind.READING_CHANGED, START + 60, readings=health(GOOD, 0).readings)
        assert isinstance(decide(facts(journal.state, HEARTBEAT - 1)).action, Hold)
        assert event(decide(facts(journal.state, HEARTBEAT))) is EventKind.HEARTBEAT
        journal.add(EventKind.HEARTBEAT, START + 60 + HEARTBEAT)
        assert isinstance(decide(facts(journal.state, 900)).action, Hold)

    def test_an_overdue_tick_is_an_alarm_from_whatever_comes_next(self) -> None:
        state = canary().state
        late = HEARTBEAT + 2 * PLAN.tick + 1
        assert decide(facts(state, late - 1)).alarms == ()
        for command in (None, by(CommandKind.PAUSE), by(CommandKind.ROLLBACK)):
            assert (
                decide(facts(state, late), command)
                .alarms[0]
                .startswith("overdue: nothing was recorded since 2027")
            )

    def test_a_stage_that_lasts_too_long_calls_a_person(self) -> None:
        journal = canary().add(EventKind.HEARTBEAT, START + 24 * HOUR)
        found = decide(facts(journal.state, 60, FEW))
        assert found.phase is Phase.WAITING
        assert found.alarms[0].startswith("5% lasts for 24 h and needs a person")


class TestFreeze:
    FROZEN = plan(USUAL + "freeze: {windows: [fri after 07:00, sat to sun]}\n")

    def test_holds_every_promotion_and_says_until_when(self) -> None:
        found = decide(facts(canary(self.FROZEN).state, 2 * HOUR))
        assert found.phase is Phase.WAITING
        assert found.reason == "held by freeze (fri after 07:00) until 2027-01-18 00:00 UTC"
        assert found.next_at == int(datetime(2027, 1, 18, tzinfo=UTC).timestamp())

    def test_holds_promotion_by_hand_too(self) -> None:
        found = decide(facts(canary(self.FROZEN).state, 60), by(CommandKind.PROMOTE, to="25%"))
        assert found.action == Refuse("Wait, or override it for a reason: --override-freeze REASON.")

    def test_can_be_overridden_for_a_reason(self) -> None:
        journal = canary(self.FROZEN)
        command = by(CommandKind.PROMOTE, to="25%", override_freeze="outage")
        found = decide(facts(journal.state, 60), command)
        assert found.action == Note(EventKind.PROMOTED, "25%", override="outage")
        journal.add(EventKind.PROMOTED, START + 60, stage="25%", override="outage")
        assert decide(facts(journal.state, 1)).action == Write(3, QUARTER)

    def test_never_holds_a_rollback(self) -> None:
        state = canary(self.FROZEN).state
        assert isinstance(decide(facts(state, 60, BREACH)).action, RollBack)
        assert isinstance(decide(facts(state, 60), by(CommandKind.ROLLBACK)).action, RollBack)

    def test_does_not_hold_the_end(self) -> None:
        assert event(decide(facts(at_stage(self.FROZEN, "GA", START).state, 600))) is EventKind.COMPLETED

    def test_holds_a_first_stage_that_exposes_somebody(self) -> None:
        canary_first = plan(USUAL + "freeze: {windows: [fri]}\nstages: [5%, GA]\n")
        assert isinstance(decide(facts(started(canary_first, START).state)).action, Hold)
        dark_first = started(self.FROZEN, START).state
        assert decide(facts(dark_first)).action == Write(0, OFF)


class TestWaiting:
    def test_the_dark_stage_waits_for_the_deployment(self) -> None:
        state = at_stage(PLAN, "dark", START).state
        found = decide(facts(state, HOUR, deployed=False))
        assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.DEPLOYMENT)
        assert isinstance(decide(facts(state, HOUR)).action, Write)

    def test_internal_waits_for_promotion(self) -> None:
        found = decide(facts(at_stage(PLAN, "internal", START).state, 2 * HOUR))
        assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.APPROVAL)
        assert "promote --to 5%" in found.reason

    def test_internal_asks_without_any_sample_too(self) -> None:
        state = at_stage(PLAN, "internal", START).state
        found = decide(facts(state, 2 * HOUR, FEW))
        assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.APPROVAL)
        silent = decide(facts(state, 2 * HOUR, SILENT))
        assert silent.action == Note(EventKind.READING_CHANGED, waiting=Wait.DATA)

    def test_too_high_a_share_holds_and_alarms(self) -> None:
        known = Health(health(GOOD, START + HOUR).readings, share=ShareReading(ShareVerdict.HIGH, 100, 1000))
        found = decide(facts(canary().state, HOUR, known))
        assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.SHARE)
        assert found.alarms == (
            "too many users: 10.00% of the events are of exposed users, and the stage is 5%",
        )

    def test_shadow_criteria_promote_nothing_and_roll_nothing_back(self) -> None:
        for status in (GOOD, BREACH):
            known = Health((reading(status, START + HOUR, shadow=True),))
            found = decide(facts(canary().state, HOUR, known))
            assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.APPROVAL)

    def test_old_readings_promote_nothing(self) -> None:
        found = decide(facts(canary().state, 2 * HOUR, health(GOOD, START + HOUR)))
        assert found.reason == "error_rate <= 5%: its newest bin is old"

    def test_a_reading_from_before_the_epoch_promotes_nothing(self) -> None:
        state = replace(canary().state, skipped_bake=True)
        assert not isinstance(decide(facts(state, 30, health(GOOD, START))).action, Write)


class TestFlags:
    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            (flag(Exposure(Fraction(1, 2))), "the flag exposes 50%, and the stage 5% and internal"),
            (flag(OFF), "the flag exposes nobody, and the stage 5% and internal"),
            (flag(EVERYONE), "the flag exposes 100%, and the stage 5% and internal"),
            (flag(None, fingerprint="x"), "what the flag exposes cannot be computed: one rule"),
            (flag(FIVE, driver="guarded rollout"), "guarded rollout of the provider drives the flag"),
            (flag(FIVE, bucketing="pepper"), "what decides which users are in a share was changed"),
            (
                flag(FIVE, fingerprint="touched"),
                "the flag was changed by somebody else; its exposure is the same",
            ),
        ],
    )
    def test_drift_pauses_is_named_and_never_overwritten(self, seen: FlagView, reason: str) -> None:
        found = decide(facts(canary().state, HOUR, flags=(seen,)))
        assert event(found) is EventKind.PAUSED
        assert found.reason.startswith(reason)
        assert found.alarms

    def test_a_breach_acts_although_the_flag_drifted(self) -> None:
        assert isinstance(decide(facts(canary().state, 60, BREACH, (flag(EVERYONE),))).action, RollBack)

    def test_an_unreadable_flag_waits_and_then_pauses(self) -> None:
        journal, seen = canary(), (Unread("503"),)
        found = decide(facts(journal.state, HOUR, flags=seen))
        assert found.action == Note(EventKind.READING_CHANGED, waiting=Wait.FLAG)
        journal.add(EventKind.READING_CHANGED, START + HOUR, waiting=Wait.FLAG)
        assert isinstance(decide(facts(journal.state, 600, flags=seen)).action, Hold)
        assert event(decide(facts(journal.state, PLAN.limits.errors, flags=seen))) is EventKind.PAUSED

    def test_an_unreadable_flag_stops_no_breach(self) -> None:
        assert isinstance(decide(facts(canary().state, 60, BREACH, (Unread("503"),))).action, RollBack)

    def test_everybody_with_segments_is_everybody(self) -> None:
        state = at_stage(PLAN, "100%", START).state
        seen = flag(Exposure(Fraction(1), ("internal",)), fingerprint=f"as {EVERYONE}")
        assert event(decide(facts(state, 60, flags=(seen,)))) is EventKind.READING_CHANGED


class TestIntent:
    def test_is_confirmed_by_reading_back(self) -> None:
        journal = canary().add(
            EventKind.INTENDED, START + HOUR, stage="25%", holder="me", expires=START + 2 * HOUR
        )
        found = decide(facts(journal.state, 5, flags=(flag(QUARTER),), delay=30))
        assert found.action == Note(EventKind.CONFIRMED, "25%", START + HOUR + 35)

    def test_of_another_run_is_left_to_it_until_its_lease_ends(self) -> None:
        journal = canary().add(
            EventKind.INTENDED, START + HOUR, stage="25%", holder="other", expires=START + HOUR + 99
        )
        found = decide(facts(journal.state, 50))
        assert (found.reason, found.next_at) == ("another run writes 25%", START + HOUR + 99)
        assert decide(facts(journal.state, 100)).action == Write(3, QUARTER)

    def test_that_wrote_nothing_is_decided_anew(self) -> None:
        journal = canary().add(EventKind.INTENDED, START + HOUR, stage="25%", holder="other", expires=0)
        assert decide(facts(journal.state, 60)).action == Write(3, QUARTER)
        assert not isinstance(decide(facts(journal.state, 60, SILENT)).action, Write)

    def test_is_confirmed_in_a_pause_without_ending_it(self) -> None:
        journal = (
            canary().add(EventKind.INTENDED, START + HOUR, stage="25%").add(EventKind.PAUSED, START + HOUR)
        )
        found = decide(facts(journal.state, 5, flags=(flag(QUARTER),)))
        assert event(found) is EventKind.CONFIRMED
        after = journal.add(EventKind.CONFIRMED, START + HOUR + 5, stage="25%", epoch=1).state
        assert (after.phase, after.stage) == (Phase.PAUSED, 3)

    def test_a_breach_comes_before_it(self) -> None:
        journal = canary().add(
            EventKind.INTENDED, START + HOUR, stage="25%", holder="other", expires=START + 9 * HOUR
        )
        assert isinstance(decide(facts(journal.state, 5, BREACH)).action, RollBack)


class TestCommands:
    def test_promote_names_the_stage(self) -> None:
        state = canary().state
        assert decide(facts(state, 60), by(CommandKind.PROMOTE, to="25%")).action == Note(
            EventKind.PROMOTED, "25%"
        )
        assert decide(facts(state, 60), by(CommandKind.PROMOTE)).action == Refuse(
            "Name the stage, for example --to 25%."
        )

    @pytest.mark.parametrize(
        ("to", "text"), [("5%", "5% is the stage already"), ("internal", "internal is over")]
    )
    def test_a_late_promote_does_nothing_and_says_so(self, to: str, text: str) -> None:
        found = decide(facts(canary().state, 60), by(CommandKind.PROMOTE, to=to))
        assert isinstance(found.action, Hold)
        assert found.reason.startswith(f"nothing is done: {text}")

    def test_promote_skips_no_stage(self) -> None:
        found = decide(facts(canary().state, 60), by(CommandKind.PROMOTE, to="50%"))
        assert (found.reason, found.action) == (
            "50% does not follow 5%",
            Refuse("Promote to 25%, or to everybody with --full."),
        )

    def test_a_misspelt_stage_gets_the_nearest(self) -> None:
        found = decide(facts(canary().state, 60), by(CommandKind.PROMOTE, to="intrnal"))
        assert isinstance(found.action, Refuse)
        assert found.action.remedy.startswith("Perhaps you meant 'internal'. Stages: dark, internal, 5%")

    @pytest.mark.parametrize("kind", [CommandKind.PROMOTE, CommandKind.RESUME, CommandKind.SKIP_BAKE])
    def test_only_approvers_let_it_go_on(self, kind: CommandKind) -> None:
        command = Command(kind, Actor("mallory"), to="25%")
        found = decide(facts(canary().state, 60), command)
        assert (found.reason, found.action) == (
            "@mallory is no approver of this rollout",
            Refuse("Ask one of: write."),
        )

    @pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.ABORT, CommandKind.ROLLBACK])
    def test_who_may_write_may_stop_it(self, kind: CommandKind) -> None:
        found = decide(facts(canary().state, 60), Command(kind, Actor("bob"), "looks odd"))
        assert not isinstance(found.action, Refuse)
        assert found.reason == "looks odd"

    def test_a_breach_acts_in_place_of_a_promotion(self) -> None:
        found = decide(facts(canary().state, 60, BREACH), by(CommandKind.PROMOTE, to="25%"))
        assert isinstance(found.action, RollBack)

    def test_resume_begins_a_new_epoch(self) -> None:
        journal = canary().add(EventKind.PAUSED, START + 60, reason="odd")
        found = decide(facts(journal.state, 60, delay=15), by(CommandKind.RESUME))
        assert found.action == Note(EventKind.RESUMED, epoch=START + 60 + 60 + 15)

    def test_resume_takes_a_change_that_exposes_the_same(self) -> None:
        journal = canary().add(EventKind.PAUSED, START + 60)
        same, other = flag(FIVE, fingerprint="renamed"), flag(EVERYONE)
        assert (
            event(decide(facts(journal.state, 60, flags=(same,)), by(CommandKind.RESUME)))
            is EventKind.RESUMED
        )
        found = decide(facts(journal.state, 60, flags=(other,)), by(CommandKind.RESUME))
        assert found.action == Refuse("Set the flag back by hand, or roll back.")

    @pytest.mark.parametrize("kind", [CommandKind.RESUME, CommandKind.PAUSE])
    def test_a_command_that_changes_nothing_says_so(self, kind: CommandKind) -> None:
        journal = canary()
        if kind is CommandKind.PAUSE:
            journal.add(EventKind.PAUSED, START + 1)
        assert isinstance(decide(facts(journal.state, 60), by(kind)).action, Hold)

    def test_nothing_is_promoted_in_a_pause(self) -> None:
        journal = canary().add(EventKind.PAUSED, START + 60, reason="odd")
        found = decide(facts(journal.state, 60), by(CommandKind.PROMOTE, to="25%"))
        assert found.action == Refuse("Resume it first, or roll back.")

    def test_a_command_is_answered_after_what_was_to_be_seen_before(self) -> None:
        journal = canary().add(EventKind.INTENDED, START + 60, stage="25%", holder="me")
        found = decide(facts(journal.state, 5, flags=(flag(QUARTER),)), by(CommandKind.PAUSE))
        assert (event(found), found.answers) == (EventKind.PAUSED, True)
        found = decide(facts(journal.state, 5, flags=(flag(QUARTER),)), by(CommandKind.PROMOTE, to="50%"))
        assert (event(found), found.answers) == (EventKind.CONFIRMED, False)
        drifted = decide(facts(canary().state, 5, flags=(flag(EVERYONE),)), by(CommandKind.PROMOTE, to="25%"))
        assert (event(drifted), drifted.answers) == (EventKind.PAUSED, False)

    def test_a_promotion_that_met_drift_is_refused_in_the_end(self) -> None:
        world = World(PLAN)
        world.journal, world.exposures, world.now = canary(), [EVERYONE], START + 60
        world.tick(by(CommandKind.PROMOTE, to="25%"))
        assert world.happened[-1].action == Refuse("Set the flag back by hand, or roll back.")
        assert world.exposures == [EVERYONE]

    def test_a_pause_forgets_a_promotion_that_was_not_made(self) -> None:
        journal = canary().add(EventKind.PROMOTED, START + 60, stage="25%")
        journal.add(EventKind.PAUSED, START + 61).add(EventKind.RESUMED, START + 62, epoch=START + 62)
        assert journal.state.approved is None
        assert not isinstance(decide(facts(journal.state, 60)).action, Write)


class TestConflicts:
    def test_two_writers_stop_everything_but_a_kill(self) -> None:
        journal = canary()
        state = journal.state
        for reason in ("one", "other"):
            journal.put(Entry(state.next_seq, state.prev, START + 9, EventKind.HEARTBEAT, reason=reason))
        found = decide(facts(journal.state, HOUR, BREACH))
        assert isinstance(found.action, Hold)
        assert found.alarms
        assert isinstance(
            decide(facts(journal.state, HOUR), by(CommandKind.PROMOTE, to="25%")).action, Refuse
        )
        assert isinstance(decide(facts(journal.state, HOUR), by(CommandKind.ROLLBACK)).action, RollBack)


class TestAfterTheEnd:
    def rolled_back(self) -> Written:
        return (
            canary()
            .add(EventKind.INTENDED, START + 5, purpose=Purpose.ROLLBACK)
            .add(EventKind.ROLLED_BACK, START + 6)
        )

    def test_a_late_promote_that_meets_a_rollback_is_taken_back(self) -> None:
        state = self.rolled_back().state
        found = decide(facts(state, 5, flags=(flag(QUARTER),)))
        assert isinstance(found.action, RollBack)
        assert found.phase is Phase.ROLLED_BACK

    def test_a_flag_that_somebody_else_switched_on_is_reported(self) -> None:
        seen = (flag(Exposure(Fraction(1, 3))),)
        found = decide(facts(self.rolled_back().state, 5, flags=seen))
        assert isinstance(found.action, Hold)
        assert found.alarms == ("the flag is on after the rollback, and nothing here switched it on",)

    def test_no_command_brings_it_back(self) -> None:
        state = self.rolled_back().state
        for kind in (CommandKind.PROMOTE, CommandKind.RESUME, CommandKind.SKIP_BAKE, CommandKind.PAUSE):
            found = decide(facts(state, 5, flags=(flag(OFF),)), by(kind, to="25%"))
            assert found.action == Refuse("Start a new rollout.")

    def test_a_failed_rollback_is_tried_again_and_loud(self) -> None:
        journal = canary().add(EventKind.INTENDED, START + 5, purpose=Purpose.ROLLBACK)
        journal.add(EventKind.FAILED, START + 6, reason="503")
        found = decide(facts(journal.state, 5))
        assert isinstance(found.action, RollBack)
        assert found.alarms == ("the rollback has failed: 503",)
        assert event(decide(facts(journal.state, 5, flags=(flag(OFF),)))) is EventKind.ROLLED_BACK


class TestStart:
    GO = Go("a" * 40, "GO of v42")

    def test_a_flag_that_is_off_may_start(self) -> None:
        found = decide_start(PLAN, (flag(OFF),), (), self.GO)
        assert (found.action, found.reason) == (Note(EventKind.STARTED), "GO of v42")

    @pytest.mark.parametrize(
        ("seen", "what"),
        [
            (flag(FIVE), "the flag exposes 5% and internal already"),
            (flag(None), "what the flag exposes cannot be computed"),
            (flag(OFF, driver="a schedule"), "a schedule of the provider drives the flag"),
            (Unread("401"), "a flag cannot be read: 401"),
        ],
    )
    def test_any_other_flag_may_not(self, seen: FlagView, what: str) -> None:
        found = decide_start(PLAN, (seen,), (), self.GO)
        assert isinstance(found.action, Refuse)
        assert found.reason.startswith(what)

    def test_without_a_decision_a_reason_is_needed(self) -> None:
        assert isinstance(decide_start(PLAN, (flag(OFF),), (), Go("a" * 40)).action, Refuse)
        found = decide_start(PLAN, (flag(OFF),), (), Go("a" * 40, reason="no releases yet"))
        assert found.reason == "without a decision: no releases yet"

    def test_one_live_rollout_for_a_name_and_for_a_flag(self) -> None:
        live = canary().state
        other = plan(path="rollouts/other.yml")
        for mine, text in ((PLAN, "is not over"), (other, "drives the same flag")):
            found = decide_start(mine, (flag(OFF),), (live,), self.GO)
            assert isinstance(found.action, Refuse)
            assert found.reason.endswith(text)
        ended = replace(live, phase=Phase.ROLLED_BACK)
        assert event(decide_start(PLAN, (flag(OFF),), (ended,), self.GO)) is EventKind.STARTED


def test_a_pause_in_place_of_a_rollback_is_a_choice() -> None:
    known = Health((reading(BREACH, START + 60, on_breach=OnBreach.PAUSE),))
    journal = canary()
    assert event(decide(facts(journal.state, 60, known))) is EventKind.PAUSED
    journal.add(EventKind.PAUSED, START + 60, flag_after=(flag_record(flag(FIVE)),))
    assert isinstance(decide(facts(journal.state, 60, known)).action, Hold)
