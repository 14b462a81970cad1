from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.core.change import Change, FileChange
from sluicegate.engines.interface import MAX_SOURCE_BYTES
from sluicegate.evidence.analysed import ChangesRecord
from support.sources import Text, analysis, workspace


def record(root: Path, head: dict[str, Text], base: dict[str, Text] | None) -> ChangesRecord:
    found = analysis(workspace(root, head, base), "changes").changes
    assert found is not None
    return found


def test_without_a_change_there_is_nothing_to_see(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "x = 1  # noqa\n", "pytest.ini": ""}, None)
    assert (found.suppressions, found.gate_changes) == ((), ())


def test_suppressions_are_found_in_every_changed_file(tmp_path: Path) -> None:
    found = record(tmp_path, {"web/a.js": "x() // NOLINT\n", "a.py": "x = 1  # nosec\n"}, {})
    assert [(s.path, s.kind) for s in found.suppressions] == [("a.py", "nosec"), ("web/a.js", "nolint")]


def test_changed_and_removed_files_of_the_gate_are_named(tmp_path: Path) -> None:
    head: dict[str, Text] = {"pyproject.toml": "[tool.ruff]\n", "a.py": "x = 1\n"}
    base: dict[str, Text] = {
        "pyproject.toml": "",
        "conftest.py": "collect_ignore = ['x']\n",
        "a.py": "x = 1\n",
    }
    assert [(c.path, c.what) for c in record(tmp_path, head, base).gate_changes] == [
        ("conftest.py", "fixtures and hooks of pytest were removed"),
        ("pyproject.toml", "settings of ruff were changed"),
    ]


def test_a_changed_file_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    given = workspace(tmp_path, {"a.py": "x = 1  # nosec\n", "b.py": "y = 1  # nosec\n"}, {})
    (tmp_path / "a.py").unlink()
    found = analysis(given, "changes").changes
    assert found is not None
    assert [s.path for s in found.suppressions] == ["b.py"]
    assert [p.path for p in found.unseen] == ["a.py"]


def test_tests_that_are_gone_are_named(tmp_path: Path) -> None:
    base: dict[str, Text] = {"tests/test_a.py": "def test_a():\n    assert x\n"}
    found = record(tmp_path, {"tests/test_a.py": "x = 1\n"}, base)
    assert [(t.path, t.name, t.after) for t in found.lost] == [("tests/test_a.py", "test_a", None)]


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"x" * (MAX_SOURCE_BYTES + 1), "bytes"),
        (b"# coding: punycode\n", "encoding"),
    ],
)
def test_a_source_that_cannot_be_analysed_is_reported(tmp_path: Path, head: bytes, why: str) -> None:
    (problem,) = record(tmp_path, {"a.py": head}, {}).unseen
    assert problem.path == "a.py"
    assert why in problem.message


def test_a_large_file_that_is_not_a_source_is_ignored(tmp_path: Path) -> None:
    assert record(tmp_path, {"a.csv": b"x" * (MAX_SOURCE_BYTES + 1)}, {}).unseen == ()


def test_a_test_whose_base_cannot_be_read_is_not_looked_at(tmp_path: Path) -> None:
    base: dict[str, Text] = {"test_a.py": b"x" * (MAX_SOURCE_BYTES + 1)}
    (problem,) = record(tmp_path, {"test_a.py": "x = 1\n"}, base).unseen
    assert "base" in problem.message


def test_settings_that_cannot_be_read_are_a_change_of_the_gate(tmp_path: Path) -> None:
    head: dict[str, Text] = {"pyproject.toml": b"#" * (MAX_SOURCE_BYTES + 1)}
    (found,) = record(tmp_path, head, {"pyproject.toml": ""}).gate_changes
    assert found.path == "pyproject.toml"


def test_marks_of_settings_that_an_option_names_count(tmp_path: Path) -> None:
    same: dict[str, Text] = {
        "tox.ini": "[pytest]\naddopts = --cov-config=ci/cov.cfg\n",
        "ci/cov.cfg": "[report]\nexclude_also = nocov\n",
    }
    found = record(tmp_path, same | {"a.py": "x = 1  # nocov\n"}, same)
    assert [s.kind for s in found.suppressions] == ["no-cover"]


def test_the_record_says_what_it_counts(tmp_path: Path) -> None:
    assert "added lines" in record(tmp_path, {}, None).source.note


@pytest.mark.parametrize("deleted", [False, True])
def test_a_submodule_is_reported_as_not_looked_at(tmp_path: Path, deleted: bool) -> None:
    moved = Change({"lib": FileChange("lib", "lib", deleted=deleted, submodule=True)})
    found = analysis(replace(workspace(tmp_path, {}, {}), change=moved), "changes").changes
    assert found is not None
    assert [p.path for p in found.unseen] == ["lib"]


def test_tests_that_a_submodule_takes_the_place_of_are_gone(tmp_path: Path) -> None:
    given = workspace(tmp_path, {}, {"tests/test_a.py": "def test_a():\n    assert x\n"})
    path = "tests/test_a.py"
    moved = Change({path: FileChange(path, path, deleted=True, submodule=True)})
    found = analysis(replace(given, change=moved), "changes").changes
    assert found is not None
    assert [t.name for t in found.lost] == ["test_a"]
