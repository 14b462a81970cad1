"""The ledger on a ref: real repositories, over files, HTTP and ssh."""

from __future__ import annotations

import base64
import errno
import os
import re
import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.git.remote import own_repository, remote_of
from sluicegate.ledger.gitstore import GitStore, open_git_store
from sluicegate.ledger.interface import (
    BusyError,
    Patience,
    ReadOnlyError,
    Refs,
    UnreachableError,
    Update,
    View,
)
from support import pullrequest
from support.gitserver import serve
from support.ledgers import Place, adding, commit, note, place, sha
from support.pullrequest import IDENTITY

pytestmark = pytest.mark.slow

TOKEN = "ghs_tokenOfTheTests"
AUTHORIZATION = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
ONE, TWO = note(sha(1), n=1), note(sha(2), n=2)


@pytest.fixture
def there(tmp_path: Path) -> Place:
    return place(tmp_path)


def state_of(repository: Path) -> dict[str, bytes]:
    """Every file of a repository's folder but objects."""
    folder = repository / ".git"
    files = [f for f in sorted(folder.rglob("*")) if f.is_file() and f.parts[-3] != "objects"]
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in files}


def test_nothing_is_there_before_the_first_write(there: Place) -> None:
    with there.store() as store:
        view = store.view()
    assert (view.tip, view.paths, view.baselines) == ("", frozenset(), None)


def test_the_first_write_creates_both_refs(there: Place) -> None:
    there.add(ONE, baselines=b"{}")
    assert there.at_remote("for-each-ref", "--format=%(refname)", "refs/sluicegate").split() == [
        "refs/sluicegate/baselines", "refs/sluicegate/ledger",
    ]  # fmt: skip
    assert there.at_remote("show", "refs/sluicegate/baselines:baselines.json") == "{}"


def test_documents_are_read_as_they_were_written(there: Place) -> None:
    there.add(ONE)
    there.add(TWO)
    with there.store() as store:
        view = store.view()
        assert dict(view.read(view.paths)) == {ONE.path: ONE.data, TWO.path: TWO.data}
    assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == "2"


def test_the_user_s_repository_stays_as_it_is(there: Place) -> None:
    (there.work / ".git" / "hooks" / "pre-push").write_text(
        "#!/bin/sh\ntouch ran\nexit 1\n", encoding="utf-8"
    )
    (there.work / ".git" / "hooks" / "pre-push").chmod(0o755)
    before = state_of(there.work)
    there.add(ONE)
    assert state_of(there.work) == before


def test_hooks_of_a_local_repository_do_not_run(there: Place) -> None:
    for name in ("pre-receive", "reference-transaction", "post-update"):
        hook = there.remote / "hooks" / name
        hook.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        hook.chmod(0o755)
    there.add(ONE)


def test_without_a_remote_the_repository_itself_holds_it(there: Place) -> None:
    before = state_of(there.work)
    with open_git_store(there.git, own_repository(there.git), Refs()) as store:
        store.update(adding(ONE))
        assert store.view().paths == {ONE.path}
    assert state_of(there.work).keys() - before.keys() == {"refs/sluicegate/ledger"}


@pytest.mark.parametrize("ref", ["refs/heads/quality", "refs/notes/x/ledger"])
def test_any_ref_can_hold_it(there: Place, ref: str) -> None:
    with there.store(ref=ref) as store:
        store.update(adding(ONE, baselines=b"{}"))
        assert store.view().paths == {ONE.path}
        assert there.at_remote("cat-file", "-t", store.refs.baselines) == "commit"
    assert there.at_remote("cat-file", "-t", ref) == "commit"


def test_a_shallow_clone_can_write(there: Place, tmp_path: Path) -> None:
    there.add(ONE)
    pullrequest.git(tmp_path, "clone", "--quiet", "--depth=1", there.remote.as_uri(), "shallow")
    Place(there.remote, tmp_path / "shallow").add(TWO)
    assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == "2"


class Meanwhile:
    """Decides like `adding`, and lets somebody else write between look and write, the first time."""

    def __init__(self, there: Place) -> None:
        self.there, self.looks = there, 0

    def __call__(self, view: View) -> Update | None:
        self.looks += 1
        if self.looks == 1:
            self.there.add(TWO, baselines=b"[2]")
        return adding(ONE, baselines=b"[1]" if view.baselines is None else b"[2, 1]")(view)


