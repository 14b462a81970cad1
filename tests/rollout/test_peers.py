"""What went wrong in other tools, by repository and number of the report, and what happens here."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sluicegate.flags.interface import EVERYONE, OFF, Exposure
from sluicegate.rollout.actions import Command, CommandKind, Note, Refuse, RollBack, Write
from sluicegate.rollout.decide import decide
from sluicegate.rollout.entries import Actor, EventKind, Wait, rollout_id
from sluicegate.rollout.plan import OnBreach
from sluicegate.rollout.readings import Health, ReadingClass, read_stage
from sluicegate.rollout.series import Answer
from sluicegate.rollout.start import Go, decide_start
from sluicegate.rollout.state import Phase
from support.rollout_world import World, health, reading
from support.rollouts import USUAL, at_stage, bins, flag, plan, series, started

PLAN = plan()
START = 1_800_000_000
HOUR, DAY = 3600, 86400
FIVE = PLAN.stages[2].exposure
GUARD = "error_rate <= 5%"


def canary(status: ReadingClass = ReadingClass.OK) -> World:
    """A rollout at 5 %."""
    world = World(PLAN, now=START)
    world.journal, world.exposures = at_stage(PLAN, "5%", START), [FIVE]
    world.status = lambda at: health(status, at)
    return world


def by(kind: CommandKind, to: str = "", reason: str = "", full: bool = False) -> Command:
    return Command(kind, Actor("alice", "comment", "7"), reason, to, full, may_promote=True)


@pytest.mark.parametrize("number", [1466, 1905, 3503])
def test_argo_rollouts_query_without_result_waits_and_heals(number: int) -> None:
    """Nothing comes back: neither a crash nor a pass; when data return, it goes on by itself."""
    world = canary(ReadingClass.NO_DATA)
    world.now += 2 * HOUR
    world.tick()
    assert (world.state.phase, world.state.waiting, world.exposures) == (Phase.WAITING, Wait.DATA, [FIVE])
    world.status = lambda at: health(ReadingClass.OK, at)
    world.now += 900
    world.tick()
    assert world.state.stage == 3


def test_argo_rollouts_4479_errors_of_every_measurement_are_no_success() -> None:
    world = canary(ReadingClass.PROVIDER_ERROR)
    for _ in range(40):
        world.now += 300
        world.tick()
    assert (world.state.stage, world.exposures) == (2, [FIVE])
    assert world.state.phase is Phase.PAUSED
    paused = next(d for d in world.happened if d.action == Note(EventKind.PAUSED))
    assert paused.alarms == (f"{GUARD}: PROVIDER_ERROR, for 1,800 s",)


@pytest.mark.parametrize("status", ["PROVIDER_ERROR", "NO_DATA", "INSUFFICIENT"])
@pytest.mark.slow
def test_argo_rollouts_3850_time_alone_never_promotes(status: str) -> None:
    world = canary(ReadingClass(status))
    for _ in range(200):
        world.now += 3 * HOUR
        world.tick()
    assert (world.state.stage, world.exposures) == (2, [FIVE])


@pytest.mark.parametrize("number", [261, 3015])
def test_argo_rollouts_a_promotion_over_an_inconclusive_stage_holds(number: int) -> None:
    """It is recorded with the readings that it overrides, and the stage behind it is not held by them."""
    world = canary(ReadingClass.INSUFFICIENT)
    world.now += 60
    world.tick(by(CommandKind.PROMOTE, "25%", "few users at night"))
    assert world.state.stage == 3
    promoted = next(d.body for d in world.journal.documents.values() if d.body.event is EventKind.PROMOTED)
    assert [(r.id, r.status) for r in promoted.readings] == [(GUARD, ReadingClass.INSUFFICIENT)]
    world.now += 60
    world.tick()
    assert (world.state.phase, world.state.stage) == (Phase.RUNNING, 3)


@pytest.mark.parametrize("number", [261, 3015])
def test_argo_rollouts_a_resumed_rollout_does_not_pause_again_at_once(number: int) -> None:
    """A resume begins the waiting anew, and what was counted before the pause is forgotten."""
    world = canary(ReadingClass.NO_DATA)
    while world.state.phase is not Phase.PAUSED:
        world.now += 600
        world.tick()
    world.now += DAY
    world.tick(by(CommandKind.RESUME))
    world.now += 600
    world.tick()
    assert (world.state.phase, world.state.epoch) == (Phase.WAITING, world.now - 600)


@pytest.mark.parametrize("number", [2929, 841, 3120, 2897])
def test_argo_rollouts_an_aborted_rollout_does_not_try_again(number: int) -> None:
    world = canary()
    world.tick(by(CommandKind.ABORT, reason="wrong build"))
    for _ in range(50):
        world.now += HOUR
        world.tick()
    assert (world.state.phase, world.exposures) == (Phase.ROLLED_BACK, [OFF])


@pytest.mark.parametrize("number", [841, 3120])
def test_argo_rollouts_a_new_start_forgets_the_old_readings(number: int) -> None:
    old = canary(ReadingClass.BREACH)
    old.tick()
    found = decide_start(PLAN, (flag(OFF),), (old.state,), Go("b" * 40, "release/43"))
    assert found.action == Note(EventKind.STARTED)
    later = World(PLAN).facts()
    assert rollout_id("new-checkout", later.now) != old.state.id
    assert started(PLAN, START + DAY).state.readings == {}
    assert isinstance(decide(later).action, Write)


@pytest.mark.parametrize("number", [1411, 1107])
def test_argo_rollouts_a_breach_acts_in_the_tick_that_sees_it(number: int) -> None:
    world = canary(ReadingClass.BREACH)
    world.now += 120
    decision = world.tick()
    assert isinstance(decision.action, RollBack)
    assert world.exposures == [OFF]


def test_argo_rollouts_1774_a_bad_stable_version_blocks_no_good_one() -> None:
    """Nothing is compared with it, the guards decide, and a person is asked."""
    answers: dict[tuple[str, Fraction | None], Answer] = {
        ("service_errors", None): series([(0, 10_000)] * 3),
        ("error_rate", None): series([(0, 500)] * 3, [(4000, 9500)] * 3),
    }
    known = read_stage(PLAN, PLAN.stages[2], answers)
    assert {r.status for r in known.readings} == {ReadingClass.OK}
    fresh = tuple(replace(r, until=START + HOUR) for r in known.readings)
    world = canary()
    world.status = lambda at: replace(known, readings=fresh)
    world.now += HOUR
    decision = world.tick()
    assert decision.action == Note(EventKind.READING_CHANGED, waiting=Wait.CONTROL)
    assert decision.alarms[0].startswith("the control arm is unhealthy")
    world.tick(by(CommandKind.PROMOTE, "25%", "stable is broken, this mends it"))
    assert world.state.stage == 3


def test_argo_rollouts_2866_a_criterion_may_pause_in_place_of_a_rollback() -> None:
    world = canary()
    world.status = lambda at: Health((reading(ReadingClass.BREACH, at, on_breach=OnBreach.PAUSE),))
    world.tick()
    assert (world.state.phase, world.exposures) == (Phase.PAUSED, [FIVE])


@pytest.mark.parametrize("number", [574, 2168])
def test_argo_rollouts_a_rollback_skips_every_step_and_check(number: int) -> None:
    frozen = plan(USUAL + "freeze: {windows: [mon to sun]}\n")
    world = World(frozen, now=START)
    world.journal, world.exposures = at_stage(frozen, "50%", START), [EVERYONE]  # drifted, too
    world.status = lambda at: None
    world.tick(by(CommandKind.ROLLBACK))
    assert (world.exposures, world.state.phase) == ([OFF], Phase.ROLLED_BACK)
    targets = [d.action for d in world.happened if isinstance(d.action, Write)]
    assert targets == []


@pytest.mark.parametrize("number", [1011, 1689])
def test_flagger_traffic_that_vanished_promotes_nothing(number: int) -> None:
    """Samples count from the stage's own epoch: those of the stage before do not count."""
    stage = PLAN.stages[3]
    quiet: dict[tuple[str, Fraction | None], Answer] = {
        ("service_errors", None): series([(0, 0)] * 60),
        ("error_rate", None): series([(0, 0)] * 60, [(0, 0)] * 60),
    }
    known = read_stage(PLAN, stage, quiet)
    assert {r.status for r in known.readings} == {ReadingClass.INSUFFICIENT}
    world = canary()
    world.journal, world.exposures = at_stage(PLAN, "25%", START), [stage.exposure]
    world.status = lambda at: known
    world.now += 5 * HOUR
    world.tick()
    assert world.state.stage == 3


