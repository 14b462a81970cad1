from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import EngineError
from sluicegate.engines.bandit_config import MAX_CONFIG_BYTES, BanditSettings, load
from support.sources import as_bytes


def settings(root: Path, **files: str) -> BanditSettings:
    """Settings of a repository with these files; `dot_bandit` stands for `.bandit`, and so on."""
    names = {
        "dot_bandit": ".bandit",
        "pyproject": "pyproject.toml",
        "yaml": "bandit.yaml",
        "other": "other.yml",
    }
    for key, text in files.items():
        (root / names[key]).write_bytes(as_bytes(text))
    return load(root)


def test_without_settings_bandits_defaults_apply(tmp_path: Path) -> None:
    assert settings(tmp_path) == BanditSettings()


def test_an_ini_file_chooses_tests(tmp_path: Path) -> None:
    found = settings(tmp_path, dot_bandit="[bandit]\nskips = B101, B602\ntests=B301\nignore-nosec = true\n")
    assert (found.skips, found.tests, found.ignore_nosec) == (("B101", "B602"), ("B301",), True)
    assert found.note == "settings from .bandit"


def test_pyproject_is_read_without_being_named(tmp_path: Path) -> None:
    found = settings(tmp_path, pyproject='[tool.bandit]\nskips = ["B101"]\n')
    assert found.config_file == str(tmp_path / "pyproject.toml")
    assert found.note == "settings from pyproject.toml [tool.bandit]"


def test_a_pyproject_without_a_section_is_passed_over(tmp_path: Path) -> None:
    found = settings(tmp_path, pyproject="[tool.ruff]\n", yaml="skips: [B101]\n")
    assert found.config_file == str(tmp_path / "bandit.yaml")


def test_pyproject_goes_before_yaml(tmp_path: Path) -> None:
    found = settings(tmp_path, pyproject='[tool.bandit]\nskips = ["B101"]\n', yaml="skips: [B102]\n")
    assert found.note == "settings from pyproject.toml [tool.bandit]"


def test_an_ini_file_is_joined_with_a_settings_file(tmp_path: Path) -> None:
    found = settings(tmp_path, dot_bandit="[bandit]\nskips=B101\n", yaml="skips: [B102]\n")
    assert found.note == "settings from .bandit and bandit.yaml"


def test_an_ini_file_may_name_the_settings_file(tmp_path: Path) -> None:
    found = settings(
        tmp_path, dot_bandit="[bandit]\nconfigfile=other.yml\n", other="skips: [B101]\n", yaml="skips: []\n"
    )
    assert found.config_file == str(tmp_path / "other.yml")


def test_a_dot_bandit_in_yaml_is_read_as_such(tmp_path: Path) -> None:
    found = settings(tmp_path, dot_bandit="skips: [B101]\n")
    assert (found.config_file, found.note) == (str(tmp_path / ".bandit"), "settings from .bandit")


@pytest.mark.parametrize(
    ("patterns", "path", "excluded"),
    [
        ('["tests"]', "tests/a.py", True),
        ('["tests"]', "src/contests.py", True),  # bandit matches any part of the path
        ('["*/tests/*"]', "src/tests/a.py", True),
        ('["./tests"]', "tests/a.py", True),
        ('["./tests"]', "src/tests/a.py", False),
        ('["/tests/"]', "tests/a.py", True),
        ('["docs"]', "src/a.py", False),
        ("[]", "src/a.py", False),
    ],
)
def test_excluded_folders_are_matched_as_bandit_matches_them(
    tmp_path: Path, patterns: str, path: str, excluded: bool
) -> None:
    found = settings(tmp_path, pyproject=f"[tool.bandit]\nskips=['B101']\nexclude_dirs = {patterns}\n")
    assert found.excludes(path) is excluded


def test_an_ini_files_excluded_folder_includes_its_contents(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    found = settings(tmp_path, dot_bandit="[bandit]\nexclude = tests, ./build\n")
    assert found.excluded == ("tests/*", "./build")
    assert found.excludes("tests/a.py")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.bandit\n"),
        ("pyproject.toml", "tool = 1\n"),
        ("pyproject.toml", "[tool]\nbandit = 1\n"),
        ("bandit.yaml", "a: [\n"),
        ("bandit.yaml", "!!python/object/apply:os.system [x]\n"),
        ("bandit.yaml", "exclude_dirs: tests\n"),
        ("bandit.yaml", "[1, 2]\n"),
        ("bandit.yaml", "[" * 5_000),
        ("bandit.yaml", "\xff\xfe"),
        (".bandit", "[bandit]\nconfigfile = missing.yaml\n"),
        (".bandit", "[bandit]\nconfigfile = ../outside.yaml\n"),
    ],
)
def test_settings_that_are_not_valid_are_an_error_with_their_place(
    tmp_path: Path, name: str, text: str
) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    (tmp_path / "outside.yaml").write_text("skips: []\n")
    (root / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(EngineError) as caught:
        load(root)
    assert caught.value.where
    assert caught.value.remedy


def test_huge_settings_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bandit.yaml").write_bytes(b"#" * (MAX_CONFIG_BYTES + 1))
    with pytest.raises(EngineError, match="more than"):
        load(tmp_path)


def test_settings_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    text = "\n".join(["a0: &a0 [x, x]", *rows, "exclude_dirs: [*a9]"])
    (tmp_path / "bandit.yaml").write_text(text)
    with pytest.raises(EngineError, match="more than 20,000 values"):
        load(tmp_path)


def test_a_value_of_an_ini_file_names_no_others(tmp_path: Path) -> None:
    rows = [f"a{n} = %(a{n - 1})s%(a{n - 1})s" for n in range(1, 60)]
    (tmp_path / ".bandit").write_text("\n".join(["[bandit]", "a0 = x", *rows, "tests = B101"]))
    assert load(tmp_path).tests == ("B101",)


def test_excluded_folders_must_be_texts(tmp_path: Path) -> None:
    (tmp_path / "bandit.yaml").write_text("exclude_dirs: [[a, b]]")
    with pytest.raises(EngineError, match="list of texts"):
        load(tmp_path)
