"""Which repository a folder belongs to: the nearest one marked by `.git`, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.git import open_repository
from support.hostile_repositories import git_directory
from support.repo import Repo, opened, repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return repository(tmp_path / "r", {"a.py": "1\n", "sub/b.py": "2\n"})


def test_a_folder_below_belongs_to_the_repository_above(repo: Repo) -> None:
    git = opened(repo.root / "sub")
    assert (git.prefix, git.repository.top) == ("sub/", repo.root)
    assert git.tracked() == ["b.py"]


def test_the_top_of_a_folder_below_is_the_whole(repo: Repo) -> None:
    assert opened(repo.root / "sub").top.tracked() == ["a.py", "sub/b.py"]


def test_a_plain_folder_belongs_to_none(tmp_path: Path) -> None:
    assert open_repository(tmp_path) is None


def test_a_folder_that_looks_like_a_git_directory_is_an_error_that_says_so(repo: Repo) -> None:
    git_directory(repo.root / "sub")
    with pytest.raises(UsageError, match="looks like a git directory itself"):
        open_repository(repo.root / "sub")


def test_so_is_one_with_nothing_but_a_common_directory(repo: Repo) -> None:
    repo.write({"sub/HEAD": "ref: refs/heads/x\n", "sub/commondir": "../.git\n"})
    with pytest.raises(UsageError, match="looks like a git directory itself"):
        open_repository(repo.root / "sub")


def test_so_is_a_folder_below_such_a_one(repo: Repo) -> None:
    git_directory(repo.root / "sub")
    (repo.root / "sub" / "deep").mkdir()
    with pytest.raises(UsageError, match="looks like a git directory itself") as caught:
        open_repository(repo.root / "sub" / "deep")
    assert str(repo.root / "sub") in str(caught.value)


def test_a_bare_repository_is_told_that_it_is_no_checkout(tmp_path: Path) -> None:
    Repo(tmp_path).git("init", "-q", "--bare", "bare.git")
    with pytest.raises(UsageError, match="no checkout"):
        open_repository(tmp_path / "bare.git")


def test_a_folder_of_git_s_own_is_no_work_tree(repo: Repo) -> None:
    with pytest.raises(UsageError, match="git directory"):
        open_repository(repo.root / ".git" / "info")


def test_an_empty_folder_of_git_s_name_is_passed_over_as_git_does(repo: Repo) -> None:
    (repo.root / "sub" / ".git").mkdir()
    assert opened(repo.root / "sub").prefix == "sub/"


def test_a_submodule_is_a_repository_of_its_own(repo: Repo, tmp_path: Path) -> None:
    part = repository(tmp_path / "part", {"c.py": "3\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part.root), "part")
    assert opened(repo.root / "part").tracked() == ["c.py"]
    repo.write({"part/c.py": "changed\n"})
    assert opened(repo.root / "part").is_dirty()


def test_a_linked_worktree_is_one_with_the_same_history(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git = opened(tmp_path / "linked" / "sub")
    assert (git.repository.top, git.tracked()) == (tmp_path / "linked", ["b.py"])
    assert git.repository.common_dir == repo.root / ".git"
    assert git.commit("HEAD") == repo.git("rev-parse", "HEAD")


def test_worktrees_of_a_bare_repository_are_repositories(repo: Repo, tmp_path: Path) -> None:
    project = tmp_path / "project"
    repo.git("clone", "-q", "--bare", str(repo.root), str(project / ".bare"))
    (project / ".git").write_text("gitdir: ./.bare\n")
    bare = Repo(project)
    bare.git("worktree", "add", "-q", str(project / "main"), "main")
    assert opened(project / "main").tracked() == ["a.py", "sub/b.py"]
    assert open_repository(project) is None


def test_a_checkout_in_a_folder_of_the_workspace_is_one(tmp_path: Path) -> None:
    repository(tmp_path / "workspace" / "path", {"d.py": "4\n"})
    assert opened(tmp_path / "workspace" / "path").tracked() == ["d.py"]
    assert open_repository(tmp_path / "workspace") is None


def test_the_search_ends_at_the_ceilings(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repo.root))
    assert open_repository(repo.root / "sub") is None


def test_a_link_to_git_s_own_folder_is_none(repo: Repo) -> None:
    (repo.root / "link").symlink_to(".git")
    with pytest.raises(UsageError, match="git directory"):
        open_repository(repo.root / "link")


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read"):
        open_repository(tmp_path / "gone")


def test_a_repository_of_somebody_else_is_refused_with_the_remedy(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(WorldError, match="another user owns it") as caught:
        open_repository(repo.root)
    assert "safe.directory" in caught.value.remedy


class TestLinks:
    """A change must not choose by a link which folder's policy and baseline count."""

    @pytest.fixture
    def linked(self, repo: Repo) -> Repo:
        (repo.root / "link").symlink_to("sub")
        repo.commit({})
        return repo

    def test_a_folder_that_a_link_of_the_commit_leads_to_is_refused(self, linked: Repo) -> None:
        with pytest.raises(UsageError, match="link that the commit holds") as caught:
            open_repository(linked.root / "link")
        assert "link" in caught.value.where

    def test_so_is_one_below_it(self, linked: Repo) -> None:
        linked.commit({"sub/deep/c.py": ""})
        with pytest.raises(UsageError, match="link that the commit holds"):
            open_repository(linked.root / "link" / "deep")

    def test_so_is_the_current_folder_that_a_shell_entered_through_one(
        self, linked: Repo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(linked.root / "sub")
        monkeypatch.setenv("PWD", str(linked.root / "link"))
        with pytest.raises(UsageError, match="link that the commit holds"):
            open_repository(Path.cwd())

    def test_so_is_another_repository_that_one_leads_to(self, repo: Repo, tmp_path: Path) -> None:
        other = repository(tmp_path / "other", {"c.py": ""})
        (repo.root / "out").symlink_to(other.root)
        repo.commit({})
        with pytest.raises(UsageError, match="link that the commit holds"):
            open_repository(repo.root / "out")

    def test_a_link_of_the_user_s_own_is_followed(self, repo: Repo, tmp_path: Path) -> None:
        (tmp_path / "way").symlink_to(repo.root)
        (repo.root / "own").symlink_to("sub")
        assert opened(tmp_path / "way" / "sub").prefix == "sub/"
        assert opened(repo.root / "own").prefix == "sub/"
