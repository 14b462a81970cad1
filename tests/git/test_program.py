"""Which program is git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.core.errors import WorldError
from sluicegate.git.environment import find_git, search_path
from support import needs
from support.hostile_repositories import trap
from support.repo import Repo, opened, repository


def test_folders_of_the_checkout_are_not_searched(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "work")
    entries = [
        "/usr/bin",
        "",
        ".",
        "bin",
        str(tmp_path / "work" / "bin"),
        f"{tmp_path}/link/bin",
        f"{tmp_path}/workshop",
    ]
    path = search_path({"PATH": os.pathsep.join(entries)}, tmp_path / "work")
    assert path.split(os.pathsep) == ["/usr/bin", f"{tmp_path}/workshop"]


def test_without_git_the_error_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="git is not installed"):
        find_git(str(tmp_path))


@needs.posix
@pytest.mark.parametrize("entry", ["{root}", "", "."])
def test_a_git_that_the_checkout_holds_does_not_run(
    tmp_path: Path, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo: Repo = repository(tmp_path / "r", {"a.py": "1\n"})
    _, mark = trap(repo.root, "git")
    path = f"{entry.format(root=repo.root)}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("PATH", path)
    assert opened(repo.root).tracked() == ["a.py"]
    assert not mark.exists()
