"""Lines of the tested tree in the head."""

from __future__ import annotations

import difflib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.places import line_map
from support.pullrequest import git, open_pull_request

texts = st.lists(st.sampled_from(["a", "b", "c", "--- a", "+++ b/x", "@@ -1 +1 @@", ""]), max_size=12)


def diff(head: list[str], tested: list[str]) -> bytes:
    """A `-U0` diff of the file x as git would write it."""
    lines = difflib.unified_diff(head, tested, "a/x", "b/x", n=0, lineterm="")
    return "\n".join(lines).encode()


@given(head=texts, tested=texts)
def test_a_mapped_line_holds_the_same_text(head: list[str], tested: list[str]) -> None:
    mapped = line_map(diff(head, tested))
    for number, text in enumerate(tested, 1):
        line = mapped("x", number)
        assert line is None or head[line - 1] == text


@given(head=texts, tested=texts)
def test_mapped_lines_keep_their_order_and_only_inserted_ones_are_lost(
    head: list[str], tested: list[str]
) -> None:
    mapped = [line_map(diff(head, tested))("x", n) for n in range(1, len(tested) + 1)]
    kept = [line for line in mapped if line is not None]
    assert kept == sorted(set(kept))
    blocks = difflib.SequenceMatcher(None, head, tested).get_matching_blocks()
    assert len(kept) == sum(block.size for block in blocks)


def test_a_file_that_the_diff_does_not_name_is_the_same() -> None:
    assert line_map(diff(["a"], ["b"]))("other.py", 5) == 5


def test_a_file_that_only_the_base_brought_has_no_lines_in_the_head() -> None:
    text = b"diff --git a/n b/n\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+one\n+two\n"
    assert line_map(text)("n", 1) is None
    assert line_map(text)("n", 9) is None


@given(text=st.text())
def test_text_that_is_no_diff_never_fails(text: str) -> None:
    assert line_map(text.encode())("no such path", 3) == 3


@given(text=st.text(alphabet='-+@ ,10b/x\n"\\', max_size=80), line=st.integers(1, 50))
def test_mutated_diffs_never_fail(text: str, line: int) -> None:
    found = line_map(text.encode())("x", line)
    assert found is None or isinstance(found, int)


def test_real_diffs_of_awkward_names_are_understood(tmp_path: Path) -> None:
    names = ["plain.py", "with space.py", "ümlaut.py", 'quote".py', "tab\t.py"]
    pull = open_pull_request(
        tmp_path,
        before=dict.fromkeys(names, "one\ntwo\nthree\n"),
        change=dict.fromkeys(names, "one\ntwo\nthree\nfour\n"),
        meanwhile=dict.fromkeys(names, "zero\none\ntwo\nthree\n"),
    )
    work = pull.checkout(tmp_path / "work")
    mapped = line_map(git(work, "diff", "-U0", "--no-renames", "--no-color", "HEAD^2", "HEAD").encode())
    assert [mapped(name, 5) for name in names] == [4] * len(names)
    assert [mapped(name, 1) for name in names] == [None] * len(names)
