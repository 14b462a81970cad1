"""Where git sees no pin, no preset is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.action import pins
from sluicegate.action.job import read_job
from sluicegate.github.event import EventContext
from support.repo import pull_request, repository

PIN = "extends: acme/policies/q.yml@8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4\n"


def seen(root: Path, event: EventContext | None = None) -> bool:
    return pins.may_be_named(root, event or EventContext())


@pytest.mark.parametrize("name", ["sluicegate.yml", ".github/sluicegate.yml", "ci/shared", "a/b/c.yaml"])
def test_a_pin_in_any_file_of_the_tree_is_seen(tmp_path: Path, name: str) -> None:
    assert seen(repository(tmp_path, {name: PIN}).root)


def test_a_pin_in_a_file_that_git_does_not_know_yet_is_seen(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"a.py": ""})
    repo.write({"sluicegate.yml": PIN})
    assert seen(repo.root)


def test_from_a_folder_below_the_whole_repository_is_looked_at(tmp_path: Path) -> None:
    repo = repository(tmp_path, {"sluicegate.yml": PIN, "sub/a.py": ""})
    assert seen(repo.root / "sub")


def test_a_pin_that_only_the_base_has_is_seen(tmp_path: Path) -> None:
    assert seen(pull_request(tmp_path, {"sluicegate.yml": PIN}, {"sluicegate.yml": "extends: legacy\n"}).root)


@pytest.mark.parametrize("where", ["base_sha", "base_ref"])
def test_so_is_one_in_the_base_that_the_event_names(tmp_path: Path, where: str) -> None:
    repo = repository(tmp_path, {"a.py": ""})
    repo.git("checkout", "-q", "-b", "elsewhere")
    base = repo.commit({"sluicegate.yml": PIN})
    repo.git("update-ref", "refs/remotes/origin/next", base)
    repo.git("checkout", "-q", "main")
    named = {"base_sha": EventContext(base_sha=base), "base_ref": EventContext(base_ref="next")}
    assert not seen(repo.root)
    assert seen(repo.root, named[where])


def test_workflows_pin_actions_and_that_is_none(tmp_path: Path) -> None:
    sha = PIN.rpartition("@")[2]
    assert not seen(repository(tmp_path, {".github/workflows/ci.yml": f"uses: o/r/.github/w.yml@{sha}"}).root)


def test_a_short_sha_is_none(tmp_path: Path) -> None:
    assert not seen(repository(tmp_path, {"sluicegate.yml": PIN[:-5]}).root)


def test_where_git_cannot_look_there_may_be_one(tmp_path: Path) -> None:
    (tmp_path / "HEAD").touch()
    (tmp_path / "objects").mkdir()
    (tmp_path / "refs").mkdir()
    assert pins.may_be_named(tmp_path, EventContext())
    assert pins.may_be_named(tmp_path / "gone", EventContext())


@pytest.mark.parametrize("given", [{"INPUT_WORKING_DIRECTORY": "gone"}, {}])
def test_where_none_is_named_nothing_is_needed(tmp_path: Path, given: dict[str, str]) -> None:
    repo = repository(tmp_path, {"a.py": ""})
    assert not pins.is_needed(read_job({"GITHUB_WORKSPACE": str(repo.root), **given}))


@pytest.mark.parametrize(
    "given", [{"INPUT_BASE": "main"}, {"INPUT_POLICY_FROM": "base"}, {"SLUICEGATE_SUBJECT": "subject"}]
)
def test_a_policy_that_the_tree_does_not_hold_is_read(tmp_path: Path, given: dict[str, str]) -> None:
    repo = repository(tmp_path, {"a.py": ""})
    assert pins.is_needed(read_job({"GITHUB_WORKSPACE": str(repo.root), **given}))
