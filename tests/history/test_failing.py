"""The cases that fail on the base: from which run, since when, and in which there is nothing to learn."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sluicegate.core.model import Better, Measure
from sluicegate.history.entries import Case, Entry, History
from sluicegate.history.failing import Failing, failing_cases, is_broken
from sluicegate.history.flaky import flaky_cases
from support.ledgers import sha

DAY = 86_400


def run(name: str, failing: str, *, day: int = 0, verdict: str = "tests", passed: int = 90) -> Entry:
    """A run in which these cases failed; `x@b` in the file `b`, others in `a`."""
    pairs = (word.partition("@") for word in failing.split())
    times = {(f"a::{case}", file or "a"): 1 for case, _, file in pairs}
    counts = {"tests": passed + len(times), "passed": passed, "failed": len(times)}
    measures = {n: Measure(n, Fraction(v), "", Better.HIGHER) for n, v in counts.items()}
    return Entry(
        sha(name)[:16],
        sha(name),
        "tree",
        committed=day * DAY,
        measures={verdict: measures},
        cases=tuple(Case(case, "", "failed") for case, _ in times),
        failing={verdict: times} if times else {},
    )


def found(*newest_first: Entry, verdict: str = "tests") -> dict[str, Failing] | None:
    return failing_cases(newest_first, verdict)


def test_a_case_fails_since_the_first_run_without_a_break() -> None:
    runs = (run("c", "x", day=3), run("b", "x y", day=2), run("a", "y", day=1))
    assert found(*runs) == {"a::x": Failing({"a": 1}, sha("b"), "1970-01-03")}


def test_of_a_case_that_failed_in_the_first_run_it_is_not_known_since_when() -> None:
    known = found(run("b", "x"), run("a", "x", day=1))
    assert known is not None
    assert known["a::x"].words == f"fails on the base since {sha('a')[:7]} (1970-01-02) or before"


def test_what_failed_before_and_passed_since_does_not_fail_on_the_base() -> None:
    assert found(run("b", ""), run("a", "x")) == {}


def test_each_verdict_has_its_own_runs() -> None:
    unit, other = run("b", "x", verdict="tests.unit"), run("a", "y", verdict="tests.slow")
    assert set(found(unit, other, verdict="tests.slow") or ()) == {"a::y"}
    assert found(unit, other, verdict="api/tests") is None


def test_a_case_fails_in_each_result_file_for_itself() -> None:
    known = found(run("b", "x x@b y@b"), run("a", "x@b"))
    assert {n: f.places for n, f in (known or {}).items()} == {"a::x": {"a": 1, "b": 1}, "a::y": {"b": 1}}


@pytest.mark.parametrize(
    ("base", "here", "files", "covered"),
    [
        ({"a": 1}, {"a": 1}, "ab", True),
        ({"a": 1}, {"b": 1}, "ab", False),
        ({"a": 1}, {"a": 2}, "ab", False),
        ({"a": 1, "b": 1}, {"b": 1}, "ab", True),
        ({"old": 1}, {"new": 1}, ["new"], True),
        ({"old": 1}, {"new": 1, "b": 1}, ["new", "b"], False),
    ],
)
def test_a_failure_is_covered_by_one_in_the_same_file(
    base: dict[str, int], here: dict[str, int], files: list[str], covered: bool
) -> None:
    assert Failing(base, sha("a"), "1970-01-02").covers(here, files) == covered


def test_a_broken_run_is_passed_over() -> None:
    assert set(found(run("b", "x y z u v w", passed=2), run("a", "x")) or ()) == {"a::x"}
    assert found(run("b", "x y z u v w", passed=2)) is None


@pytest.mark.parametrize(
    ("failed", "passed", "broken"), [(5, 4, True), (5, 5, False), (4, 0, False), (0, 0, False)]
)
def test_a_run_is_broken_where_most_and_more_than_a_few_fail(failed: int, passed: int, broken: bool) -> None:
    assert is_broken(failed, passed) == broken


def test_a_broken_run_makes_no_case_flaky() -> None:
    one, other = run("a", "x"), run("b", "", day=1)
    assert [c.name for c in flaky_cases([one, other])] == ["a::x"]
    assert flaky_cases([run("a", "x y z u v", passed=1), other]) == ()


def test_of_two_reports_of_a_commit_each_verdict_keeps_its_own_failures() -> None:
    unit, other = run("a", "x", verdict="tests.unit"), run("a", "y", verdict="tests.slow")
    (entry,) = History((unit, other)).latest()
    assert entry.failing == {"tests.unit": {("a::x", "a"): 1}, "tests.slow": {("a::y", "a"): 1}}
    (entry,) = History((unit, run("a", "", verdict="tests.unit"))).latest()
    assert entry.failing == {}
