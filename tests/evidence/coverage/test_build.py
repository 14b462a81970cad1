"""The bounds that all coverage readers share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import bits_to_lines
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage import build
from sluicegate.evidence.coverage.build import (
    COVERED,
    EXECUTABLE,
    LineMarks,
    ReportFiles,
    parse_count,
    unlisted,
)


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("12", 12), (b"7", 7), ("1.5e3", 1500), ("0.2", 1), ("0.0", 0)]
)
def test_counts_as_tools_write_them(text: str | bytes, count: int) -> None:
    assert parse_count(text, "f") == count


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "1e999", "x", "²", "9" * 31, b"\xff"])
def test_what_is_no_count_is_refused(text: str | bytes) -> None:
    with pytest.raises(EvidenceError, match="where a count belongs"):
        parse_count(text, "f")


@given(st.lists(st.tuples(st.integers(0, 5000), st.sampled_from([EXECUTABLE, COVERED]))))
def test_marks_give_the_set_of_marked_lines(marked: list[tuple[int, int]]) -> None:
    marks = LineMarks()
    for number, mark in marked:
        marks.mark(number, mark)
    executable, covered = marks.bits()
    assert set(bits_to_lines(executable)) == {n for n, _ in marked if n}
    assert set(bits_to_lines(covered)) == {n for n, mark in marked if n and mark == COVERED}


def test_a_report_that_spans_too_many_lines_is_refused() -> None:
    files = ReportFiles("f")
    for index in range(124):
        files.add(f"{index}.py", 1 << 4_000_000, 0, {})
    with pytest.raises(EvidenceError, match="500,000,000 lines"):
        files.add("more.py", 1 << 4_000_000, 0, {})


def test_a_report_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MAX_FILES", 2)
    files = ReportFiles("f")
    files.add("a.py", 2, 2, {})
    files.add("b.py", 2, 2, {})
    with pytest.raises(EvidenceError, match="more than 2 files"):
        files.add("c.py", 2, 2, {})


def test_a_report_of_too_many_branches_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MAX_BRANCH_LINES", 2)
    with pytest.raises(EvidenceError, match="branches for more than 2 lines"):
        ReportFiles("f").add("a.py", 14, 14, {1: (1, 2), 2: (1, 2), 3: (1, 2)})


def test_a_file_without_a_name_is_refused() -> None:
    with pytest.raises(EvidenceError, match="a file without a name"):
        ReportFiles("f").add("", 2, 2, {})


@pytest.mark.parametrize(
    ("stated", "listed", "extra"),
    [((5, 6), (3, 4), (2, 2)), ((3, 4), (3, 4), (0, 0)), ((0, 0), (3, 4), (0, 0)), ((9, 6), (3, 4), (0, 0))],
)
def test_only_a_sum_that_fits_the_list_adds_branches(
    stated: tuple[int, int], listed: tuple[int, int], extra: tuple[int, int]
) -> None:
    assert unlisted(stated, listed) == extra
