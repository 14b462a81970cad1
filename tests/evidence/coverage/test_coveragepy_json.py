"""coverage.py's JSON: what is read and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage import coveragepy_json
from sluicegate.evidence.coverage.coveragepy_json import matches, read
from sluicegate.evidence.records import CoverageRecord, StatedTotals
from support.coverage_reports import coverage_json, file_coverage, files_of, unnamed


def read_text(tmp_path: Path, text: str | bytes) -> CoverageRecord:
    path = tmp_path / "coverage.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, "coverage.json")


def report(entry: object, totals: object = None) -> str:
    meta = {"version": "7.1", "branch_coverage": True}
    return json.dumps({"meta": meta, "files": {"a.py": entry}, "totals": totals or {}})


def entry(**changes: object) -> dict[str, Any]:
    return {"executed_lines": [1, 2], "missing_lines": [3], "excluded_lines": []} | changes


def test_lines_and_branches_are_read(tmp_path: Path) -> None:
    files = {"a.py": "1+ 2- 3+1/2", "pkg/ü.py": "10-0/2 4000000+", "empty.py": ""}
    assert unnamed(read_text(tmp_path, coverage_json(files)).files) == files_of(files)


@pytest.mark.parametrize("branches", [True, False])
def test_the_file_says_whether_branches_were_measured(tmp_path: Path, branches: bool) -> None:
    assert read_text(tmp_path, coverage_json({"a.py": "1+"}, branches=branches)).has_branches is branches


def test_an_exit_is_a_branch(tmp_path: Path) -> None:
    text = report(entry(executed_branches=[[1, 2]], missing_branches=[[1, -1]]))
    assert read_text(tmp_path, text).files["a.py"].branches == {1: (1, 2)}


def test_an_arc_to_an_excluded_line_is_no_branch(tmp_path: Path) -> None:
    text = report(entry(executed_branches=[[1, 2], [1, 9]], missing_branches=[[1, 3]], excluded_lines=[9]))
    assert read_text(tmp_path, text).files["a.py"].branches == {1: (1, 2)}


def test_branches_that_only_the_summary_counts_belong_to_no_line(tmp_path: Path) -> None:
    summary = {"num_branches": 4, "covered_branches": 4}
    text = report(entry(executed_branches=[[1, 2]], missing_branches=[], summary=summary))
    assert read_text(tmp_path, text).files["a.py"].branches == {1: (1, 1), 0: (3, 3)}


def test_a_report_of_an_old_version_has_no_lists_of_branches(tmp_path: Path) -> None:
    text = report(entry(summary={"num_branches": 4, "covered_branches": 1}))
    assert read_text(tmp_path, text).files["a.py"].branches == {0: (1, 4)}


def test_source_and_sums_are_kept(tmp_path: Path) -> None:
    found = read_text(tmp_path, report(entry(), {"covered_lines": 2, "num_statements": 3}))
    assert (found.source.tool, found.source.version, found.source.note) == ("coverage.py", "7.1", "")
    assert found.stated == StatedTotals(lines=(2, 3))


def test_white_space_a_byte_order_mark_and_the_order_of_members_do_not_matter(tmp_path: Path) -> None:
    document = json.loads(report(entry()))
    text = "\ufeff\n" + json.dumps(dict(reversed(document.items())), indent=4) + "\n"
    assert read_text(tmp_path, text).files == {"a.py": file_coverage("a.py", "1+ 2+ 3-")}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (report(entry(executed_lines=[-1])), "names line -1"),
        (report(entry(missing_lines=[4_000_001])), "names line 4000001"),
        (report(entry(executed_lines=[1, "2"])), "where a list of line numbers belongs"),
        (report(entry(executed_lines=[True])), "where a list of line numbers belongs"),
        (report(entry(missing_lines=None)), "where a list of line numbers belongs"),
        (report(entry(executed_branches=[[1]])), "where a pair of line numbers belongs"),
        (report(entry(executed_branches=[[-1, 2]])), "names line -1"),
        (report(entry(executed_branches=[[1, -4_000_001]])), "names line -4000001"),
        (report([]), "lacks the lines of 'a.py'"),
        (report(entry())[:-20], "is not a coverage.py JSON report"),
        (report(entry()) + "x", "more text after its end"),
        ("[]", "no '{' at character 0"),
        ("{}", "no `meta` or no `files`"),
        ('{"files": {}}', "no `meta` or no `files`"),
        ('{"meta": {}, "files": []}', "no '{' at character"),
        ('{"meta": ' + "[" * 100_000, "is not a coverage.py JSON report"),
        ('{"meta": ' + "9" * 10_000 + "}", "is not a coverage.py JSON report"),
        (b'{"meta": "\xff"}', "is not UTF-8 text"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str | bytes, what: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_text(tmp_path, text)
    assert what in caught.value.what
    assert caught.value.where == "coverage.json"
    assert caught.value.remedy


def test_a_report_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coveragepy_json, "MAX_BYTES", 10)
    with pytest.raises(EvidenceError, match="above the limit of 10"):
        read_text(tmp_path, report(entry()))


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("any.txt", b'{"meta": {"format": 3, "branch_coverage": true}', True),
        ("coverage.json", b'{"version": "2.1.0", "runs": []}', False),
        ("coverage.json", b"\x00\x01", True),
        ("other.json", b"\x00\x01", False),
    ],
)
def test_it_is_recognised_by_content_first(name: str, head: bytes, expected: bool) -> None:
    assert matches(name, head) is expected
