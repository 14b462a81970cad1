from __future__ import annotations

from pathlib import Path

from sluicegate.evidence.records import ChangesRecord
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
    base: dict[str, Text] = {"pyproject.toml": "", "conftest.py": "x = 1\n", "a.py": "x = 1\n"}
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


def test_the_record_says_what_it_counts(tmp_path: Path) -> None:
    assert "added lines" in record(tmp_path, {}, None).source.note
