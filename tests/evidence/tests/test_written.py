"""Files that real tools wrote over small projects of ours: the verdicts that the tools gave themselves."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sluicegate.evidence.records import TestsRecord
from sluicegate.evidence.tests import junit
from support.results import counts

WRITTEN = Path(__file__).parent / "written"

PASSING: Mapping[str, dict[str, int]] = {
    "surefire/TEST-p.FlakyTest.xml": {"passed": 2, "flaky": 1},
    "gradle/TEST-p.TextTest.xml": {"passed": 1, "skipped": 1},
    "catch2.xml": {"passed": 4, "skipped": 1},
    "doctest.xml": {"passed": 3},
    "ctest.xml": {"passed": 2, "skipped": 2},
    "jest-todo.xml": {"passed": 2},
    "node-todo.xml": {"passed": 1, "skipped": 2},
    "mocha-junit-reporter.xml": {"passed": 2, "skipped": 4},
    "mocha-xunit.xml": {"passed": 2, "skipped": 4},
    "pytest-subtests.xml": {"passed": 2, "skipped": 1},
    "pytest-rerun.xml": {"passed": 1, "flaky": 1},
}
FAILING: Mapping[str, dict[str, int]] = {
    "surefire/TEST-p.FailingTest.xml": {"passed": 1, "failed": 1},
    "set-up/surefire-reports/TEST-TestSuite.xml": {"passed": 2, "failed": 1, "skipped": 1},
    "catch2-failing.xml": {"passed": 4, "failed": 1, "skipped": 1},
    "doctest-failing.xml": {"passed": 3, "failed": 1},
    "karma-lost-browser.xml": {"passed": 3, "errors": 1},
    "pytest-teardown.xml": {"passed": 1, "failed": 2, "errors": 2},
    "pytest-rerun-fail.xml": {"failed": 1},
}
SAME_NAME: Mapping[str, dict[str, int]] = {
    "rows/surefire-reports/TEST-p.CalcTest.xml": {"passed": 3, "failed": 1},
    "rows/surefire-reports/Surefire suite/Surefire test.xml": {"passed": 3, "failed": 1},
    "rows/surefire-reports/junitreports/TEST-p.CalcTest.xml": {"passed": 3, "failed": 1},
    "doctest-same-name.xml": {"passed": 1, "failed": 1},
    "mocha-same-name.xml": {"passed": 1, "failed": 1},
    "karma-same-name.xml": {"passed": 1, "failed": 1},
    "jest-same-name.xml": {"passed": 2, "failed": 1},
    "vitest-same-name.xml": {"passed": 2, "failed": 1},
    "node-same-name.xml": {"passed": 1, "failed": 1},
    "rspec-same-name.xml": {"passed": 1, "failed": 1, "skipped": 2},
}


def read(name: str) -> TestsRecord:
    return junit.read(WRITTEN / name, name)


@pytest.mark.parametrize("name", PASSING)
def test_a_run_that_passed_passes(name: str) -> None:
    assert counts(read(name)) == PASSING[name]


@pytest.mark.parametrize("name", PASSING)
def test_of_a_run_that_passed_no_number_is_in_doubt(name: str) -> None:
    assert read(name).stated is None


@pytest.mark.parametrize("name", FAILING)
def test_a_run_that_failed_fails(name: str) -> None:
    assert counts(read(name)) == FAILING[name]


@pytest.mark.parametrize("name", SAME_NAME)
def test_a_failing_test_is_not_taken_back_by_another_of_its_name(name: str) -> None:
    assert counts(read(name)) == SAME_NAME[name]


def test_what_a_lost_browser_did_not_run_is_named() -> None:
    record = read("karma-lost-browser.xml")
    assert ([case.name for case in record.cases], record.stated) == (
        ["1 error that the file does not list"],
        (4, 3),
    )
