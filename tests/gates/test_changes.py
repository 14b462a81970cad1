"""The gate `changes`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluicegate.core.change import NoChange
from sluicegate.core.model import Problem, Source
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.analysed import ChangesRecord, GateChange, LostTest, Suppression
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import SourceSettings
from support.evidence import change, settings, value, verdict, waiver

SOURCE = Source("changes", "sluicegate")
NOQA = Suppression("src/a.py", 3, "noqa", "import os  # noqa")
WORKFLOW = GateChange(".github/workflows/ci.yml", "a workflow was added")
CHOSEN = settings("changes", "?suppressions.added == 0", "?gate.changed == 0")


def test_suppressions_and_gate_files_are_counted_and_shown() -> None:
    record = ChangesRecord(SOURCE, (NOQA,), (WORKFLOW,))
    result = verdict(Evidence(changes=record, change=change("src/a.py: 3")), CHOSEN)
    assert (value(result, "suppressions.added"), value(result, "gate.changed")) == (1, 1)
    assert [(f.rule, f.path) for f in result.findings] == [
        ("gate-changed", ".github/workflows/ci.yml"),
        ("suppression-noqa", "src/a.py"),
    ]


def test_it_warns_and_names_the_place() -> None:
    record = ChangesRecord(SOURCE, (NOQA,), ())
    result = verdict(Evidence(changes=record, change=change("src/a.py: 3")), CHOSEN)
    assert result.status is GateStatus.WARN
    assert "src/a.py:3" in result.remedies[0]


def test_a_waived_suppression_makes_the_gate_conditional() -> None:
    chosen = settings("changes", "suppressions.added == 0", "gate.changed == 0")
    evidence = Evidence(changes=ChangesRecord(SOURCE, (NOQA,), ()), change=change("src/a.py: 3"))
    accepted = waiver("changes", rule="suppression-noqa", path="src/a.py")
    assert verdict(evidence, chosen, waivers=(accepted,)).status is GateStatus.CONDITIONAL


def test_a_waived_suppression_does_not_cover_a_change_of_the_gate() -> None:
    chosen = settings("changes", "suppressions.added == 0", "gate.changed == 0")
    evidence = Evidence(changes=ChangesRecord(SOURCE, (NOQA,), (WORKFLOW,)), change=change("src/a.py: 3"))
    result = verdict(evidence, chosen, waivers=(waiver("changes", rule="suppression-noqa"),))
    assert [c.status for c in result.criteria] == [CriterionStatus.FAIL, CriterionStatus.FAIL]
    assert [c.waiver is not None for c in result.criteria] == [True, False]


def test_a_clean_change_passes() -> None:
    result = verdict(Evidence(changes=ChangesRecord(SOURCE, (), ()), change=change("a.py: 1")), CHOSEN)
    assert (result.status, result.summary) == (GateStatus.PASS, "nothing of the gate itself changes")


def test_without_a_change_it_is_skipped_with_the_reason() -> None:
    chosen = settings("changes", "gate.changed == 0", required=True)
    result = verdict(Evidence(change=NoChange("not a git repository")), chosen)
    assert (result.status, result.summary) == (GateStatus.SKIPPED, "not judged: not a git repository")


GONE = LostTest("tests/test_a.py", 0, "test_a", 2)
WEAK = LostTest("tests/test_a.py", 9, "test_b", 3, 1)


UNSAFE = "?suppressions.unsafe == 0"
NOSEC = Suppression("src/a.py", 4, "nosec", "run(x, shell=True)  # nosec", unsafe=True)


def test_a_suppression_of_security_in_a_source_warns_and_any_other_is_only_listed() -> None:
    evidence = Evidence(changes=ChangesRecord(SOURCE, (NOQA, NOSEC), ()), change=change("src/a.py: 3-4"))
    result = verdict(evidence, settings("changes", UNSAFE))
    assert (value(result, "suppressions.added"), value(result, "suppressions.unsafe")) == (2, 1)
    assert result.status is GateStatus.WARN
    assert {(f.rule, f.severity.value) for f in result.findings} == {
        ("suppression-noqa", "low"),
        ("suppression-nosec", "medium"),
    }
    assert "2 suppressions added (1 of security or coverage)" in result.summary
    assert "src/a.py:4" in result.remedies[0]
    assert "src/a.py:3" not in result.remedies[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("tests/test_a.py", SourceSettings(tests=("tests/**",))),
        ("src/vendor/a.py", SourceSettings(vendored=("**/vendor/**",))),
        ("docs/conf.py", SourceSettings(include=("src/**",))),
    ],
    ids=["test", "vendored", "outside"],
)
def test_a_suppression_that_is_in_no_source_of_the_project_is_only_listed(
    path: str, source: SourceSettings
) -> None:
    evidence = Evidence(
        changes=ChangesRecord(SOURCE, (replace(NOSEC, path=path),), ()), change=change(f"{path}: 4")
    )
    result = verdict(evidence, settings("changes", UNSAFE), source=source)
    assert (result.status, len(result.findings)) == (GateStatus.PASS, 1)
    assert (value(result, "suppressions.added"), value(result, "suppressions.unsafe")) == (1, 0)


def test_a_waived_suppression_of_security_does_not_count() -> None:
    evidence = Evidence(changes=ChangesRecord(SOURCE, (NOSEC,), ()), change=change("src/a.py: 4"))
    accepted = waiver("changes", rule="suppression-nosec", path="src/a.py")
    chosen = settings("changes", "suppressions.unsafe == 0")
    assert verdict(evidence, chosen, waivers=(accepted,)).status is GateStatus.CONDITIONAL


def test_deleted_tests_and_assertions_that_were_taken_out_are_counted_and_named() -> None:
    record = ChangesRecord(SOURCE, (), (), (GONE, WEAK))
    chosen = settings("changes", "?tests.deleted == 0", "?assertions.removed == 0")
    result = verdict(Evidence(changes=record, change=change("tests/test_a.py: 3")), chosen)
    assert (value(result, "tests.deleted"), value(result, "assertions.removed")) == (1, 2)
    assert [(f.rule, f.line, f.message) for f in result.findings] == [
        ("test-deleted", 0, "the test 'test_a' is deleted"),
        ("assertions-removed", 9, "the test 'test_b' has 1 assertion, and had 3"),
    ]
    assert result.status is GateStatus.WARN


def test_a_waived_loss_does_not_count() -> None:
    record = ChangesRecord(SOURCE, (), (), (GONE, WEAK))
    evidence = Evidence(changes=record, change=change("tests/test_a.py: 3"))
    chosen = settings("changes", "tests.deleted == 0", "assertions.removed == 0")
    accepted = (waiver("changes", rule="test-deleted"), waiver("changes", rule="assertions-removed"))
    assert verdict(evidence, chosen, waivers=accepted).status is GateStatus.CONDITIONAL


UNSEEN = ChangesRecord(SOURCE, (), (), unseen=(Problem("was not looked at: too large", "big.py"),))


@pytest.mark.parametrize(("required", "status"), [(False, GateStatus.WARN), (True, GateStatus.ERROR)])
def test_a_file_that_was_not_looked_at_is_never_a_pass(required: bool, status: GateStatus) -> None:
    chosen = settings("changes", "suppressions.added == 0", required=required)
    result = verdict(Evidence(changes=UNSEEN, change=change("big.py: 1")), chosen)
    assert result.status is status
    assert "big.py" in result.summary


@pytest.mark.parametrize(
    ("exclude", "vendored"), [(("big.py",), ()), ((), ("big.py",))], ids=["excluded", "vendored"]
)
def test_what_the_policy_leaves_out_need_not_be_seen(
    exclude: tuple[str, ...], vendored: tuple[str, ...]
) -> None:
    chosen = replace(settings("changes", "suppressions.added == 0"), exclude=exclude)
    evidence = Evidence(changes=UNSEEN, change=change("big.py: 1"))
    assert verdict(evidence, chosen, source=SourceSettings(vendored=vendored)).status is GateStatus.PASS


def test_what_was_counted_fails_even_where_something_was_not_looked_at() -> None:
    record = replace(UNSEEN, suppressions=(NOQA,))
    chosen = settings("changes", "suppressions.added == 0", required=False)
    result = verdict(Evidence(changes=record, change=change("big.py: 1")), chosen)
    assert result.status is GateStatus.FAIL


def test_a_change_of_the_gate_is_told_in_the_words_of_its_record() -> None:
    evidence = Evidence(changes=ChangesRecord(SOURCE, (), (WORKFLOW,)), change=change("src/a.py: 3"))
    assert verdict(evidence, CHOSEN).findings[0].message == "a workflow was added"
