from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from sluicegate.core.model import Finding, Report, Severity
from sluicegate.core.statuses import CriterionStatus
from sluicegate.report.annotations import Annotation, command, log_commands
from sluicegate.report.modes import AnnotationMode
from support import any_reports
from support import reports as r
from support.hostile import hostile

COMMAND = re.compile(r"::(error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def same(_path: str, line: int) -> int:
    return line


def commands(*findings: Finding, mode: AnnotationMode = AnnotationMode.NEW, **more: Any) -> list[str]:
    """The commands for findings of a failed security gate without criteria."""
    verdict = replace(r.security_fail(), findings=findings, **{"criteria": (), **more})
    return log_commands(r.report(verdict), map_line=same, mode=mode)


def test_a_finding_is_an_error_on_its_line() -> None:
    found = r.finding("B602", Severity.HIGH, "src/a.py", 3, "shell=True", end_line=5)
    assert commands(found) == ["::error file=src/a.py,line=3,endLine=5,title=security%3A B602::shell=True"]


def test_the_line_is_that_of_the_head() -> None:
    report = r.report(replace(r.complexity_warn(), criteria=()))
    [text] = log_commands(report, map_line=lambda _path, line: line - 10)
    assert "line=51,endLine=111," in text


def test_a_finding_whose_line_the_head_lacks_is_shown_on_the_file() -> None:
    report = r.report(replace(r.complexity_warn(), criteria=()))
    [text] = log_commands(report, map_line=lambda _path, _line: None)
    assert text.startswith("::warning file=src/shop/cart.py,title=")


def test_a_failed_criterion_is_an_error_without_a_place() -> None:
    assert log_commands(r.blocked(), map_line=same)[0] == (
        "::error title=coverage::total >= 80%25: is 78.4%25, 1,568 of 2,000 lines and branches"
    )


def test_an_advisory_gate_only_warns() -> None:
    found = r.finding("B602", Severity.HIGH, "a.py", 1, "x")
    assert commands(found, blocking=False)[0].startswith("::warning ")


def test_a_finding_that_was_there_before_only_warns() -> None:
    found = r.finding("B602", Severity.HIGH, "a.py", 1, "x", new=False)
    assert commands(found, mode=AnnotationMode.ALL)[0].startswith("::warning ")


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        (AnnotationMode.NEW, {"brought"}),
        (AnnotationMode.ALL, {"brought", "unknown", "old"}),
        (AnnotationMode.OFF, set()),
    ],
)
def test_the_mode_says_what_is_shown(mode: AnnotationMode, shown: set[str]) -> None:
    newness = {"brought": True, "unknown": None, "old": False}
    found = [r.finding("B1", Severity.HIGH, f"{name}.py", 1, name, new=n) for name, n in newness.items()]
    texts = commands(*found, mode=mode)
    assert {text.rpartition("::")[2] for text in texts} == shown


def test_without_annotations_no_criterion_is_one_either() -> None:
    assert log_commands(r.blocked(), map_line=same, mode=AnnotationMode.OFF) == []


@pytest.mark.parametrize(("status", "shown"), [(r.F, True), (r.W, True), (r.P, False), (r.S, False)])
def test_what_may_be_new_is_shown_where_a_criterion_is_not_satisfied(
    status: CriterionStatus, shown: bool
) -> None:
    found = r.finding("test-failed", Severity.HIGH, "tests/a.py", 1, "x", new=None)
    texts = commands(found, criteria=(r.result("pass_rate == 100%", status, 50),))
    assert any("tests/a.py" in text for text in texts) is shown


def test_a_waived_criterion_shows_nothing_that_may_be_new() -> None:
    found = r.finding("test-failed", Severity.HIGH, "tests/a.py", 1, "x", new=None)
    assert commands(found, criteria=(r.result("pass_rate == 100%", r.F, 50, waiver=r.WAIVER),)) == []


def test_a_low_finding_is_a_notice() -> None:
    assert commands(r.finding("B101", Severity.LOW, "a.py", 1, "x"))[0].startswith("::notice ")


