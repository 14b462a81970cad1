"""Which change is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.collect.base import base_tip, find_change
from sluicegate.core.change import Change, NoChange, bits_to_lines
from sluicegate.core.errors import UsageError
from sluicegate.core.model import Commit
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from support.repo import Repo, pull_request, repository

LAPTOP = EventContext()
PUSH = EventContext(name="push")


def found(root: Path, base: str = "", event: EventContext = LAPTOP) -> tuple[Commit, Change | NoChange]:
    return find_change(open_repository(root), base, event)


def files(change: Change | NoChange) -> list[str]:
    assert isinstance(change, Change), change
    return sorted(change.files)


def reason(change: Change | NoChange) -> str:
    assert isinstance(change, NoChange)
    return change.reason


def as_pull_request(repo: Repo) -> EventContext:
    return EventContext(
        name="pull_request",
        is_pull_request=True,
        is_merge_commit=True,
        head_sha=repo.git("rev-parse", "feature"),
        base_sha=repo.git("rev-parse", "main~1"),
        base_ref="main",
    )


def test_a_pull_request_is_exactly_its_own_change(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a.py": "1\n"}, {"a.py": "1\n2\n"})
    commit, change = found(tmp_path, event=as_pull_request(repo))
    assert files(change) == ["a.py"]
    assert commit.base == repo.git("rev-parse", "main")
    assert (commit.head, commit.tested) == (repo.git("rev-parse", "feature"), repo.git("rev-parse", "HEAD"))


def test_a_depth_two_clone_is_enough(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "origin", {"a.py": "1\n"}, {"a.py": "1\n2\n"})
    repo.git("branch", "merge", "HEAD")
    repo.git("clone", "-q", "--depth=2", "--branch=merge", f"file://{repo.root}", str(tmp_path / "clone"))
    _, change = found(tmp_path / "clone", event=as_pull_request(repo))
    assert files(change) == ["a.py"]


def test_a_depth_one_clone_says_what_to_set(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "origin", {"a.py": "1\n"}, {"a.py": "1\n2\n"})
    repo.git("branch", "merge", "HEAD")
    repo.git("clone", "-q", "--depth=1", "--branch=merge", f"file://{repo.root}", str(tmp_path / "clone"))
    assert "fetch-depth: 2" in reason(found(tmp_path / "clone", event=as_pull_request(repo))[1])


def test_a_pull_request_checked_out_at_its_head_is_compared_with_the_merge_base(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a.py": "1\n"}, {"a.py": "1\n2\n"})
    event = as_pull_request(repo)
    repo.git("checkout", "-q", "feature")
    assert files(found(tmp_path, event=event)[1]) == ["a.py"]


def test_a_push_has_nothing_to_compare_with(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "1\n"})
    assert "'push'" in reason(found(tmp_path, event=PUSH)[1])


def test_a_laptop_compares_with_the_default_branch_and_sees_the_dirty_tree(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "1\n", "b.py": "1\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a.py": "1\n2\n"})
    repo.write({"b.py": "2\n", "new.py": "x\ny\n"})
    commit, change = found(tmp_path)
    assert files(change) == ["a.py", "b.py", "new.py"]
    assert isinstance(change, Change)
    assert list(bits_to_lines(change.added("new.py"))) == [1, 2]
    assert commit.dirty


def test_ignored_files_are_no_part_of_the_change(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "1\n", ".gitignore": "build/\n"})
    repo.write({"build/x.py": "1\n", "a.py": "2\n"})
    assert files(found(tmp_path)[1]) == ["a.py"]


def test_a_clean_default_branch_has_no_change(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "1\n"})
    assert reason(found(tmp_path)[1]) == "nothing differs from main"


def test_outside_a_repository_there_is_no_change(tmp_path: Path) -> None:
    assert reason(found(tmp_path)[1]) == "not a git repository"


def test_a_repository_without_commits_has_no_change(tmp_path: Path) -> None:
    repository(tmp_path)
    assert reason(found(tmp_path)[1]) == "the repository has no commit yet"


def test_a_named_base_is_compared_by_its_merge_base(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "1\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"b.py": "1\n"})
    repo.git("checkout", "-q", "main")
    repo.commit({"c.py": "1\n"})
    repo.git("checkout", "-q", "topic")
    assert files(found(tmp_path, base="main", event=PUSH)[1]) == ["b.py"]


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD~99"])
def test_a_base_that_does_not_exist_is_refused(tmp_path: Path, name: str) -> None:
    repository(tmp_path, {"a.py": "1\n"})
    with pytest.raises(UsageError, match="is not in this clone"):
        found(tmp_path, base=name)


def test_a_base_that_a_shallow_clone_lacks_says_fetch_depth(tmp_path: Path) -> None:
    repo = repository(tmp_path / "origin", {"a.py": "1\n"})
    first = repo.git("rev-parse", "HEAD")
    repo.commit({"a.py": "2\n"})
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(tmp_path / "clone"))
    with pytest.raises(UsageError) as caught:
        found(tmp_path / "clone", base=first)
    assert "fetch-depth" in caught.value.remedy


def test_a_folder_of_a_repository_sees_only_itself(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"api/a.py": "1\n", "web/b.py": "1\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"api/a.py": "2\n", "web/b.py": "2\n"})
    assert files(found(tmp_path / "api")[1]) == ["a.py"]


def test_base_texts_come_in_one_go(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"api/a.py": "old\n", "api/ä b.py": "umlaut\n"})
    git = open_repository(tmp_path / "api")
    assert git is not None
    blobs = git.files_at(repo.git("rev-parse", "HEAD"), ["a.py", "missing.py", "ä b.py"])
    assert blobs == {"a.py": b"old\n", "ä b.py": b"umlaut\n"}


def tip(root: Path, event: EventContext, base: str = "") -> str:
    git = open_repository(root)
    assert git is not None
    return base_tip(git, base, event)


class TestTheTipOfTheBase:
    def test_of_a_test_merge_it_is_the_first_parent(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path, {"a": "1"}, {"b": "1"})
        assert tip(tmp_path, as_pull_request(repo)) == repo.git("rev-parse", "main")

    def test_of_a_checkout_of_the_head_it_is_the_branch_and_no_tag_of_that_name(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path, {"a": "1"}, {"b": "1"})
        event = as_pull_request(repo)
        repo.git("update-ref", "refs/remotes/origin/main", "main")
        repo.git("tag", "origin/main", "feature")
        repo.git("checkout", "-q", "feature")
        assert tip(tmp_path, event) == repo.git("rev-parse", "main")

    def test_of_a_merge_group_it_is_what_the_group_stands_on(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path, {"a": "1"}, {"b": "1"})
        event = EventContext(name="merge_group", base_ref="main", base_sha=repo.git("rev-parse", "main~1"))
        assert tip(tmp_path, event) == repo.git("rev-parse", "main~1")

    @pytest.mark.parametrize("name", ["issue_comment", "pull_request_target"])
    def test_of_a_trusted_event_it_is_where_the_run_stands_whatever_is_checked_out(
        self, tmp_path: Path, name: str
    ) -> None:
        repo = pull_request(tmp_path, {"a": "1"}, {"b": "1"})
        main = repo.git("rev-parse", "main")
        event = EventContext(
            name=name, number=7, tested_sha=main, is_pull_request=name == "pull_request_target"
        )
        assert tip(tmp_path, event) == main

    def test_on_a_laptop_it_is_the_named_or_the_default_branch(self, tmp_path: Path) -> None:
        repo = pull_request(tmp_path, {"a": "1"}, {"b": "1"})
        assert tip(tmp_path, LAPTOP) == repo.git("rev-parse", "main")
        assert tip(tmp_path, LAPTOP, "feature") == repo.git("rev-parse", "feature")


def test_a_run_beside_the_pull_request_has_no_change(tmp_path: Path) -> None:
    repository(tmp_path, {"a.py": "1\n"})
    event = EventContext(name="issue_comment", number=7)
    assert "without a checkout of the pull request" in reason(found(tmp_path, event=event)[1])


@pytest.mark.parametrize("name", ["pull_request_target", "pull_request"])
def test_a_checkout_of_the_base_does_not_show_the_pull_request(tmp_path: Path, name: str) -> None:
    repo = pull_request(tmp_path, {"a.py": "1\n"}, {"a.py": "1\n2\n"})
    event = replace(as_pull_request(repo), name=name, is_merge_commit=False)
    repo.git("checkout", "-q", "main")
    change = found(tmp_path, event=event)[1]
    assert isinstance(change, NoChange)
    assert change.unseen


def test_a_merge_queue_is_compared_with_the_parent_of_its_group(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": "1\n"})
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    parent = repo.commit({"ahead.py": "1\n"})
    repo.commit({"mine.py": "1\n"})
    event = EventContext(name="merge_group", base_ref="main", base_sha=parent)
    assert files(found(tmp_path, event=event)[1]) == ["mine.py"]


class TestAMergeQueueInAShallowClone:
    def test_needs_no_history_between_the_group_and_what_it_stands_on(self, tmp_path: Path) -> None:
        event, checkout = shallow_group(tmp_path)
        assert files(found(checkout, event=event)[1]) == ["1.py", "2.py", "3.py"]

    def test_of_something_else_than_the_group_there_is_no_change(self, tmp_path: Path) -> None:
        event, checkout = shallow_group(tmp_path)
        change = found(checkout, event=replace(event, tested_sha="a" * 40))[1]
        assert isinstance(change, NoChange)
        assert change.unseen


def shallow_group(folder: Path) -> tuple[EventContext, Path]:
    """A group of three commits, checked out as the Action finds it: at depth 2, its base fetched alone."""
    origin = repository(folder / "origin", {"a.py": "1\n"})
    parent = origin.git("rev-parse", "HEAD")
    for n in (1, 2, 3):
        tested = origin.commit({f"{n}.py": "1\n"})
    url = (folder / "origin").as_uri()
    origin.git("clone", "-q", "--depth=2", url, str(folder / "clone"))
    clone = Repo(folder / "clone")
    clone.git("fetch", "-q", "--depth=1", "origin", parent)
    return EventContext(
        name="merge_group", base_ref="main", base_sha=parent, tested_sha=tested
    ), folder / "clone"
