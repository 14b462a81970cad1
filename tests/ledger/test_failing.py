"""The failing cases of recorded reports: in the ledger, in the baselines, and as what fails on the base."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Better, Commit, Finding, Measure, PolicyRef, Report, Severity, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.history.baseline import Before
from sluicegate.history.entries import Case, Entry
from sluicegate.history.failing import MAX_FAILING
from sluicegate.ledger.baselines import MAX_ITEMS, Baselines, ParentLine, joined
from sluicegate.ledger.documents import DocumentError
from sluicegate.ledger.record import entry_of, report_document
from sluicegate.ledger.resolve import remember
from sluicegate.ledger.wire import encode, to_wire
from sluicegate.ledger.wire_read import decode, of_wire
from sluicegate.report.baseline import failing_of
from support.ledgers import AT, sha


def failed(name: str, rule: str = "test-failed", file: str = "a.xml") -> Finding:
    return Finding(rule, Severity.HIGH, f"{name} failed", fingerprint=name, trace="line\n" * 30, source=file)


def report(*findings: Finding, suite: str | None = None, passed: int = 90, commit: str = "a") -> Report:
    counts = {"tests": passed + len(findings), "passed": passed, "failed": len(findings)}
    measures = {n: Measure(n, Fraction(v), "", Better.HIGHER) for n, v in counts.items()}
    verdict = Verdict("tests", GateStatus.FAIL, True, "x", suite, measures=measures, findings=findings)
    head = Commit(sha(commit), sha(commit))
    return Report(ReportStatus.BLOCKED, head, date(2026, 11, 21), PolicyRef("head", "p", ""), (verdict,))


def recorded(found: Report, committed: int = 86_400) -> Entry:
    document = report_document(found, found.commit.tested, AT, tree="", committed=committed)
    return entry_of(document.path, document)


def test_an_entry_names_the_failing_cases_of_each_verdict_with_their_number() -> None:
    twice = (failed("a::x"), failed("a::x", "test-error"), failed("a::x", file="b.xml"))
    found = report(*twice, failed("a::y", "test-flaky"), suite="unit")
    assert recorded(found).failing == {"tests.unit": {("a::x", "a.xml"): 2, ("a::x", "b.xml"): 1}}


def test_a_report_with_many_failures_names_a_bounded_number() -> None:
    found = report(*(failed(f"a::{n:04}") for n in range(MAX_FAILING + 9)), passed=9000)
    assert len(recorded(found).failing["tests"]) <= MAX_FAILING


def test_the_ledger_holds_no_traces() -> None:
    document = report_document(report(failed("a::x")), sha("a"), AT, tree="", committed=0)
    assert b"line" not in document.data.replace(b'"line"', b"")


def before(*entries: Entry) -> Before:
    """What a change on the last of these commits is compared with."""
    line = ParentLine(tuple(e.commit for e in reversed(entries)), whole=True)
    return remember(entries, line).baseline.before("tests")


def test_the_base_fails_what_its_newest_recorded_run_failed() -> None:
    older, newer = recorded(report(failed("a::x"))), recorded(report(failed("a::y"), commit="b"), 172_800)
    assert set(before(older, newer).failing or ()) == {"a::y"}


def test_a_base_whose_only_run_was_broken_knows_no_failures() -> None:
    found = before(recorded(report(*(failed(f"a::{n}") for n in range(9)), passed=1)))
    assert (found.failing, found.reason) == (None, "the baseline names no test cases")


def test_a_base_without_these_tests_knows_no_failures() -> None:
    assert before(recorded(report(failed("a::x"), suite="unit"))).failing is None


def test_a_report_file_names_its_failing_cases() -> None:
    known = failing_of(report(failed("a::x"), suite="unit"))["tests.unit"]["a::x"]
    assert known.words == f"fails on the base since {sha('a')[:7]} (2026-11-21) or before"


def test_a_report_file_of_a_broken_run_names_none() -> None:
    assert failing_of(report(*(failed(f"a::{n}") for n in range(9)), passed=1)) == {}


# --- the baselines -----------------------------------------------------------------------------------

places = st.tuples(st.sampled_from("xyz"), st.sampled_from(["a.xml", "b.xml", ""]))
names = st.dictionaries(places, st.integers(1, 3), min_size=1)
failing = st.dictionaries(st.sampled_from(["tests", "api/tests.unit"]), names)


def entries(found: list[dict[str, dict[tuple[str, str], int]]], listed: frozenset[str]) -> tuple[Entry, ...]:
    cases = tuple(Case(name, "tests/test_a.py", "failed") for name in sorted(listed))
    measure = Measure("tests", Fraction(1), "", Better.HIGHER)
    return tuple(
        Entry(
            f"{n:016x}",
            f"{n:040x}",
            committed=n,
            measures={"tests": {"tests": measure}},
            cases=cases,
            failing=f,
        )
        for n, f in enumerate(found)
    )


@given(st.lists(failing, max_size=4), st.frozensets(st.sampled_from("xyz")))
def test_failing_cases_come_back(
    found: list[dict[str, dict[tuple[str, str], int]]], listed: frozenset[str]
) -> None:
    whole = Baselines(entries(found, listed))
    assert decode(encode(whole), "x").entries == whole.entries


@pytest.mark.parametrize("row", [(9, 0, 0, 1), (0, 9, 0, 1), (0, 0, 9, 1), (0, 0, 0, 0)])
def test_a_failing_case_that_is_invalid_is_refused(row: tuple[int, int, int, int]) -> None:
    wire = to_wire(Baselines(entries([{"tests": {("x", "a.xml"): 1}}], frozenset())))
    damaged = {"": replace(wire.scopes[""], failing={"tests": (row,)})}
    with pytest.raises(DocumentError, match="damaged"):
        of_wire(replace(wire, scopes=damaged), "x")


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 4), max_size=4))
def test_any_rows_give_failing_cases_or_an_error(rows: list[tuple[int, int, int, int]]) -> None:
    wire = to_wire(Baselines(entries([{"tests": {("x", "a.xml"): 1, ("y", "a.xml"): 1}}] * 2, frozenset())))
    with suppress(DocumentError):
        found = of_wire(
            replace(wire, scopes={"": replace(wire.scopes[""], failing={"tests": tuple(rows)})}), "x"
        )
        assert sum(len(own) for e in found.entries for own in e.failing.values()) == len(rows)


def test_old_entries_keep_them_so_that_it_is_known_since_when() -> None:
    many = entries([{"tests": {("x", "a.xml"): 1}}] * (MAX_ITEMS + 2), frozenset())
    assert all(e.failing for e in joined(Baselines(many), Baselines()).entries)
