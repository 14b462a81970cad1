from __future__ import annotations

from dataclasses import replace

from sluicegate.core.model import Finding, Severity
from sluicegate.report.sections import Code
from sluicegate.report.uncovered import MAX_LINES, uncovered_code
from support import reports as r

SOURCE = {"a.py": [f"line {n}" for n in range(1, 301)]}


def shown(*findings: Finding) -> list[Code]:
    return uncovered_code(replace(r.coverage_fail(), findings=findings), SOURCE)


def test_an_uncovered_run_is_shown_with_two_lines_around_it() -> None:
    [file] = shown(r.uncovered("a.py", 10, 11))
    assert [(line.number, line.kind) for line in file.lines] == [
        (8, "context"), (9, "context"), (10, "uncovered"),
        (11, "uncovered"), (12, "context"), (13, "context"),
    ]  # fmt: skip
    assert file.lines[2].text == "line 10"
    assert file.about == "2 lines not covered"


def test_between_two_runs_there_is_a_gap() -> None:
    [file] = shown(r.uncovered("a.py", 10, 10), r.uncovered("a.py", 50, 50))
    assert [line.kind for line in file.lines].count("gap") == 1


def test_a_half_taken_branch_is_told_apart() -> None:
    [file] = shown(r.finding("partial-branch", Severity.LOW, "a.py", 5, "1 of 2 branches taken"))
    assert [line.number for line in file.lines if line.kind == "partial"] == [5]
    assert file.about == "1 branch half taken"


def test_a_run_at_the_end_of_the_file_stays_in_it() -> None:
    [file] = shown(r.uncovered("a.py", 299, 5_000_000))
    assert [line.number for line in file.lines] == [297, 298, 299, 300]


def test_a_finding_beyond_the_file_shows_nothing() -> None:
    [file] = shown(r.uncovered("a.py", 900, 901))
    assert file.lines == []


def test_lines_are_bounded_and_counted() -> None:
    [file] = shown(r.uncovered("a.py", 1, 300))
    assert len(file.lines) == MAX_LINES
    assert file.about == f"300 lines not covered, {300 - MAX_LINES} more lines"


def test_without_its_source_a_file_is_not_shown() -> None:
    assert shown(r.uncovered("b.py", 1, 2)) == []


def test_other_gates_show_no_source() -> None:
    assert uncovered_code(r.security_fail(), {"src/shop/run.py": ["x"]}) == []