@pytest.mark.parametrize("waiting", [Wait.APPROVAL, Wait.FREEZE, Wait.DATA, Wait.PERSON])
def test_flagger_1801_a_breach_counts_while_a_stage_waits(waiting: Wait) -> None:
    world = canary(ReadingClass.BREACH)
    world.journal.add(EventKind.READING_CHANGED, START + 60, waiting=waiting)
    world.now += 120
    assert isinstance(world.tick().action, RollBack)
    assert world.exposures == [OFF]


def test_flagger_1801_a_breach_counts_in_a_pause() -> None:
    world = canary(ReadingClass.BREACH)
    world.journal.add(EventKind.PAUSED, START + 60)
    assert isinstance(world.tick().action, RollBack)


def test_flagger_1588_a_kill_is_valid_while_it_promotes() -> None:
    world = canary()
    world.journal.add(EventKind.INTENDED, START + 60, stage="25%", holder="stuck", expires=START + DAY)
    world.now += 90
    world.tick(by(CommandKind.ROLLBACK))
    assert (world.state.phase, world.exposures) == (Phase.ROLLED_BACK, [OFF])


def test_flagger_45_an_emergency_goes_to_everybody_for_a_reason() -> None:
    world = canary(ReadingClass.INSUFFICIENT)
    refused = world.tick(by(CommandKind.PROMOTE, full=True))
    assert refused.action == Refuse("Add one: --reason TEXT.")
    world.tick(by(CommandKind.PROMOTE, reason="the old version leaks data", full=True))
    assert (world.exposures, world.plan.stages[world.state.stage].name) == ([EVERYONE], "100%")
    reasons = [d.body.reason for d in world.journal.documents.values()]
    assert "the old version leaks data" in reasons


