"""The gate `changes`."""

from __future__ import annotations

from sluicegate.change import NoChange
from sluicegate.evidence.records import ChangesRecord, Evidence, GateChange, Suppression
from sluicegate.model import Source
from sluicegate.statuses import GateStatus
from support.evidence import change, settings, value, verdict

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
