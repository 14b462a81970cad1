"""Recording, pruning, verifying and making the baselines anew, on a ref and in a folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.ledger import writing
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.documents import REPORT, Document, Pruning, parse_path
from sluicegate.ledger.interface import LedgerStore, ReadOnlyError, Update, View
from sluicegate.ledger.recording import known
from sluicegate.ledger.verify import verify
from support import pullrequest
from support.ledgers import AT, NOW, Place, adding, commit, place, recorded, report, sha, spoilt


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return place(tmp_path / "git")


@pytest.fixture(params=["ref", "folder"])
def store(request: pytest.FixtureRequest, there: Place, tmp_path: Path) -> Iterator[LedgerStore]:
    if request.param == "folder":
        yield directory_store(tmp_path / "ledger")
        return
    with there.store(whole=True) as opened:
        yield opened


def record(store: LedgerStore, there: Place, coverage: float = 80) -> writing.RecordResult:
    head = pullrequest.git(there.work, "rev-parse", "HEAD")
    return writing.record(store, there.git, report(coverage, head), lambda: NOW)


def baselines(store: LedgerStore) -> dict[str, float]:
    found = known(store.view()).baselines
    assert found is not None
    values = {e.commit: e.measures["coverage"]["total"].value for e in found.entries}
    return {c: float(v) for c, v in values.items() if v is not None}


class TestRecording:
    def test_a_report_is_recorded_with_its_measures(self, store: LedgerStore, there: Place) -> None:
        done = record(store, there, 81.5)
        assert baselines(store) == {done.document.key: 81.5}

    def test_what_git_says_of_the_commit_is_beside_it(self, store: LedgerStore, there: Place) -> None:
        first = pullrequest.git(there.work, "rev-parse", "HEAD")
        record(store, there)
        middle, last = commit(there.work, "two"), commit(there.work, "three")
        body = record(store, there).document.body
        assert body.line == (last, middle, first)
        assert body.tree == pullrequest.git(there.work, "rev-parse", "HEAD^{tree}")

    def test_a_commit_that_the_clone_does_not_have_is_refused(self, store: LedgerStore, there: Place) -> None:
        with pytest.raises(UsageError, match="not in this clone"):
            writing.record(store, there.git, report(80, sha("x")), lambda: NOW)
        assert not store.view().paths

    def test_baselines_that_are_missing_are_made_of_the_documents(
        self, store: LedgerStore, there: Place
    ) -> None:
        store.update(adding(recorded("old", coverage=70)))
        done = record(store, there)
        assert baselines(store) == {sha("old"): 70, done.document.key: 80}

    @pytest.mark.parametrize("there_is", [b"damaged", b'{"schema": "sluicegate.ledger.baselines/2"}'])
    def test_baselines_that_cannot_be_read_are_not_overwritten(
        self, store: LedgerStore, there: Place, there_is: bytes
    ) -> None:
        store.update(adding(recorded("old"), baselines=there_is))
        done = record(store, there)
        view = store.view()
        assert view.baselines == there_is
        assert done.document.path in view.paths
        assert len(done.problems) == 1


def test_rebuilding_mends_damaged_baselines(store: LedgerStore) -> None:
    store.update(adding(recorded("a", coverage=70), spoilt(recorded("b"), {"line": 1}), baselines=b"damaged"))
    _, problems = writing.rebuild(store, lambda: NOW)
    assert baselines(store) == {sha("a"): 70}
    assert len(problems) == 1


HOSTILE = {
    "of another commit": spoilt(recorded("b"), {}, sha("c")),
    "a number beyond all": spoilt(recorded("d"), {"committed": 10**30}),
    "a text beyond all": spoilt(recorded("e"), {"scope": "s" * 5000}),
}


def test_hostile_documents_spoil_no_baselines(store: LedgerStore) -> None:
    store.update(adding(recorded("a", coverage=70), *HOSTILE.values()))
    _, problems = writing.rebuild(store, lambda: NOW)
    assert baselines(store) == {sha("a"): 70}
    assert len(problems) == len(HOSTILE)


def test_a_shallow_clone_asks_for_the_parents_that_it_lacks(there: Place, tmp_path: Path) -> None:
    first = pullrequest.git(there.work, "rev-parse", "HEAD")
    with there.store() as store:
        record(store, there)
    commits = [commit(there.work, f"c{n}") for n in range(4)]
    pullrequest.git(there.work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    pullrequest.git(tmp_path, "clone", "--quiet", "--depth=1", "-b", "main", there.remote.as_uri(), "shallow")
    shallow = Place(there.remote, tmp_path / "shallow")
    with shallow.store() as store:
        body = record(store, shallow).document.body
    assert body.line == (*reversed(commits), first)


# --- pruning -----------------------------------------------------------------------------------

OLD = [recorded(f"old {n}", at=f"2025-01-0{n}T00:00:00Z") for n in (1, 2)]
NEW = recorded("new")
PRUNING = Document("0" * 40, AT, Pruning("0" * 40, date(2026, 1, 1), 1, 1))


def keys(view: View, kind: str = REPORT) -> set[str]:
    return {p.key for p in map(parse_path, view.paths) if p and p.kind == kind}


class TestPruning:
    def test_old_documents_go_and_the_others_stay(self, store: LedgerStore) -> None:
        store.update(adding(*OLD, NEW))
        done = writing.prune(store, 400, lambda: NOW)
        assert (done.removed, done.kept) == (2, 1)
        assert keys(store.view()) == {sha("new")}

    def test_a_dry_run_changes_nothing(self, store: LedgerStore) -> None:
        store.update(adding(*OLD, NEW))
        assert writing.prune(store, 400, lambda: NOW, dry=True).removed == 2
        assert len(store.view().paths) == 3

    def test_a_dry_run_is_refused_where_the_folder_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = directory_store(tmp_path / "ledger")
        store.update(adding(*OLD, NEW))
        monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
        with pytest.raises(ReadOnlyError):
            writing.prune(store, 400, lambda: NOW, dry=True)

    def test_with_nothing_to_prune_nothing_is_written(self, store: LedgerStore) -> None:
        store.update(adding(NEW))
        before = store.view().tip
        assert writing.prune(store, 400, lambda: NOW).removed == 0
        assert store.view().tip == before

    def test_the_chain_begins_anew_and_names_the_old_tip(self, there: Place) -> None:
        tip = self.pruned(there)
        assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == "1"
        with there.store(whole=True) as store:
            found = verify(store.view())
        assert (found.pruned, [p for p in found.problems if "no baselines" not in p]) == ((tip,), [])

    def pruned(self, there: Place) -> str:
        with there.store(whole=True) as store:
            tip = store.update(adding(*OLD, NEW)).tip
            writing.prune(store, 400, lambda: NOW)
        return tip

    def test_it_can_be_pruned_again(self, there: Place) -> None:
        self.pruned(there)
        with there.store(whole=True) as store:
            writing.prune(store, 10, lambda: NOW + timedelta(days=30))
            view = store.view()
        assert (len(keys(view, "pruned")), keys(view)) == (2, set())

    def test_who_appends_meanwhile_loses_nothing_and_brings_nothing_back(self, there: Place) -> None:
        there.add(*OLD, NEW)
        mine = recorded("mine")

        class Slow(adding):
            looks = 0

            def __call__(self, view: View) -> Update | None:
                self.looks += 1
                if self.looks == 1:
                    with there.store(whole=True) as other:
                        writing.prune(other, 400, lambda: NOW)
                return super().__call__(view)

        with there.store() as store:
            assert store.update(Slow(mine)).attempts == 2
            assert keys(store.view()) == {sha("new"), sha("mine")}

    def test_pruning_while_somebody_appends_loses_nothing(self, there: Place) -> None:
        there.add(*OLD, NEW)
        mine = recorded("mine")
        with there.store(whole=True) as store:
            store.view()
            there.add(mine)
            writing.prune(store, 400, lambda: NOW)
            assert keys(store.view()) == {sha("new"), sha("mine")}

    @pytest.mark.parametrize("words", ["", "400", "0d", "-1d", "d", "1w", "999999d"])
    def test_other_words_for_days_are_refused(self, words: str) -> None:
        with pytest.raises(UsageError, match="not a number of days"):
            writing.parse_days(words)


# --- verifying ---------------------------------------------------------------------------------


BY_HAND = {
    "echo x > README.md": "adds a file that is not a document",
    "git rm -q -r report": "deletes",
    "mkdir -p report/2026/11/21; echo x > report/2026/11/21/k.$(printf %016d 1).json": "not valid",
    "for f in $(git ls-files); do echo x >> $f; done": "changes report/",
}
"""What somebody does to a ledger, and what verifying says of it."""


class TestVerifying:
    def problems(self, there: Place) -> list[str]:
        with there.store(whole=True) as store:
            return [p for p in verify(store.view()).problems if "no baselines" not in p]

    def rewrite(self, there: Place, *script: str) -> None:
        """Commits on the ledger as anybody can push them: each a shell line in a checkout of it."""
        folder = there.work.parent / "hand"
        pullrequest.git(there.work.parent, "clone", "--quiet", "--no-checkout", there.remote.as_uri(), "hand")
        pullrequest.git(folder, "fetch", "--quiet", "origin", "refs/sluicegate/ledger")
        pullrequest.git(folder, "checkout", "--quiet", "FETCH_HEAD")
        for line in script:
            subprocess.run(line, shell=True, cwd=folder, check=True)  # noqa: S602 - the test's own words
            pullrequest.git(folder, "add", "--all")
            pullrequest.git(folder, "commit", "--quiet", "-m", "by hand")
        pullrequest.git(folder, "push", "--quiet", "--force", "origin", "HEAD:refs/sluicegate/ledger")

    def test_a_ledger_of_ours_is_sound(self, there: Place) -> None:
        with there.store() as store:
            record(store, there)
        with there.store(whole=True) as store:
            found = verify(store.view())
        assert (found.commits, found.documents, found.problems) == (1, 1, ())

    def test_what_was_done_by_hand_is_found(self, there: Place) -> None:
        there.add(NEW)
        self.rewrite(there, *BY_HAND)
        said = self.problems(there)
        assert [p for p in BY_HAND.values() if not any(p in problem for problem in said)] == [], said

    def test_a_body_that_is_none_of_a_report_is_found(self, there: Place) -> None:
        there.add(spoilt(recorded(1), {"report": {"n": 1}}))
        assert self.problems(there)

    def test_one_bad_body_among_good_ones_is_found_alone(self, there: Place) -> None:
        good = recorded("b")
        there.add(NEW, good, spoilt(recorded("c"), {"committed": 10**30}))
        (problem,) = self.problems(there)
        assert sha("c") in problem

    def test_a_pruning_that_never_was_accuses_nobody(self, there: Place) -> None:
        there.add(*OLD, NEW)
        forged = [spoilt(PRUNING, {"first": first}) for first in ("2099-01-01", "2026-01-01", "never")]
        there.add(*forged)
        accused = {problem.partition(": ")[0] for problem in self.problems(there)}
        assert accused == {document.path for document in forged}

    def test_one_at_the_beginning_of_a_chain_that_holds_older_documents_is_none(self, there: Place) -> None:
        there.add(*OLD, NEW, forged := spoilt(PRUNING, {"first": "2099-01-01"}))
        (problem,) = self.problems(there)
        assert problem.startswith(f"{forged.path}: ")

    def test_a_pruned_document_that_came_back_is_found(self, there: Place) -> None:
        with there.store(whole=True) as store:
            store.update(adding(*OLD, NEW))
            writing.prune(store, 400, lambda: NOW)
        there.add(OLD[0])
        assert any("was pruned" in p for p in self.problems(there))

    def test_baselines_of_a_report_that_is_not_there_are_found(self, there: Place) -> None:
        with there.store() as store:
            record(store, there)
        there.at_remote("update-ref", "-d", "refs/sluicegate/ledger")
        there.add(NEW)
        assert any("baselines hold a report of" in p for p in self.problems(there))
