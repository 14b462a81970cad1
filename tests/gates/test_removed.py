"""Test cases of the baseline that are gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluicegate.core.model import Absence, Verdict
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.records import Evidence, TestsRecord
from sluicegate.history.baseline import Baseline, Before
from support.evidence import results, settings, value, verdict, waiver


def named(*names: str) -> TestsRecord:
    return replace(results("+" * len(names)), names=frozenset(names))


def judged(here: TestsRecord, before: Before, **more: Any) -> Verdict:
    chosen = settings("tests", "tests.removed == 0")
    return verdict(Evidence(tests=(here,)), chosen, before=before, **more)


def test_a_case_that_is_gone_is_named() -> None:
    result = judged(named("a::one"), Before(("a::one", "a::two")))
    assert (result.status, value(result, "tests.removed")) == (GateStatus.FAIL, 1)
    assert [(f.rule, f.fingerprint) for f in result.findings] == [("test-removed", "a::two")]
    assert result.tables[-1].rows == (("a::two",),)


def test_new_cases_do_not_make_up_for_one_that_is_gone() -> None:
    assert value(judged(named("a::one", "a::three"), Before(("a::two",))), "tests.removed") == 1


def test_a_case_that_is_skipped_now_is_not_gone() -> None:
    assert value(judged(results("s"), Before(("suite::case_0",))), "tests.removed") == 0


@pytest.mark.parametrize(
    ("here", "gone"), [(("a::t[3]", "a::t[4]"), 0), (("a::t[3]",), 1), (("a::t[2]",), 1)]
)
def test_parameters_are_compared_by_number(here: tuple[str, ...], gone: int) -> None:
    assert value(judged(named(*here), Before(("a::t[1]", "a::t[2]"))), "tests.removed") == gone


def test_a_waiver_accepts_a_case_by_name() -> None:
    result = judged(named("x"), Before(("x", "y")), waivers=(waiver("tests", fingerprint="y"),))
    assert result.status is GateStatus.CONDITIONAL


def test_without_a_baseline_it_does_not_apply() -> None:
    (criterion,) = judged(results("+"), Before()).criteria
    assert (criterion.status, criterion.reason) == (CriterionStatus.SKIPPED, "no baseline was given")


def test_a_ledger_that_cannot_be_read_is_no_pass() -> None:
    before = Baseline(absence=Absence.NOT_MEASURED, reason="unreachable").before("tests")
    assert judged(results("+"), before).criteria[0].status is CriterionStatus.UNKNOWN


def test_results_that_name_no_cases_cannot_be_compared() -> None:
    here = replace(results("+"), names=None)
    assert judged(here, Before(("a::one",))).criteria[0].status is CriterionStatus.UNKNOWN


def test_a_baseline_without_names_does_not_apply() -> None:
    assert judged(results("+"), Baseline().before("tests")).criteria[0].status is CriterionStatus.SKIPPED


def test_the_names_of_this_run_are_kept_for_the_next() -> None:
    assert judged(named("a::one"), Before()).cases == frozenset({"a::one"})
