"""What suites state and do not list: the shapes that runners write, each with what it counts."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.evidence.records import CaseOutcome
from support.examples import at_most
from support.results import RESULTS, case, counts, read_junit, suite

SUREFIRE = {
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "https://maven.apache.org/surefire/xsd/surefire-test-report.xsd",
}


def test_a_browser_that_karma_lost_is_a_failing_case(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["one pass", "two pass"], name="Chrome 156", tests=9, errors="1"))
    assert (counts(record), record.stated) == ({"passed": 2, "errors": 1}, (9, 2))
    assert [(c.suite, c.name) for c in record.cases] == [
        ("Chrome 156", "1 error that the file does not list")
    ]


@pytest.mark.parametrize(
    "attributes", [{"failures": "3"}, {"errors": "3"}, {"failures": "2", "errors": "1"}, {"failures": " 3 "}]
)
def test_failures_on_the_root_that_no_case_carries_fail(tmp_path: Path, attributes: dict[str, str]) -> None:
    stated = " ".join(f"{k}='{v}'" for k, v in attributes.items())
    record = read_junit(tmp_path, f"<testsuites {stated}>{suite(['a pass'])}</testsuites>")
    assert record.failed + record.errors == 1


def test_failures_that_suite_and_root_state_are_reported_once(tmp_path: Path) -> None:
    inner = suite(["a pass"], tests=2, failures="1")
    record = read_junit(tmp_path, f"<testsuites tests='2' failures='1'>{inner}</testsuites>")
    assert counts(record) == {"passed": 1, "failed": 1}


@pytest.mark.parametrize(("tag", "outcome"), [("error", CaseOutcome.ERROR), ("failure", CaseOutcome.FAILED)])
def test_a_failure_directly_in_a_suite_is_a_case_named_after_it(
    tmp_path: Path, tag: str, outcome: CaseOutcome
) -> None:
    xml = f"<testsuite name='s'><{tag} message='set-up broke'>text</{tag}><testcase name='a'/></testsuite>"
    record = read_junit(tmp_path, xml)
    assert [(c.suite, c.name, c.outcome, c.message, c.details) for c in record.cases] == [
        ("", "s", outcome, "set-up broke", "text")
    ]
    assert record.passed == 1


def test_a_suite_that_only_broke_fails(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, "<testsuite tests='1' errors='1'><error/></testsuite>")) == {
        "errors": 1
    }


def test_a_failure_of_the_suite_is_never_taken_back_by_a_case(tmp_path: Path) -> None:
    xml = "<testsuite name='s'><error/><testcase name='s'/><testcase classname='s'/></testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 2, "errors": 1}


def test_a_failure_below_another_element_does_not_count_for_the_suite(tmp_path: Path) -> None:
    xml = "<testsuite><properties><failure/></properties><testcase name='a'/></testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1}


PENDING_MOCHA = (
    "<testsuites name='Mocha Tests' tests='6' failures='0' skipped='4'>"
    f"{suite([], name='Root Suite', tests=0)}{suite(['a pass'], tests=3, failures='0')}"
    f"{suite(['c pass'], tests=2, failures='0')}{suite([], tests=1, failures='0')}</testsuites>"
)
GOOGLETEST = (
    "<testsuites tests='2' failures='0' disabled='1'><testsuite tests='2' disabled='1'>"
    "<testcase name='a'/><testcase name='b' status='notrun'/></testsuite></testsuites>"
)
SUBTESTS = f"<testsuites name='pytest tests'>{suite(['a pass'], name='mine', tests=7)}</testsuites>"


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(SUBTESTS, id="pytest with subtests"),
        pytest.param(suite(["a pass", "a pass"], name="pytest", tests=1, failures="0"), id="rerunfailures"),
        pytest.param(suite(["a flaky", "b pass"], tests=3, failures="1", **SUREFIRE), id="surefire, rerun"),
        pytest.param(suite(["a fail", "a pass"], tests=2, failures="1"), id="gradle, test-retry"),
        pytest.param(suite(["a pass", "b pass"], tests=40, hostname="tbd"), id="catch2"),
        pytest.param(suite(["a pass", "b pass"], tests=40, doctest_version="2.5.0"), id="doctest"),
        pytest.param(PENDING_MOCHA, id="mocha, pending"),
        pytest.param(GOOGLETEST, id="googletest, disabled"),
    ],
)
def test_a_passing_run_of_a_runner_that_counts_otherwise_passes(tmp_path: Path, xml: str) -> None:
    record = read_junit(tmp_path, xml)
    assert (record.failed, record.errors, record.stated) == (0, 0, None)


def test_a_warning_of_doctest_fails_no_test(tmp_path: Path) -> None:
    case = "<testcase name='a'><failure type='WARN' message='1 == 2'>text</failure></testcase>"
    xml = f"<testsuite failures='1' tests='1' doctest_version='2.5.0'>{case}</testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1}


SKIPS = ("message='TEST_CASE tagged with !mayfail'", "type='todo'", "type='pytest.skip'", "type='SKIP'")


@pytest.mark.parametrize(
    ("skip", "expected"), [(s, "skipped") for s in SKIPS[:2]] + [(s, "failed") for s in SKIPS[2:]]
)
def test_a_case_that_may_fail_is_skipped_where_its_runner_says_so(
    tmp_path: Path, skip: str, expected: str
) -> None:
    xml = f"<testsuite><testcase name='a'><skipped {skip}/><failure/></testcase></testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {expected: 1}


@pytest.mark.parametrize("more", ["", " timestamp='2026-11-30T06:00:00Z'"], ids=["20", "later"])
def test_nodes_runner_is_known_by_the_attributes_of_its_suites(tmp_path: Path, more: str) -> None:
    stated = "name='s' time='1' disabled='0' errors='0' tests='1' failures='0' skipped='0'"
    xml = f"<testsuites><testsuite {stated}{more} hostname='h'><testcase name='a'/></testsuite></testsuites>"
    assert read_junit(tmp_path, xml).source.tool == "Node's test runner"


def test_pending_tests_of_mocha_were_skipped(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, PENDING_MOCHA)) == {"passed": 2, "skipped": 4}


def test_what_pytest_counts_beside_its_cases_is_no_skipped_test(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b skip"], name="pytest", tests=9, skipped="3"))
    assert counts(record) == {"passed": 1, "skipped": 1}


def test_unlisted_tests_are_reported(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b pass"], tests=9))
    assert (counts(record), record.stated) == ({"passed": 2}, (9, 2))


def test_attempts_are_listed_each_for_itself(tmp_path: Path) -> None:
    assert read_junit(tmp_path, suite(["a fail", "a pass", "b pass"], tests=4)).stated == (4, 3)


@pytest.mark.parametrize("attribute", ["skipped", "disabled"])
@pytest.mark.parametrize("on_root", [True, False])
def test_what_was_skipped_and_is_not_listed_was_skipped(
    tmp_path: Path, attribute: str, on_root: bool
) -> None:
    root = f" tests='5' {attribute}='3'" if on_root else ""
    cases = suite(["a pass", "b pass"], tests=5, **({} if on_root else {attribute: "3"}))
    xml = f"<testsuites{root}>{cases}</testsuites>"
    record = read_junit(tmp_path, xml)
    assert (counts(record), record.stated) == ({"passed": 2, "skipped": 3}, None)


def test_a_number_of_skipped_tests_that_does_not_explain_all_explains_none(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass"], tests=9, skipped="3"))
    assert (counts(record), record.stated) == ({"passed": 1}, (9, 1))


def test_of_an_empty_suite_what_was_skipped_is_never_passed(tmp_path: Path) -> None:
    xml = f"<testsuites tests='5' skipped='2'>{suite([], tests=5)}</testsuites>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 3, "skipped": 2}


def test_a_skipped_test_that_is_listed_explains_no_other(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b skip"], tests=5, skipped="1"))
    assert (counts(record), record.stated) == ({"passed": 1, "skipped": 1}, (5, 2))


def test_an_empty_suite_that_the_total_leaves_out_is_no_test(tmp_path: Path) -> None:
    xml = f"<testsuites tests='1'>{suite(['a pass'], tests=1)}{suite([], tests=3)}</testsuites>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1}


def test_a_failing_empty_suite_counts_whatever_the_total_says(tmp_path: Path) -> None:
    xml = f"<testsuites tests='1'>{suite(['a pass'], tests=1)}{suite([], tests=3, failures='1')}</testsuites>"
    assert read_junit(tmp_path, xml).failed == 1


def stating(cases: list[str], stated: dict[str, str], inner: str = "") -> str:
    attributes = " ".join(f"{k}='{v}'" for k, v in stated.items())
    return f"<testsuite {attributes}>{''.join(map(case, cases))}{inner}</testsuite>"


NUMBERS = ("tests", "failures", "errors", "skipped", "disabled")
numbers = st.fixed_dictionaries({}, optional={k: st.integers(0, 4).map(str) for k in NUMBERS})
entries = st.builds("{} {}".format, st.sampled_from("abc"), st.sampled_from(["", *sorted(RESULTS)]))
leaves = st.builds(stating, st.lists(entries, max_size=3), numbers)


@given(st.lists(entries, max_size=3), numbers, st.lists(leaves, max_size=3))
@settings(
    max_examples=at_most(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_that_states_a_failure_anywhere_is_never_green(
    tmp_path: Path, cases: list[str], stated: dict[str, str], inner: list[str]
) -> None:
    xml = stating(cases, stated, "".join(inner))
    record = read_junit(tmp_path, xml)
    told = any(f"{k}='{n}'" in xml for k in ("failures", "errors") for n in range(1, 5))
    assert record.failed + record.errors + record.flaky > 0 or not told