@pytest.mark.parametrize("number", [14817, 31152])
def test_posthog_a_flag_that_exposes_more_than_its_stage_pauses(number: int) -> None:
    """A launch that resets 20 % to 100 %, a condition that shadows ours: what counts is who is exposed."""
    world = canary()
    world.exposures = [EVERYONE]
    world.now += HOUR
    decision = world.tick()
    assert decision.reason == "the flag exposes 100%, and the stage 5% and internal"
    assert (world.state.phase, world.exposures) == (Phase.PAUSED, [EVERYONE])


def test_posthog_39528_an_exposure_that_cannot_be_is_no_exposure() -> None:
    with pytest.raises(ValueError, match="a share lies from 0 to 1"):
        Exposure(FIVE.share * 30)
    facts = replace(canary().facts(), flags=(flag(None, reason="'150' is no percentage"),))
    found = decide(facts)
    assert found.action == Note(EventKind.PAUSED)
    assert found.reason == "what the flag exposes cannot be computed: '150' is no percentage"


def test_posthog_100151_an_answer_of_success_confirms_nothing() -> None:
    """A stale write that did nothing is answered by 200: only what is read back counts."""
    world = canary()
    world.now += HOUR
    world.journal.add(EventKind.INTENDED, world.now, stage="25%", holder="one", expires=world.now + 600)
    assert world.exposures == [FIVE]
    found = decide(world.facts())
    assert isinstance(found.action, Write)
    assert world.state.stage == 2


@pytest.mark.parametrize(
    ("repository", "late"),
    [("open-multi-agent#557", 12 * HOUR), ("fpl-intelligence#288", 7 * HOUR), ("cashu-ts#790", 21 * DAY)],
)
def test_a_late_or_lost_cron_is_an_alarm_and_skips_no_stage(repository: str, late: int) -> None:
    world = canary()
    world.now += late
    decision = world.tick()
    assert decision.alarms[0].startswith("overdue: nothing was recorded since")
    assert world.state.stage == 3
    confirmed = [
        d.body.stage for d in world.journal.documents.values() if d.body.event is EventKind.CONFIRMED
    ]
    assert confirmed == ["dark", "internal", "5%", "25%"]


def test_aws_serverless_workshops_343_a_wrong_dimension_does_not_wait_for_ever() -> None:
    """Data that never come pause the rollout, and say so."""
    world = canary(ReadingClass.NO_DATA)
    for _ in range(20):
        world.now += 300
        world.tick()
    assert world.state.phase is Phase.PAUSED
    assert any("for 3,600 s" in alarm for d in world.happened for alarm in d.alarms)


def test_a_fault_after_an_hour_of_health_is_found_at_once() -> None:
    stage = PLAN.stages[2]
    sick = bins(*[(1, 100)] * 60, *[(50, 100)])
    calm = bins(*[(20, 1900)] * 61)
    answers: dict[tuple[str, Fraction | None], Answer] = {
        ("service_errors", None): series([(20, 2000)] * 61),
        ("error_rate", None): series([(b.bad, b.total) for b in sick], [(b.bad, b.total) for b in calm]),
    }
    found = {r.id: r.status for r in read_stage(PLAN, stage, answers).readings}
    assert found[GUARD] is ReadingClass.BREACH
