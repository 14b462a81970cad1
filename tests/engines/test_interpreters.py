"""Which Python may be the project's own: none that the project brings with itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.engines.coverage_commands import project_pythons
from support import needs

pytestmark = needs.posix


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout."""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / ".git").touch()
    return tmp_path / "repo"


def python(folder: Path, name: str = "bin/python") -> Path:
    """An interpreter in a folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch(0o755)
    return folder / name


def test_they_are_tried_from_the_nearest_to_the_most_general(root: Path, tmp_path: Path) -> None:
    places = (root / "part" / "venv", root / ".venv", tmp_path / "active")
    expected = [*map(python, places), python(tmp_path, "path/python")]
    env = {"VIRTUAL_ENV": str(tmp_path / "active"), "PATH": str(tmp_path / "path")}
    assert list(project_pythons(root / "part", root, env)) == expected


@pytest.mark.parametrize(
    "tracked", [".venv/bin/python", ".venv/lib/sitecustomize.py", ".venv", ".VENV/pyvenv.cfg", ".venv/bin"]
)
def test_an_environment_with_committed_files_is_excluded(root: Path, tracked: str) -> None:
    python(root / ".venv")
    assert project_pythons(root, root, {}, [tracked]) == ()


def test_a_link_to_a_committed_environment_is_excluded(root: Path) -> None:
    python(root / "tools" / "env")
    (root / ".venv").symlink_to("tools/env")
    assert project_pythons(root, root, {}, ["tools/env/bin/python"]) == ()


def test_an_environment_beside_committed_files_is_one(root: Path) -> None:
    expected = python(root / ".venv")
    assert project_pythons(root, root, {}, [".venv-tools/bin/python", "src/a.py"]) == (expected,)


def test_a_committed_active_environment_is_excluded(root: Path) -> None:
    python(root / "env")
    assert project_pythons(root, root, {"VIRTUAL_ENV": str(root / "env")}, ["env/bin/python"]) == ()


@pytest.mark.parametrize("entry", ["", ".", "tools", "{root}/tools", "{root}/../repo/tools", "{link}"])
def test_path_leads_to_none_in_the_checkout(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    python(root, "tools/python")
    python(root, "python")
    (tmp_path / "link").symlink_to(root / "tools")
    monkeypatch.chdir(root)
    path = entry.format(root=root, link=tmp_path / "link")
    assert project_pythons(root, root, {"PATH": os.pathsep.join([path, str(tmp_path / "none")])}) == ()


def test_a_folder_of_a_larger_checkout_knows_its_top(root: Path) -> None:
    python(root, "tools/python")
    (root / "part").mkdir()
    assert project_pythons(root / "part", root / "part", {"PATH": str(root / "tools")}) == ()
