"""The gate `tests`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Better, Measure, Verdict, Waiver
from sluicegate.core.statuses import GATE_ORDER, CriterionStatus, GateStatus
from sluicegate.evidence.records import Evidence, TestCase
from sluicegate.history.entries import Case, Entry, History
from support.evidence import results, settings, value, verdict, waiver


@pytest.mark.parametrize(
    ("marks", "rate"), [("++++", 100.0), ("+++F", 75.0), ("++EF", 50.0), ("+ss", 100.0), ("+f", 100.0)]
)
def test_pass_rate_is_passed_of_those_that_ran(marks: str, rate: float) -> None:
    assert (
        value(verdict(Evidence(tests=(results(marks),)), settings("tests", "tests > 0")), "pass_rate") == rate
    )


@pytest.mark.parametrize("marks", ["ss", ""])
def test_tests_that_did_not_run_leave_the_pass_rate_unknown(marks: str) -> None:
    result = verdict(Evidence(tests=(results(marks),)), settings("tests", "pass_rate == 100%"))
    assert (result.criteria[0].status, result.status) == (CriterionStatus.UNKNOWN, GateStatus.ERROR)


def test_an_empty_suite_fails_a_demand_for_tests() -> None:
    assert verdict(Evidence(tests=(results(""),)), settings("tests", "tests > 0")).status is GateStatus.FAIL


def test_files_add_up() -> None:
    result = verdict(
        Evidence(tests=(results("++F", "a.xml"), results("+s", "b.xml"))), settings("tests", "tests > 0")
    )
    assert [value(result, n) for n in ("tests", "passed", "failed", "skipped")] == [5, 3, 1, 1]


def test_a_failing_case_is_a_finding_at_its_place() -> None:
    result = verdict(Evidence(tests=(results("+F"),)), settings("tests", "pass_rate == 100%"))
    assert [(f.rule, f.path, f.line) for f in result.findings] == [("test-failed", "tests/test_a.py", 2)]


def test_cases_that_passed_when_tried_again_are_named() -> None:
    result = verdict(Evidence(tests=(results("+f"),)), settings("tests", "pass_rate == 100%"))
    assert result.summary == "2 of 2 tests passed, 1 flaky; tried again: suite.case_1"


STATED = replace(results("++"), stated=(9, 2))


@pytest.mark.parametrize("criterion", ["pass_rate == 100%", "failed == 0", "errors == 0"])
def test_tests_that_the_file_does_not_list_warn(criterion: str) -> None:
    result = verdict(Evidence(tests=(STATED,)), settings("tests", criterion))
    assert (result.status, result.criteria[0].reason) == (
        (GateStatus.WARN, "junit.xml states 9 tests and lists 2")
    )


def test_who_does_not_see_all_tests_is_sent_to_the_log() -> None:
    (remedy,) = verdict(Evidence(tests=(STATED,)), settings("tests", "pass_rate == 100%")).remedies
    assert remedy.startswith("See the log of the test runner")


def test_failures_that_no_case_carries_are_not_to_be_run_alone() -> None:
    case = replace(results("F").cases[0], name="2 failures that the file does not list")
    record = replace(results("F"), cases=(case,))
    (remedy,) = verdict(Evidence(tests=(record,)), settings("tests", "failed == 0")).remedies
    assert remedy.startswith("See the log of the test runner")


def test_what_the_file_does_not_list_stands_in_the_summary() -> None:
    result = verdict(Evidence(tests=(STATED,)), settings("tests", "tests > 0"))
    assert result.summary == "2 of 2 tests passed; junit.xml states 9 tests and lists 2"


def test_a_duration_that_the_file_does_not_tell_is_unknown() -> None:
    record = replace(results("++"), duration=None)
    result = verdict(Evidence(tests=(record,)), settings("tests", "duration <= 60s"))
    assert result.criteria[0].status is CriterionStatus.UNKNOWN


QUARANTINE = waiver("tests", fingerprint="suite::case_1")


def test_a_quarantined_case_makes_the_gate_conditional() -> None:
    chosen = settings("tests", "failed == 0", "pass_rate == 100%")
    result = verdict(Evidence(tests=(results("+F"),)), chosen, waivers=(QUARANTINE,))
    assert result.status is GateStatus.CONDITIONAL
    assert [c.waiver for c in result.criteria] == [QUARANTINE, QUARANTINE]


def test_a_quarantine_does_not_cover_another_case() -> None:
    result = verdict(
        Evidence(tests=(results("+FF"),)), settings("tests", "failed == 0"), waivers=(QUARANTINE,)
    )
    assert (result.status, result.criteria[0].actual) == (GateStatus.FAIL, Fraction(1))


def test_a_quarantine_ends_with_its_day() -> None:
    old = replace(QUARANTINE, expires=date(2026, 11, 20))
    result = verdict(Evidence(tests=(results("+F"),)), settings("tests", "failed == 0"), waivers=(old,))
    assert result.status is GateStatus.FAIL


def test_a_quarantined_case_counts_in_no_result_file_of_a_matrix() -> None:
    evidence = Evidence(tests=(results("+F", "a.xml"), results("+F", "b.xml")))
    result = verdict(evidence, settings("tests", "failed == 0"), waivers=(QUARANTINE,))
    assert result.status is GateStatus.CONDITIONAL


def test_a_quarantine_of_the_only_case_is_conditional_too() -> None:
    only = waiver("tests", rule="test-failed", path="tests/**")
    result = verdict(Evidence(tests=(results("F"),)), settings("tests", "pass_rate == 100%"), waivers=(only,))
    assert result.status is GateStatus.CONDITIONAL


def test_a_quarantined_flaky_case_is_not_flaky() -> None:
    result = verdict(Evidence(tests=(results("+f"),)), settings("tests", "flaky == 0"), waivers=(QUARANTINE,))
    assert result.status is GateStatus.CONDITIONAL


def test_measures_keep_quarantined_cases_so_that_they_equal_the_runner_s_own() -> None:
    result = verdict(
        Evidence(tests=(results("+F"),)), settings("tests", "failed == 0"), waivers=(QUARANTINE,)
    )
    assert value(result, "failed") == 1


@given(st.text("+FEsf", max_size=8), st.sampled_from(["test-failed", "test-error", "test-flaky"]))
def test_a_waiver_never_gives_a_worse_status(marks: str, rule: str) -> None:
    chosen, evidence = settings("tests", "pass_rate == 100%", "flaky == 0"), Evidence(tests=(results(marks),))
    before = verdict(evidence, chosen)
    after = verdict(evidence, chosen, waivers=(waiver("tests", rule=rule),))
    assert GATE_ORDER.index(after.status) <= GATE_ORDER.index(before.status)


def test_the_remedy_is_a_command() -> None:
    result = verdict(Evidence(tests=(results("F"),)), settings("tests", "pass_rate == 100%"))
    assert result.remedies == ("Run the failing cases alone: pytest --last-failed tests/test_a.py",)


def test_the_remedy_names_cases_of_other_runners() -> None:
    record = results("F")
    cases = (replace(record.cases[0], path=""), TestCase("Cart", "adds", record.cases[0].outcome))
    result = verdict(Evidence(tests=(replace(record, cases=cases),)), settings("tests", "failed == 0"))
    assert "Cart.adds" in result.remedies[0]


def test_a_suite_is_judged_on_its_own_files() -> None:
    evidence = Evidence(tests=(results("+F", "u.xml", "unit"), results("+++", "i.xml", "integration")))
    chosen = settings("tests", suites={"unit": "failed == 0", "integration": "tests >= 3"})
    statuses = [verdict(evidence, chosen, suite=s).status for s in ("unit", "integration")]
    assert statuses == [GateStatus.FAIL, GateStatus.PASS]


def test_a_suite_without_results_is_an_error() -> None:
    chosen = settings("tests", suites={"unit": "failed == 0"})
    assert verdict(Evidence(tests=(results("+"),)), chosen, suite="unit").status is GateStatus.ERROR


def test_a_file_in_two_suites_counts_once_in_all() -> None:
    evidence = Evidence(tests=(results("++", "a.xml", "unit"), results("++", "a.xml", "fast")))
    assert value(verdict(evidence, settings("tests", "tests > 0")), "tests") == 2


MARKS = st.text(alphabet="+FEsf", max_size=30)


@given(MARKS)
def test_the_parts_add_up_to_the_whole(marks: str) -> None:
    result = verdict(Evidence(tests=(results(marks),)), settings("tests", "tests >= 0"))
    parts = [value(result, n) or 0 for n in ("passed", "failed", "errors", "skipped")]
    assert sum(parts) == value(result, "tests")


@given(MARKS, st.sampled_from("FE"))
def test_a_further_failure_never_gives_a_pass(marks: str, bad: str) -> None:
    chosen = settings("tests", "pass_rate == 100%")
    assert verdict(Evidence(tests=(results(marks + bad),)), chosen).status is GateStatus.FAIL


# --- what the recorded runs tell -----------------------------------------------------------------


def recorded(marks: str, name: str = "suite::case_1") -> History:
    """Runs of one tree, oldest first: `F` where the case failed."""
    tests = {"tests": Measure("tests", Fraction(2), "", Better.HIGHER)}
    return History(
        tuple(
            Entry(
                str(n), f"{n:040x}", "t" * 40, measures={"tests": tests},
                cases=(Case(name, "tests/test_a.py", "failed"),) if mark == "F" else (),
            )
            for n, mark in enumerate(marks)
        )
    )  # fmt: skip


def judged_with(marks: str, now: str, *criteria: str, waivers: tuple[Waiver, ...] = ()) -> Verdict:
    evidence = Evidence(tests=(results(now),), history=recorded(marks))
    return verdict(evidence, settings("tests", *criteria), waivers=waivers)


def test_a_case_that_is_known_to_be_flaky_says_so_where_it_fails() -> None:
    result = judged_with("F+++", "+F", "failed == 0")
    assert result.findings[0].message.endswith("(known to be flaky: failed 1 of 4 runs)")
    assert any("fingerprint: suite::case_1" in text for text in result.remedies)


def test_flaky_cases_are_counted_and_listed_where_they_pass() -> None:
    result = judged_with("F+", "++", "flaky.known == 0")
    assert result.status is GateStatus.FAIL
    assert result.tables[-1].rows == (
        ("suite::case_1", "failed 1 of 2 runs", "failed and passed on the same tree"),
    )
    assert result.findings == ()


def test_a_quarantined_flaky_case_does_not_count_and_its_waiver_is_used() -> None:
    result = judged_with("F+", "++", "flaky.known == 0", waivers=(QUARANTINE,))
    assert result.status is GateStatus.CONDITIONAL
    assert [f.waiver for f in result.findings] == [QUARANTINE]


def test_without_recorded_runs_nothing_is_known() -> None:
    result = judged_with("", "++", "flaky.known == 0")
    assert [c.reason for c in result.criteria] == ["no run of the tests is recorded"]
    assert result.status is GateStatus.SKIPPED
