"""The gate `docs`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sluicegate.core.change import NoChange
from sluicegate.core.model import Source
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.analysed import DocsRecord, PublicName
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import Scope
from support.evidence import change, settings, value, verdict, waiver

CHANGE = change("src/a.py: 1-9")


def record(*names: str) -> DocsRecord:
    """Names as `documented|missing` with a `*` for a new one: `+old`, `-old`, `*+new`, `*-new`.

    Old ones are as in the base, but those with `!`, which the base documents.
    """
    return DocsRecord(
        Source("docs", "sluicegate"),
        tuple(
            PublicName(
                "src/a.py",
                n.lstrip("*+-!"),
                "function",
                k + 1,
                "+" in n,
                new=n.startswith("*"),
                before=None if n.startswith("*") else "+" in n or "!" in n,
            )
            for k, n in enumerate(names)
        ),
    )


def test_documented_is_a_share_of_the_public_names() -> None:
    result = verdict(
        Evidence(docs=record("+a", "+b", "-c", "+d"), change=CHANGE), settings("docs", "names > 0")
    )
    assert (value(result, "documented"), value(result, "undocumented")) == (75.0, 1.0)


def test_only_new_names_are_listed_when_only_they_are_judged() -> None:
    evidence = Evidence(docs=record("+a", "+b", "-old", "*-fresh"), change=CHANGE)
    result = verdict(evidence, settings("docs", "?new.undocumented == 0"))
    assert (result.status, [f.message for f in result.findings]) == (
        GateStatus.WARN,
        ["function fresh has no docstring"],
    )


def test_all_missing_names_are_listed_when_all_are_judged() -> None:
    evidence = Evidence(docs=record("-old", "*-fresh"), change=CHANGE)
    assert len(verdict(evidence, settings("docs", "documented >= 80%")).findings) == 2


def test_the_scope_new_leaves_old_names_out() -> None:
    evidence = Evidence(docs=record("-old", "*+fresh"), change=CHANGE)
    result = verdict(evidence, settings("docs", "documented == 100%", scope=Scope.NEW))
    assert result.status is GateStatus.PASS


def test_without_a_change_new_names_are_skipped() -> None:
    evidence = Evidence(docs=record("-a"), change=NoChange("a push"))
    result = verdict(evidence, settings("docs", "new.undocumented == 0"))
    assert (result.criteria[0].status, result.criteria[0].reason) == (CriterionStatus.SKIPPED, "a push")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("-a", "-b", "+c", "*-fresh"), "1 of 3 public names (33.33%)"),
        (("-a", "+b", "*-fresh"), "1 of 2 public names (50%)"),
        (("-a", "*-fresh", "*+documented"), "0 of 1 public name (0%)"),
    ],
)
def test_nobody_is_asked_to_document_what_the_project_does_not(names: tuple[str, ...], says: str) -> None:
    result = verdict(Evidence(docs=record(*names), change=CHANGE), settings("docs", "?new.undocumented == 0"))
    (criterion,) = result.criteria
    assert (criterion.status, result.findings) == (CriterionStatus.SKIPPED, ())
    assert criterion.reason == f"the base documents {says}, not more than half"


@pytest.mark.parametrize(
    "names", [("+a", "+b", "-c", "*-fresh"), ("!-a", "*-fresh"), ("*-fresh",)], ids=["most", "was", "none"]
)
def test_new_names_are_judged_where_the_base_documents_most(names: tuple[str, ...]) -> None:
    evidence = Evidence(docs=record(*names), change=CHANGE)
    assert verdict(evidence, settings("docs", "?new.undocumented == 0")).status is GateStatus.WARN


def test_the_share_of_documented_new_names_applies_everywhere() -> None:
    evidence = Evidence(docs=record("-a", "-b", "*-fresh"), change=CHANGE)
    result = verdict(evidence, settings("docs", "new.documented == 100%"))
    assert (result.status, len(result.findings)) == (GateStatus.FAIL, 1)


def test_what_is_waived_does_not_change_what_the_base_documents() -> None:
    evidence = Evidence(docs=record("+a", "-b", "*-fresh"), change=CHANGE)
    chosen = settings("docs", "new.undocumented == 0", "?names > 0")
    accepted = waiver("docs", rule="undocumented-function", path="src/a.py")
    assert verdict(evidence, chosen, waivers=(accepted,)).criteria[0].status is CriterionStatus.SKIPPED


def test_without_a_change_the_worst_files_are_shown() -> None:
    evidence = Evidence(docs=record("-a", "+b", "-c"), change=NoChange("a push"))
    (found,) = verdict(evidence, settings("docs", "new.undocumented == 0")).tables
    assert (found.title, found.rows) == ("Worst files", (("src/a.py", "2", "3"),))
    assert verdict(replace(evidence, change=CHANGE), settings("docs", "names > 0")).tables == ()


def test_the_remedy_names_the_place() -> None:
    evidence = Evidence(docs=record("*-fresh"), change=CHANGE)
    assert "fresh (src/a.py:1)" in verdict(evidence, settings("docs", "new.undocumented == 0")).remedies[0]


def test_without_python_the_gate_is_skipped() -> None:
    assert verdict(Evidence(), settings("docs", "names > 0", required=False)).status is GateStatus.SKIPPED


def test_the_summary_counts_the_new_names_apart() -> None:
    evidence = Evidence(docs=record("+old", "-older", "*+fresh", "*-bare"), change=CHANGE)
    result = verdict(evidence, settings("docs", "names > 0"))
    assert result.summary == "2 of 4 public names documented; of the new ones 1 of 2"


def test_a_waived_name_makes_the_gate_conditional() -> None:
    evidence = Evidence(docs=record("+a", "-b"), change=CHANGE)
    accepted = waiver("docs", path="src/a.py")
    result = verdict(evidence, settings("docs", "documented == 100%"), waivers=(accepted,))
    assert result.status is GateStatus.CONDITIONAL
