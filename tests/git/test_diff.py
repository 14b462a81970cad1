"""Reading git's diffs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.change import FileChange, bits_to_lines
from sluicegate.core.fields import MAX_LINE
from sluicegate.git.diff import parse_diff, quote, unquote, whole_file
from support.examples import at_most
from support.repo import opened

RAW = b":100644 100644 1111 2222 M\0a.py\0"


def lines(bits: int) -> list[int]:
    return list(bits_to_lines(bits))


def test_hunks_give_added_and_removed_lines() -> None:
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -3,2 +3 @@\n-x\n-y\n+z\n@@ -9,0 +9,2 @@\n+p\n+q\n"
    file = parse_diff(RAW, patch).files["a.py"]
    assert (lines(file.added), lines(file.removed)) == ([3, 9, 10], [3, 4])


def test_text_that_looks_like_a_header_is_text() -> None:
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n--- a/b.py\n+++ b/b.py\n+@@ -1 +50 @@\n"
    assert lines(parse_diff(RAW, patch).files["a.py"].added) == [1, 2]


@pytest.mark.parametrize(
    ("raw", "path", "old", "deleted"),
    [
        (b":000000 100644 0000 2222 A\0new.py\0", "new.py", "", False),
        (b":100644 000000 1111 0000 D\0gone.py\0", "gone.py", "gone.py", True),
        (b":100644 100644 1111 2222 R090\0old.py\0new.py\0", "new.py", "old.py", False),
    ],
)
def test_the_status_tells_what_happened(raw: bytes, path: str, old: str, deleted: bool) -> None:
    file = parse_diff(raw, b"").files[path]
    assert (file.old_path, file.deleted) == (old, deleted)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b":160000 160000 1111 2222 M\0lib\0", FileChange("lib", "lib", submodule=True)),
        (b":000000 160000 0000 2222 A\0lib\0", FileChange("lib", submodule=True)),
        (b":160000 000000 1111 0000 D\0lib\0", FileChange("lib", "lib", deleted=True, submodule=True)),
        (b":160000 160000 1111 1111 R100\0old\0lib\0", FileChange("lib", "old", submodule=True)),
        (b":100644 160000 1111 2222 T\0lib\0", FileChange("lib", "lib", deleted=True, submodule=True)),
        (b":160000 120000 1111 2222 T\0lib\0", FileChange("lib", added=0b10)),
    ],
)
def test_a_submodule_is_a_change_without_lines(raw: bytes, expected: FileChange) -> None:
    patch = b"--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n-Subproject commit 1111\n+Subproject commit 2222\n"
    assert parse_diff(raw, patch).files == {"lib": expected}


@pytest.mark.parametrize(
    ("quoted", "path"), [(b'"b/\\303\\244.py"', "b/ä.py"), (b'"b/a\\tb"', "b/a\tb"), (b"b/plain", "b/plain")]
)
def test_quoted_paths_are_read(quoted: bytes, path: str) -> None:
    assert unquote(quoted).decode() == path


@pytest.mark.parametrize(
    ("raw", "line", "path"),
    [
        (b":100644 100644 1111 2222 M\0a.py\0", b"a/a.py and b/a.py", "a.py"),
        (b":000000 100644 0000 2222 A\0a.py\0", b"/dev/null and b/a.py", "a.py"),
        (b":100644 000000 1111 0000 D\0a.py\0", b"a/a.py and /dev/null", "a.py"),
        (b":100644 100644 1111 2222 R090\0a and b\0\xc3\xa4\0", b'a/a and b and "b/\\303\\244"', "ä"),
    ],
)
def test_what_git_does_not_show_is_binary(raw: bytes, line: bytes, path: str) -> None:
    assert parse_diff(raw, b"Binary files " + line + b" differ\n").files[path].binary


def test_what_is_shown_after_all_is_not_binary() -> None:
    patch = b"Binary files a/a.py and b/a.py differ\n--- a/a.py\n+++ b/a.py\n@@ -0,0 +1 @@\n+x\n"
    file = parse_diff(RAW, patch).files["a.py"]
    assert (file.binary, lines(file.added)) == (False, [1])


@given(st.binary(min_size=1))
def test_a_quoted_path_is_unquoted_to_itself(path: bytes) -> None:
    if not path.startswith(b'"'):
        assert unquote(quote(path)) == path


def test_an_untracked_source_with_a_nul_has_lines() -> None:
    assert lines(whole_file("a.py", b"x = 1  # \0\ny = 2\n").added) == [1, 2]


def test_an_untracked_file_is_added_whole() -> None:
    assert lines(whole_file("a", b"x\ny").added) == [1, 2]


def test_an_untracked_binary_has_no_lines() -> None:
    assert whole_file("a", b"\0\n").binary


@given(st.binary(), st.binary())
def test_any_bytes_give_a_change(raw: bytes, patch: bytes) -> None:
    parse_diff(raw, b"--- a/a\n+++ b/a\n" + patch)


@given(st.integers(0, 10**20), st.integers(0, 10**20))
def test_absurd_line_numbers_cost_nothing(start: int, size: int) -> None:
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -0,0 +%d,%d @@\n" % (start, size)
    assert parse_diff(RAW, patch).files["a.py"].added.bit_length() <= MAX_LINE + 1


NAMES = st.text(alphabet="ab ä\"\\'\t-", min_size=1, max_size=8).filter(
    lambda n: n.strip() == n and n not in (".", "..")
)


@pytest.mark.slow
@settings(max_examples=at_most(25), deadline=None)
@given(
    name=NAMES,
    old=st.lists(st.sampled_from(["a", "b", "--- x", "+++ y", "@@ -1 +1 @@", ""]), max_size=8),
    new=st.lists(st.sampled_from(["a", "b", "--- x", "+++ y", "@@ -1 +1 @@", ""]), max_size=8),
)
def test_what_git_prints_is_read_as_git_counts_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, old: list[str], new: list[str]
) -> None:
    root = tmp_path_factory.mktemp("repo")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    target = root / name
    _commit(git, target, old)
    _commit(git, target, new)
    change = opened(root).change_between("HEAD~1", "HEAD")
    stat = subprocess.run(
        [*git, "diff", "--numstat", "HEAD~1", "HEAD"], check=True, capture_output=True
    ).stdout.split()
    added = change.added(name).bit_count()
    assert added == (int(stat[0]) if stat else 0)


def _commit(git: list[str], target: Path, text: list[str]) -> None:
    target.write_text("".join(f"{line}\n" for line in text))
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)


def test_of_more_lines_than_are_counted_the_first_are_added() -> None:
    patch = b"--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,%d @@\n" % (MAX_LINE + 9)
    added = parse_diff(RAW, patch).files["a.py"].added
    assert (added & 0b110, added.bit_length()) == (0b110, MAX_LINE + 1)


def test_lines_beyond_those_that_are_counted_are_not_known() -> None:
    patch = b"--- a/a.py\n+++ b/a.py\n@@ -1,0 +2,%d @@\n" % MAX_LINE
    assert parse_diff(RAW, patch).files["a.py"].unaligned
    assert whole_file("a.py", b"\n" * (MAX_LINE + 1)).unaligned
