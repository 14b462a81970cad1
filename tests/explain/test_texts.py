from __future__ import annotations

import re
import textwrap
from datetime import date

import pytest

from sluicegate.core.errors import ExitCode, UsageError
from sluicegate.core.model import Report
from sluicegate.core.statuses import CriterionStatus, GateStatus, ReportStatus
from sluicegate.core.units import UNITS
from sluicegate.explain.texts import explain_subject
from sluicegate.policy.catalogue import gate_names, gate_spec, preset_names
from sluicegate.policy.resolve import preset_policy
from sluicegate.report import values, view
from support import reports
from support.policies import policy

TODAY = date(2026, 11, 21)
STANDARD = preset_policy()
OWN = policy(
    "gates:\n"
    "  docs: off\n"
    "  tests: {suites: {unit: {files: a.xml, criteria: [failed == 0]}}}\n"
    "  size: {run: make size, measures: {total: {unit: KiB, help: bytes shipped}},"
    " criteria: [total <= 1MiB]}\n"
)


def said(subject: str) -> str:
    return " ".join(explain_subject(subject, OWN, TODAY).split())


@pytest.mark.parametrize("name", gate_names())
def test_a_gate_is_explained_whole(name: str) -> None:
    text = " ".join(explain_subject(name, STANDARD, TODAY).split())
    spec = gate_spec(name)
    assert " ".join(spec.why.split()) in text
    assert all(measure in text for measure in spec.vocabulary.measures)
    assert " ".join(spec.example.split()) in text
    assert "In force here (the preset standard)" in text


def test_lines_are_not_wider_than_a_page() -> None:
    for name in gate_names():
        for line in explain_subject(name, STANDARD, TODAY).partition("Example")[0].splitlines():
            assert len(line) <= 100


def test_a_gate_says_what_is_in_force_here() -> None:
    assert "'total' must be at least 80%; otherwise the gate fails." in said("coverage")
    assert "Without evidence the gate is SKIPPED: it is auto." in said("coverage")
    assert "Without evidence the gate is ERROR: it is required." in said("tests")
    assert "Suite unit (a.xml) failed == 0 'failed' must be exactly 0" in said("tests")
    assert "The gate is off, switched off in sluicegate.yml:2:3." in said("docs")


def test_a_gate_of_the_users_own_is_explained() -> None:
    assert "which runs 'make size'" in said("size")
    assert "bytes shipped (B); lower is better" in said("size")


COPIED = (
    ("total >= 80%", "coverage: total >= 80% [total]", "in force here, by the preset standard: it blocks"),
    ("✗ total >= 80% 78.4% 1,568 of 2,000 lines and branches", "coverage: total >= 80% [total]", "it blocks"),
    ("coverage: total >= 80%: is 78.4%, 1,568 of 2,000 lines", "coverage: total >= 80% [total]", "it blocks"),
    ("coverage, src/a.py:85: `total >= 80%` is 78.4%. Add.", "coverage: total >= 80% [total]", "it blocks"),
    (
        "patch.uncovered <= 3 or patch.total >= 80%",
        "coverage: patch.total >= 80% or patch.uncovered <= 3 [patch]",
        "in force here, by the preset standard: it only warns",
    ),
    (
        "total >= baseline (81%)",
        "coverage: total >= baseline 'total'",
        "in force not here; in force is total >= 80% [total], it blocks",
    ),
    (
        "api/coverage: patch.total >= baseline + 1pp (81%) or patch.uncovered <= baseline (4): is 9",
        "coverage: patch.total >= baseline + 1pp or patch.uncovered <= baseline 'patch.total'",
        "not here; in force is patch.total >= 80% or patch.uncovered <= 3 [patch], it only warns",
    ),
    ("line >= 80%", "coverage: line >= 80%", "in force not here, nor is another criterion on this measure"),
)  # fmt: skip


@pytest.mark.parametrize(("copied", "first", "in_force"), COPIED)
def test_a_criterion_of_a_report_says_what_is_in_force(copied: str, first: str, in_force: str) -> None:
    text = " ".join(explain_subject(copied, STANDARD, TODAY).split())
    assert text.startswith(first)
    assert in_force in text


@pytest.mark.parametrize("report", [reports.blocked(), reports.warning(), reports.conditional()])
def test_every_criterion_of_a_report_can_be_copied(report: Report) -> None:
    for verdict in report.verdicts:
        for result in verdict.criteria:
            for text in (values.expected(result), f"{view.title(verdict)}: {values.expected(result)}"):
                assert result.expect in explain_subject(text, STANDARD, TODAY)


def test_a_gate_in_force_comes_before_the_others() -> None:
    own = policy("gates: {lint: {criteria: [high == 0]}}")
    text = explain_subject("high == 0", own, TODAY)
    assert text.startswith("lint: high == 0")
    assert "\nsecurity: high == 0" in text


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
    assert (
        "'patch.total' must be at least 80%, or 'patch.uncovered' must be at most 3; otherwise it warns."
        in said("patch.total")
    )
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
        explain_subject(subject, OWN, TODAY)
    assert message in str(caught.value)


