"""Folders of scratch repositories that a killed process left: the next one removes them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sluicegate.git.scratch import LOCK, PREFIX, remove_left, scratch_folder

NOW = 1_800_000_000.0
MINUTES, DAYS = 60.0, 86_400.0

locks = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")


def left(parent: Path, age: float, *, lock: bool = True) -> Path:
    """A folder as a process that was killed so many seconds ago leaves it."""
    folder = parent / f"{PREFIX}abc"
    (folder / "objects").mkdir(parents=True)
    if lock:
        (folder / LOCK).touch()
    os.utime(folder, (NOW - age, NOW - age))
    return folder


@locks
def test_a_folder_that_nobody_holds_is_removed(tmp_path: Path) -> None:
    folder = left(tmp_path, 2 * MINUTES)
    remove_left(tmp_path, NOW)
    assert not folder.exists()


def test_a_young_one_stays_since_it_may_not_be_locked_yet(tmp_path: Path) -> None:
    folder = left(tmp_path, 10)
    remove_left(tmp_path, NOW)
    assert folder.exists()


@locks
def test_one_in_use_stays_however_old_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as folder:
        os.utime(folder, (1, 1))
        remove_left(tmp_path, NOW)
        assert folder.exists()
    assert not folder.exists()


@pytest.mark.parametrize(("age", "stays"), [(2 * MINUTES, True), (0.9 * DAYS, True), (1.1 * DAYS, False)])
def test_one_without_a_lock_goes_after_a_day(tmp_path: Path, age: float, stays: bool) -> None:
    folder = left(tmp_path, age, lock=False)
    remove_left(tmp_path, NOW)
    assert folder.exists() is stays


def test_the_next_process_removes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = left(tmp_path, 2 * DAYS)
    os.utime(folder, (1, 1))
    with scratch_folder():
        assert len(list(tmp_path.iterdir())) == 1


def test_links_are_neither_followed_nor_removed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "objects").mkdir(parents=True)
    (precious / LOCK).touch()
    os.utime(precious, (1, 1))
    link = tmp_path / "temp" / f"{PREFIX}link"
    link.parent.mkdir()
    link.symlink_to(precious)
    remove_left(link.parent, NOW)
    assert link.is_symlink()
    assert (precious / "objects").is_dir()


def test_a_link_inside_is_removed_and_not_what_it_points_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    folder = left(tmp_path, 2 * DAYS, lock=False)
    (folder / LOCK).symlink_to(precious / "file")
    (folder / "objects" / "link").symlink_to(precious)
    os.utime(folder, (1, 1))
    remove_left(tmp_path, NOW)
    assert not folder.exists()
    assert (precious / "file").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no user ids")
def test_those_of_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = left(tmp_path, 2 * DAYS)
    monkeypatch.setattr("os.getuid", lambda: folder.stat().st_uid + 1)
    remove_left(tmp_path, NOW)
    assert folder.exists()


def test_other_folders_stay(tmp_path: Path) -> None:
    other = left(tmp_path, 2 * DAYS).rename(tmp_path / "sluicegate-bench-abc")
    os.utime(other, (1, 1))
    remove_left(tmp_path, NOW)
    assert other.exists()
