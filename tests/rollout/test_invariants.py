"""The invariants of a rollout, for any journal, flags, readings and time, and whole lives with crashes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sluicegate.flags.interface import OFF, Exposure
from sluicegate.rollout.actions import (
    Command,
    CommandKind,
    Decision,
    Facts,
    Hold,
    Note,
    RollBack,
    Unread,
    Write,
)
from sluicegate.rollout.arms import ShareReading
from sluicegate.rollout.decide import decide
from sluicegate.rollout.drift import is_off, is_same, is_within
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose, Wait
from sluicegate.rollout.judge import ShareVerdict
from sluicegate.rollout.plan import OnBreach, Plan, Promotion, StageKind
from sluicegate.rollout.readings import Health, ReadingClass, acting
from sluicegate.rollout.state import NOT_STARTED, Phase, exposure_of
from support.rollout_world import Crash, World, reading
from support.rollouts import USUAL, Written, at_stage, flag, plan, started

START = 1_800_000_000
FROZEN = USUAL + "freeze: {windows: [fri after 07:00, sat to sun]}\n"
TWO = USUAL.replace("flags: [", "flags: [{file: {path: b.json, flag: b}}, ") + "shared-bucketing: true\n"
PLANS = (plan(), plan(FROZEN), plan(TWO))
STRANGE = Exposure(Fraction(1, 3))


@st.composite
def journals(draw: st.DrawFn) -> Written:
    """Any journal: at any stage, with any sequence of later events, also one that two have written."""
    of = draw(st.sampled_from(PLANS))
    name = draw(st.sampled_from(["", *(s.name for s in of.stages)]))
    journal = at_stage(of, name, START) if name else started(of, START)
    for _ in range(draw(st.integers(0, 3))):
        event = draw(
            st.sampled_from(
                [
                    EventKind.PAUSED, EventKind.RESUMED, EventKind.SKIPPED_BAKE, EventKind.HEARTBEAT,
                    EventKind.READING_CHANGED, EventKind.INTENDED, EventKind.PROMOTED, EventKind.FAILED,
                    EventKind.ROLLED_BACK, EventKind.COMPLETED,
                ]
            )
        )  # fmt: skip
        _append(draw, journal, event)
    if draw(st.booleans()) and draw(st.booleans()):
        state = journal.state
        for reason in ("one", "other"):
            journal.put(Entry(state.next_seq, state.prev, state.at, EventKind.HEARTBEAT, reason=reason))
    return journal


def _append(draw: st.DrawFn, journal: Written, event: EventKind) -> None:
    state, more = journal.state, dict[str, Any]()
    at = state.at + draw(st.integers(0, 7200))
    if event in (EventKind.INTENDED, EventKind.PROMOTED):
        after = min(state.stage + 1, len(state.plan.stages) - 1)
        more["stage"] = state.plan.stages[after].name
    if event is EventKind.INTENDED:
        purposes = [Purpose.ADVANCE, Purpose.ROLLBACK]
        more |= {"purpose": draw(st.sampled_from(purposes)), "holder": draw(st.sampled_from(["me", "other"]))}
        more |= {"expires": at + draw(st.integers(0, 900))}
    if event is EventKind.RESUMED:
        more["epoch"] = at
    if event is EventKind.READING_CHANGED:
        more["waiting"] = draw(st.sampled_from(list(Wait)))
    journal.add(event, at, **more)


@st.composite
def healths(draw: st.DrawFn, at: int) -> Health | None:
    """Any readings, or none."""
    if draw(st.integers(0, 9)) == 0:
        return None
    readings = tuple(
        reading(
            draw(st.sampled_from([*ReadingClass, *[ReadingClass.OK] * 4])),
            at - draw(st.sampled_from([0, 90, 4000])),
            name,
            shadow=draw(st.integers(0, 4)) == 0,
            on_breach=draw(st.sampled_from(list(OnBreach))),
        )
        for name in ("error_rate <= 5%", "p95 <= 2s")[: draw(st.integers(0, 2))]
    )
    share = draw(st.none() | st.sampled_from(list(ShareVerdict)).map(lambda v: ShareReading(v, 10, 100)))
    return Health(readings, share=share, control=draw(st.sampled_from(["", "", "more than 5% are bad"])))


ASPECTS = ("journal", "time", "flags", "health", "frozen", "deployed")


@st.composite
def situations(draw: st.DrawFn) -> Facts:
    """Anything that a decision can meet: a stage that may be promoted, in which up to three things differ."""
    wrong = draw(st.sets(st.sampled_from(ASPECTS), max_size=3))
    of = PLANS[1] if "frozen" in wrong else draw(st.sampled_from((PLANS[0], PLANS[2])))
    name = draw(st.sampled_from([s.name for s in of.stages]))
    state = (draw(journals()) if "journal" in wrong else at_stage(of, name, START)).state
    bake = 0 if state.stage == NOT_STARTED else state.plan.stages[state.stage].bake
    late = draw(st.sampled_from([-900, 0, 60, 3600, 10 * 86400])) if "time" in wrong else bake
    now = state.at + max(late, 60) if late >= 0 else state.at + late
    after = min(state.stage + 1, len(state.plan.stages) - 1)
    known = [state.exposure, exposure_of(state.plan, after), OFF, STRANGE]
    one = st.one_of(
        st.sampled_from(known).map(flag),
        st.builds(lambda e: flag(e, driver="a schedule"), st.sampled_from(known[:2])),
        st.builds(lambda e: flag(e, bucketing="pepper"), st.sampled_from(known[:2])),
        st.just(flag(None)),
        st.just(Unread("503")),
    )
    if "flags" not in wrong:
        one = st.just(flag(state.exposure))
    flags = tuple(draw(one) for _ in state.plan.flags)
    health: Health | None = Health((reading(ReadingClass.OK, now),))
    if "health" in wrong:
        health = draw(healths(now))
    if state.stage == NOT_STARTED:
        health = None
    return Facts(state, flags, health, datetime.fromtimestamp(now, UTC), "me", 15, "deployed" not in wrong)


COMMANDS = st.none() | st.builds(
    lambda kind, to, full, freeze: Command(kind, Actor("a"), "because", to, full, freeze, may_promote=True),
    st.sampled_from(list(CommandKind)),
    st.sampled_from(["", "5%", "25%", "GA", "nowhere"]),
    st.booleans(),
    st.sampled_from(["", "outage"]),
)


def advance(decision: Decision) -> Write | None:
    """The write that exposes more, where it is one."""
    action = decision.action
    return action if isinstance(action, Write) and action.purpose is Purpose.ADVANCE else None


def is_some_written(facts: Facts) -> bool:
    """Was the standing intent carried out in part?"""
    intent = facts.state.intent
    if intent is None:
        return False
    target = exposure_of(facts.plan, intent.stage)
    return any(is_same(getattr(f, "exposure", None), target) for f in facts.flags)


class TestOneDecision:
    @given(situations(), COMMANDS)
    def test_there_is_always_one_with_a_reason(self, facts: Facts, command: Command | None) -> None:
        found = decide(facts, command)
        assert found.reason
        assert decide(facts, command) == found

    @given(situations(), st.sampled_from([CommandKind.ABORT, CommandKind.ROLLBACK]))
    def test_a_kill_is_valid_in_every_state(self, facts: Facts, kind: CommandKind) -> None:
        """No freeze, drift, lease, conflict, clock or lack of permission to promote stops it."""
        found = decide(facts, Command(kind))
        done = facts.state.phase is Phase.ROLLED_BACK and all(map(is_off, facts.flags))
        assert isinstance(found.action, Hold if done else RollBack)

    @given(situations(), COMMANDS)
    def test_no_data_never_promotes(self, facts: Facts, command: Command | None) -> None:
        """Beyond the first stage only readings that are all OK do, or somebody who was asked."""
        found = decide(facts, command)
        if advance(found) is None or facts.state.stage == NOT_STARTED:
            return
        if facts.state.approved is not None or is_some_written(facts):
            return
        assert facts.health is not None
        judging = acting(facts.health.readings)
        assert judging
        assert {r.status for r in judging} == {ReadingClass.OK}

    @given(situations(), st.integers(0, 10**8))
    def test_time_alone_never_promotes(self, facts: Facts, later: int) -> None:
        """What is not promoted for its readings now is not promoted later for the same readings."""
        bad = (
            [r for r in acting(facts.health.readings) if r.status is not ReadingClass.OK]
            if facts.health
            else []
        )
        if not bad or facts.state.approved is not None or is_some_written(facts):
            return
        moment = datetime.fromtimestamp(facts.seconds + later, UTC)
        assert advance(decide(replace(facts, now=moment))) is None

    def test_many_situations_promote(self) -> None:
        """So that what is said of promotions is not said of none."""
        found = find(situations(), lambda facts: advance(decide(facts)) is not None)
        assert found.state.stage < len(found.plan.stages) - 1

    @given(situations(), COMMANDS)
    def test_what_promotes_was_read_after_the_epoch_and_just_now(
        self, facts: Facts, command: Command | None
    ) -> None:
        state = facts.state
        if advance(decide(facts, command)) is None or state.stage == NOT_STARTED:
            return
        if state.approved is not None or is_some_written(facts):
            return
        assert facts.health is not None
        for found in acting(facts.health.readings):
            assert found.until > state.epoch
            assert facts.seconds - found.until <= facts.plan.lag + 2 * facts.plan.width
        assert facts.health.control == ""
        assert facts.health.share is None or facts.health.share.verdict is not ShareVerdict.HIGH
        stage = facts.plan.stages[state.stage]
        assert state.skipped_bake or facts.seconds >= state.epoch + stage.bake
        assert stage.promotion is Promotion.AUTO
        assert facts.deployed or stage.kind is not StageKind.DARK

    @given(situations(), COMMANDS)
    def test_no_stage_is_skipped(self, facts: Facts, command: Command | None) -> None:
        found = advance(decide(facts, command))
        if found is not None:
            assert found.stage == facts.state.stage + 1
            assert found.target == exposure_of(facts.plan, found.stage)

    @given(situations(), COMMANDS)
    def test_nothing_is_written_over_drift(self, facts: Facts, command: Command | None) -> None:
        state, written = facts.state, decide(facts, command).action
        if not isinstance(written, Write):
            return
        allowed = [state.exposure]
        if state.intent is not None:
            allowed += [exposure_of(facts.plan, state.intent.stage), state.written]
        for seen in facts.flags:
            assert not isinstance(seen, Unread)
            assert seen.driver is None
            assert any(is_same(seen.exposure, one) for one in allowed)

    @given(situations())
    def test_drift_pauses_what_runs(self, facts: Facts) -> None:
        state = facts.state
        strange = tuple(flag(STRANGE) for _ in facts.flags)
        found = decide(replace(facts, flags=strange, health=None))
        if state.phase in (Phase.RUNNING, Phase.WAITING) and not state.conflict:
            assert found.action == Note(EventKind.PAUSED)
        assert not isinstance(found.action, Write)

    @given(situations(), COMMANDS)
    def test_rolled_back_is_terminal(self, facts: Facts, command: Command | None) -> None:
        state = replace(facts.state, phase=Phase.ROLLED_BACK)
        found = decide(replace(facts, state=state), command)
        assert not isinstance(found.action, Write | Note)

    @given(situations(), COMMANDS)
    def test_a_breach_acts_at_once(self, facts: Facts, command: Command | None) -> None:
        state = facts.state
        if state.phase not in (Phase.RUNNING, Phase.WAITING, Phase.PAUSED) or state.conflict:
            return
        if facts.health is None:
            return
        hard = [r for r in acting(facts.health.readings) if r.on_breach is OnBreach.ROLLBACK]
        if any(r.status is ReadingClass.BREACH for r in hard):
            assert isinstance(decide(facts, command).action, RollBack)

    @given(situations(), COMMANDS)
    def test_a_freeze_stops_every_promotion(self, facts: Facts, command: Command | None) -> None:
        if facts.plan != PLANS[1] or facts.seconds >= START + 16 * 3600:  # later it is Saturday, or over
            return
        found = decide(facts, command)
        if facts.state.override or (command is not None and command.override_freeze):
            return
        written = advance(found)
        assert written is None or written.target == OFF
        assert not (isinstance(found.action, Note) and found.action.event is EventKind.PROMOTED)

    @given(situations())
    def test_a_decision_does_not_depend_on_where_the_clock_is_read(self, facts: Facts) -> None:
        from zoneinfo import ZoneInfo

        elsewhere = replace(facts, now=facts.now.astimezone(ZoneInfo("Asia/Tokyo")))
        assert decide(elsewhere) == decide(facts)


class Lives(RuleBasedStateMachine):
    """Whole lives: ticks at any time, commands, faults, silence, crashes, two writers, hand edits."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(PLANS[2], now=START)
        self.world.deployed = True
        self.status = ReadingClass.OK
        self.world.status = lambda at: Health((reading(self.status, at),))
        self.edited = False
        self.ended = False
        self.confirmed: list[str] = []

    def _run(self, command: Command | None = None) -> None:
        with suppress(Crash):
            self.world.tick(command)
        self.edited = self.edited and not all(e == OFF for e in self.world.exposures)

    @rule(seconds=st.sampled_from([30, 300, 900, 3600, 4 * 3600, 25 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.now += seconds

    @rule(holder=st.sampled_from(["one", "two"]))
    def tick(self, holder: str) -> None:
        self.world.holder = holder
        self._run()

    @rule(steps=st.integers(0, 4))
    def tick_that_crashes(self, steps: int) -> None:
        self.world.crash_at = steps
        self._run()
        self.world.crash_at = -1

    @rule(status=st.sampled_from(list(ReadingClass)))
    def metrics_say(self, status: ReadingClass) -> None:
        self.status = status

    @rule(kind=st.sampled_from(list(CommandKind)), full=st.booleans())
    def command(self, kind: CommandKind, full: bool) -> None:
        after = self.world.state.stage + 1
        name = self.world.plan.stages[min(after, len(self.world.plan.stages) - 1)].name
        self._run(
            Command(kind, Actor("a"), "because", name, full and kind is CommandKind.PROMOTE, may_promote=True)
        )

    @rule(which=st.sets(st.integers(0, 1), max_size=1))
    def provider_refuses(self, which: set[int]) -> None:
        self.world.refuses = which

    @precondition(lambda self: self.world.state.phase is Phase.RUNNING)
    @rule(index=st.integers(0, 1))
    def hand_edit(self, index: int) -> None:
        self.world.exposures[index] = STRANGE
        self.edited = True

    @invariant()
    def nobody_sees_more_than_the_stage(self) -> None:
        """Beyond what somebody edited: at most the confirmed stage, or the one whose intent is recorded."""
        state = self.world.state
        limit = state.exposure
        if state.intent is not None:
            limit = max(limit, state.written, key=lambda e: (e.share, len(e.segments)))
        for exposure in self.world.exposures:
            if exposure != STRANGE:
                assert is_within(exposure, limit) or state.phase is Phase.ROLLED_BACK

    @invariant()
    def a_hand_edit_is_never_overwritten_but_by_a_kill(self) -> None:
        if self.edited:
            assert STRANGE in self.world.exposures

    @invariant()
    def rolled_back_stays_rolled_back(self) -> None:
        phase = self.world.state.phase
        if self.ended:
            assert phase is Phase.ROLLED_BACK
        self.ended = phase is Phase.ROLLED_BACK
        if self.ended and not self.edited:
            assert all(e == OFF for e in self.world.exposures)

    @invariant()
    def stages_come_one_after_another(self) -> None:
        names = [s.name for s in self.world.plan.stages]
        full = any(d.body.event is EventKind.PROMOTED for d in self.world.journal.documents.values())
        seen = [
            names.index(d.body.stage)
            for d in sorted(self.world.journal.documents.values(), key=lambda d: d.body.seq)
            if d.body.event is EventKind.CONFIRMED and d.body.stage
        ]
        steps = {b - a for a, b in pairwise(seen)}
        assert steps <= {0, 1} or full

    @invariant()
    def the_chain_holds(self) -> None:
        assert self.world.state.conflict == ""


Lives.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestLives = Lives.TestCase


def test_after_any_crash_the_next_ticks_bring_it_home() -> None:
    """Stopped dead at each point of a whole life, once each, it ends the same."""
    of: Plan = plan(TWO.replace("criteria:", "stages: [dark, 5%, 50%, GA]\ncriteria:"))
    for steps in range(40):
        world = World(of, now=START)
        world.crash_at = steps
        for _ in range(100):
            with suppress(Crash):
                world.tick()
            world.now += 1800
        assert world.state.phase is Phase.COMPLETED, steps
        assert {e.share for e in world.exposures} == {Fraction(1)}


def test_after_any_crash_a_rollback_ends_off() -> None:
    of = plan(TWO)
    for steps in range(8):
        world = World(of, now=START)
        world.journal, world.exposures = at_stage(of, "25%", START), [of.stages[3].exposure] * 2
        world.now += 600
        world.crash_at = steps
        world.status = lambda at: Health((reading(ReadingClass.BREACH, at),))
        for _ in range(4):
            with suppress(Crash):
                world.tick()
            world.now += 60
        assert world.state.phase is Phase.ROLLED_BACK
        assert world.exposures == [OFF, OFF]
