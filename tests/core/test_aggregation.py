"""The one aggregation table: criteria to gate to report."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.aggregation import gate_status, report_status
from sluicegate.core.model import CriterionResult, Verdict, Waiver
from sluicegate.core.statuses import (
    GATE_ORDER,
    REPORT_ORDER,
    CriterionStatus,
    GateStatus,
    Otherwise,
    ReportStatus,
)

WAIVER = Waiver("coverage", "known", "@a", date(2030, 1, 1), criterion="c")


# For a required gate and a blocking criterion.
BY_BADNESS = (
    CriterionStatus.SKIPPED,
    CriterionStatus.PASS,
    CriterionStatus.WARN,
    CriterionStatus.FAIL,
    CriterionStatus.UNKNOWN,
)


def criterion(
    status: CriterionStatus,
    otherwise: Otherwise = Otherwise.BLOCK,
    *,
    waived: bool = False,
    incomplete: bool = False,
) -> CriterionResult:
    return CriterionResult(
        "c", "total >= 80%", status, otherwise, waiver=WAIVER if waived else None, incomplete=incomplete
    )


def verdict(status: GateStatus, *, blocking: bool = True) -> Verdict:
    return Verdict("coverage", status, required=True, summary="", blocking=blocking)


def expected(status: CriterionStatus, otherwise: Otherwise, *, required: bool, waived: bool) -> GateStatus:
    """The table of the design, row by row."""
    if status is CriterionStatus.UNKNOWN:
        return GateStatus.ERROR if required and otherwise is Otherwise.BLOCK else GateStatus.WARN
    if status is CriterionStatus.FAIL:
        return GateStatus.CONDITIONAL if waived else GateStatus.FAIL
    return GateStatus[status.name]


@pytest.mark.parametrize("waived", [False, True])
@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("otherwise", list(Otherwise))
@pytest.mark.parametrize("status", list(CriterionStatus))
def test_one_criterion_decides_as_the_table_says(
    status: CriterionStatus, otherwise: Otherwise, required: bool, waived: bool
) -> None:
    result = gate_status([criterion(status, otherwise, waived=waived)], required=required, failed=False)
    assert result is expected(status, otherwise, required=required, waived=waived)


def test_no_criteria_are_skipped() -> None:
    assert gate_status([], required=True, failed=False) is GateStatus.SKIPPED


def test_a_failed_tool_is_an_error_even_when_all_criteria_pass() -> None:
    assert gate_status([criterion(CriterionStatus.PASS)], required=False, failed=True) is GateStatus.ERROR


@pytest.mark.parametrize(("required", "status"), [(True, GateStatus.ERROR), (False, GateStatus.WARN)])
def test_a_file_that_was_not_looked_at_is_no_pass(required: bool, status: GateStatus) -> None:
    passing = [criterion(CriterionStatus.PASS)]
    assert gate_status(passing, required=required, failed=False, unseen=True) is status


def test_waived_findings_make_a_pass_conditional() -> None:
    passing = [criterion(CriterionStatus.PASS)]
    assert gate_status(passing, required=True, failed=False, waived=True) is GateStatus.CONDITIONAL


def test_a_waived_failure_does_not_hide_items_that_could_not_be_measured() -> None:
    half = criterion(CriterionStatus.FAIL, waived=True, incomplete=True)
    assert gate_status([half], required=True, failed=False) is GateStatus.ERROR


def test_an_incomplete_advisory_criterion_only_warns() -> None:
    half = criterion(CriterionStatus.WARN, Otherwise.WARN, incomplete=True)
    assert gate_status([half], required=True, failed=False) is GateStatus.WARN


criteria = st.builds(
    criterion,
    st.sampled_from(CriterionStatus),
    st.sampled_from(Otherwise),
    waived=st.booleans(),
    incomplete=st.booleans(),
)


@given(st.lists(criteria, max_size=5), st.booleans(), st.booleans())
def test_skipped_is_neutral(results: list[CriterionResult], required: bool, failed: bool) -> None:
    more = [*results, criterion(CriterionStatus.SKIPPED)]
    assert gate_status(more, required=required, failed=failed) is gate_status(
        results, required=required, failed=failed
    )


@given(st.lists(criteria, max_size=5), st.sampled_from(Otherwise), st.booleans())
def test_an_unknown_blocking_criterion_never_passes_a_required_gate(
    results: list[CriterionResult], otherwise: Otherwise, failed: bool
) -> None:
    unknown = [*results, criterion(CriterionStatus.UNKNOWN)]
    assert gate_status(unknown, required=True, failed=failed) is GateStatus.ERROR
    advisory = gate_status(
        [*results, criterion(CriterionStatus.UNKNOWN, otherwise)], required=True, failed=failed
    )
    assert GATE_ORDER.index(advisory) >= GATE_ORDER.index(GateStatus.WARN)


@given(st.lists(criteria, max_size=5), criteria, st.booleans())
def test_more_criteria_never_improve_a_gate(
    results: list[CriterionResult], more: CriterionResult, required: bool
) -> None:
    before = gate_status(results, required=required, failed=False)
    after = gate_status([*results, more], required=required, failed=False)
    assert GATE_ORDER.index(after) >= GATE_ORDER.index(before)


# An auto gate's UNKNOWN only warns, by design, so there FAIL is worse than UNKNOWN.
@pytest.mark.parametrize("waived", [False, True])
def test_a_worse_criterion_never_improves_a_required_gate(waived: bool) -> None:
    statuses = [gate_status([criterion(s, waived=waived)], required=True, failed=False) for s in BY_BADNESS]
    assert statuses == sorted(statuses, key=GATE_ORDER.index)


def test_waiving_never_worsens_and_requiring_never_improves() -> None:
    for status, otherwise, required in itertools.product(CriterionStatus, Otherwise, (False, True)):
        plain = gate_status([criterion(status, otherwise)], required=required, failed=False)
        waived = gate_status([criterion(status, otherwise, waived=True)], required=required, failed=False)
        strict = gate_status([criterion(status, otherwise)], required=True, failed=False)
        assert GATE_ORDER.index(waived) <= GATE_ORDER.index(plain) <= GATE_ORDER.index(strict)


@pytest.mark.parametrize(
    ("status", "report"),
    [
        (GateStatus.PASS, ReportStatus.PASS),
        (GateStatus.SKIPPED, ReportStatus.PASS),
        (GateStatus.WARN, ReportStatus.WARN),
        (GateStatus.CONDITIONAL, ReportStatus.CONDITIONAL),
        (GateStatus.FAIL, ReportStatus.BLOCKED),
        (GateStatus.ERROR, ReportStatus.BLOCKED),
    ],
)
def test_one_gate_decides_the_report(status: GateStatus, report: ReportStatus) -> None:
    assert report_status([verdict(status)], has_evidence=True) is report


def test_a_report_of_nothing_is_at_best_a_warning() -> None:
    assert report_status([], has_evidence=False) is ReportStatus.WARN
    assert report_status([verdict(GateStatus.PASS)], has_evidence=False) is ReportStatus.WARN


def test_the_table_knows_every_status() -> None:
    assert set(GATE_ORDER) == set(GateStatus)
    assert set(REPORT_ORDER) == set(ReportStatus)


@pytest.mark.parametrize("blocking", [True, False])
def test_a_worse_gate_never_improves_the_report(blocking: bool) -> None:
    reports = [report_status([verdict(s, blocking=blocking)], has_evidence=True) for s in GATE_ORDER]
    assert reports == sorted(reports, key=REPORT_ORDER.index)


@pytest.mark.parametrize("status", list(GateStatus))
def test_an_advisory_gate_never_does_more_than_warn(status: GateStatus) -> None:
    advisory = report_status([verdict(status, blocking=False)], has_evidence=True)
    assert REPORT_ORDER.index(advisory) <= REPORT_ORDER.index(ReportStatus.WARN)


verdicts = st.lists(st.builds(verdict, st.sampled_from(GateStatus), blocking=st.booleans()), max_size=6)


@given(verdicts, st.sampled_from(GateStatus), st.booleans(), st.booleans())
def test_more_gates_never_improve_a_report(
    gates: list[Verdict], status: GateStatus, blocking: bool, evidence: bool
) -> None:
    before = report_status(gates, has_evidence=evidence)
    after = report_status([*gates, verdict(status, blocking=blocking)], has_evidence=evidence)
    assert REPORT_ORDER.index(after) >= REPORT_ORDER.index(before)


@given(st.data(), verdicts)
def test_the_order_of_gates_does_not_matter(data: st.DataObject, gates: list[Verdict]) -> None:
    shuffled = data.draw(st.permutations(gates))
    assert report_status(gates, has_evidence=True) is report_status(shuffled, has_evidence=True)


def test_what_should_be_judged_and_is_not_said_is_at_best_a_warning() -> None:
    assert (
        gate_status([criterion(CriterionStatus.PASS)], required=True, failed=False, cautioned=True) == "WARN"
    )
    assert (
        gate_status([criterion(CriterionStatus.FAIL)], required=True, failed=False, cautioned=True) == "FAIL"
    )
