"""Paths of other machines and tools: found, or honestly not found, never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.evidence.paths import PathIndex

FILES = (
    "setup.py",
    "conftest.py",
    "src/app/__init__.py",
    "src/app/main.py",
    "src/app/conftest.py",
    "services/api/main.py",
    "services/web/views/main.py",
    "tests/my file.py",
    "lib/only.rb",
)
INDEX = PathIndex(FILES, prefixes=["/repo", "D:\\a\\repo"])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("src/app/main.py", "src/app/main.py"),
        ("./src/app/../app//main.py", "src/app/main.py"),
        ("src\\app\\main.py", "src/app/main.py"),
        ("/repo/src/app/main.py", "src/app/main.py"),
        ("d:/a/repo/setup.py", "setup.py"),
        ("file:///repo/tests/my%20file.py", "tests/my file.py"),
        ("file://localhost/repo/setup.py", "setup.py"),
        ("file:///D:/a/repo/lib/only.rb", "lib/only.rb"),
        ("tests/my%20file.py", "tests/my file.py"),
        ("/home/runner/work/x/x/src/app/main.py", "src/app/main.py"),
        ("C:\\a\\b\\src\\app\\main.py", "src/app/main.py"),
        ("app/main.py", "src/app/main.py"),
        ("api/main.py", "services/api/main.py"),
        ("/app/api/main.py", "services/api/main.py"),
        ("only.rb", "lib/only.rb"),
        ("/home/runner/work/x/x/setup.py", "setup.py"),
        ("../src/app/main.py", "src/app/main.py"),
    ],
)
def test_found(raw: str, expected: str) -> None:
    assert INDEX.resolve(raw) == expected


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "no path"),
        ("/", "no file"),
        ("..", "no file"),
        ("main.py", "three files of that name"),
        ("/elsewhere/main.py", "three files of that name"),
        ("/elsewhere/conftest.py", "two files of that name"),
        ("/elsewhere/only.rb", "a name alone, of a file in a folder"),
        ("other/main.py", "no folder agrees"),
        ("/repo/build/src/app/main.py", "below our own root, and not a file there"),
        ("https://example.org/src/app/main.py", "no file at all"),
        ("src/app", "a folder"),
        ("missing.py", "unknown"),
    ],
)
def test_not_found(raw: str, why: str) -> None:
    assert INDEX.resolve(raw) is None, why


@pytest.mark.parametrize(
    ("raw", "roots", "expected"),
    [
        ("main.py", ["/repo/src/app"], "src/app/main.py"),
        ("app/main.py", ["src"], "src/app/main.py"),
        ("main.py", ["/home/runner/work/x/x/services/api"], "services/api/main.py"),
        ("app\\main.py", ["C:\\temp\\src"], "src/app/main.py"),
        ("conftest.py", ["src/app"], "src/app/conftest.py"),
        ("src/app/main.py", ["/repo/unrelated"], "src/app/main.py"),
        ("main.py", ["/repo/src/app", "/repo/lib"], "src/app/main.py"),
        ("main.py", ["/repo/src/app", "/repo/services/api"], None),
        ("main.py", ["/x/src/app", "/x/services/api"], None),
        ("/repo/setup.py", ["/elsewhere"], "setup.py"),
    ],
)
def test_relative_paths_are_joined_with_the_roots(raw: str, roots: list[str], expected: str | None) -> None:
    assert INDEX.resolve(raw, roots) == expected


def test_a_folder_named_like_the_repository_does_not_mislead() -> None:
    files = ["conftest.py", "requests/conftest.py", "requests/api.py", "tests/a.py"]
    raws = [f"/home/runner/work/requests/requests/{path}" for path in files]
    assert list(PathIndex(files).resolve_all(raws).values()) == files


def test_files_of_one_checkout_settle_what_one_alone_cannot() -> None:
    index = PathIndex(["a/main.py", "a/one.py", "a/two.py", "b/main.py"])
    found = index.resolve_all(["/app/a/main.py", "/x/main.py", "/app/a/one.py", "/app/a/two.py"])
    assert found["/app/a/main.py"] == "a/main.py"
    assert found["/x/main.py"] is None


def test_what_is_below_the_checkout_and_no_file_of_ours_is_not_found() -> None:
    index = PathIndex(["src/a.py", "src/b.py", "src/pkg/c.py"])
    folder = "/home/runner/work/x/x/"
    raws = [folder + path for path in ("src/a.py", "src/b.py", "build/pkg/c.py")]
    assert index.resolve_all(raws)[folder + "build/pkg/c.py"] is None


segments = st.text("abc", min_size=1, max_size=2)
paths = st.lists(segments, min_size=1, max_size=4).map("/".join)


@given(st.sets(paths, min_size=1, max_size=20))
def test_every_file_is_found_by_its_own_path(files: set[str]) -> None:
    index = PathIndex(files, prefixes=["/root"])
    for path in files:
        assert index.resolve(path) == path
        assert index.resolve(f"/root/{path}") == path


@given(st.sets(paths, min_size=1, max_size=20), st.text("xyz/", max_size=8))
def test_below_a_foreign_folder_a_file_is_itself_or_not_found(files: set[str], folder: str) -> None:
    index = PathIndex(files)
    found = index.resolve_all([f"/{folder}/{path}" for path in files])
    assert all(answer in {None, raw.removeprefix(f"/{folder}/")} for raw, answer in found.items())


@given(st.sets(paths, max_size=20), st.text("abcx./\\:%C", max_size=20), st.lists(paths, max_size=2))
def test_an_answer_is_always_a_file_that_shares_the_name(files: set[str], raw: str, roots: list[str]) -> None:
    answer = PathIndex(files, prefixes=["/a"]).resolve(raw, roots)
    assert answer is None or answer in files
