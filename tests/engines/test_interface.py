from __future__ import annotations

import os
from pathlib import Path

from sluicegate.core.change import NoChange
from sluicegate.core.model import Problem
from sluicegate.engines.interface import MAX_SOURCE_BYTES, Workspace, read_source
from support import needs


def problem(root: Path, path: str) -> str:
    found = read_source(root, path)
    assert isinstance(found, Problem)
    assert found.path == path
    return found.message


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    assert read_source(tmp_path, "a.py") == b"x = 1\r\n"


def test_a_workspace_reads_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x")
    given = Workspace(tmp_path, ("a.py",), NoChange("none"), lambda _: None)
    assert given.read("a.py") == b"x"


def test_a_file_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    assert problem(tmp_path, "a.py") == "is not on the disk"


def test_a_name_that_no_file_can_have_is_a_problem(tmp_path: Path) -> None:
    assert "name is not valid" in problem(tmp_path, "a\0.py")


def test_a_huge_file_is_a_problem_and_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.py").open("wb") as stream:
        stream.truncate(50 * 1024**2)
    assert f"more than {MAX_SOURCE_BYTES:,} bytes" in problem(tmp_path, "a.py")


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("token = 1")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "a.py").symlink_to(tmp_path / "secret.py")
    assert "leads out of the repository" in problem(root, "a.py")


def test_a_linked_folder_out_of_the_repository_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.py").write_text("x = 1")
    root = tmp_path / "repository"
    root.mkdir()
    (root / "pkg").symlink_to(tmp_path / "elsewhere")
    assert "leads out of the repository" in problem(root, "pkg/a.py")


def test_a_path_with_dots_does_not_leave_the_repository(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("token = 1")
    root = tmp_path / "repository"
    root.mkdir()
    assert "leads out of the repository" in problem(root, "../secret.py")


def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1")
    (tmp_path / "b.py").symlink_to("a.py")
    assert read_source(tmp_path, "b.py") == b"x = 1"


@needs.posix
def test_a_pipe_does_not_hang_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    assert problem(tmp_path, "a.py") == "is not a regular file"
