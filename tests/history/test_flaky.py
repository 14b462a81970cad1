"""Flaky test cases: what the recorded runs prove, and what they do not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Better, Measure
from sluicegate.history.entries import Case, Entry
from sluicegate.history.flaky import Flaky, flaky_cases

OUTCOMES = {"F": "failed", "E": "error", "r": "flaky"}
PATH = "tests/test_a.py"


def runs(text: str) -> list[Entry]:
    """Runs as words, oldest first: `+1a` passed, on tree 1, its file as a; `F` failed, `r` retried."""
    return [_entry(number, word) for number, word in enumerate(text.split())]


def _entry(number: int, word: str, suite: str = "tests") -> Entry:
    mark, tree, blob = word[0], word[1], word[2:]
    cases = (Case("A::case", PATH, OUTCOMES[mark]),) if mark in OUTCOMES else ()
    count = Measure("tests", Fraction(9), "", Better.HIGHER)
    return Entry(
        f"{number:016x}",
        f"{number:040x}",
        tree,
        measures={suite: {"tests": count}},
        cases=cases,
        code={PATH: blob} if blob else {},
    )


def found(text: str) -> list[Flaky]:
    return list(flaky_cases(runs(text)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("r1a", "passed when tried again"),
        ("+1a F1a", "failed and passed on the same tree"),
        ("E1 +1", "failed and passed on the same tree"),
        ("F1a +2a F3a", "failed in 2 stretches while its file stayed the same"),
        ("F1a +2 F3a +4 F5a", "failed in 3 stretches while its file stayed the same"),
    ],
)
def test_what_makes_a_case_flaky(text: str, why: str) -> None:
    assert [case.why for case in found(text)] == [why]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+1a +2a",
        "F1a F1a",
        "+1a F2a",
        "+1a F2a F3a +4a",
        "F1a +2a F3b",
        "F1 +2 F3",
        "r1a +2b +3b",
    ],
)
def test_what_does_not(text: str) -> None:
    assert found(text) == []


def test_the_rate_is_of_the_runs_since_the_file_changed() -> None:
    (case,) = found("F1a F2a +3b F3b +4b +5b")
    assert case.rate == "failed 1 of 4 runs"


def test_runs_of_other_suites_say_nothing_of_a_case() -> None:
    unit, other = _entry(0, "F1a", "tests.unit"), _entry(1, "+1a", "tests.integration")
    assert flaky_cases([unit, other]) == ()


def test_those_that_fail_most_come_first() -> None:
    both = [
        Entry(str(n), f"{n:040x}", "1", measures=e.measures, cases=(*e.cases, Case("B::x", "", "failed")))
        for n, e in enumerate(runs("F1 +1"))
    ]
    assert [c.name for c in flaky_cases([*both, *runs("+1")])] == ["B::x", "A::case"]


words = st.tuples(st.sampled_from("+FEr"), st.sampled_from("123"), st.sampled_from(("", "a", "b"))).map(
    "".join
)


@given(st.lists(words, max_size=12))
def test_a_flaky_case_failed_at_least_once_and_not_without_a_reason(text: list[str]) -> None:
    for case in flaky_cases(runs(" ".join(text))):
        assert 0 < case.failed <= case.runs
        assert case.why


@given(st.lists(words.filter(lambda w: w[0] != "r"), max_size=12))
def test_a_case_that_never_changes_its_outcome_is_not_flaky(text: list[str]) -> None:
    marks = {w[0] in "FE" for w in text}
    if len(marks) < 2:
        assert found(" ".join(text)) == []
