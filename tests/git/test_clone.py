"""Reading git: whatever the repository, its settings and the environment say."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sluicegate.core.change import FileChange, bits_to_lines
from sluicegate.core.errors import WorldError
from sluicegate.git import Git, open_repository
from support import needs
from support.hostile_repositories import trap
from support.repo import Repo, opened, repository

HOSTILE = (("diff.interHunkContext", "10"), ("diff.noprefix", "true"), ("diff.orderFile", "/nowhere"))


def added(root: Path, path: str) -> list[int]:
    return list(bits_to_lines(opened(root).change_of_tree("main").added(path)))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository whose working tree adds the lines 1 and 3 of `a.py`."""
    made = repository(tmp_path / "r", {"a.py": "1\n2\n3\n", "b.bin": "\0\n"})
    made.write({"a.py": "one\n2\nthree\n"})
    return made


@pytest.mark.parametrize(("key", "value"), HOSTILE)
def test_settings_of_the_repository_do_not_change_the_lines(repo: Repo, key: str, value: str) -> None:
    repo.git("config", key, value)
    assert added(repo.root, "a.py") == [1, 3]


@pytest.mark.parametrize("attribute", ["*.py -diff", "*.py binary", "* -diff"])
def test_attributes_do_not_hide_lines(repo: Repo, attribute: str) -> None:
    repo.write({".gitattributes": attribute})
    assert added(repo.root, "a.py") == [1, 3]


def test_a_binary_file_has_no_lines_whatever_its_attributes(repo: Repo) -> None:
    repo.write({".gitattributes": "*.bin -diff", "b.bin": "\0\0\n"})
    assert added(repo.root, "b.bin") == []


def test_attributes_do_not_hide_the_lines_of_a_renamed_file(repo: Repo) -> None:
    text = "".join(f"{n}\n" for n in range(40))
    repo.commit({"old.py": text})
    repo.git("mv", "old.py", "new.py")
    repo.write({".gitattributes": "*.py -diff", "new.py": text + "more\n"})
    assert added(repo.root, "new.py") == [41]


@needs.posix
def test_a_monitor_of_the_repository_does_not_run(repo: Repo, tmp_path: Path) -> None:
    program, ran = tmp_path / "monitor", tmp_path / "ran"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    repo.git("config", "core.fsmonitor", str(program))
    opened(repo.root).is_dirty()
    added(repo.root, "a.py")
    assert not ran.exists()


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_the_variables_of_a_hook_do_not_lead_elsewhere(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert opened(repo.root).tracked() == ["a.py", "b.bin"]


@pytest.mark.parametrize("file", [".git/config", ".git/HEAD"])
def test_a_damaged_repository_is_an_error_and_not_a_plain_folder(repo: Repo, file: str) -> None:
    repo.write({file: "[garbage\n"})
    with pytest.raises(WorldError, match="rev-parse"):
        open_repository(repo.root)


def test_a_checkout_without_git_is_an_error(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo.root))
    with pytest.raises(WorldError, match="not installed"):
        open_repository(repo.root)


def test_a_plain_folder_needs_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert open_repository(tmp_path) is None


