import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser.xunit2 import TestCase as Model

from sluicegate.evidence.records import Outcome
from sluicegate.evidence.tests import case


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5", 1.5),
        ("1,234.5", 1234.5),
        ("1,234", 1234),
        ("0,123", 0.123),
        ("1234,5", 1234.5),
        (" 2 ", 2),
        (None, 0),
        ("", 0),
        ("<<computed>>", 0),
        ("nan", 0),
        ("inf", 0),
        ("-1", 0),
        ("1e300", 0),
    ],
)
def test_reads_seconds(text: str | None, expected: float) -> None:
    assert case.seconds(text) == expected


@given(st.lists(st.none() | st.text(max_size=6) | st.floats().map(str) | st.sampled_from(["1,5", "nan"])))
def test_many_seconds_are_read_as_each_is(texts: list[str | None]) -> None:
    assert case.all_seconds(texts) == [case.seconds(text) for text in texts]


@given(st.text() | st.floats().map(str))
def test_seconds_are_finite_and_not_negative(text: str) -> None:
    assert 0 <= case.seconds(text) < math.inf


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5", 5), (" 7 ", 7), ("-1", None), ("1.0", None), ("9" * 5000, None), (None, None)],
)
def test_reads_counts(text: str | None, expected: int | None) -> None:
    assert case.count(text) == expected


@given(st.lists(st.sampled_from(sorted(case.RESULT_TAGS)), max_size=4))
def test_agrees_with_junitparser(tags: list[str]) -> None:
    element = case.element({"name": "n"})
    bits = 0
    for tag in tags:
        case.add_result(element, tag, {})
        bits |= case.RESULT_TAGS[tag]
    model: Model = Model.fromelem(element)
    outcome = case.OUTCOMES[case.code_of(bits)]
    assert (outcome is Outcome.ERROR) == model.is_error
    if not model.is_error:
        assert (outcome is Outcome.FAILED) == (model.is_failure or model.is_rerun)
    if outcome is Outcome.PASSED:
        assert model.is_passed
        assert not model.is_flaky


def test_cuts_what_is_long() -> None:
    element = case.element({"name": "n" * 9000, "classname": "c" * 9000, "file": "f" * 9000})
    case.add_result(element, "failure", {"message": "m" * 9000}).text = "t" * 9000
    record = case.as_record(element, 1, "suite")
    assert {len(record.name), len(record.suite), len(record.path), len(record.message)} == {case.MAX_TEXT}
    assert len(record.details) == case.MAX_DETAILS


def test_takes_the_first_line_of_the_text_without_a_message() -> None:
    element = case.element({"name": "n"})
    case.add_result(element, "error", {}).text = "\n  ValueError: no\n  at line 3\n"
    assert case.as_record(element, 2, "suite").message == "ValueError: no"