def test_a_waived_finding_is_not_shown() -> None:
    assert commands(r.finding("B602", Severity.HIGH, "a.py", 1, "x", waiver=r.WAIVER)) == []


def test_the_change_comes_before_the_rest_and_the_grave_before_the_light() -> None:
    found = commands(
        r.finding("B1", Severity.HIGH, "a.py", 1, "unknown", new=None),
        r.finding("B2", Severity.MEDIUM, "b.py", 1, "medium"),
        r.finding("B3", Severity.CRITICAL, "c.py", 1, "critical"),
        mode=AnnotationMode.ALL,
    )
    assert [text.rpartition("::")[2] for text in found] == ["critical", "medium", "unknown"]


def test_findings_on_touching_lines_become_one() -> None:
    found = [r.finding("B1", Severity.HIGH, "a.py", n, "x") for n in (3, 4, 5, 9)]
    assert commands(*found) == [
        "::error file=a.py,line=3,endLine=5,title=security%3A B1::x",
        "::error file=a.py,line=9,endLine=9,title=security%3A B1::x",
    ]


def test_a_level_has_ten_and_the_last_counts_the_rest() -> None:
    found = [r.finding("B1", Severity.HIGH, f"a{n}.py", 1, "x") for n in range(13)]
    texts = commands(*found)
    assert len(texts) == 10
    assert texts[-1].endswith("::x (and 3 more)")
    assert "more" not in texts[-2]


def test_merged_findings_count_as_many() -> None:
    found = [r.finding("B1", Severity.HIGH, f"a{n}.py", 1, "x") for n in range(10)]
    twins = [r.finding("B1", Severity.HIGH, "z.py", n, "x") for n in (1, 2)]
    assert commands(*found, *twins)[-1].endswith("(and 2 more)")


def test_a_finding_of_the_whole_and_of_a_component_is_said_once_where_it_blocks() -> None:
    found = r.finding("B602", Severity.HIGH, "api/a.py", 3, "shell=True")
    whole = replace(r.security_fail(), findings=(found,), criteria=(), blocking=False)
    part = replace(whole, component="api", blocking=True)
    assert log_commands(r.report(whole, part), map_line=same) == [
        "::error file=api/a.py,line=3,endLine=3,title=api/security%3A B602::shell=True"
    ]


def test_a_failing_test_is_said_once_whosever_it_is_in_a_component() -> None:
    found = r.finding("test-failed", Severity.HIGH, "api/a.py", 3, "t.a failed (new)", fingerprint="t::a")
    known = replace(found, message="t.a failed (fails on the base)", new=False, trace="trace")
    whole = replace(r.tests_fail(), findings=(found,), criteria=())
    part = replace(whole, component="api", findings=(known,))
    assert len(log_commands(r.report(whole, part), map_line=same)) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [("100%", "100%25"), ("a\nb", "a%0Ab"), ("a\r\nb", "a%0D%0Ab"), ("::error::x", "::error::x")],
)
def test_a_message_is_escaped(text: str, shown: str) -> None:
    assert command(Annotation("error", "t", text)) == f"::error title=t::{shown}"


def test_a_property_cannot_end_its_value() -> None:
    text = command(Annotation("error", "t,line=9::x", "m", "a,b:c.py", 1, 1))
    assert text == "::error file=a%2Cb%3Ac.py,line=1,endLine=1,title=t%2Cline=9%3A%3Ax::m"


@given(any_reports.reports)
@any_reports.quick
def test_every_line_is_one_whole_command(report: Report) -> None:
    texts = log_commands(report, map_line=same)
    assert len(texts) <= 30
    for text in texts:
        match = COMMAND.fullmatch(text)
        assert match
        for pair in match["properties"].split(","):
            assert re.fullmatch(r"(file|line|endLine|title)=.*", pair)


def test_a_hostile_report_begins_no_command_of_its_own() -> None:
    for text in log_commands(hostile(), map_line=same):
        assert "\n" not in text
        assert "\r" not in text
        assert re.match(r"::(error|warning|notice) ", text)
