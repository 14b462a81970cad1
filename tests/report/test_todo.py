"""What a report says to do first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from sluicegate.core.model import Finding, Problem, Report, Severity
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.report import view
from sluicegate.report.places import Blobs
from sluicegate.report.todo import MOST, tasks
from support import any_reports
from support import reports as r


def test_a_report_that_passes_asks_for_nothing() -> None:
    assert tasks(r.passing()) == []


def test_each_gate_that_blocks_comes_before_its_other_findings() -> None:
    assert [task.title for task in tasks(r.blocked())] == [
        "tests.unit", "coverage", "security", "lint", "tests.unit",
    ]  # fmt: skip


def test_what_only_warns_in_a_gate_that_blocks_comes_after_all_that_blocks() -> None:
    found = tasks(r.report(r.coverage_fail(), r.security_fail(0)))
    assert [(task.status, task.title) for task in found] == [
        ("FAIL", "coverage"), ("FAIL", "security"), ("FAIL", "coverage"), ("FAIL", "security"),
        ("WARN", "coverage"),
    ]  # fmt: skip


def test_what_warns_has_a_line_a_gate() -> None:
    assert [(task.status, task.title) for task in tasks(r.warning())] == [
        ("WARN", "complexity"),
        ("WARN", "performance"),
    ]


def test_a_finding_has_its_criterion_its_place_and_its_command() -> None:
    task = tasks(r.report(r.security_fail()), Blobs("https://h/o/r/blob/c0ffee"))[0]
    assert (task.place, task.url) == (
        "src/shop/db.py:120",
        "https://h/o/r/blob/c0ffee/src/shop/db.py#L120-L124",
    )
    assert task.text.startswith("`new.critical == 0`: py/sql-injection This SQL query")
    assert task.command == "sluicegate check --gate security"


def test_a_finding_that_blocks_is_not_told_again_as_a_warning() -> None:
    verdict = r.security_fail()
    advisory = r.advisory("new.critical < 1", CriterionStatus.WARN, 1)
    again = replace(verdict, criteria=(*verdict.criteria, advisory))
    assert tasks(r.report(again)) == tasks(r.report(verdict))


def test_what_was_there_before_is_no_task_of_a_criterion_on_the_new() -> None:
    assert [task.place for task in tasks(r.report(r.security_old()))] == ["src/shop/run.py:41"]


def test_a_whole_says_what_to_do_once() -> None:
    found = tasks(r.report(replace(r.coverage_fail(), criteria=r.coverage_fail().criteria[:1])))
    text = "`total >= 80%` is 78.4%. Add tests for the files with the most uncovered lines."
    assert [(task.text, task.place) for task in found] == [(text, "src/shop/cart.py:85")]


def test_of_a_maximum_only_the_worst_is_a_task() -> None:
    found = tuple(
        r.finding(
            "complex-function", Severity.MEDIUM, f"src/{n}.py", 1, f"f has cyclomatic complexity {n}, was 9"
        )
        for n in (11, 25, 14)
    )
    verdict = replace(r.complexity_warn(), status=GateStatus.FAIL, findings=found,
                      criteria=(r.result("new.max_cyclomatic < 15", r.F, 25),))  # fmt: skip
    assert [task.place for task in tasks(r.report(verdict))] == ["src/25.py:1"]


def test_what_is_waived_is_no_task() -> None:
    assert tasks(r.conditional()) == []


def test_a_file_that_cannot_be_read_comes_with_the_remedy() -> None:
    (task, *_) = tasks(r.report(r.lint_error()))
    assert (task.status, task.place) == ("ERROR", "reports/ruff.json")
    assert task.text.endswith(
        "ends at line 41. The file may be cut short; see the log of the tool that wrote it."
    )


@pytest.mark.parametrize(
    ("tool", "path", "command"),
    [
        ("pytest", "tests/test_a.py", "pytest tests/test_a.py"),
        ("vitest", "web/a.test.ts", "npx vitest run web/a.test.ts"),
        ("Ruff", "src/a b.py", "ruff check 'src/a b.py'"),
        ("ruff", "src/$(id).py", "ruff check 'src/$(id).py'"),
        ("ruff", "-rf.py", "sluicegate check --gate lint"),
        ("ruff", "a\n.py", "sluicegate check --gate lint"),
        ("other", "a.py", "sluicegate check --gate lint"),
        ("ruff", "", "sluicegate check --gate lint"),
    ],
)
def test_the_command_is_that_of_the_tool(tool: str, path: str, command: str) -> None:
    found = Finding("E1", Severity.HIGH, "x", path, 1, 1, new=True, tool=tool)
    verdict = replace(r.lint_error(), status=GateStatus.FAIL, problems=(), findings=(found,),
                      criteria=(r.result("high == 0", r.F, 1),))  # fmt: skip
    assert tasks(r.report(verdict))[0].command == command


def test_a_gate_of_the_run_has_no_command() -> None:
    verdict = replace(r.lint_error(), gate="jobs", criteria=(), problems=(Problem("the job x was skipped"),))
    assert tasks(r.report(verdict))[0].command == ""


@given(any_reports.reports)
@any_reports.quick
def test_what_blocks_is_never_pushed_out_by_what_warns(report: Report) -> None:
    found = tasks(report)
    assert len(found) <= MOST
    blocking = {view.title(v) for v in report.verdicts if view.stops(v)}
    if len({view.title(v) for v in report.verdicts}) == len(report.verdicts):
        kinds = [task.title in blocking for task in found]
        assert kinds == sorted(kinds, reverse=True)