def test_a_file_in_conflict_is_tracked_once(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "other")
    repo.commit({"a.py": "other\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"a.py": "main\n"})
    with pytest.raises(Exception, match="merge"):
        repo.git("merge", "other")
    assert opened(repo.root).tracked() == ["a.py", "b.bin"]


def test_a_partial_clone_fetches_nothing_and_says_so(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a.py": "changed\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.root}", str(clone))
    with pytest.raises(WorldError, match="partial clone"):
        opened(clone).change_of_tree("HEAD~1")


def test_an_untracked_file_that_vanishes_is_no_change(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Git, "untracked", lambda _git: ["gone.py"])
    assert "gone.py" not in opened(repo.root).change_of_tree("main").files


@needs.posix
def test_an_untracked_link_or_pipe_is_none(repo: Repo) -> None:
    (repo.root / "link.py").symlink_to("a.py")
    os.mkfifo(repo.root / "pipe.py")
    assert {"link.py", "pipe.py"} & opened(repo.root).change_of_tree("main").files.keys() == set()


@pytest.mark.parametrize("end", ["\r", "\u2028", "\u2029", "\x85"])
@pytest.mark.parametrize("where", ["committed", "edited", "untracked"])
def test_a_file_whose_lines_tools_number_otherwise_is_marked(repo: Repo, end: str, where: str) -> None:
    base = repo.git("rev-parse", "HEAD")
    text = f"x = 1{end}y = 2\nz = 3\n"
    if where == "untracked":
        repo.write({"new.py": text})
    else:
        repo.commit({"new.py": text})
        if where == "edited":
            repo.write({"new.py": f"{text}more\n"})
    git = opened(repo.root)
    found = git.change_between(base, "HEAD") if where == "committed" else git.change_of_tree(base)
    assert found.files["new.py"].unaligned


@pytest.mark.parametrize("text", ["x\r\ny\r\n", "x\n\fy\n", "\u00e9\n"])
def test_the_lines_of_usual_files_are_the_same_for_all(repo: Repo, text: str) -> None:
    repo.write({"new.py": text})
    assert not opened(repo.root).change_of_tree("HEAD").files["new.py"].unaligned


class TestFilters:
    """Programs that attributes choose do not run, and what they would change is no difference."""

    @pytest.fixture
    def filtered(self, repo: Repo, tmp_path: Path) -> tuple[Repo, Path]:
        """`a.py` has a filter, whose program leaves a mark; the second is the mark."""
        program, mark = trap(tmp_path / "bin")
        for key in ("clean", "smudge", "process"):
            repo.git("config", f"filter.odd=name.{key}", str(program))
        repo.git("config", "filter.odd=name.required", "true")
        repo.write({".gitattributes": "a.py filter=odd=name\n"})
        return repo, mark

    def test_they_do_not_run(self, filtered: tuple[Repo, Path]) -> None:
        git = opened(filtered[0].root)
        git.is_dirty()
        git.change_of_tree("main")
        assert not filtered[1].exists()

    def test_a_file_that_one_changes_is_not_different(self, filtered: tuple[Repo, Path]) -> None:
        git = opened(filtered[0].root)
        assert not git.is_dirty()
        assert "a.py" not in git.change_of_tree("main").files

    def test_what_was_committed_of_it_is_the_change(self, repo: Repo) -> None:
        base = repo.git("rev-parse", "HEAD")
        repo.commit({".gitattributes": "a.py filter=odd\n"})
        repo.git("config", "filter.odd.clean", "false")
        repo.write({"a.py": "one\ntwo\nthree\n"})
        assert list(bits_to_lines(opened(repo.root).change_of_tree(base).added("a.py"))) == [1, 3]

    def test_an_attribute_that_names_no_filter_hides_nothing(self, repo: Repo) -> None:
        repo.write({".gitattributes": "* filter=none\n"})
        assert added(repo.root, "a.py") == [1, 3]


@needs.posix
def test_a_submodule_s_monitor_does_not_run(repo: Repo, tmp_path: Path) -> None:
    program, mark = trap(tmp_path / "bin")
    part = repository(tmp_path / "part", {"c.py": "3\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(part.root), "part")
    repo.git("commit", "-q", "-m", "x")
    Repo(repo.root / "part").git("config", "core.fsmonitor", str(program))
    opened(repo.root).is_dirty()
    opened(repo.root).change_of_tree("main")
    assert not mark.exists()


def gitlink(repo: Repo, path: str, digit: str) -> None:
    """Commit a submodule at the commit whose name repeats a digit; it is not checked out."""
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{digit * 40},{path}")
    repo.git("commit", "-q", "-m", digit)


def test_a_submodule_that_moves_is_a_change_whatever_its_settings_say(repo: Repo) -> None:
    repo.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ./x\n\tignore = all\n'})
    gitlink(repo, "lib", "1")
    gitlink(repo, "lib", "2")
    change = opened(repo.root).change_between("HEAD~1", "HEAD")
    assert change.files == {"lib": FileChange("lib", "lib", submodule=True)}


def test_a_submodule_that_is_not_checked_out_is_no_change_of_the_tree(repo: Repo) -> None:
    gitlink(repo, "lib", "1")
    repo.git("reset", "-q", "--hard")
    assert opened(repo.root).change_of_tree("HEAD").files == {}


def test_replaced_objects_are_not_read(repo: Repo) -> None:
    forged = repo.git("commit-tree", "-m", "forged", "HEAD^{tree}")
    first = repo.git("rev-parse", "HEAD")
    second = repo.commit({"a.py": "2\n"})
    repo.git("replace", second, forged)
    assert opened(repo.root).parents("HEAD") == [first]


@pytest.mark.parametrize("attributes", ["", "*.py binary\n", "*.py -diff\n"])
def test_a_nul_or_an_attribute_hides_no_line_of_a_source(repo: Repo, attributes: str) -> None:
    repo.commit({"c.py": "x = 1\n", ".gitattributes": attributes})
    repo.commit({"c.py": "x = 1\ny = 2  # \0\n"})
    file = opened(repo.root).change_between("HEAD~1", "HEAD").files["c.py"]
    assert (file.binary, list(bits_to_lines(file.added))) == (False, [2])


def test_a_large_source_that_git_takes_for_binary_stays_so(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.git.clone._MAX_SHOWN", 5)
    repo.commit({"c.py": "x = 1  # \0\n"})
    assert opened(repo.root).change_between("HEAD~1", "HEAD").files["c.py"].binary
    repo.write({"c.py": "x = 2  # \0\n"})
    assert opened(repo.root).change_of_tree("HEAD").files["c.py"].binary


def test_an_untracked_file_that_is_too_large_is_part_of_the_change(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.git.clone._MAX_UNTRACKED", 5)
    repo.write({"new.py": "x = 1  # long\n"})
    assert opened(repo.root).change_of_tree("HEAD").files["new.py"].binary


def test_the_files_of_a_folder_of_a_commit_are_listed(repo: Repo) -> None:
    repo.commit({"sub/x.py": "x\n", "sub/deep/y.py": "y\n"})
    git = opened(repo.root)
    assert (git.listed_at("HEAD", "sub"), git.listed_at("HEAD", "none")) == (["x.py"], [])
