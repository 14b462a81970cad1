"""The files that names and globs mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.collect import places
from sluicegate.collect.places import matched_files, named_files
from sluicegate.core.errors import UsageError


def tree(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("x")
    return root


def matched(root: Path, pattern: str) -> list[str]:
    return [p.relative_to(root).as_posix() for p in matched_files(root, pattern)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("r/a.xml", ["r/a.xml"]),
        ("./r/a.xml", ["r/a.xml"]),
        ("r/*.xml", ["r/a.xml"]),
        ("r/**/*.xml", ["r/a.xml", "r/s/b.xml"]),
        ("r/{a,s/b}.xml", ["r/a.xml", "r/s/b.xml"]),
        ("**/[ab].xml", ["r/a.xml", "r/s/b.xml"]),
        ("**.xml", ["r/a.xml", "r/s/b.xml"]),
        ("node_modules/**/*.xml", ["node_modules/c.xml"]),
        ("no/*.xml", []),
        ("r", []),
        ("", []),
    ],
)
def test_globs_mean_what_they_mean_everywhere(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    root = tree(tmp_path, "r/a.xml", "r/s/b.xml", "r/a.txt", "node_modules/c.xml")
    assert matched(root, pattern) == expected


@given(st.text(st.characters(exclude_characters="/"), max_size=20))
def test_any_glob_means_files_or_none(tmp_path_factory: pytest.TempPathFactory, pattern: str) -> None:
    root = tree(tmp_path_factory.mktemp("t"), "a.xml")
    assert matched_files(root, pattern) in ([], [root / "a.xml"])


@pytest.mark.parametrize("folder", ["vendor", "env", ".cache"])
def test_the_folders_above_the_named_one_do_not_matter(tmp_path: Path, folder: str) -> None:
    root = tree(tmp_path / folder, "out/a.xml", "out/node_modules/b.xml")
    assert named_files(root, "out") == [root / "out/a.xml"]


@pytest.mark.parametrize("name", ["x" * 300, "[", "no.xml", "empty", "*" * 80 + "x", "a\0b"])
def test_a_name_without_files_is_refused_with_a_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        named_files(tmp_path, name)
    assert caught.value.remedy


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MAX_FILES", 2)
    with pytest.raises(UsageError, match="more than 2 files"):
        named_files(tree(tmp_path, "r/a", "r/b", "r/c"), "r")