@pytest.mark.parametrize("exists", [True, False])
def test_who_wrote_meanwhile_loses_nothing(there: Place, exists: bool) -> None:
    if exists:
        there.add(note(sha(3)))
    decide = Meanwhile(there)
    with there.store() as store:
        assert store.update(decide).attempts == 2
        assert {ONE.path, TWO.path} <= store.view().paths
    assert there.at_remote("show", "refs/sluicegate/baselines:baselines.json") == "[2, 1]"


def test_who_never_gets_through_says_so_and_wrote_nothing(there: Place) -> None:
    numbers = iter(range(100))

    def decide(_view: View) -> Update:
        there.add(note(sha(f"other {next(numbers)}")))
        return Update({ONE.path: ONE.data}, "mine")

    with there.store(seconds=0) as store, pytest.raises(BusyError, match=r"gave up after 1 attempts"):
        store.update(decide)
    with there.store() as store:
        assert ONE.path not in store.view().paths


def test_what_is_there_is_not_written_again(there: Place) -> None:
    there.add(ONE)
    tip = there.at_remote("rev-parse", "refs/sluicegate/ledger")
    there.add(ONE)
    assert there.at_remote("rev-parse", "refs/sluicegate/ledger") == tip


def test_a_lock_that_a_killed_process_left_blocks_nobody(there: Place) -> None:
    there.add(ONE)
    lock = there.remote / "refs" / "sluicegate" / "ledger.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    there.add(TWO)
    assert not lock.exists()


def test_a_lock_that_somebody_holds_is_respected(there: Place) -> None:
    there.add(ONE)
    lock = there.remote / "refs" / "sluicegate" / "ledger.lock"
    lock.touch()
    with there.store(seconds=0) as store, pytest.raises(BusyError):
        store.update(adding(TWO))
    assert lock.exists()


def test_an_unreachable_repository_is_said(there: Place) -> None:
    pullrequest.git(there.work, "remote", "set-url", "origin", "file:///nowhere")
    with there.store(seconds=0) as store, pytest.raises(UnreachableError, match="could not be fetched"):
        store.view()


@pytest.mark.parametrize("exists", [True, False])
def test_only_the_refs_that_are_meant_are_fetched(there: Place, exists: bool) -> None:
    with there.store(ref="refs/sluicegate/ledger-of-others") as store:
        store.update(adding(TWO))
    if exists:
        there.add(ONE)
    with there.store() as store:
        assert store.view().paths == ({ONE.path} if exists else frozenset())
        assert "others" not in store.run("for-each-ref").line


def test_a_ref_that_went_meanwhile_is_not_there_any_more(there: Place) -> None:
    there.add(ONE)
    with there.store() as store:
        assert store.view().tip
        there.at_remote("update-ref", "-d", "refs/sluicegate/ledger")
        assert not store.view().tip


class TestPushUrl:
    """`remote.origin.pushurl`: fetched from one place and pushed to others (git-push(1))."""

    def other(self, there: Place, name: str) -> Path:
        folder = there.work.parent / name
        pullrequest.git(there.work.parent, "init", "--quiet", "--bare", name)
        pullrequest.git(there.work, "config", "--add", "remote.origin.pushurl", folder.as_uri())
        return folder

    def test_it_is_written_to_and_the_url_is_not(self, there: Place) -> None:
        other = self.other(there, "other.git")
        there.add(ONE)
        assert pullrequest.git(other, "cat-file", "-t", "refs/sluicegate/ledger") == "commit"
        assert there.at_remote("for-each-ref", "refs/sluicegate") == ""

    def test_each_of_several_is_written_to(self, there: Place) -> None:
        folders = [self.other(there, name) for name in ("one.git", "two.git")]
        there.add(ONE)
        tips = {pullrequest.git(f, "rev-parse", "refs/sluicegate/ledger") for f in folders}
        assert len(tips) == 1

    def test_its_password_is_a_secret(self, there: Place) -> None:
        pullrequest.git(there.work, "config", "remote.origin.pushurl", "https://me:hunter2@example.invalid/x")
        remote = remote_of(there.git, "origin", {})
        assert "hunter2" in remote.secrets
        assert "hunter2" not in repr(remote)


def test_a_document_that_is_gone_while_they_are_read_is_said(there: Place) -> None:
    with there.store() as store, pytest.raises(WorldError, match="ended while"):
        list(store.run.blobs([sha("not here")]))


