"""A file of earlier measures counts as the base has it."""

from __future__ import annotations

from pathlib import Path

from sluicegate.collect.earlier import as_of_base
from support.repo import Repo, opened, pull_request


def read(repo: Repo, name: str, base: str = "HEAD^1", folder: str = "") -> str | None:
    with as_of_base(opened(repo.root / folder), base, repo.root / folder / name) as path:
        return path.read_text() if path else None


def test_an_edited_file_is_the_base_s(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sub/b.json": "old"}, {"sub/b.json": "new"})
    assert read(repo, "sub/b.json") == "old"
    assert read(repo, "b.json", folder="sub") == "old"
    repo.write({"sub/b.json": "newer"})
    assert read(repo, "sub/b.json") == "old"


def test_one_that_the_change_adds_is_not_a_baseline(tmp_path: Path) -> None:
    assert read(pull_request(tmp_path, {"a": ""}, {"b.json": "new"}), "b.json") is None


def test_one_that_no_commit_holds_is_the_run_s_own(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a": ""}, {"b": ""})
    repo.write({"b.json": "measured"})
    assert read(repo, "b.json") == "measured"


def test_one_outside_of_the_repository_is_taken_as_it_is(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "r", {"a": ""}, {"b": ""})
    (tmp_path / "b.json").write_text("elsewhere")
    assert read(repo, "../b.json") == "elsewhere"


def test_without_a_base_it_is_the_tree_s(tmp_path: Path) -> None:
    assert read(pull_request(tmp_path, {"b.json": "old"}, {"b.json": "new"}), "b.json", base="") == "new"
