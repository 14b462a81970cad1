"""Which folders a search for results enters."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.collect.discovery import MAX_DEPTH, search
from sluicegate.collect.folders import Folders
from sluicegate.collect.places import matched_files, named_files
from sluicegate.core.change import Change, FileChange, NoChange

NO_CHANGE = NoChange("no pull request")


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("<testsuite/>")
    return root


def found(root: Path, folders: Folders) -> list[str]:
    return [candidate.path for candidate in search(root, (), folders).candidates]


@pytest.mark.parametrize("name", ["env", "vendor", ".cache", "web/node_modules/pay"])
def test_results_of_a_tracked_folder_are_found_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    result = f"{name}/build/test-results/test/TEST-pay.xml"
    folders = Folders.of([f"{name}/A.java"], NO_CHANGE)
    assert found(tree(tmp_path, result), folders) == [result]


def test_a_folder_of_dependencies_that_no_commit_holds_is_not_entered(tmp_path: Path) -> None:
    tree(tmp_path, "env/build/junit.xml", "vendor/bundle/x/junit.xml", "vendor/.keep")
    assert found(tmp_path, Folders.of(["vendor/.keep", "a.py"], NO_CHANGE)) == []


def test_a_folder_that_the_change_brings_is_entered_whole(tmp_path: Path) -> None:
    tree(tmp_path, "vendor/pay/mine/junit.xml", "vendor/bundle/junit.xml")
    moved = Change({"vendor/pay/A.java": FileChange("vendor/pay/A.java", "pay/A.java")})
    folders = Folders.of(["vendor/pay/A.java", "vendor/.keep"], moved)
    assert found(tmp_path, folders) == ["vendor/pay/mine/junit.xml"]


def test_dependencies_inside_of_a_tracked_folder_are_not_entered(tmp_path: Path) -> None:
    tree(tmp_path, "vendor/web/build/node_modules/x/junit.xml")
    assert found(tmp_path, Folders.of(["vendor/web/a.js"], NO_CHANGE)) == []


def test_artifacts_hold_folders_that_are_called_like_those_of_the_commit(tmp_path: Path) -> None:
    tree(tmp_path, "unit/env/junit.xml", "unit/vendor/junit.xml")
    assert found(tmp_path, Folders.of(["env/A.java"], NO_CHANGE).elsewhere()) == ["unit/env/junit.xml"]


def test_results_ten_folders_deep_are_found(tmp_path: Path) -> None:
    result = "1/2/3/4/5/6/7/8/9/build/test-results/test/TEST-a.xml"
    assert found(tree(tmp_path, result), Folders()) == [result]


def test_code_that_nests_too_deeply_is_reported(tmp_path: Path) -> None:
    tree(tmp_path, "a/" * (MAX_DEPTH + 1) + "junit.xml")
    assert search(tmp_path, ()).deeper == ("a/" * MAX_DEPTH + "a",)


def test_a_glob_enters_a_tracked_folder_whatever_it_is_called(tmp_path: Path) -> None:
    tree(tmp_path, "env/build/TEST-a.xml", "venv/build/TEST-b.xml")
    folders = Folders.of(["env/A.java"], NO_CHANGE)
    assert matched_files(tmp_path, "**/TEST-*.xml", folders) == [tmp_path / "env/build/TEST-a.xml"]


def test_a_glob_that_names_a_folder_enters_all_of_it(tmp_path: Path) -> None:
    tree(tmp_path, "vendor/mine/TEST-a.xml")
    folders = Folders.of(["vendor/.keep"], NO_CHANGE)
    assert matched_files(tmp_path, "vendor/**/TEST-*.xml", folders) == [tmp_path / "vendor/mine/TEST-a.xml"]
    assert named_files(tmp_path, "vendor", folders) == [tmp_path / "vendor/mine/TEST-a.xml"]


def test_a_glob_says_what_is_too_deep(tmp_path: Path) -> None:
    tree(tmp_path, "a/" * (MAX_DEPTH + 3) + "junit.xml")
    with pytest.raises(OSError, match="in each other"):
        matched_files(tmp_path, "**/junit.xml")
