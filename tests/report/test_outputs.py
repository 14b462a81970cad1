from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Report
from sluicegate.report import outputs as module
from sluicegate.report.outputs import NAMES, format_outputs, outputs
from support import any_reports
from support import reports as r


def read_back(text: str) -> dict[str, str]:
    """What a runner makes of the file: `name=value`, or `name<<DELIMITER` with lines up to it."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, equals, value = line.partition("=")
        head, arrows, delimiter = line.partition("<<")
        if arrows and (not equals or len(head) < len(name)):
            values[head] = "\n".join(iter(lines.__next__, delimiter))
        else:
            assert equals
            values[name] = value
    return values


def numbered() -> Callable[[], str]:
    counter = itertools.count()
    return lambda: f"ghadelimiter_{next(counter)}"


def test_the_headline_measures_are_plain_numbers() -> None:
    values = outputs(r.blocked())
    assert values["coverage"] == "78.4"
    assert values["patch-coverage"] == "61.1111"
    assert values["tests"] == "1204"
    assert values["failed"] == "1"
    assert values["pass-rate"] == "99.8335"


def test_the_status_and_the_gates_are_told() -> None:
    values = outputs(r.blocked())
    assert values["status"] == "BLOCKED"
    assert values["blocked"] == "true"
    assert json.loads(values["gates"])["coverage"] == "FAIL"


def test_findings_are_those_of_security_and_lint_without_waived_ones() -> None:
    assert outputs(r.blocked(extra=2))["findings"] == "6"
    assert outputs(r.conditional())["findings"] == "0"


def test_what_was_not_measured_is_empty() -> None:
    values = outputs(r.passing())
    assert values["patch-coverage"] == ""
    assert values["findings"] == ""
    assert outputs(r.empty())["tests"] == ""


def test_counts_are_summed_over_suites() -> None:
    report = r.report(r.tests_fail(), replace(r.tests_fail(), suite="e2e"))
    assert outputs(report)["tests"] == "2408"


def test_all_tests_together_stand_for_their_suites() -> None:
    assert outputs(r.report(r.tests_fail(), r.tests_pass()))["tests"] == "1204"


@given(any_reports.reports)
@any_reports.quick
def test_the_names_are_always_the_same(report: Report) -> None:
    assert tuple(outputs(report)) == NAMES


def test_the_documentation_names_every_output() -> None:
    assert module.__doc__
    assert [name for name in NAMES if f"`{name}`" not in module.__doc__] == []


def test_a_value_of_one_line_is_an_assignment() -> None:
    assert format_outputs({"status": "PASS"}, numbered()) == "status=PASS\n"


def test_a_value_of_many_lines_stands_between_delimiters() -> None:
    assert format_outputs({"text": "a\nb"}, lambda: "END") == "text<<END\na\nb\nEND\n"


def test_a_delimiter_that_the_value_holds_is_not_used() -> None:
    text = format_outputs({"text": "a\nghadelimiter_0\nstatus=PASS"}, numbered())
    assert text.startswith("text<<ghadelimiter_1\n")


def test_a_source_without_a_fresh_delimiter_is_an_error() -> None:
    with pytest.raises(ValueError, match="no delimiter"):
        format_outputs({"text": "END\n"}, lambda: "END")


@given(st.dictionaries(st.sampled_from(NAMES), st.text(st.characters(exclude_characters="\r"))))
def test_a_runner_reads_back_what_was_written(values: dict[str, str]) -> None:
    assert read_back(format_outputs(values, numbered())) == values


@given(any_reports.reports)
@any_reports.quick
def test_no_report_brings_an_output_of_its_own(report: Report) -> None:
    values = outputs(report)
    assert read_back(format_outputs(values, numbered())) == values
