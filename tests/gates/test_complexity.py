"""The gate `complexity`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import NoChange
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.evidence.records import Evidence
from sluicegate.policy.model import Scope
from sluicegate.policy.resolve import preset_policy
from support.evidence import change, functions, settings, value, verdict, waiver

CHANGE = change("src/a.py: 1-99")
MIXED = """
    src/a.py:1 added 4 new
    src/a.py:9 improved 12 was 14
    src/a.py:20 worse 7 was 5
    src/b.py:1 old 30 same
"""


def test_max_and_mean_are_over_all_functions() -> None:
    result = verdict(
        Evidence(complexity=functions(MIXED), change=CHANGE), settings("complexity", "functions > 0")
    )
    assert (value(result, "max_cyclomatic"), value(result, "mean_cyclomatic")) == (30, 13.25)


def test_the_scope_narrows_the_plain_measures() -> None:
    chosen = settings("complexity", "max_cyclomatic < 10", scope=Scope.CHANGED)
    result = verdict(Evidence(complexity=functions(MIXED), change=CHANGE), chosen)
    assert value(result, "max_cyclomatic") == 12


def test_the_parts_of_the_change_have_measures_of_their_own() -> None:
    result = verdict(
        Evidence(complexity=functions(MIXED), change=CHANGE), settings("complexity", "functions > 0")
    )
    names = ("new.max_cyclomatic", "changed.max_cyclomatic", "grown.max_cyclomatic")
    assert [value(result, n) for n in names] == [4, 12, 7]


def test_the_increase_is_the_largest_of_an_old_function() -> None:
    text = MIXED + "src/c.py:1 worst 25 new\nsrc/c.py:40 more 19 was 15\n"
    result = verdict(
        Evidence(complexity=functions(text), change=CHANGE), settings("complexity", "functions > 0")
    )
    assert value(result, "grown.increase") == 4


def test_an_increase_that_is_too_large_fails_and_its_function_alone_is_named() -> None:
    text = "src/a.py:1 worse 16 was 5\nsrc/a.py:9 large 40 was 39\nsrc/a.py:60 added 30 new"
    evidence = Evidence(complexity=functions(text), change=CHANGE)
    result = verdict(evidence, settings("complexity", "grown.increase < 10"))
    assert (result.status, [(f.line, f.new) for f in result.findings]) == (GateStatus.FAIL, [(1, True)])
    assert "worse (src/a.py:1, 16)" in result.remedies[0]


@pytest.mark.parametrize("text", ["src/a.py:1 added 40 new", "src/a.py:9 improved 12 was 14", ""])
def test_without_an_old_function_that_grew_there_is_no_increase(text: str) -> None:
    evidence = Evidence(complexity=functions(text + "\nsrc/b.py:1 old 30 same"), change=CHANGE)
    result = verdict(evidence, settings("complexity", "grown.increase < 10"))
    assert result.criteria[0].status is CriterionStatus.SKIPPED


@pytest.mark.parametrize(
    ("text", "standard", "legacy"),
    [
        ("src/a.py:1 added 9 new", GateStatus.PASS, GateStatus.PASS),
        ("src/a.py:1 added 14 new", GateStatus.WARN, GateStatus.PASS),
        ("src/a.py:1 added 15 new", GateStatus.FAIL, GateStatus.PASS),
        ("src/a.py:1 added 20 new", GateStatus.FAIL, GateStatus.FAIL),
        ("src/a.py:1 grown 40 was 31", GateStatus.WARN, GateStatus.PASS),
        ("src/a.py:1 grown 40 was 30", GateStatus.FAIL, GateStatus.FAIL),
        ("src/a.py:1 improved 40 was 41", GateStatus.SKIPPED, GateStatus.SKIPPED),
    ],
)
def test_what_the_presets_say_of_a_function(text: str, standard: GateStatus, legacy: GateStatus) -> None:
    evidence = Evidence(complexity=functions(text + "\nsrc/b.py:1 old 3 same"), change=CHANGE)

    def status(preset: str) -> GateStatus:
        gate = preset_policy(preset).gate("complexity")
        assert gate is not None
        return verdict(evidence, gate).status

    assert (status("standard"), status("legacy")) == (standard, legacy)
    assert status("strict") is GateStatus.FAIL or " 9 " in text


def test_an_old_function_that_gets_better_does_not_fail() -> None:
    evidence = Evidence(complexity=functions("src/a.py:9 improved 12 was 14"), change=CHANGE)
    result = verdict(evidence, settings("complexity", "grown.max_cyclomatic < 10"))
    assert result.criteria[0].status is CriterionStatus.SKIPPED


def test_an_old_function_that_grows_fails_and_is_named() -> None:
    evidence = Evidence(complexity=functions("src/a.py:9 worse 12 was 11"), change=CHANGE)
    result = verdict(evidence, settings("complexity", "grown.max_cyclomatic < 10"))
    assert [(f.path, f.line, f.new) for f in result.findings] == [("src/a.py", 9, True)]
    assert "worse (src/a.py:9, 12)" in result.remedies[0]


def test_only_offenders_are_findings() -> None:
    evidence = Evidence(complexity=functions(MIXED), change=CHANGE)
    result = verdict(evidence, settings("complexity", "max_cyclomatic <= 12"))
    assert [f.path for f in result.findings] == ["src/b.py"]


def test_without_a_change_its_parts_are_skipped() -> None:
    evidence = Evidence(complexity=functions("a.py:1 f 40"), change=NoChange("not a git repository"))
    result = verdict(evidence, settings("complexity", "grown.max_cyclomatic < 10"))
    assert result.criteria[0].reason == "not a git repository"


def test_no_function_at_all_is_not_a_failure() -> None:
    result = verdict(
        Evidence(complexity=functions(""), change=CHANGE), settings("complexity", "max_cyclomatic < 10")
    )
    assert result.status is GateStatus.SKIPPED


@given(st.lists(st.integers(1, 40), min_size=1), st.integers(1, 40))
def test_a_more_complex_function_never_helps(values: list[int], worse: int) -> None:
    def passes(numbers: list[int]) -> bool:
        text = "\n".join(f"a.py:{n + 1} f{n} {v}" for n, v in enumerate(numbers))
        chosen = settings("complexity", "max_cyclomatic < 10")
        return verdict(Evidence(complexity=functions(text)), chosen).status is GateStatus.PASS

    assert passes(values) or not passes([*values, worse])


def test_the_summary_names_the_most_complex_function_and_how_many_there_are() -> None:
    result = verdict(Evidence(complexity=functions(MIXED), change=CHANGE), settings("complexity"))
    assert result.summary == "not judged: it has no criteria; most complex 30, of 4 functions"


def test_the_table_keeps_the_functions_from_half_of_the_worst() -> None:
    lines = "src/a.py:1 worst 20 new\nsrc/a.py:9 near 10 new\nsrc/a.py:20 far 9 new"
    result = verdict(Evidence(complexity=functions(lines), change=CHANGE), settings("complexity"))
    assert [row[1] for row in result.tables[0].rows] == ["worst", "near"]


def test_the_table_has_ten_rows_at_the_most() -> None:
    lines = "\n".join(f"src/a.py:{n} f{n} 3 new" for n in range(1, 13))
    result = verdict(Evidence(complexity=functions(lines), change=CHANGE), settings("complexity"))
    assert len(result.tables[0].rows) == 10


def test_a_waived_function_makes_the_gate_conditional() -> None:
    evidence = Evidence(complexity=functions("src/old.py:1 f 30\nsrc/a.py:1 g 3"), change=CHANGE)
    chosen = settings("complexity", "max_cyclomatic < 10")
    accepted = waiver("complexity", path="src/old.py")
    assert verdict(evidence, chosen, waivers=(accepted,)).status is GateStatus.CONDITIONAL


def test_a_waiver_of_the_only_function_is_conditional_too() -> None:
    evidence = Evidence(complexity=functions("src/old.py:1 f 30"), change=CHANGE)
    accepted = waiver("complexity", rule="complex-function")
    result = verdict(evidence, settings("complexity", "max_cyclomatic < 10"), waivers=(accepted,))
    assert result.status is GateStatus.CONDITIONAL


def test_a_waiver_of_one_function_does_not_cover_another() -> None:
    evidence = Evidence(complexity=functions("src/old.py:1 f 30\nsrc/a.py:1 g 12"), change=CHANGE)
    accepted = waiver("complexity", path="src/old.py")
    result = verdict(evidence, settings("complexity", "max_cyclomatic < 10"), waivers=(accepted,))
    assert result.status is GateStatus.FAIL


def test_what_does_not_satisfy_a_criterion_stands_first_however_complex_the_old_is() -> None:
    text = "src/a.py:9 grew 14 was 9\nsrc/b.py:1 old 40 same\nsrc/b.py:9 other 30 same"
    evidence = Evidence(complexity=functions(text), change=CHANGE)
    result = verdict(evidence, settings("complexity", "grown.max_cyclomatic < 10"))
    assert [row[1] for row in result.tables[0].rows] == ["grew", "old", "other"]
