"""Whose each failing test is: new, of the base, flaky, or quarantined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Absence, Better, Measure, Verdict, Waiver
from sluicegate.core.statuses import GATE_ORDER, GateStatus
from sluicegate.evidence.records import CaseOutcome, Evidence, TestCase, TestsRecord
from sluicegate.evidence.tests.case import MAX_TEXT
from sluicegate.evidence.tests.suites import UNLISTED
from sluicegate.gates.failures import failures
from sluicegate.gates.interface import Context
from sluicegate.gates.quarantine import KnownFlaky
from sluicegate.history.baseline import Before
from sluicegate.history.entries import Case, Entry, History
from sluicegate.history.failing import Failing
from support import policies
from support.evidence import policy, results, settings, value, verdict, waiver

SINCE = "1a2b3c4" + "0" * 33


def base(*names: str, **places: str) -> Before:
    """The base: these cases of `suite` fail in the file `0.xml`, or in the files of these numbers."""
    where: Mapping[str, str] = {**dict.fromkeys(names, "0"), **places}
    failing = {
        f"suite::{name}": Failing({f"{n}.xml": 1 for n in numbers}, SINCE, "2026-11-02")
        for name, numbers in where.items()
    }
    return Before(("suite::case_0",), reason="", failing=failing)


LEGACY = settings("tests", "new.failed == 0", "?known.failed == 0")


def judged(
    *marks: str,
    before: Before | None = None,
    waivers: tuple[Waiver, ...] = (),
    history: History | None = None,
) -> Verdict:
    records = tuple(results(m, f"{n}.xml") for n, m in enumerate(marks))
    evidence = Evidence(tests=records, history=history or History())
    return verdict(evidence, LEGACY, before=before or base(), waivers=waivers)


def counts(result: Verdict) -> list[float | None]:
    return [value(result, "new.failed"), value(result, "known.failed")]


def test_what_a_change_mends_does_not_make_up_for_what_it_breaks() -> None:
    result = judged("+F+", before=base("case_0"))
    assert (result.status, counts(result)) == (GateStatus.FAIL, [1, 0])


def test_the_preset_for_old_code_judges_so() -> None:
    tests = next(g for g in policies.policy("extends: legacy").gates if g.name == "tests")
    evidence = Evidence(tests=(results("+F+"),))
    assert verdict(evidence, tests, before=base("case_0")).status is GateStatus.FAIL
    assert verdict(evidence, tests, before=base("case_1")).status is GateStatus.WARN


@pytest.mark.parametrize(
    ("marks", "known", "expected"),
    [
        ("+F+", ["case_1"], [0, 1]),
        ("+FE", ["case_1"], [1, 1]),
        ("+++", ["case_1"], [0, 0]),
        ("+FE", [], [2, 0]),
    ],
)
def test_failures_of_the_base_are_told_apart(marks: str, known: list[str], expected: list[int]) -> None:
    assert counts(judged(marks, before=base(*known))) == expected


def test_each_failing_case_says_whose_it_is() -> None:
    result = judged("+FE", before=base("case_1"))
    assert [(f.message, f.new) for f in result.findings] == [
        ("suite.case_1 failed (fails on the base since 1a2b3c4 (2026-11-02))", False),
        ("suite.case_2 broke (new)", True),
    ]
    assert result.summary.endswith("1 new failure, 1 known from the base")


def test_a_case_that_fails_in_more_jobs_than_on_the_base_is_new() -> None:
    assert counts(judged("F+", "F+", before=base(case_0="01"))) == [0, 2]
    assert counts(judged("F+", "F+", before=base(case_0="0"))) == [2, 0]


def test_what_a_change_mends_in_one_job_does_not_make_up_for_another() -> None:
    assert counts(judged("F+", "++", before=base(case_0="1"))) == [1, 0]
    assert counts(judged("F+", "++", before=base(case_0="01"))) == [0, 1]


def test_where_result_files_have_other_names_the_number_counts() -> None:
    assert counts(judged("F+", "++", before=base(case_0="9"))) == [0, 1]
    assert counts(judged("F+", "F+", before=base(case_0="9"))) == [2, 0]


def test_without_a_baseline_every_failure_is_new_and_the_reason_says_so() -> None:
    result = judged("+F", before=Before(reason="no baseline yet"))
    assert (result.status, counts(result)) == (GateStatus.FAIL, [1, 0])
    assert result.criteria[0].reason == "every failure counts as new: no baseline yet"
    assert [f.new for f in result.findings] == [None]


def test_without_a_baseline_and_a_failure_there_is_nothing_to_say() -> None:
    result = judged("++", before=Before(absence=Absence.NOT_MEASURED, reason="unreachable"))
    assert (result.status, result.criteria[0].reason) == (GateStatus.PASS, "")


def test_where_no_test_ran_nothing_is_known() -> None:
    assert [c.status for c in judged("ss").criteria] == ["UNKNOWN", "UNKNOWN"]


def recorded(*marks: str) -> History:
    """Runs on one tree, in which `suite::case_1` failed where the mark is `F`."""
    tests = {"tests": Measure("tests", Fraction(2), "", Better.HIGHER)}
    case = (Case("suite::case_1", "tests/test_a.py", "failed"),)
    entries = (
        Entry(str(n), f"{n:040x}", "t" * 40, measures={"tests": tests}, cases=case if mark == "F" else ())
        for n, mark in enumerate(marks)
    )
    return History(tuple(entries))


def test_a_flaky_case_says_so_and_counts_as_new_where_the_base_passed() -> None:
    result = judged("+F", history=recorded("F", "+", "+", "+"))
    assert result.findings[0].message.endswith("(new; known to be flaky: failed 1 of 4 runs)")
    assert counts(result) == [1, 0]
    assert result.summary.endswith("1 failed; 1 flaky")


def test_a_quarantined_case_says_until_when() -> None:
    result = judged("+F", waivers=(waiver("tests", fingerprint="suite::case_1"),))
    assert result.status is GateStatus.CONDITIONAL
    assert "(quarantined until 2027-01-31; new)" in result.findings[0].message
    assert result.summary.endswith("1 failed; 1 quarantined")


def test_a_quarantine_that_ended_is_none() -> None:
    old = waiver("tests", fingerprint="suite::case_1", expires=date(2026, 11, 20))
    result = judged("+F", waivers=(old,))
    assert result.status is GateStatus.FAIL
    assert "quarantined" not in result.findings[0].message + result.summary


def test_a_quarantined_failure_of_the_base_does_not_count() -> None:
    result = judged("+FF", before=base("case_1"), waivers=(waiver("tests", fingerprint="suite::case_1"),))
    assert [c.actual for c in result.criteria] == [1, 0]


@pytest.mark.parametrize("name", [f"2 failures {UNLISTED}", "x" * (MAX_TEXT - 1) + "…"])
def test_a_case_without_a_name_of_its_own_is_never_known(name: str) -> None:
    record = results("F+")
    record = replace(record, cases=(replace(record.cases[0], name=name),))
    result = verdict(Evidence(tests=(record,)), LEGACY, before=base(name))
    assert counts(result) == [1, 0]


def test_failures_that_are_not_listed_are_new() -> None:
    record = replace(results("FF+"), failed=7, tests=8)
    assert counts(verdict(Evidence(tests=(record,)), LEGACY, before=base("case_0"))) == [6, 1]


def test_a_run_in_which_most_tests_fail_is_said_to_be_broken() -> None:
    result = judged("FFFFF+")
    assert result.summary.endswith("5 new failures; most tests failed, so the run is broken")
    assert result.remedies[0].startswith("Most tests failed: look first for what they share")


def test_failures_of_the_base_are_to_be_fixed_there() -> None:
    result = judged("FF+", before=base("case_0", "case_1"))
    assert result.remedies == (
        "Fix on the default branch: suite::case_0 fails on the base since 1a2b3c4 (2026-11-02), and 1 more.",
    )


# --- the traces --------------------------------------------------------------------------------------


def printed(*texts: str) -> TestsRecord:
    cases = (TestCase("s", f"{n:02}", CaseOutcome.FAILED, details=text) for n, text in enumerate(texts))
    return replace(results("F" * len(texts) + "+"), cases=tuple(cases))


def traces(record: TestsRecord, before: Before | None = None) -> list[str]:
    context = Context(policy(LEGACY), LEGACY, before=before or base())
    return [f.trace for f in failures((record,), context, KnownFlaky(False, ())).findings()]


def test_a_failing_case_shows_the_end_of_its_trace() -> None:
    (trace,) = traces(printed("\n".join(f"line {n}" for n in range(100))))
    assert trace.splitlines() == [f"line {n}" for n in range(70, 100)]


def test_a_trace_shows_no_token() -> None:
    (trace,) = traces(printed("GET https://x.test/?token=abcdef"))
    assert "abcdef" not in trace


def test_only_the_first_cases_show_their_traces_and_new_ones_before_those_of_the_base() -> None:
    known = Before(
        ("x",), failing={f"s::{n:02}": Failing({"junit.xml": 1}, SINCE, "2026-11-02") for n in range(10)}
    )
    found = traces(printed(*["trace"] * 25), known)
    assert [n for n, trace in enumerate(found) if not trace] == [5, 6, 7, 8, 9]


def test_a_message_ends_before_where_pytest_says_the_values_come_from() -> None:
    case = replace(results("F").cases[0], message="assert 2 == 3 + where 2 = <function f at 0x7f>(1)")
    record = replace(results("F"), cases=(case,))
    (finding,) = verdict(Evidence(tests=(record,)), LEGACY, before=base()).findings
    assert finding.message.endswith(": assert 2 == 3")


def test_a_long_message_keeps_its_end() -> None:
    record = replace(results("F"), cases=(replace(results("F").cases[0], message="a" * 400 + "the end"),))
    message = verdict(Evidence(tests=(record,)), LEGACY, before=base()).findings[0].message
    assert message.endswith("the end")
    assert len(message) < 300


# --- properties --------------------------------------------------------------------------------------

MARKS = st.text("+FEs", max_size=8)
KNOWN = st.frozensets(st.sampled_from([f"case_{n}" for n in range(8)]))
PLACES = st.dictionaries(
    st.sampled_from([f"case_{n}" for n in range(4)]), st.sampled_from(["0", "1", "01", "9", "19"])
)


def badness(result: Verdict) -> int:
    return GATE_ORDER.index(result.status)


@given(MARKS, st.integers(0, 7), KNOWN)
def test_a_further_failure_never_gives_a_better_status(marks: str, place: int, known: frozenset[str]) -> None:
    worse = marks[:place] + "F" + marks[place + 1 :]
    one, other = (judged(m + "+", before=base(*known)) for m in (marks, worse))
    assert badness(other) >= badness(one)


@given(MARKS, KNOWN, KNOWN)
def test_a_base_that_fails_less_never_gives_a_better_status(
    marks: str, known: frozenset[str], mended: frozenset[str]
) -> None:
    after = judged(marks, before=base(*(known - mended)))
    assert badness(after) >= badness(judged(marks, before=base(*known)))


@given(MARKS, MARKS, PLACES, st.sampled_from("0123"), st.booleans())
def test_a_further_failure_in_any_job_never_gives_a_better_status(
    one: str, two: str, places: dict[str, str], place: str, in_first: bool
) -> None:
    at, before = int(place), base(**places)
    worse = [
        m[:at] + "F" + m[at + 1 :] if first == in_first else m for m, first in ((one, True), (two, False))
    ]
    again, better = (judged(*(m + "+" for m in marks), before=before) for marks in (worse, [one, two]))
    assert badness(again) >= badness(better)


@given(MARKS, KNOWN)
def test_a_base_that_is_not_known_never_gives_a_better_status(marks: str, known: frozenset[str]) -> None:
    assert badness(judged(marks, before=Before())) >= badness(judged(marks, before=base(*known)))


@given(MARKS, KNOWN)
def test_each_failure_is_either_new_or_known(marks: str, known: frozenset[str]) -> None:
    result = judged(marks, before=base(*known))
    new, of_base = counts(result)
    if set(marks) - {"s"}:
        assert (new or 0) + (of_base or 0) == (value(result, "failed") or 0) + (value(result, "errors") or 0)


@given(st.lists(MARKS, min_size=2, max_size=4), st.permutations(range(4)), KNOWN)
def test_the_order_of_the_files_does_not_matter(
    marks: list[str], order: list[int], known: frozenset[str]
) -> None:
    records = [results(m, f"{n}.xml") for n, m in enumerate(marks)]
    shuffled = [records[n] for n in order if n < len(records)]
    one, other = (
        verdict(Evidence(tests=tuple(rs)), LEGACY, before=base(*known)) for rs in (records, shuffled)
    )
    assert (one.status, one.measures, one.summary, set(one.findings)) == (
        (other.status, other.measures, other.summary, set(other.findings))
    )
