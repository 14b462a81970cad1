"""Two checkouts, and nothing of them afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.bench.worktrees import Checkouts, checkouts, remove_left_behind, take_from_head
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.git import Git, open_repository
from support.benching import needs_posix
from support.repo import Repo, repository

pytestmark = needs_posix


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = repository(
        tmp_path / "r", {"a.txt": "1\n", "b.txt": "1\n", "sub/c.txt": "1\n", ".gitignore": "*.o\n"}
    )
    made.commit({"a.txt": "2\n"})
    return made


def opened(folder: Path) -> Git:
    git = open_repository(folder)
    assert git is not None
    return git


def worktrees(repo: Repo) -> int:
    return len(repo.git("worktree", "list").splitlines())


def kill(temporary: Path) -> None:
    """Free the lock of the one folder there, as the end of its process does, and nothing else."""
    (owner,) = temporary.glob("*/owner")
    copy = owner.with_name("copy")
    copy.write_bytes(owner.read_bytes())
    copy.rename(owner)


def test_each_side_has_its_commit_and_paths_are_equally_long(repo: Repo) -> None:
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False) as places:
        assert (places.base / "a.txt").read_text() == "1\n"
        assert (places.head / "a.txt").read_text() == "2\n"
        assert len(str(places.base)) == len(str(places.head))
        assert not places.base.is_relative_to(repo.root)
        assert places.uncommitted == ()


def test_nothing_is_left(repo: Repo, temporary: Path) -> None:
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False):
        assert worktrees(repo) == 3
    assert worktrees(repo) == 1
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_of_read_only_folders_either(repo: Repo, temporary: Path) -> None:
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False) as places:
        (places.base / "cache" / "deep").mkdir(parents=True)
        (places.base / "cache" / "deep" / "file").touch()
        (places.base / "cache" / "deep").chmod(0o500)
        (places.base / "cache").chmod(0o500)
    assert list(temporary.iterdir()) == []


def test_the_head_has_what_is_not_committed(repo: Repo) -> None:
    repo.write({"a.txt": "3\n", "new/d.txt": "1\n", "ignored.o": "1\n"})
    (repo.root / "b.txt").unlink()
    (repo.root / "link").symlink_to("nowhere")
    (repo.root / "new" / "d.txt").chmod(0o755)
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=True) as places:
        assert places.uncommitted == ("a.txt", "b.txt", "link", "new/d.txt")
        assert (places.head / "a.txt").read_text() == "3\n"
        assert not (places.head / "b.txt").exists()
        assert (places.head / "link").readlink() == Path("nowhere")
        assert os.access(places.head / "new" / "d.txt", os.X_OK)
        assert not (places.head / "ignored.o").exists()
        assert (places.base / "b.txt").exists()


def test_staged_changes_and_renames_are_taken_too(repo: Repo) -> None:
    repo.git("mv", "b.txt", "e.txt")
    repo.write({"sub/c.txt": "2\n"})
    repo.git("add", "-A")
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=True) as places:
        assert places.uncommitted == ("b.txt", "e.txt", "sub/c.txt")
        assert (places.head / "e.txt").read_text() == "1\n"
        assert not (places.head / "b.txt").exists()


def test_a_folder_in_the_place_of_a_file_is_taken(repo: Repo) -> None:
    (repo.root / "a.txt").unlink()
    repo.write({"a.txt/inner": "1\n"})
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=True) as places:
        assert (places.head / "a.txt" / "inner").read_text() == "1\n"


def test_commands_run_in_the_same_part_of_the_repository(repo: Repo) -> None:
    repo.write({"a.txt": "3\n"})
    with checkouts(opened(repo.root / "sub"), "HEAD^", "HEAD", with_changes=True) as places:
        assert places.base.name == places.head.name == "sub"
        assert (places.head.parent / "a.txt").read_text() == "3\n"


def test_a_part_that_the_base_lacks_is_said(repo: Repo, temporary: Path) -> None:
    repo.commit({"later/x": "1\n"})
    with (
        pytest.raises(UsageError, match="the base has no folder later/"),
        checkouts(opened(repo.root / "later"), "HEAD^", "HEAD", with_changes=False),
    ):
        pass
    assert worktrees(repo) == 1
    assert list(temporary.iterdir()) == []


def test_hooks_do_not_run(repo: Repo, tmp_path: Path) -> None:
    hook = repo.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False):
        pass
    assert not (tmp_path / "ran").exists()


def test_a_checkout_that_fails_leaves_nothing(repo: Repo, temporary: Path) -> None:
    with (
        pytest.raises(WorldError, match="worktree"),
        checkouts(opened(repo.root), "HEAD", "0" * 40, with_changes=False),
    ):
        pass
    assert worktrees(repo) == 1
    assert list(temporary.iterdir()) == []


# --- left behind by one that was killed ----------------------------------------------------------


def test_the_next_removes_what_a_killed_one_left(repo: Repo, temporary: Path) -> None:
    killed = checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False)
    killed.__enter__()
    kill(temporary)
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False):
        assert worktrees(repo) == 3
        assert len(list(temporary.iterdir())) == 1
    assert worktrees(repo) == 1
    killed.__exit__(None, None, None)


def test_a_repository_may_keep_the_places_of_worktrees_relative(repo: Repo) -> None:
    """As git writes them with `worktree.useRelativePaths` (git-config(1), since 2.48)."""
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False) as places:
        for side in (places.base, places.head):
            entry = repo.root / ".git" / "worktrees" / side.name
            (entry / "gitdir").write_text(f"{os.path.relpath(side / '.git', entry)}\n", encoding="utf-8")
    assert worktrees(repo) == 1


def test_one_that_still_lives_is_left_alone(repo: Repo, temporary: Path) -> None:
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False) as first:
        with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False):
            assert worktrees(repo) == 5
        remove_left_behind()
        assert (first.base / "a.txt").exists()
        assert worktrees(repo) == 3


def test_the_users_own_worktrees_are_left_alone_even_where_they_are_away(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "away"), "HEAD")
    (tmp_path / "away").rename(tmp_path / "mounted-elsewhere")
    with checkouts(opened(repo.root), "HEAD^", "HEAD", with_changes=False):
        pass
    (tmp_path / "mounted-elsewhere").rename(tmp_path / "away")
    assert Repo(tmp_path / "away").git("status", "--short") == ""


@pytest.mark.parametrize("age", [0, 7200])
def test_a_folder_without_an_owner_is_only_removed_when_it_is_old(temporary: Path, age: int) -> None:
    folder = temporary / "sluicegate-bench-00000000"
    folder.mkdir()
    past = folder.stat().st_mtime - age
    os.utime(folder, (past, past))
    remove_left_behind()
    assert folder.exists() == (age == 0)


def test_other_folders_and_links_are_left_alone(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "owner").touch()
    (temporary / "sluicegate-bench-11111111").symlink_to(tmp_path / "precious")
    remove_left_behind()
    assert (tmp_path / "precious" / "owner").exists()


# --- the benchmark of the head -------------------------------------------------------------------


@pytest.fixture
def places(repo: Repo, tmp_path: Path) -> Checkouts:
    for side, files in (("base", {"own": "base", "dir/old": "1"}), ("head", {"own": "head", "dir/new": "1"})):
        Repo(tmp_path / side).root.mkdir()
        Repo(tmp_path / side).write(files)
    return Checkouts(tmp_path, (tmp_path / "base").resolve(), (tmp_path / "head").resolve(), ())


def test_the_base_takes_files_and_folders_over_from_the_head(places: Checkouts) -> None:
    take_from_head(places, ("own", "dir"))
    assert (places.base / "own").read_text() == "head"
    assert [p.name for p in (places.base / "dir").iterdir()] == ["new"]


@pytest.mark.parametrize("path", ["nowhere", "out/passwd", "."])
def test_a_path_that_the_head_lacks_or_that_leads_out_is_refused(places: Checkouts, path: str) -> None:
    (places.head / "out").symlink_to("/etc")
    with pytest.raises(UsageError, match="the head has no such path"):
        take_from_head(places, (path,))