@pytest.mark.parametrize("level", [CriterionStatus, GateStatus, ReportStatus])
def test_every_status_is_explained(level: type[CriterionStatus | GateStatus | ReportStatus]) -> None:
    assert all(f"  {status:<12} " in explain_subject("statuses", OWN, TODAY) for status in level)


def test_a_status_by_its_name_is_explained_among_the_others() -> None:
    assert said("CONDITIONAL") == said("statuses")


def test_every_exit_code_is_explained() -> None:
    text = explain_subject("exit-codes", OWN, TODAY)
    assert all(f"  {int(code)}  " in text for code in ExitCode)


def test_a_name_and_its_text_never_touch() -> None:
    for line in explain_subject("complexity", STANDARD, TODAY).splitlines():
        assert not re.match(r"  \S*(_cyclomatic|functions) \S", line)
    assert '  file["GLOB"].max_cyclomatic\n' in explain_subject("complexity", STANDARD, TODAY)


def test_a_suite_of_the_policy_is_explained() -> None:
    text = "tests.unit: a suite of the tests, judged on its own Suite unit (a.xml) failed == 0"
    assert said("tests.unit").startswith(text)
    assert said("unit") == said("tests.unit")
    with pytest.raises(UsageError, match=re.escape("Perhaps you meant 'tests.unit'.")):
        explain_subject("tests.unti", OWN, TODAY)


@pytest.mark.parametrize("gate", ["security", "lint"])
def test_a_gate_of_findings_holds_a_waiver_that_loads_and_counts(gate: str) -> None:
    text = explain_subject(gate, STANDARD, TODAY).partition("To accept a finding")[2].partition("Example")[0]
    (waiver,) = policy(textwrap.dedent(text.partition("\n")[2])).waivers
    assert (waiver.gate, waiver.path, waiver.expires) == (gate, "src/legacy/**", date(2027, 2, 19))


def test_no_remedy_points_at_the_explanation_that_it_stands_in() -> None:
    for name in gate_names():
        assert not any(f"explain {name}`" in remedy for remedy in gate_spec(name).remedies.values())


# --- topics ------------------------------------------------------------------------------------


def test_waivers_offers_one_of_each_kind_and_lists_those_in_force() -> None:
    text = explain_subject("waivers", STANDARD, TODAY)
    offered = textwrap.dedent(text.partition("To paste into the policy:\n")[2].partition("Waivers here")[0])
    assert [w.criterion for w in policy(offered).waivers] == ["", "total"]
    assert "Waivers here (standard)\n  none\n" in text
    mine = policy(
        "waivers:\n"
        "  - {gate: lint, rule: E1, reason: old, owner: '@a', expires: 2026-11-21}\n"
        "  - {gate: lint, rule: E2, reason: old, owner: '@a', expires: 2026-11-20}\n"
    )
    lines = explain_subject("waivers", mine, TODAY).splitlines()
    assert "  lint: E1                 @a, until 2026-11-21; old" in lines
    assert "  lint: E2                 @a, no longer counts: expired on 2026-11-20; old" in lines


def test_criteria_shows_the_grammar_with_criteria_that_parse() -> None:
    text = explain_subject("criteria", STANDARD, TODAY)
    example = text.partition("when it fails:\n")[2].partition("The list replaces")[0]
    gate = policy(textwrap.dedent(example)).gate("coverage")
    assert gate is not None
    assert [c.id for c in gate.criteria] == ["total >= 80%", 'file["src/**"].line >= 50%', "patch"]
    assert all(name in text for name in gate_spec("tests").vocabulary.measures)


def test_suites_shows_an_example_that_loads_and_those_in_force() -> None:
    text = explain_subject("suites", STANDARD, TODAY)
    example = text.partition("those of the gate:\n")[2].partition("`--evidence")[0]
    gate = policy(textwrap.dedent(example)).gate("tests")
    assert gate is not None
    assert [s.name for s in gate.suites] == ["unit", "integration"]
    assert "none: all test results are judged as one" in text
    assert "Suites here (sluicegate.yml) Suite unit (a.xml)" in said("suites")


def test_units_names_every_unit() -> None:
    assert set(UNITS) - {""} <= set(re.split(r"[\s,`()]+", said("units")))
    assert "KiB (1,024 B)" in said("units")


def test_presets_lists_every_preset_with_its_criteria() -> None:
    text = explain_subject("presets", STANDARD, TODAY)
    assert all(f"\n{name}: " in text for name in preset_names())
    assert "coverage                 total >= 80%, patch.total >= 80% or patch.uncovered <= 3 (only" in text


def test_a_gate_of_ones_own_goes_before_a_topic_of_its_name() -> None:
    own = policy("gates: {units: {run: make units}}\n")
    assert explain_subject("units", own, TODAY).startswith("units: a gate of your own")
