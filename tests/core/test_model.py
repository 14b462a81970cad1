"""What the records say of themselves."""

from datetime import date

import pytest

from sluicegate.core.model import Verdict, Waiver
from sluicegate.core.statuses import GateStatus


@pytest.mark.parametrize(("suite", "name"), [(None, "tests"), ("unit", "tests.unit")])
def test_a_verdict_is_named_by_gate_and_suite(suite: str | None, name: str) -> None:
    assert Verdict("tests", GateStatus.PASS, required=True, summary="", suite=suite).name == name


def test_a_waiver_says_in_a_few_words_what_it_accepts() -> None:
    criterion = Waiver("coverage", "known", "@a", date(2030, 1, 1), criterion="c")
    assert criterion.label() == "coverage: c"
    finding = Waiver("security", "old", "@a", date(2030, 1, 1), "B602", "src/**", "0123456789abcdef")
    assert finding.label() == "security: B602 src/** 0123456789ab"


def test_a_waiver_of_a_test_case_names_the_case() -> None:
    case = Waiver("tests", "slow", "@a", date(2030, 1, 1), fingerprint="tests.test_sync::test_retry")
    assert case.label() == "tests: tests.test_sync::test_retry"
