"""What the gates say about a change that the clone does not show."""

from __future__ import annotations

import pytest

from sluicegate.core.change import NoChange
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.records import Evidence
from support.evidence import coverage, functions, security, settings, verdict, waiver

EXPECTS = {
    "security": "new.high == 0",
    "coverage": "patch.total >= 80%",
    "complexity": "grown.max_cyclomatic < 10",
    "changes": "suppressions.added == 0",
}


def evidence(*, unseen: bool) -> Evidence:
    return Evidence(
        change=NoChange("no base here", unseen=unseen),
        coverage=(coverage("a.py: 1+"),),
        findings=(security("high B602 a.py:1", new_known=False),),
        complexity=functions("a.py:1 f 30"),
    )


@pytest.mark.parametrize("gate", EXPECTS)
def test_what_asks_for_an_unseen_change_is_unknown(gate: str) -> None:
    result = verdict(evidence(unseen=True), settings(gate, EXPECTS[gate]))
    assert result.status is GateStatus.ERROR
    assert [(c.status, c.reason) for c in result.criteria] == [(CriterionStatus.UNKNOWN, "no base here")]


@pytest.mark.parametrize("gate", [g for g in EXPECTS if g != "changes"])
def test_where_there_can_be_no_change_it_is_skipped(gate: str) -> None:
    result = verdict(evidence(unseen=False), settings(gate, EXPECTS[gate]))
    assert [c.status for c in result.criteria] == [CriterionStatus.SKIPPED]


def test_a_waiver_does_not_make_the_unseen_known() -> None:
    known = (waiver("security", rule="B602"),)
    result = verdict(evidence(unseen=True), settings("security", EXPECTS["security"]), waivers=known)
    assert result.criteria[0].status is CriterionStatus.UNKNOWN
