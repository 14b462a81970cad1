"""What lies in the working tree and is no part of the change: results of runs, and what builds leave."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluicegate.collect.base import find_change
from sluicegate.collect.output import WorkingTree, without_output
from sluicegate.core.change import Change, NoChange
from sluicegate.github.event import EventContext
from support.repo import Repo, opened, repository

JUNIT = '<testsuite name="s" tests="1"><testcase classname="a" name="t"/></testsuite>'
BASE = {
    "api/pyproject.toml": "",
    "api/a.py": "x = 1\n",
    "web/package.json": "{}",
    "lib/w.js": "x\n",
    "report/__init__.py": "",
}


def changed(root: Path, files: Mapping[str, str], taken: tuple[str, ...] = ()) -> list[str] | str:
    """The changed files of a working tree, or why there is no change."""
    repo: Repo = repository(root, BASE)
    repo.git("checkout", "-q", "-b", "topic")
    repo.write(files)
    git = opened(root)
    _, change = find_change(git, "", EventContext())
    change = without_output(change, WorkingTree.of(root, git), taken)
    return sorted(change.files) if isinstance(change, Change) else change.reason


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("junit.xml", JUNIT),
        ("api/reports/unit/anything.xml", JUNIT),
        ("api/lcov.info", "SF:a.py\nDA:1,1\nend_of_record\n"),
        ("api/mocha.json", '{"stats": {"suites": 1, "tests": 1}, "tests": [], "passes": []}'),
        ("api/.coverage.host.1.x", "SQLite format 3\0"),
        ("bundles/unit/bundle.json", "{}"),
        ("bundles/unit/reports-0.xml", JUNIT),
        ("build/lib/a.py", "x = 1\n"),
        ("api/build/lib/a.py", "x = 1\n"),
        ("api/dist/a.whl", "x"),
        ("web/coverage/lcov-report/index.html", "x"),
        ("api/.venv/lib/a.py", "x = 1\n"),
        ("api/__pycache__/a.pyc", "x"),
    ],
)
def test_results_and_output_are_no_part_of_the_change(tmp_path: Path, path: str, text: str) -> None:
    assert changed(tmp_path, {path: text, "bundles/unit/bundle.json": "{}", "api/b.py": ""}) == ["api/b.py"]


@pytest.mark.parametrize(
    "path",
    [
        "api/b.py",
        "api/data.json",
        "api/sub/reports/new.py",  # a package that is named like output
        "report/other.py",  # something in it is tracked
        "vendor/lib/a.py",
        "web/coverage.js",
    ],
)
def test_what_people_write_is(tmp_path: Path, path: str) -> None:
    assert changed(tmp_path, {path: "x = 1\n"}) == [path]


def test_scripts_beside_evidence_that_was_taken_are_output(tmp_path: Path) -> None:
    files = {"lib/coverage/lcov-report/sorter.js": "x", "lib/coverage/data.bin": "x", "api/b.py": ""}
    assert changed(tmp_path, files, ("lib/coverage/data.bin",)) == ["api/b.py"]
    assert "lib/coverage/lcov-report/sorter.js" in changed(tmp_path / "other", files)


@pytest.mark.parametrize("path", ["/elsewhere/junit.xml", "../reports/junit.xml", "junit.xml"])
def test_evidence_may_lie_elsewhere(tmp_path: Path, path: str) -> None:
    assert changed(tmp_path, {"api/b.py": ""}, (path,)) == ["api/b.py"]


def test_where_nothing_else_differs_there_is_no_change(tmp_path: Path) -> None:
    found = changed(tmp_path, {"junit.xml": JUNIT})
    assert found == "nothing differs but results of runs and output of builds"


def test_what_a_commit_holds_is_part_of_its_change(tmp_path: Path) -> None:
    repo = repository(tmp_path, BASE)
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"junit.xml": JUNIT, "build/a.py": ""})
    git = opened(tmp_path)
    change = find_change(git, "", EventContext())[1]
    assert without_output(change, WorkingTree.of(tmp_path, git), ("junit.xml",)) == change


def test_without_a_change_there_is_none() -> None:
    none = NoChange("a push")
    assert without_output(none, WorkingTree.of(Path(), None)) is none
