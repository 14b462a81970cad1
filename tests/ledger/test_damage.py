"""A ledger on a damaged server, or with what others pushed: the rest is read, and each loss reported."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.main import main
from sluicegate.git.remote import own_repository, remote_of
from sluicegate.ledger import listing, writing
from sluicegate.ledger.baselines import MAX_BASELINES
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.fetching import fetch_snapshot
from sluicegate.ledger.gitstore import open_git_store
from sluicegate.ledger.interface import LedgerStore, NoLedgerError, Patience, Refs, UnreachableError
from sluicegate.ledger.recording import known
from sluicegate.ledger.snapshot import State
from sluicegate.ledger.verify import verify
from sluicegate.report.document import render
from support import pullrequest
from support.damage import REF, changed, push, spoil, tag
from support.gitserver import serve
from support.ledgers import AT, NOW, Place, adding, place, recorded, report, sha

pytestmark = pytest.mark.slow

BASELINES = "refs/sluicegate/baselines"
FIRST, LAST = recorded("first", at="2026-10-20T12:00:00Z"), recorded("last")
HOW = ("gone", "cut", "other")
SOME = [HOW[0], *(pytest.param(how, marks=pytest.mark.soak) for how in HOW[1:])]
"""For what git answers alike, however an object is lost; `make test-real` has them all."""


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return place(tmp_path / "git", None, FIRST, LAST)


def head(there: Place) -> str:
    return pullrequest.git(there.work, "rev-parse", "HEAD")


def record(store: LedgerStore, there: Place) -> writing.RecordResult:
    return writing.record(store, there.git, report(80, head(there)), lambda: NOW)


def commits(store: LedgerStore) -> set[str]:
    """Of which the baselines know."""
    found = known(store.view()).baselines
    assert found is not None
    return {e.commit for e in found.entries}


class TestDocumentsThatTheServerLost:
    @pytest.fixture(params=SOME)
    def lost(self, there: Place, request: pytest.FixtureRequest) -> str:
        spoil(there, f"{REF}:{FIRST.path}", request.param)
        return FIRST.path

    @pytest.mark.parametrize("lost", HOW, indirect=True)
    def test_verifying_names_them_and_looks_at_the_rest(self, there: Place, lost: str) -> None:
        there_is = there.at_remote("rev-list", "--count", REF)
        with there.store(whole=True) as store:
            found = verify(store.view())
        assert [p for p in found.problems if lost in p]
        assert (str(found.commits), found.documents) == (there_is, 2)

    def test_rebuilding_leaves_them_out(self, there: Place, lost: str) -> None:
        with there.store() as store:
            _, problems = writing.rebuild(store, lambda: NOW)
            assert commits(store) == {sha("last")}
        assert [p for p in problems if lost in p]

    def test_recording_leaves_them_out(self, there: Place, lost: str) -> None:
        with there.store() as store:
            done = record(store, there)
            assert commits(store) == {sha("last"), head(there)}
        assert [p for p in done.problems if lost in p]

    def test_the_log_leaves_them_out(self, there: Place, lost: str) -> None:
        with there.store() as store:
            found = listing.log(store.view(), 9)
        assert [r.key for r in found.rows] == [sha("last")]
        assert [p for p in found.problems if lost in p]

    def test_the_others_are_shown(self, there: Place, lost: str) -> None:
        with there.store() as store:
            assert listing.report_about(store.view(), sha("last"), "").path == LAST.path


class TestFoldersThatTheServerLost:
    """Of a folder whose entries are lost git sends nothing, not even the folder that names it."""

    @pytest.fixture(params=SOME)
    def lost(self, there: Place, request: pytest.FixtureRequest) -> str:
        spoil(there, f"{REF}:report/2026/10/20", request.param)
        return "report/2026/10/"

    @pytest.mark.parametrize(
        ("lost", "whole"),
        [
            *(("gone", True), ("cut", False), ("other", True)),
            *(pytest.param(how, how == "cut", marks=pytest.mark.soak) for how in HOW),
        ],
        indirect=["lost"],
    )
    def test_the_other_folders_are_read(self, there: Place, lost: str, whole: bool) -> None:
        with there.store(whole=whole) as store:
            view = store.view()
        assert view.paths == {LAST.path}
        assert [line for line in view.lost if line.startswith(lost)]

    def test_verifying_says_so(self, there: Place, lost: str) -> None:
        with there.store(whole=True) as store:
            assert [p for p in verify(store.view()).problems if p.startswith(lost)]

    def test_a_dry_pruning_says_so(self, there: Place, lost: str) -> None:
        with there.store(whole=True) as store:
            done = writing.prune(store, 400, lambda: NOW, dry=True)
        assert [p for p in done.problems if p.startswith(lost)]


COMMIT, TREE = f"{REF}~1", f"{REF}~1^{{tree}}"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *((COMMIT, "gone"), (TREE, "cut"), (COMMIT, "other")),
        *(pytest.param(n, h, marks=pytest.mark.soak) for n, h in zip((TREE, COMMIT, TREE), HOW, strict=True)),
    ],
)
def test_documents_are_verified_where_the_commits_before_are_lost(there: Place, name: str, how: str) -> None:
    spoil(there, name, how)
    with there.store(whole=True) as store:
        found = verify(store.view())
    assert found.documents == 2
    assert [p for p in found.problems if "the commits before" in p]


@pytest.mark.parametrize("how", HOW)
def test_a_newest_commit_that_is_lost_is_said_at_once(there: Place, how: str) -> None:
    spoil(there, REF, how)
    with there.store() as store, pytest.raises(UnreachableError, match=r"repository is damaged"):
        store.view()


class TestBaselinesThatTheServerLost:
    @pytest.fixture(params=["", ":baselines.json"], ids=["commit", "file"])
    def lost(self, there: Place, request: pytest.FixtureRequest) -> None:
        with there.store() as store:
            writing.rebuild(store, lambda: NOW)
        spoil(there, f"{BASELINES}{request.param}", "gone")

    @pytest.mark.usefixtures("lost")
    def test_rebuilding_replaces_them(self, there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "sluicegate.ledger.gitstore.time.time", lambda: 2e9
        )  # else the same commit is made in one second
        with there.store() as store:
            writing.rebuild(store, lambda: NOW)
            assert commits(store) == {sha("first"), sha("last")}

    def test_recording_goes_on_and_says_so(self, there: Place) -> None:
        with there.store() as store:
            writing.rebuild(store, lambda: NOW)
        spoil(there, f"{BASELINES}:baselines.json", "cut")
        with there.store() as store:
            done = record(store, there)
        assert [p for p in done.problems if f"{BASELINES} cannot be fetched" in p]

    @pytest.mark.usefixtures("lost")
    def test_a_fetch_says_that_they_are_unreadable(self, there: Place) -> None:
        with there.store() as store:
            assert fetch_snapshot(store, there.git, []).state is State.UNREADABLE


def test_a_server_that_names_no_object_is_asked_for_halves(there: Place, tmp_path: Path) -> None:
    """Over HTTP git dies without a word that reaches us."""
    for key in ("http.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        there.at_remote("config", key, "true")
    spoil(there, f"{REF}:{FIRST.path}", "cut")
    authorization = "basic " + base64.b64encode(b"x-access-token:ghs_t").decode()
    with serve(there.remote.parent, authorization) as server:
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{server.url}/{there.remote.name}")
        remote = remote_of(there.git, "origin", {"GITHUB_SERVER_URL": server.url}, "ghs_t")
        with open_git_store(there.git, remote, Refs(), patience=Patience(0), whole=True) as store:
            view = store.view()
            assert [p for p, data in view.read(sorted(view.paths)) if data is None] == [FIRST.path]


# --- what stands at the ref ----------------------------------------------------------------------

STRANGE: dict[str, Callable[[Place], str]] = {
    "annotated tag": lambda there: tag(there, REF),
    "blob": lambda there: there.at_remote("rev-parse", "main:a.txt"),
    "tree": lambda there: there.at_remote("rev-parse", "main^{tree}"),
}


class TestOtherObjectsAtTheRef:
    @pytest.fixture(
        params=["annotated tag", *(pytest.param(k, marks=pytest.mark.soak) for k in ("blob", "tree"))]
    )
    def kind(self, there: Place, request: pytest.FixtureRequest) -> str:
        there.at_remote("update-ref", REF, STRANGE[request.param](there))
        return str(request.param)

    @pytest.mark.parametrize("kind", STRANGE, indirect=True)
    def test_recording_fails_at_the_first_attempt_and_names_the_remedy(self, there: Place, kind: str) -> None:
        with there.store(seconds=1000) as store, pytest.raises(NoLedgerError, match=kind) as caught:
            record(store, there)
        assert f"git push origin :{REF}" in str(caught.value)

    def test_verifying_says_so(self, there: Place, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(there.work)
        done = run("verify")
        assert (done.return_value, kind in done.output) == (1, True)

    def test_they_stay(self, there: Place, kind: str) -> None:
        before = there.at_remote("rev-parse", REF)
        with there.store() as store, pytest.raises(NoLedgerError):
            writing.rebuild(store, lambda: NOW)
        assert there.at_remote("rev-parse", REF) == before, kind


def test_the_remedy_in_a_repository_without_a_remote_is_a_command_of_it(there: Place) -> None:
    pullrequest.git(there.work, "update-ref", REF, pullrequest.git(there.work, "rev-parse", "main:a.txt"))
    store = open_git_store(there.git, own_repository(there.git), Refs(), patience=Patience(0))
    with store as opened, pytest.raises(NoLedgerError, match=f"git update-ref -d {REF}"):
        opened.view()


@pytest.mark.parametrize("kind", STRANGE)
def test_other_objects_at_the_ref_of_the_baselines_are_replaced_by_rebuilding(
    there: Place, kind: str
) -> None:
    there.at_remote("update-ref", BASELINES, STRANGE[kind](there))
    with there.store() as store:
        assert record(store, there).problems
        writing.rebuild(store, lambda: NOW)
        assert sha("last") in commits(store)


def test_a_ref_that_names_another_ledger_s_is_written_through(there: Place) -> None:
    there.at_remote("update-ref", "refs/heads/quality", REF)
    there.at_remote("symbolic-ref", REF, "refs/heads/quality")
    with there.store() as store:
        record(store, there)
    assert there.at_remote("rev-list", "--count", "refs/heads/quality") == "3"


def test_an_empty_tree_is_an_empty_ledger(there: Place) -> None:
    empty = there.at_remote("hash-object", "-w", "-t", "tree", "/dev/null")
    there.at_remote("update-ref", REF, pullrequest.git(there.remote, "commit-tree", empty, "-m", "x"))
    with there.store() as store:
        record(store, there)
        assert commits(store) == {head(there)}


# --- what others pushed --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["100755", "120000", "160000"], ids=["executable", "link", "submodule"])
def test_entries_that_are_no_plain_files_are_left_out_and_named(there: Place, mode: str) -> None:
    push(there, (mode, LAST.path.replace("last", "x"), b"/etc/passwd"))
    path, data = changed({})
    push(there, (mode, path, data))
    with there.store(whole=True) as store:
        view = store.view()
        assert path not in view.paths
        assert [p for p in verify(view).problems if "adds a file that is not a document" in p and path in p]


ODD = ("\\033[31m", "a\\nb", "\\377\\376", "\\303\\251", "\\001", "...")


def test_names_of_odd_characters_are_left_out_and_harmless(there: Place) -> None:
    for name in ODD:  # a commit each: verifying says one thing of a commit
        push(there, ("100644", f'"report/2026/11/21/{name}.0123456789abcdef.json"', b"{}"))
    with there.store(whole=True) as store:
        view = store.view()
        problems = verify(view).problems
    assert view.paths == {FIRST.path, LAST.path}
    found = [p for p in problems if "adds a file that is not a document" in p]
    assert len(found) == len(ODD)
    assert all(p.isprintable() for p in problems)


def test_a_merge_is_named_and_what_it_brings_in_floods_nothing(there: Place) -> None:
    side = there.at_remote("rev-parse", "main")
    for n in range(5):
        tree = there.at_remote("rev-parse", "main^{tree}")
        side = pullrequest.git(there.remote, "commit-tree", tree, "-p", side, "-m", f"{n}")
    merge = pullrequest.git(
        there.remote, "commit-tree", f"{REF}^{{tree}}", "-p", REF, "-p", side, "-m", "merge"
    )
    there.at_remote("update-ref", REF, merge)
    with there.store(whole=True) as store:
        (problem,) = [p for p in verify(store.view()).problems if "no baselines" not in p]
    assert "has 2 parents" in problem


class TestAMalformedReport:
    """One with `"committed": "x"`, whose place and digest are right."""

    PATH, DATA = changed({"committed": "x"})

    @pytest.fixture(params=["ref", "folder"])
    def store(self, request: pytest.FixtureRequest, there: Place, tmp_path: Path) -> Iterator[LedgerStore]:
        if request.param == "folder":
            folder = tmp_path / "ledger"
            directory_store(folder).update(adding(FIRST, LAST))
            (folder / self.PATH).write_bytes(self.DATA)
            yield directory_store(folder)
            return
        push(there, ("100644", self.PATH, self.DATA))
        with there.store(whole=True) as opened:
            yield opened

    def test_rebuilding_leaves_it_out(self, store: LedgerStore) -> None:
        _, problems = writing.rebuild(store, lambda: NOW)
        assert commits(store) == {sha("first"), sha("last")}
        assert [p for p in problems if "'body.committed' must be a whole number" in p]

    def test_recording_leaves_it_out(self, store: LedgerStore, there: Place) -> None:
        done = record(store, there)
        assert commits(store) == {sha("first"), sha("last"), head(there)}
        assert [p for p in done.problems if "'body.committed' must be a whole number" in p]

    def test_verifying_names_it(self, store: LedgerStore) -> None:
        assert [p for p in verify(store.view()).problems if "'body.committed' must be a whole number" in p]

    def test_the_log_leaves_it_out(self, store: LedgerStore) -> None:
        found = listing.log(store.view(), 9)
        assert {r.key for r in found.rows} == {sha("first"), sha("last")}
        assert [p for p in found.problems if "'body.committed' must be a whole number" in p]

    def test_pruning_goes_on(self, store: LedgerStore) -> None:
        assert writing.prune(store, 1, lambda: NOW + timedelta(days=1)).removed == 1

    def test_another_report_of_the_same_commit_is_shown(self, store: LedgerStore) -> None:
        store.update(adding(good := recorded("hostile")))
        assert listing.report_about(store.view(), sha("hostile"), "").path == good.path


def test_a_report_of_a_time_to_come_is_never_the_newest(there: Place) -> None:
    path, data = changed({}, at="9999-12-31T00:00:00Z")
    push(there, ("100644", path, data))
    with there.store() as store:
        done = record(store, there)
        assert commits(store) == {sha("first"), sha("last"), head(there)}
        logs = [listing.log(store.view(), limit, AT) for limit in (1, 20)]
    assert [p for p in done.problems if "dated in the future" in p]
    assert [log.rows[0].day for log in logs] == ["2026-11-21"] * 2


def test_reports_of_a_time_to_come_do_not_take_the_place_of_others(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.ledger.recording.NEWEST", 2)
    push(there, *(("100644", *changed({}, of=n, at="2026-11-25T00:00:00Z")) for n in range(3)))
    with there.store() as store:
        writing.rebuild(store, lambda: NOW)
        assert commits(store) == {sha("first"), sha("last")}


def test_malformed_reports_do_not_take_the_place_of_others(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.ledger.recording.NEWEST", 2)
    push(there, *(("100644", *changed({"committed": "x"}, of=n)) for n in range(5)))
    with there.store() as store:
        writing.rebuild(store, lambda: NOW)
        assert commits(store) == {sha("first"), sha("last")}


def test_baselines_that_are_made_anew_stay_within_their_values(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.ledger.recording.MAX_VALUES", 1)
    with there.store() as store:
        _, problems = writing.rebuild(store, lambda: NOW)
        assert commits(store) == {sha("last")}
    assert [p for p in problems if FIRST.path in p and "left out" in p]


class TestInAFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        directory_store(tmp_path / "ledger").update(adding(FIRST, LAST))
        return tmp_path / "ledger"

    def test_links_are_left_out(self, folder: Path, tmp_path: Path) -> None:
        aside = (folder / FIRST.path).rename(tmp_path / "aside.json")
        (folder / FIRST.path).symlink_to(aside)
        assert directory_store(folder).view().paths == {LAST.path}

    def test_a_file_that_cannot_be_read_is_left_out(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = Path.read_bytes

        def denied(path: Path) -> bytes:
            if path == folder / FIRST.path:
                raise PermissionError(13, "Permission denied")
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", denied)  # root may read everything
        store = directory_store(folder)
        _, problems = writing.rebuild(store, lambda: NOW)
        assert commits(store) == {sha("last")}
        assert [p for p in problems if FIRST.path in p]

    def test_baselines_that_are_too_large_are_not_taken_for_missing_ones(self, folder: Path) -> None:
        (folder / "baselines").mkdir()
        with (folder / "baselines" / "000000001.json").open("wb") as file:
            file.truncate(MAX_BASELINES + 1)
        assert directory_store(folder).view().baselines == b""


# --- as a user runs them -------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["ledger", *arguments, "--max-wait", "0"], standalone_mode=False)


@pytest.mark.parametrize(
    "arguments", [("rebuild",), ("log",), ("record", "r.json")], ids=["rebuild", "log", "record"]
)
def test_what_is_left_out_is_a_warning(
    there: Place, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    path, data = changed({"committed": "x"})
    push(there, ("100644", path, data))
    monkeypatch.chdir(there.work)
    (there.work / "r.json").write_text(render(report(80, head(there))), encoding="utf-8")
    done = run(*arguments)
    assert (
        f"sluicegate: warning: {path}: 'body.committed' must be a whole number. It is left out."
        in done.stderr
    )
