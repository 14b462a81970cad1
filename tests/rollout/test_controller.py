"""Ticks and kills, one situation each, on models of a provider and a ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.core.errors import ExitCode, UsageError, WorldError
from sluicegate.flags.interface import EVERYONE, OFF, Exposure, FlagError, WaitingForApproval
from sluicegate.ledger.interface import View
from sluicegate.rollout.actions import Command, CommandKind
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose
from sluicegate.rollout.journal import Journals, Recorded
from sluicegate.rollout.kill import Killer, Thread, Why
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.state import Phase
from support.rollout_sim import BY_HAND, Life, ModelFlag, directly

ALICE = Actor("alice", "dispatch", "7")
FIVE = Exposure(Fraction(1, 20))
WHY = Why("it hurts", ALICE)


def life(flags: int = 1, stage: str = "") -> Life:
    """A rollout of a good version in a world in which nothing fails, at a stage."""
    made = Life(0, flags)
    made.metrics.bad_from, made.metrics.silent = 1e12, (0, 0)
    for flag in made.flags:
        flag.lock = "version"
    for _ in range(100):
        if not stage or made.state.stage == made.plan.stage(stage):
            return made
        made.world.now += 900
        made.controller().tick()
    raise AssertionError(made.state)


def killer(of: Life, **more: Any) -> Killer:
    journals = Journals(of.ledger)
    made = Killer(
        of.id,
        journals,
        lambda: journals.read(of.id),
        of.providers,
        of.clock(0),
        "me",
        lambda: of.plan,
        directly,
    )
    return replace(made, **more)


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def events(of: Life) -> list[EventKind]:
    return [entry.event for entry in of.truth.entries]


def write(own: Life, event: EventKind, **more: Any) -> int:
    """Write an event into the journal, as anybody can who may push; its number."""
    journals = Journals(own.ledger)
    seen = journals.read(own.id)
    entry = Entry(seen.state.next_seq, seen.state.prev, int(own.world.now), event, ALICE, **more)
    journals.append(seen, entry)
    return entry.seq


class TestTicks:
    def test_the_intent_is_recorded_before_the_flag_is_written(self) -> None:
        own = life(stage="dark")
        seen: list[EventKind] = []
        own.flags[0].first["write"] = lambda: seen.append(own.truth.entries[-1].event)
        own.world.now += 900
        own.controller().tick()
        assert seen == [EventKind.INTENDED]
        assert own.flags[0].exposure == FIVE

    def test_one_that_changes_nothing_writes_nothing_but_once_an_hour(self) -> None:
        own = life(stage="dark")
        waiting = replace(own.controller(), deployed=lambda _plan, _commit: False)
        own.world.now += 900
        waiting.tick()
        before = len(own.truth.documents)
        for _ in range(3 * 6 + 1):
            own.world.now += 600
            waiting.tick()
        assert events(own)[before:] == [EventKind.HEARTBEAT] * 3

    def test_a_dry_one_writes_nothing_and_says_what_it_would_do(self) -> None:
        own = life(stage="dark")
        own.world.now += 900
        before = dict(own.ledger.files)
        found = own.controller().tick(dry=True)
        assert found.undone == "the flags would be set to 5% (5%)"
        assert own.ledger.files == before
        assert own.flags[0].exposure == OFF

    def test_a_dry_command_is_thought_to_its_end(self) -> None:
        own = life(stage="dark")
        command = Command(CommandKind.PROMOTE, ALICE, to="5%", may_promote=True)
        found = own.controller().tick(command, dry=True)
        assert [entry.event for entry in found.recorded][-1] is EventKind.PROMOTED
        assert found.undone == "the flags would be set to 5% (5%)"

    def test_who_asked_stands_beside_what_was_asked(self) -> None:
        own = life(stage="dark")
        own.controller().tick(Command(CommandKind.PAUSE, ALICE, "lunch"))
        last = own.truth.entries[-1]
        assert (last.event, last.actor, last.reason) == (EventKind.PAUSED, ALICE, "lunch")

    def test_a_command_that_is_refused_changes_nothing(self) -> None:
        own = life(stage="dark")
        found = own.controller().tick(Command(CommandKind.PROMOTE, ALICE, to="GA", may_promote=True))
        assert found.refusal is not None
        assert found.exit_code is ExitCode.USAGE
        assert EventKind.PROMOTED not in events(own)

    def test_a_breach_is_off_and_recorded_in_the_same_tick(self) -> None:
        own = life(stage="5%")
        own.metrics.bad_from = own.world.now
        own.world.now += 900
        found = own.controller().tick()
        assert own.flags[0].exposure == OFF
        assert events(own)[-2:] == [EventKind.INTENDED, EventKind.ROLLED_BACK]
        assert own.truth.entries[-2].readings
        assert found.exit_code is ExitCode.BLOCKED

    def test_a_provider_that_cannot_be_written_is_a_failure_and_tried_again(self) -> None:
        own = life(stage="dark")
        own.flags[0].first["write"] = raising(FlagError("503"))
        own.world.now += 900
        found = own.controller().tick()
        assert found.exit_code is ExitCode.WORLD
        assert "503" in str(found.failed)
        own.flags[0].first.clear()
        own.world.now += 900
        assert own.controller().tick().exit_code is ExitCode.OK
        assert own.flags[0].exposure == FIVE

    def test_a_flag_that_the_provider_refuses_pauses(self) -> None:
        own = life(stage="dark")
        own.flags[0].refuses = True
        own.world.now += 900
        found = own.controller().tick()
        assert own.state.phase is Phase.PAUSED
        assert "does not act on such a flag" in own.state.reason
        assert found.alarms

    def test_a_write_that_waits_for_an_approval_is_asked_for_once(self) -> None:
        own = life(stage="dark")
        asked: list[int] = []

        def waiting() -> None:
            asked.append(1)
            raise WaitingForApproval("a change request was opened", link="https://flags.example/7")

        own.flags[0].first["write"] = waiting
        for _ in range(3):
            own.world.now += 900
            own.controller().tick()
        assert asked == [1]
        assert "https://flags.example/7" in own.state.reason
        own.flags[0].set(FIVE, "write")
        own.controller().tick()
        assert own.state.exposure == FIVE
        assert own.state.phase is Phase.PAUSED

    def test_what_a_provider_warns_of_is_an_alarm_of_that_tick(self) -> None:
        own = life(stage="dark")
        own.flags[0].says = ("nobody approved the change",)
        own.world.now += 900
        (alarm,) = own.controller().tick().alarms
        assert alarm.endswith(": nobody approved the change")
        assert own.flags[0].exposure == FIVE
        own.world.now += 60
        assert not own.controller().tick().alarms

    def test_where_the_second_flag_is_refused_the_first_goes_back(self) -> None:
        own = life(2, stage="dark")
        own.flags[1].refuses = True
        own.world.now += 900
        own.controller().tick()
        assert [flag.exposure for flag in own.flags] == [OFF, OFF]
        assert (own.state.phase, own.state.exposure) == (Phase.PAUSED, OFF)
        purposes = [e.purpose for e in own.truth.entries if e.event is EventKind.INTENDED]
        assert purposes[-2:] == [Purpose.ADVANCE, Purpose.RESTORE]

    def test_an_approval_of_the_journal_that_does_not_count_promotes_nothing(self) -> None:
        own = life(stage="dark")
        write(own, EventKind.PROMOTED, stage="5%")
        found = replace(own.controller(), objection=lambda _plan, c: f"not by @{c.entry.actor.login}").tick()
        assert own.flags[0].exposure == OFF
        assert found.alarms == ["'promoted 5%' by @alice does not count: not by @alice"]
        own.controller().tick()
        assert own.flags[0].exposure == FIVE

    def test_a_pause_goes_on_whose_end_is_not_proven(self) -> None:
        own = life(stage="dark")
        own.controller().tick(Command(CommandKind.PAUSE, ALICE))
        number = write(own, EventKind.RESUMED, epoch=int(own.world.now))
        own.world.now += 900
        refusing = replace(own.controller(), objection=lambda _p, c: "forged" * (c.entry.seq == number))
        found = refusing.tick()
        assert found.alarms == ["'resumed' by @alice does not count: forged"]
        assert found.state is not None
        assert (found.state.phase, found.unproven) == (Phase.PAUSED, frozenset({number}))
        assert own.flags[0].exposure == OFF
        refusing.tick(Command(CommandKind.RESUME, ALICE, may_promote=True))
        own.world.now += 900
        refusing.tick()
        assert own.flags[0].exposure == FIVE

    def test_a_bake_goes_on_whose_end_is_not_proven(self) -> None:
        own = life(stage="dark")
        write(own, EventKind.SKIPPED_BAKE, stage="dark")
        found = replace(own.controller(), objection=lambda _plan, _claim: "forged").tick()
        assert found.alarms == ["'skipped-bake dark' by @alice does not count: forged"]
        assert own.flags[0].exposure == OFF

    def test_an_approval_that_this_run_recorded_is_not_asked_about(self) -> None:
        own = life(stage="dark")
        refusing = replace(own.controller(), objection=lambda _plan, _entry: "no")
        refusing.tick(Command(CommandKind.PROMOTE, ALICE, to="5%", may_promote=True))
        assert own.flags[0].exposure == FIVE

    def test_dark_ends_only_where_the_commit_is_deployed(self) -> None:
        own = life(stage="dark")
        asked: list[str] = []
        own.world.now += 900

        def deployed(_plan: Plan, commit: str) -> bool:
            asked.append(commit)
            return False

        replace(own.controller(), deployed=deployed).tick()
        assert asked == ["c" * 40]
        assert own.flags[0].exposure == OFF

    def test_a_late_promotion_that_meets_a_rollback_is_taken_back(self) -> None:
        own = life(stage="dark")
        own.flags[0].lock = "none"

        def meanwhile() -> None:
            del own.flags[0].first["write"]
            killer(own).run(WHY)

        own.flags[0].first["write"] = meanwhile
        own.world.now += 900
        own.controller().tick()
        assert own.state.phase is Phase.ROLLED_BACK
        assert own.flags[0].exposure == OFF
        assert [shown.how for shown in own.flags[0].log[-2:]] == ["write", "kill"]

    def test_a_kill_is_no_command_of_a_tick(self) -> None:
        with pytest.raises(ValueError, match="a kill"):
            life().controller().tick(Command(CommandKind.ROLLBACK))


class TestKills:
    def test_all_flags_are_off_the_last_one_first(self) -> None:
        own = life(2, stage="5%")
        found = killer(own).run(WHY)
        assert found.failed is None
        kills = [flag.log[-1] for flag in own.flags]
        assert [shown.exposure for shown in kills] == [OFF, OFF]
        assert kills[1].at <= kills[0].at
        assert own.state.phase is Phase.ROLLED_BACK
        assert own.truth.entries[-1].actor == ALICE

    @pytest.mark.parametrize("error", [KeyError("VersionNumber"), RecursionError("too deep"), TypeError("x")])
    def test_a_fault_of_one_provider_keeps_no_other_flag_on(self, error: Exception) -> None:
        own = life(2, stage="5%")
        own.flags[1].first["kill"] = raising(error)
        found = killer(own).run(WHY)
        assert own.flags[0].exposure == OFF
        assert found.exit_code is ExitCode.WORLD
        assert type(error).__name__ in str(found.failed)

    def test_a_flag_whose_provider_fails_to_read_it_is_switched_off(self) -> None:
        own = life(2, stage="5%")
        own.flags[1].first["read"] = raising(TypeError("x"))
        assert "failed: TypeError" in str(killer(own).run(WHY).failed)
        assert [flag.exposure for flag in own.flags] == [OFF, OFF]

    def test_a_ledger_that_is_down_holds_nothing_up(self) -> None:
        own = life(stage="5%")
        own.world.ledger_down = True
        found = killer(own).run(WHY)
        assert own.flags[0].exposure == OFF
        assert found.exit_code is ExitCode.WORLD
        assert "not recorded" in str(found.failed)
        own.world.ledger_down = False
        assert killer(own).run(WHY).failed is None
        assert own.state.phase is Phase.ROLLED_BACK

    def test_without_ledger_and_plan_nothing_can_be_done_and_that_is_said(self) -> None:
        own = life(stage="5%")
        own.world.ledger_down = True
        with pytest.raises(WorldError, match="Switch the flag off at its provider"):
            killer(own, plan=lambda: None).run(WHY)

    def test_a_plan_of_the_tree_that_cannot_be_read_is_said(self) -> None:
        own = life(stage="5%")
        own.world.ledger_down = True
        of = killer(own, plan=raising(ValueError("a bug")))
        with pytest.raises(WorldError, match="Switch the flag off"):
            of.run(WHY)
        own.world.ledger_down = False
        assert killer(own, plan=raising(ValueError("a bug"))).run(WHY).failed is None

    def test_a_ledger_that_hangs_is_waited_for_five_seconds_and_recorded_to_after(self) -> None:
        """With a true thread: the flags are off while the ledger still hangs."""
        own = life(stage="5%")
        go, off = threading.Event(), threading.Event()
        view = own.ledger.view

        def hanging() -> View:
            assert go.wait(20)
            return view()

        own.ledger.view = hanging  # type: ignore[method-assign]

        def killed() -> None:
            off.set()
            go.set()

        own.flags[0].first["kill"] = killed
        clock = replace(own.clock(0), monotonic=iter([0.0, 4.9, 4.9, 4.9]).__next__)
        found = killer(own, aside=Thread(), clock=clock).run(WHY)
        assert off.is_set()
        assert any("does not answer" in alarm for alarm in found.alarms)
        assert found.failed is None
        assert own.state.phase is Phase.ROLLED_BACK

    def test_a_journal_without_a_valid_start_is_killed_by_the_plan_of_the_tree(self) -> None:
        own = life(stage="5%")
        (first,) = [p for p, d in own.truth.documents.items() if d.body.event is EventKind.STARTED]
        del own.ledger.files[first]
        found = killer(own).run(WHY)
        assert own.flags[0].exposure == OFF
        assert found.exit_code is ExitCode.WORLD
        assert any("no single start" in alarm for alarm in found.alarms)

    def test_a_rollout_that_is_not_there_is_not_killed(self) -> None:
        own = life(stage="5%")
        with pytest.raises(UsageError, match="no such rollout"):
            killer(own, read=lambda: Recorded("other")).run(WHY)
        assert own.flags[0].exposure == FIVE

    def test_a_flag_that_stays_on_is_loud_and_tried_again(self) -> None:
        own = life(stage="5%")
        own.flags[0].first["kill"] = raising(FlagError("503"))
        found = killer(own).run(WHY)
        assert found.exit_code is ExitCode.WORLD
        assert "the rollback failed: 503" in str(found.failed)
        assert str(own.state.phase) == "ROLLBACK_FAILED"
        again = own.controller().tick()
        assert again.exit_code is ExitCode.WORLD
        assert any("the rollback has failed" in alarm for alarm in again.alarms)
        own.flags[0].first.clear()
        own.controller().tick()
        assert own.state.phase is Phase.ROLLED_BACK
        assert own.flags[0].exposure == OFF

    def test_one_that_cannot_be_read_is_killed_all_the_same(self) -> None:
        own = life(stage="5%")
        own.flags[0].first["read"] = raising(FlagError("500"))
        found = killer(own).run(WHY)
        assert own.flags[0].exposure == OFF
        assert found.exit_code is ExitCode.WORLD  # that it is off is not known

    def test_a_hand_edit_does_not_hold_it_up(self) -> None:
        own = life(stage="5%")
        own.flags[0].set(BY_HAND, "hand")
        assert killer(own).run(WHY).failed is None
        assert own.flags[0].exposure == OFF

    def test_it_is_valid_after_the_end(self) -> None:
        own = life(stage="GA")
        own.world.now += 1800
        own.controller().tick()
        assert (own.state.phase, own.flags[0].exposure) == (Phase.COMPLETED, EVERYONE)
        assert killer(own).run(WHY).failed is None
        assert own.state.phase is Phase.ROLLED_BACK

    def test_twice_is_once(self) -> None:
        own = life(stage="5%")
        killer(own).run(WHY)
        before = dict(own.ledger.files)
        found = killer(own).run(WHY)
        assert (found.failed, own.ledger.files) == (None, before)

    def test_two_documents_of_one_number_do_not_hold_it_up(self) -> None:
        own = life(stage="5%")
        seen = own.truth
        forged = replace(seen.entries[-1], reason="forged")
        journals = Journals(own.ledger)
        document = next(iter(seen.documents.values()))
        twin = replace(document, body=forged)
        own.ledger.files[twin.path] = twin.data
        assert journals.read(own.id).state.conflict
        assert killer(own).run(WHY).failed is None
        assert own.flags[0].exposure == OFF
        assert own.state.phase is Phase.ROLLED_BACK


def test_the_exit_code_of_a_rollback_is_one_and_of_a_failure_three() -> None:
    state = replace(life().state, phase=Phase.ROLLED_BACK)
    assert Outcome("id", state).exit_code is ExitCode.BLOCKED
    assert Outcome("id", state, failed=WorldError("no")).exit_code is ExitCode.WORLD
    assert Outcome("id", None).exit_code is ExitCode.OK


def test_the_model_of_a_flag_holds_what_it_is_for() -> None:
    """A write above what was intended is found, else the lives would prove nothing."""
    own = life()
    flag: ModelFlag = own.flags[0]
    with pytest.raises(AssertionError):
        flag.set(EVERYONE, "write")
