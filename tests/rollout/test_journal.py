"""Journals in true ledgers: who writes second reads anew, and pruning takes no rollout that goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sluicegate.git import open_repository
from sluicegate.ledger import writing
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.interface import LedgerStore
from sluicegate.ledger.open import Choice, open_store
from sluicegate.ledger.verify import verify
from sluicegate.rollout.entries import Entry, EventKind, Purpose
from sluicegate.rollout.journal import Journals, MovedError, Recorded, document_of, name_of
from sluicegate.rollout.state import Phase
from support.pullrequest import git
from support.rollouts import plan

PLAN = plan()
AT = 1_800_000_000
NOW = datetime.fromtimestamp(AT, UTC)
ID = "new-checkout-20270115T080000Z"
START = Entry(0, "", AT, EventKind.STARTED, plan=PLAN.data.decode(), plan_sha256=PLAN.sha256, commit="c" * 40)


@pytest.fixture(params=["folder", "git"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    with opened(request.param, tmp_path) as found:
        yield found


@contextmanager
def opened(kind: str, at: Path) -> Iterator[LedgerStore]:
    if kind == "folder":
        yield directory_store(at / "ledger")
        return
    work = at / "work"
    work.mkdir(exist_ok=True)
    git(work, "init", "-q")
    found = open_repository(work)
    assert found is not None
    with open_store(Choice(local=True), found, work, whole=True) as made:
        yield made


def begun(store: LedgerStore, id_: str = ID) -> Recorded:
    return Journals(store).begin(id_, START, lambda _others: None)


def behind(seen: Recorded, event: EventKind, at: int = AT + 60, **more: Any) -> Entry:
    state = seen.state
    return replace(Entry(state.next_seq, state.prev, at, event), **more)


def test_what_was_written_is_read(store: LedgerStore) -> None:
    seen = begun(store)
    after = Journals(store).append(seen, behind(seen, EventKind.PAUSED, reason="lunch"))
    assert Journals(store).read(ID) == after
    assert (after.state.phase, after.state.reason, after.commit) == (Phase.PAUSED, "lunch", "c" * 40)
    assert [found.id for found in Journals(store).newest("new-checkout")] == [ID]


def test_the_second_of_two_writers_writes_nothing(store: LedgerStore) -> None:
    seen = begun(store)
    journals = Journals(store)
    journals.append(seen, behind(seen, EventKind.PAUSED, reason="one"))
    with pytest.raises(MovedError):
        journals.append(seen, behind(seen, EventKind.PAUSED, reason="two"))
    assert [e.reason for e in journals.read(ID).entries] == ["", "one"]


def test_the_same_document_again_is_an_answer_that_was_lost(store: LedgerStore) -> None:
    seen = begun(store)
    entry = behind(seen, EventKind.PAUSED)
    journals = Journals(store)
    journals.append(seen, entry)
    journals.append(seen, entry)
    assert len(journals.read(ID).documents) == 2


def test_of_many_writers_at_once_one_wins_each_place(tmp_path: Path) -> None:
    """In a folder there is no one state to compare: the name of the place decides."""
    store = directory_store(tmp_path / "ledger")
    begun(store)
    lost: list[int] = []

    def write(number: int) -> None:
        journals = Journals(directory_store(tmp_path / "ledger"))
        while True:
            seen = journals.read(ID)
            try:
                journals.append(seen, behind(seen, EventKind.HEARTBEAT, reason=f"{number}"))
            except MovedError:
                lost.append(number)
            else:
                return

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Journals(store).read(ID)
    assert found.state.conflict == ""
    assert sorted(e.reason for e in found.entries[1:]) == sorted(map(str, range(8)))


def test_a_claim_without_its_document_is_completed_by_the_next_writer(tmp_path: Path) -> None:
    """As a process leaves it that is killed between the two."""
    store = directory_store(tmp_path / "ledger")
    seen = begun(store)
    journals = Journals(store)
    theirs = document_of(ID, behind(seen, EventKind.PAUSED, reason="theirs"))
    journals.append(seen, theirs.body)
    (tmp_path / "ledger" / theirs.path).unlink()
    with pytest.raises(MovedError):
        journals.append(seen, behind(seen, EventKind.PAUSED, reason="mine"))
    assert [e.reason for e in journals.read(ID).entries] == ["", "theirs"]


def test_two_rollouts_do_not_begin_at_once(store: LedgerStore) -> None:
    """The second is asked again whether it may, on a ledger that has the first."""
    asked: list[list[str]] = []

    def may(others: object) -> None:
        assert isinstance(others, list)
        asked.append([found.id for found in others])
        if len(asked) == 1:
            begun(store, "other-20270115T080000Z")

    Journals(store).begin(ID, START, may)
    assert asked == [[], ["other-20270115T080000Z"]]


def test_a_document_that_cannot_be_read_stops_everything_but_a_kill(tmp_path: Path) -> None:
    store = directory_store(tmp_path / "ledger")
    seen = begun(store)
    after = Journals(store).append(seen, behind(seen, EventKind.PAUSED))
    (path,) = after.paths - seen.paths
    (tmp_path / "ledger" / path).write_bytes(b"{")
    found = Journals(store).read(ID)
    assert found.state.conflict == "1 document of the journal cannot be read"
    assert found.state.next_seq == 2


def test_the_name_of_an_id() -> None:
    assert name_of(ID) == "new-checkout"
    assert name_of("new-checkout") == "new-checkout"


class TestPruning:
    LATER = NOW + timedelta(days=500)

    def left(self, store: LedgerStore) -> int:
        writing.prune(store, 400, lambda: self.LATER)
        return len(Journals(store).read(ID).documents)

    def test_a_rollout_that_goes_on_stays_whole(self, store: LedgerStore) -> None:
        seen = begun(store)
        Journals(store).append(seen, behind(seen, EventKind.PAUSED))
        assert self.left(store) == 2
        assert Journals(store).read(ID).state.phase is Phase.PAUSED

    def test_one_that_has_ended_goes_whole(self, store: LedgerStore) -> None:
        seen = begun(store)
        Journals(store).append(seen, behind(seen, EventKind.ROLLED_BACK))
        assert self.left(store) == 0

    def test_one_that_ended_lately_stays_whole(self, store: LedgerStore) -> None:
        seen = begun(store)
        late = int(self.LATER.timestamp())
        Journals(store).append(seen, behind(seen, EventKind.COMPLETED, at=late))
        assert self.left(store) == 2

    def test_one_that_is_rolled_back_after_its_end_stays(self, store: LedgerStore) -> None:
        journals = Journals(store)
        seen = journals.append(begun(store), behind(begun(store), EventKind.COMPLETED))
        journals.append(seen, behind(seen, EventKind.INTENDED, purpose=Purpose.ROLLBACK))
        assert self.left(store) == 3

    def test_what_stays_is_no_problem_of_the_ledger(self, store: LedgerStore) -> None:
        seen = begun(store)
        Journals(store).append(seen, behind(seen, EventKind.PAUSED))
        ended = begun(store, "other-20270115T080000Z")
        Journals(store).append(ended, behind(ended, EventKind.ROLLED_BACK))
        assert self.left(store) == 2
        assert verify(store.view()).problems == ()
        begun(store, "other-20290115T080000Z")
