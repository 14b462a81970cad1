from __future__ import annotations

import pytest

from sluicegate.catalogue import GATES, gate_spec
from sluicegate.errors import ExitCode, UsageError
from sluicegate.explain import explain_subject
from sluicegate.model import CriterionStatus, GateStatus, ReportStatus
from sluicegate.policy.resolve import preset_policy
from support.policies import policy

STANDARD = preset_policy()
OWN = policy(
    "gates:\n"
    "  docs: off\n"
    "  tests: {suites: {unit: {files: a.xml, criteria: [failed == 0]}}}\n"
    "  size: {run: make size, measures: {total: {unit: KiB, help: bytes shipped}},"
    " criteria: [total <= 1MiB]}\n"
)


def said(subject: str) -> str:
    return " ".join(explain_subject(subject, OWN).split())


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_explained_whole(name: str) -> None:
    text = " ".join(explain_subject(name, STANDARD).split())
    spec = gate_spec(name)
    assert " ".join(spec.why.split()) in text
    assert all(measure in text for measure in spec.vocabulary.measures)
    assert " ".join(spec.example.split()) in text
    assert "In force here (the preset standard)" in text


def test_lines_are_not_wider_than_a_page() -> None:
    for name in GATES:
        for line in explain_subject(name, STANDARD).partition("Example")[0].splitlines():
            assert len(line) <= 100


def test_a_gate_says_what_is_in_force_here() -> None:
    assert "'total' must be at least 80%; otherwise the gate fails." in said("coverage")
    assert "Without evidence the gate is SKIPPED: it is auto." in said("coverage")
    assert "Without evidence the gate is ERROR: it is required." in said("tests")
    assert "Suite unit (a.xml) failed == 0 'failed' must be exactly 0" in said("tests")
    assert "The gate is off." in said("docs")


def test_a_gate_of_the_users_own_is_explained() -> None:
    assert "which runs 'make size'" in said("size")
    assert "bytes shipped (B); lower is better" in said("size")


def test_a_criterion_is_explained_for_every_gate_that_has_its_measure() -> None:
    assert said("total >= 80%").startswith("coverage: total >= 80%")
    assert {"security:", "lint:"} <= set(said("high == 0").split())
    assert said("total <= 5KiB").startswith("size: total <= 5KiB 'total' must be at most 5KiB")


@pytest.mark.parametrize(
    ("criterion", "condition"),
    [
        ("patch.line >= 80%", "SKIPPED when there is no change to judge, or it touches nothing of the kind"),
        ("new.high == 0", "SKIPPED when there is no change to judge UNKNOWN"),
        ("suppressions.added == 0", "SKIPPED when there is no change to judge UNKNOWN"),
        ("total >= baseline", "SKIPPED while there is no baseline to compare with"),
        ('file["src/**"].line >= 50%', 'SKIPPED when nothing matches file["src/**"]'),
    ],
)
def test_a_criterion_says_when_it_does_not_apply(criterion: str, condition: str) -> None:
    assert condition in said(criterion)


def test_a_plain_criterion_is_never_skipped_for_itself() -> None:
    assert "SKIPPED" not in said("line >= 80%")


def test_an_id_is_explained() -> None:
    assert said("new-high").startswith("security: new.high == 0 [new-high]")
    assert said("security.new-high") == said("new-high")


def test_a_measure_is_explained_with_the_criteria_on_it() -> None:
    assert said("patch.total").startswith("coverage: the measure patch.total")
    assert "'patch.total' must be at least 80%; otherwise it warns." in said("patch.total")
    assert "No criterion of the policy here uses it." in said("coverage.patch.branch")


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("covrage", "'covrage' is no gate, criterion or measure. Perhaps you meant 'coverage'."),
        ("status", "Perhaps you meant 'statuses'."),
        ("totl >= 80%", "unknown measure 'totl'. Perhaps you meant 'total'."),
        ("line >= 80ms", "'line' is a percentage, and '80ms' is not"),
        ("line => 80%", "'=>' is not an operator in 'line => 80%'. Perhaps you meant '>='."),
        ("?", "'?' is no gate, criterion or measure. Gates: "),
    ],
)
def test_what_does_not_exist_is_answered_with_the_nearest(subject: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain_subject(subject, OWN)
    assert message in str(caught.value)


@pytest.mark.parametrize("level", [CriterionStatus, GateStatus, ReportStatus])
def test_every_status_is_explained(level: type[CriterionStatus | GateStatus | ReportStatus]) -> None:
    assert all(f"  {status:<12} " in explain_subject("statuses", OWN) for status in level)


def test_every_exit_code_is_explained() -> None:
    text = explain_subject("exit-codes", OWN)
    assert all(f"  {int(code)}  " in text for code in ExitCode)