class TestHttp:
    """A server that asks for a token, as GitHub does."""

    def store(self, there: Place, url: str, token: str) -> GitStore:
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{url}/{there.remote.name}")
        remote = remote_of(there.git, "origin", {"GITHUB_SERVER_URL": url}, token)
        self.context = open_git_store(there.git, remote, Refs(), patience=Patience(0))
        return self.context.__enter__()

    def test_a_token_reads_and_writes_and_is_on_no_command_line(
        self, there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pullrequest.git(there.remote, "config", "http.receivepack", "true")
        pullrequest.git(there.remote, "config", "uploadpack.allowFilter", "true")
        log = tmp_path / "arguments"
        spy = tmp_path / "bin" / "git"
        spy.parent.mkdir()
        spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{log}"\nPATH="$REAL" exec git "$@"\n', "utf-8")
        spy.chmod(0o755)
        monkeypatch.setenv("REAL", os.environ["PATH"])
        monkeypatch.setenv("PATH", f"{spy.parent}{os.pathsep}{os.environ['PATH']}")
        with serve(there.remote.parent, AUTHORIZATION) as server:
            store = self.store(there, server.url, TOKEN)
            store.update(adding(ONE, baselines=b"{}"))
            assert store.view().paths == {ONE.path}
            self.context.__exit__(None, None, None)
        said = log.read_text("utf-8")
        assert "push" in said
        assert not re.search(f"{TOKEN}|{AUTHORIZATION[6:]}", said)

    def test_a_token_that_is_refused_is_not_shown(self, there: Place) -> None:
        with serve(there.remote.parent, AUTHORIZATION) as server:
            store = self.store(there, server.url, "ghs_other")
            with pytest.raises(UnreachableError) as caught:
                store.view()
            self.context.__exit__(None, None, None)
        assert "ghs_other" not in str(caught.value)

    def test_without_the_permission_to_write_it_is_read_only(self, there: Place) -> None:
        there.add(ONE)
        pullrequest.git(there.remote, "config", "http.receivepack", "false")
        with serve(there.remote.parent, AUTHORIZATION) as server:
            store = self.store(there, server.url, TOKEN)
            assert store.view().paths == {ONE.path}
            for dry in (True, False):
                with pytest.raises(ReadOnlyError, match="contents: write"):
                    store.update(adding(TWO), dry=dry)
            self.context.__exit__(None, None, None)


def test_over_ssh(there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach_by_ssh(there, tmp_path, monkeypatch)
    there.add(ONE)
    there.add(TWO)
    assert there.at_remote("rev-list", "--count", "refs/sluicegate/ledger") == "2"


def reach_by_ssh(there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol of ssh remotes, with a program in place of ssh that runs the command here."""
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(program))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    pullrequest.git(there.work, "remote", "set-url", "origin", f"ssh://git@example.invalid{there.remote}")


class TestSettings:
    """What the user's clone, settings and environment say besides."""

    @pytest.fixture(autouse=True)
    def by_ssh(self, there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        reach_by_ssh(there, tmp_path, monkeypatch)

    def test_another_remote_is_not_taken_for_the_ledger_s(self, there: Place, tmp_path: Path) -> None:
        other = place(tmp_path / "other")
        other.add(TWO)
        there.add(ONE)
        pullrequest.git(there.work, "remote", "add", "ledger", other.remote.as_uri())
        with there.store() as store:
            assert store.view().paths == {ONE.path}

    def test_hooks_that_the_clone_names_do_not_run(self, there: Place, tmp_path: Path) -> None:
        hook, ran = tmp_path / "hooks" / "reference-transaction", tmp_path / "ran"
        hook.parent.mkdir()
        hook.write_text(f'#!/bin/sh\ntouch "{ran}"\n', encoding="utf-8")
        hook.chmod(0o755)
        pullrequest.git(there.work, "config", "core.hooksPath", str(hook.parent))
        there.add(ONE)
        assert not ran.exists()

    def test_bare_repositories_may_have_to_be_named(
        self, there: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`safe.bareRepository` forbids git to find them."""
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.bareRepository")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", "explicit")
        there.add(ONE)
        with there.store() as store:
            assert store.view().paths == {ONE.path}

    @pytest.mark.parametrize("name", ["GIT_TRACE", "GIT_TRACE2"])
    def test_what_git_traces_is_no_answer(
        self, there: Place, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(name, "1")
        with there.store(seconds=0) as store:
            assert store.view().paths == frozenset()


def test_a_server_that_never_answers_is_not_waited_for_longer_than_wanted(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.ledger.gitstore._SHORTEST", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.git"
        pullrequest.git(there.work, "remote", "set-url", "origin", url)
        with there.store(seconds=0) as store, pytest.raises(UnreachableError, match="timed out"):
            store.view()


def test_a_full_temporary_folder_is_said(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with there.store() as store:
        monkeypatch.setattr(tempfile, "TemporaryFile", full)
        with pytest.raises(WorldError, match="cannot be written: No space left"):
            store.view()


def answering(store: GitStore, most: int) -> GitStore:
    """The store with a git that answers so many bytes at the most."""
    return replace(store, run=replace(store.run, max_output=most))


def test_documents_that_git_cannot_say_at_once_are_all_read(there: Place) -> None:
    documents = [note(sha(n), words="x" * 1000) for n in range(8)]
    there.add(*documents)
    with there.store() as store:
        found = dict(answering(store, 4000).view().read(d.path for d in documents))
    assert found == {d.path: d.data for d in documents}


class TestHostile:
    """What anybody who may push can put on the ref."""

    def push(self, there: Place, *commands: str) -> None:
        pullrequest.git(there.work, "push", "--quiet", "--force", "origin", *commands)

    def test_a_blob_is_no_ledger(self, there: Place) -> None:
        blob = pullrequest.git(there.work, "hash-object", "-w", "a.txt")
        self.push(there, f"{blob}:refs/sluicegate/ledger")
        with there.store() as store, pytest.raises(UnreachableError, match="this is not a ledger"):
            store.view()
        assert there.at_remote("rev-parse", "refs/sluicegate/ledger") == blob

    def test_foreign_files_are_counted_and_stay(self, there: Place) -> None:
        self.with_foreign_file(there)
        there.add(TWO)
        with there.store() as store:
            view = store.view()
        assert (set(view.paths), view.foreign) == ({ONE.path, TWO.path}, 1)
        assert "README" in there.at_remote("ls-tree", "--name-only", "refs/sluicegate/ledger")

    def test_a_ledger_with_foreign_files_is_not_pruned(self, there: Place) -> None:
        tip = self.with_foreign_file(there)
        for dry in (True, False):
            with there.store() as store, pytest.raises(UsageError, match="1 other file, which would be lost"):
                store.update(lambda view: Update({}, "prune", kept=frozenset()), dry=dry)
        assert there.at_remote("rev-parse", "refs/sluicegate/ledger") == tip

    def with_foreign_file(self, there: Place) -> str:
        there.add(ONE)
        pullrequest.git(there.work, "fetch", "--quiet", "origin", "refs/sluicegate/ledger")
        pullrequest.git(there.work, "checkout", "--quiet", "FETCH_HEAD")
        (there.work / "README").write_text("a ledger\n", encoding="utf-8")
        tip = commit(there.work, "describe")
        self.push(there, "HEAD:refs/sluicegate/ledger")
        return tip

    def test_a_branch_with_the_project_s_files_is_no_ledger(self, there: Place) -> None:
        before = there.at_remote("rev-parse", "refs/heads/main")
        with there.store(ref="refs/heads/main") as store, pytest.raises(UsageError, match="not a ledger"):
            store.update(adding(ONE))
        assert there.at_remote("rev-parse", "refs/heads/main") == before

    def test_baselines_that_are_a_huge_file_are_not_read(
        self, there: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sluicegate.ledger.gitview.MAX_BASELINES", 1000)
        (there.work / "baselines.json").write_bytes(b" " * 1001)
        pullrequest.git(there.work, "add", "--all")
        pullrequest.git(there.work, "commit", "--quiet", "-m", "large")
        self.push(there, "HEAD:refs/sluicegate/baselines")
        with there.store() as store:
            assert store.view().baselines == b""

    def test_a_tree_that_unfolds_without_end_is_a_typed_error(self, there: Place) -> None:
        blob = pullrequest.git(there.work, "hash-object", "-w", "a.txt")
        tree = self.tree(there, "".join(f"100644 blob {blob}\tf{n}\n" for n in range(10)))
        for _ in range(4):
            tree = self.tree(there, "".join(f"040000 tree {tree}\td{n}\n" for n in range(10)))
        commit = pullrequest.git(there.work, "commit-tree", tree, "-m", "bomb")
        self.push(there, f"{commit}:refs/sluicegate/ledger")
        with there.store() as store, pytest.raises(UnreachableError, match="printed more than"):
            answering(store, 1 << 20).view()

    def tree(self, there: Place, listing: str) -> str:
        done = subprocess.run(
            ["git", "mktree"], cwd=there.work, input=listing, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()
