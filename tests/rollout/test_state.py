"""The journal: what its documents add up to, in any order, and what a broken chain stops."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.flags.interface import OFF
from sluicegate.ledger.documents import parse_path, read_document
from sluicegate.rollout.entries import Actor, Entry, EventKind, Purpose, Wait, flag_record, rollout_id
from sluicegate.rollout.readings import Reading, ReadingClass
from sluicegate.rollout.state import NOT_STARTED, Phase, fold
from support.rollouts import Written, at_stage, flag, plan, started

PLAN = plan()
FIVE = PLAN.stages[2].exposure


def reading(status: ReadingClass, name: str = "error_rate <= 5%") -> Reading:
    return Reading(name, name, status, "")


class TestEvents:
    def test_a_start_carries_its_plan(self) -> None:
        state = started(PLAN, 7).state
        assert (state.plan, state.plan_sha256, state.stage) == (PLAN, PLAN.sha256, NOT_STARTED)
        assert (state.phase, state.exposure, state.at, state.next_seq) == (Phase.RUNNING, OFF, 7, 1)

    def test_a_stage_counts_when_it_is_confirmed(self) -> None:
        journal = at_stage(PLAN, "internal", 50)
        journal.add(EventKind.INTENDED, 60, stage="5%", holder="run-1", expires=660)
        assert (journal.state.stage, journal.state.written) == (1, FIVE)
        assert journal.state.intent is not None
        assert journal.state.intent.holder == "run-1"
        journal.add(EventKind.CONFIRMED, 70, stage="5%", epoch=90, flag_after=(flag_record(flag(FIVE)),))
        state = journal.state
        assert (state.stage, state.exposure, state.intent) == (2, FIVE, None)
        assert (state.epoch, state.entered) == (90, 70)

    def test_a_failed_write_stays_an_intent(self) -> None:
        journal = at_stage(PLAN, "internal", 50).add(EventKind.INTENDED, 60, stage="5%")
        intent = journal.add(EventKind.FAILED, 61, reason="409").state.intent
        assert intent is not None
        assert intent.failed == "409"

    def test_a_restored_stage_keeps_its_epoch(self) -> None:
        journal = at_stage(PLAN, "5%", 50).add(EventKind.INTENDED, 60, stage="5%", purpose=Purpose.RESTORE)
        state = journal.add(EventKind.CONFIRMED, 61, stage="5%", epoch=61).state
        assert (state.intent, state.epoch, state.stage) == (None, 50, 2)

    def test_a_class_keeps_its_time_while_it_lasts(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        for at, status in ((10, ReadingClass.NO_DATA), (20, ReadingClass.NO_DATA), (30, ReadingClass.OK)):
            journal.add(EventKind.READING_CHANGED, at, readings=(reading(status),), waiting=Wait.DATA)
        since = journal.state.readings["error_rate <= 5%"]
        assert (since.status, since.at, journal.state.waiting_since) == (ReadingClass.OK, 30, 10)
        assert journal.state.phase is Phase.WAITING

    def test_a_pause_and_a_resume_begin_a_new_epoch(self) -> None:
        journal = at_stage(PLAN, "5%", 0).add(EventKind.PAUSED, 10, reason="drift")
        assert (journal.state.phase, journal.state.reason) == (Phase.PAUSED, "drift")
        state = journal.add(EventKind.RESUMED, 500, epoch=510).state
        assert (state.phase, state.epoch, state.entered) == (Phase.RUNNING, 510, 0)

    def test_a_promotion_holds_until_its_stage_is_confirmed(self) -> None:
        journal = at_stage(PLAN, "internal", 0)
        journal.add(
            EventKind.PROMOTED, 5, stage="5%", override="hotfix", actor=Actor("alice", "comment", "12")
        )
        assert (journal.state.approved, journal.state.override) == (2, "hotfix")
        journal.add(EventKind.INTENDED, 6, stage="5%").add(EventKind.CONFIRMED, 7, stage="5%", epoch=7)
        assert (journal.state.approved, journal.state.override) == (None, "")

    def test_rolled_back_is_the_end_whatever_follows(self) -> None:
        journal = at_stage(PLAN, "5%", 0).add(EventKind.INTENDED, 5, purpose=Purpose.ROLLBACK)
        phases = [journal.state.phase, journal.add(EventKind.FAILED, 6, reason="timeout").state.phase]
        assert phases == [Phase.ROLLING_BACK, Phase.ROLLBACK_FAILED]
        journal.add(EventKind.ROLLED_BACK, 7)
        for event in (EventKind.RESUMED, EventKind.PROMOTED, EventKind.INTENDED, EventKind.CONFIRMED):
            journal.add(event, 8, stage="25%", epoch=8)
            assert journal.state.phase is Phase.ROLLED_BACK
            assert journal.state.stage == 2

    def test_completed_can_still_be_turned_back(self) -> None:
        journal = at_stage(PLAN, "GA", 10).add(EventKind.COMPLETED, 11)
        before = journal.state.phase
        journal.add(EventKind.INTENDED, 12, purpose=Purpose.ROLLBACK).add(EventKind.ROLLED_BACK, 13)
        assert [before, journal.state.phase] == [Phase.COMPLETED, Phase.ROLLED_BACK]

    def test_a_heartbeat_changes_its_time_alone(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        before = journal.state
        after = journal.add(EventKind.HEARTBEAT, 4000).state
        assert (after.at, after.stage, after.epoch) == (4000, before.stage, before.epoch)

    def test_a_skipped_bake_is_for_one_stage(self) -> None:
        journal = at_stage(PLAN, "5%", 0).add(EventKind.SKIPPED_BAKE, 5)
        assert journal.state.skipped_bake
        journal.add(EventKind.INTENDED, 6, stage="25%").add(EventKind.CONFIRMED, 7, stage="25%", epoch=7)
        assert not journal.state.skipped_bake


class TestChain:
    def test_the_order_of_documents_does_not_matter(self) -> None:
        journal = at_stage(PLAN, "25%", 100).add(EventKind.PAUSED, 120)
        items = list(journal.documents.items())
        for seed in range(20):
            random.Random(seed).shuffle(items)
            assert fold(dict(items)) == journal.state

    def test_documents_survive_the_ledger(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        journal.add(EventKind.READING_CHANGED, 9, readings=(reading(ReadingClass.BREACH),))
        again = {path: read_document(path, document.data) for path, document in journal.documents.items()}
        assert fold(again) == journal.state
        assert all(parse_path(path) is not None for path in again)

    def test_two_documents_of_one_number_are_a_conflict(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        state = journal.state
        for reason in ("one", "other"):
            journal.put(Entry(state.next_seq, state.prev, 9, EventKind.PAUSED, reason=reason))
        found = journal.state
        assert found.conflict == f"there are two documents {state.next_seq} in the journal"
        assert (found.stage, found.phase, found.next_seq) == (2, Phase.RUNNING, state.next_seq + 1)

    def test_a_missing_document_is_a_conflict(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        journal.put(Entry(journal.state.next_seq + 1, "0" * 16, 9, EventKind.HEARTBEAT))
        assert "is missing" in journal.state.conflict

    def test_a_document_of_another_chain_is_a_conflict(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        journal.put(Entry(journal.state.next_seq, "0" * 16, 9, EventKind.HEARTBEAT))
        assert "does not follow the one before it" in journal.state.conflict

    def test_a_rollback_behind_a_conflict_counts(self) -> None:
        journal = at_stage(PLAN, "5%", 0)
        state = journal.state
        for reason in ("one", "other"):
            journal.put(Entry(state.next_seq, state.prev, 9, EventKind.PAUSED, reason=reason))
        journal.put(Entry(state.next_seq + 1, "", 10, EventKind.INTENDED, purpose=Purpose.ROLLBACK))
        assert journal.state.phase is Phase.ROLLING_BACK
        journal.put(Entry(state.next_seq + 2, "", 11, EventKind.ROLLED_BACK))
        assert (journal.state.phase, journal.state.next_seq) == (Phase.ROLLED_BACK, state.next_seq + 3)

    @pytest.mark.parametrize("event", [EventKind.HEARTBEAT, EventKind.PAUSED])
    def test_a_journal_without_a_start_is_refused(self, event: EventKind) -> None:
        with pytest.raises(EvidenceError, match="begins with"):
            _ = Written(PLAN).put(Entry(0, "", 1, event)).state

    def test_two_starts_are_refused(self) -> None:
        journal = started(PLAN, 1)
        journal.add(EventKind.STARTED, 2)
        with pytest.raises(EvidenceError, match="no single start"):
            _ = journal.state

    def test_a_stage_that_the_plan_lacks_stops_everything_but_a_kill(self) -> None:
        journal = at_stage(PLAN, "5%", 0).add(EventKind.INTENDED, 1, stage="33%")
        found = journal.state
        assert found.conflict == "the journal names the stage '33%', which its plan does not have"
        assert (found.stage, found.intent) == (2, None)


def test_an_id_is_a_key_of_the_ledger() -> None:
    assert (
        rollout_id("new-checkout", datetime(2026, 11, 30, 12, tzinfo=UTC)) == "new-checkout-20261130T120000Z"
    )


def test_who_reads_the_ledger_knows_the_kind_without_the_room() -> None:
    (path, document), *_ = started(PLAN).documents.items()
    program = (
        "import sys; from sluicegate.ledger.documents import read_document; before = set(sys.modules);"
        "found = read_document(sys.argv[1], sys.stdin.buffer.read());"
        "print(found.body.event, 'sluicegate.rollout.entries' in before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], input=document.data, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"started", b"False"]
