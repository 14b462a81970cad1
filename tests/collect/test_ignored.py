"""Reports that name files which git ignores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.collect.ignored import resolve
from sluicegate.evidence.paths import PathIndex
from support.evidence import coverage


@pytest.fixture
def index(tmp_path: Path) -> PathIndex:
    """The repository has one file that git knows, and two on disk that it ignores."""
    for name in ("src/app/_version.py", ".venv/lib/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return PathIndex(["src/app/a.py"], prefixes=[tmp_path.as_posix()])


def unresolved(index: PathIndex, root: Path, path: str, *roots: str) -> tuple[str, ...]:
    record = replace(coverage(f"{path}: 1+"), roots=roots)
    return resolve(record, index, root).unresolved


def test_a_generated_module_is_a_file_of_the_repository(index: PathIndex, tmp_path: Path) -> None:
    assert unresolved(index, tmp_path, "src/app/_version.py") == ()


def test_it_may_be_named_below_a_source_root(index: PathIndex, tmp_path: Path) -> None:
    assert unresolved(index, tmp_path, "_version.py", f"{tmp_path.as_posix()}/src/app") == ()


def test_it_gets_its_path_in_the_repository(index: PathIndex, tmp_path: Path) -> None:
    record = replace(coverage("_version.py: 1+"), roots=("src/app",))
    assert list(resolve(record, index, tmp_path).files) == ["src/app/_version.py"]


@pytest.mark.parametrize("path", ["src/app/gone.py", ".venv/lib/a.py", "../b.py", "a\0.py"])
def test_everything_else_stays_unresolved(index: PathIndex, tmp_path: Path, path: str) -> None:
    assert unresolved(index, tmp_path, path) == (path,)
