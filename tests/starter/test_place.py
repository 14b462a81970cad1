from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sluicegate.core.errors import UsageError
from sluicegate.starter.detect import detect
from sluicegate.starter.place import Place, place_of
from sluicegate.starter.plan import plan
from sluicegate.starter.python import Manager
from support.starter import KINDS, PYPROJECT, look, write


@pytest.mark.parametrize(
    ("here", "folder"),
    [
        ("", ""),
        ("packages/api", "packages/api"),
        ("packages/api/src/api", "packages/api"),
        ("packages/web", "packages/web"),
        ("docs", ""),
    ],
)
def test_the_nearest_project_is_meant(tmp_path: Path, here: str, folder: str) -> None:
    files = ("setup.py", "packages/api/pyproject.toml", "packages/api/src/api/x.py", "docs/x.md")
    write(tmp_path, {**dict.fromkeys(files, ""), "packages/web/sluicegate.yml": ""})
    assert place_of(tmp_path / here, tmp_path) == Place(folder)


def test_without_any_project_the_folder_itself_is_meant(tmp_path: Path) -> None:
    write(tmp_path, {"tools/sub/x.sh": "", "other/setup.py": ""})
    assert place_of(tmp_path / "tools" / "sub", tmp_path) == Place("tools/sub")


def test_what_lies_above_the_repository_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {"setup.py": "", "repo/x/a.txt": ""})
    assert place_of(tmp_path / "repo" / "x", tmp_path / "repo") == Place("x")


def test_a_folder_whose_name_a_workflow_would_evaluate_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "${{ github.token }}"
    write(folder, {"setup.py": ""})
    with pytest.raises(UsageError, match="the folder's name must be usable in a workflow"):
        place_of(folder, tmp_path)


def test_a_project_below_the_top_has_its_own_policy_and_workflow(tmp_path: Path) -> None:
    place = Place("packages/api")
    files = plan(look(tmp_path, KINDS["pip"]), "strict", "main", place)
    assert list(files) == ["packages/api/sluicegate.yml", ".github/workflows/sluicegate-packages-api.yml"]
    workflow: Any = yaml.safe_load(files[place.workflow])
    job = workflow["jobs"]["gate"]
    assert job["defaults"] == {"run": {"working-directory": "packages/api"}}
    assert job["name"] == place.check == "Quality gate (packages/api)"
    judge = next(s for s in job["steps"] if s.get("name") == "Judge")
    assert judge["with"]["working-directory"] == "packages/api"
    assert "quality-report-packages-api" in files[place.workflow]


def test_lock_files_and_the_pinned_version_of_the_repository_count(tmp_path: Path) -> None:
    write(tmp_path, {"uv.lock": "", ".python-version": "3.12\n", "a/pyproject.toml": PYPROJECT})
    found = detect(tmp_path / "a", (), tmp_path).python
    assert found is not None
    assert (found.manager, found.version) == (Manager.UV, "3.12")
