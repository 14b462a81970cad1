"""LCOV tracefiles: what is read, what is united, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage.lcov import matches, read
from sluicegate.evidence.coverage.summary import CoverageCounts, count_record
from sluicegate.evidence.records import CoverageRecord, StatedTotals
from support.coverage_reports import file_coverage, files_of, lcov, unnamed


def read_text(tmp_path: Path, text: str | bytes) -> CoverageRecord:
    path = tmp_path / "lcov.info"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, "lcov.info")


def record(*lines: str, path: str = "a.c") -> str:
    return "\n".join([f"SF:{path}", *lines, "end_of_record", ""])


def test_lines_and_branches_are_read(tmp_path: Path) -> None:
    report = {"a.c": "1+ 2- 3+1/2", "src/b c.c": "10-0/2 4000000+"}
    assert unnamed(read_text(tmp_path, lcov(report)).files) == files_of(report)


def test_carriage_returns_comments_blank_lines_and_a_byte_order_mark_are_normal(tmp_path: Path) -> None:
    text = "\ufeff# made by hand\r\n\r\nTN:x\r\nSF:a.c\r\nDA:1,1\r\nend_of_record\r\n"
    assert read_text(tmp_path, text).files == {"a.c": file_coverage("a.c", "1+")}


def test_a_checksum_is_passed_over(tmp_path: Path) -> None:
    text = record("DA:1,5,YWJj", "DA:2,0,1a,2b")
    assert read_text(tmp_path, text).files == {"a.c": file_coverage("a.c", "1+ 2-")}


def test_records_of_functions_and_conditions_are_passed_over(tmp_path: Path) -> None:
    other = ["VER:1", "FN:1,9,f", "FNL:0,1,9", "FNA:0,3,f", "FNDA:3,f", "FNF:1", "MCDC:2,2,t,1,0,a", "MCF:1"]
    assert read_text(tmp_path, record(*other, "DA:1,1")).files == {"a.c": file_coverage("a.c", "1+")}


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        (["BRDA:1,0,0,-", "BRDA:1,0,1,-"], "1+0/2"),
        (["BRDA:1,0,0,4", "BRDA:1,0,1,0"], "1+1/2"),
        (["BRDA:1,e0,0,1", "BRDA:1,f0,1,0"], "1+1/2"),
        (["BRDA:1,0,0,1", "BRDA:1,U0,1,0", "BRDA:1,eU1,0,0"], "1+1/1"),
        (["BRDA:1,0,f(a, b),1", "BRDA:1,0,!f(a, b),0"], "1+1/2"),
        (["BRDA:1,0,jump to line 2,1", "BRDA:1,0,jump to the function exit,1"], "1+2/2"),
        (["BRDA:1,0,0,1", "BRDA:1,0,0,0"], "1+1/1"),
    ],
)
def test_branches_of_lcov_1_and_2(tmp_path: Path, branches: list[str], expected: str) -> None:
    found = read_text(tmp_path, record("DA:1,1", *branches))
    assert unnamed(found.files) == {"a.c": file_coverage("a.c", expected)}


def test_a_file_that_occurs_again_is_united_branch_by_branch(tmp_path: Path) -> None:
    first = record("DA:1,1", "DA:2,0", "BRDA:1,0,0,1", "BRDA:1,0,1,0")
    second = record("DA:1,0", "DA:3,1", "BRDA:1,0,0,0", "BRDA:1,0,1,2")
    assert unnamed(read_text(tmp_path, first + second).files) == {"a.c": file_coverage("a.c", "1+2/2 2- 3+")}


def test_branches_that_only_the_sum_counts_belong_to_no_line(tmp_path: Path) -> None:
    text = record("DA:1,1", "BRDA:1,0,0,1", "BRDA:1,0,1,0", "BRF:5", "BRH:3")
    file = read_text(tmp_path, text).files["a.c"]
    assert file.branches == {1: (1, 2), 0: (2, 3)}


@pytest.mark.parametrize(("lines", "expected"), [([], False), (["BRF:0"], False), (["BRDA:1,0,0,-"], True)])
def test_the_file_says_whether_branches_were_measured(
    tmp_path: Path, lines: list[str], expected: bool
) -> None:
    assert read_text(tmp_path, record("DA:1,1", *lines)).has_branches is expected


def test_the_sums_are_kept_and_a_difference_is_noted(tmp_path: Path) -> None:
    text = record("DA:1,1", "LF:3", "LH:2") + record("DA:1,1", "LF:1", "LH:1", path="b.c")
    found = read_text(tmp_path, text)
    assert found.stated == StatedTotals(lines=(3, 4))
    assert found.source.note == "states 3 of 4 lines and lists 2 of 2"


def test_a_line_counts_once_however_often_it_is_listed(tmp_path: Path) -> None:
    assert count_record(read_text(tmp_path, record("DA:1,0", "DA:1,3", "DA:1,0"))) == CoverageCounts((1, 1))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (record("DA:1"), "line 2 holds 'DA:1'"),
        (record("DA:x,1"), "'x' where a line number belongs"),
        (record("DA:-1,1"), "'-1' where a line number belongs"),
        (record("DA:4000001,1"), "names line 4000001"),
        (record("DA:1,-1"), "'-1' where a count belongs"),
        (record("DA:1," + "9" * 40), "where a count belongs"),
        (record("BRDA:1,0"), "line 2 holds 'BRDA:1,0'"),
        (record("BRDA:1,1,1"), "line 2 holds"),
        (record("LF:x"), "'x' where a count belongs"),
        ("SF:a.c\nDA:1,1\n", "ends within a record"),
        ("SF:a.c\nSF:b.c\n", "line 2 holds 'SF:b.c"),
        ("DA:1,1\n", "line 1 holds 'DA:1,1"),
        ("end_of_record\n", "line 1 holds 'end_of_record"),
        ("TN:x\n", "holds no record"),
        ("SF:\nend_of_record\n", "a file without a name"),
        ("hello\n", "line 1 holds 'hello"),
        (b"SF:\xff\xfe\nend_of_record\n", "line 1 holds"),
        (b"\x00\x01\x02\n", "line 1 holds"),
        (b"TN:" + b"x" * 3_000_000, "a line of more than 1,048,576 bytes"),
    ],
)
def test_what_is_no_tracefile_is_refused(tmp_path: Path, text: str | bytes, what: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_text(tmp_path, text)
    assert what in caught.value.what
    assert caught.value.where == "lcov.info"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("any.txt", b"TN:\nSF:a.c\n", True),
        ("any.txt", b"\xef\xbb\xbf# hello\n\nSF:a.c\n", True),
        ("any.txt", b"hello SF:a.c\n", False),
        ("lcov.info", b"\x00\x01", True),
        ("Info.plist", b"<plist>", False),
    ],
)
def test_it_is_recognised_by_content_first(name: str, head: bytes, expected: bool) -> None:
    assert matches(name, head) is expected
