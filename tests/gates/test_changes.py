"""The gate `changes`."""

from __future__ import annotations

from sluicegate.change import NoChange
from sluicegate.evidence.records import ChangesRecord, Evidence, GateChange, Suppression
from sluicegate.model import Source
from sluicegate.statuses import CriterionStatus, GateStatus
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


def test_a_change_of_the_gate_is_told_in_the_words_of_its_record() -> None:
    evidence = Evidence(changes=ChangesRecord(SOURCE, (), (WORKFLOW,)), change=change("src/a.py: 3"))
    assert verdict(evidence, CHOSEN).findings[0].message == "a workflow was added"
