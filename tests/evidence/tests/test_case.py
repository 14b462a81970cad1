import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser.xunit2 import TestCase as Model

from sluicegate.evidence.records import CaseOutcome
from sluicegate.evidence.tests import case


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
    assert (outcome is CaseOutcome.ERROR) == model.is_error
    if not model.is_error:
        assert (outcome is CaseOutcome.FAILED) == (model.is_failure or model.is_rerun)
    if outcome is CaseOutcome.PASSED:
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
    record = case.as_record(element, 2, "suite")
    assert (record.message, record.details) == ("ValueError: no", "  ValueError: no\n  at line 3")
