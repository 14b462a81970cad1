"""From evidence to the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Better, Measure, Notice, Problem, Report
from sluicegate.core.statuses import REPORT_ORDER, CriterionStatus, GateStatus, ReportStatus
from sluicegate.criteria import Measures
from sluicegate.evidence.records import Evidence
from sluicegate.history.baseline import Baseline
from sluicegate.judge.evaluate import evaluate
from sluicegate.policy.model import SourceSettings
from support.evidence import TODAY, change, coverage, policy, results, security, settings, waiver

TESTS = settings("tests", "pass_rate == 100%", required=False)
COVERAGE = settings("coverage", "total >= 50%", "total >= baseline", required=False)
SECURITY = settings("security", "high == 0", required=False)
GOOD = Evidence(tests=(results("++"),), coverage=(coverage("a.py: 1+ 2+"),))


def codes(report: Report) -> list[str]:
    return [n.code for n in report.notices]


def test_verdicts_come_in_the_order_of_the_policy() -> None:
    report = evaluate(GOOD, policy(COVERAGE, TESTS), TODAY)
    assert [v.gate for v in report.verdicts] == ["coverage", "tests"]
    assert report.status is ReportStatus.PASS


def test_where_nothing_is_judged_it_is_at_best_a_warning_and_says_so() -> None:
    report = evaluate(Evidence(), policy(COVERAGE, TESTS), TODAY)
    assert (report.status, codes(report)) == (ReportStatus.WARN, ["no-tests"])


@pytest.mark.parametrize(
    ("found", "status"),
    [((), ReportStatus.PASS), (("high B602 a.py:1",), ReportStatus.BLOCKED)],
)
def test_without_tests_and_coverage_the_gates_decide_and_it_says_so(
    found: tuple[str, ...], status: ReportStatus
) -> None:
    evidence = Evidence(findings=(security(*found),))
    report = evaluate(evidence, policy(COVERAGE, TESTS, SECURITY), TODAY)
    assert (report.status, codes(report)) == (status, ["no-tests"])


NEW = settings("security", "new.high == 0", required=False)
OPEN = Evidence(findings=(security("high B602 a.py:1", "low B101 a.py:2"),), change=NoChange("a push"))


def test_without_a_change_the_whole_is_shown_and_blocks_nothing() -> None:
    report = evaluate(OPEN, policy(TESTS, NEW), TODAY)
    assert (report.status, codes(report)) == (ReportStatus.PASS, ["whole", "no-tests"])
    assert report.notices[0].message == "no change to judge (a push); the whole is shown, and blocks nothing"
    (verdict,) = (v for v in report.verdicts if v.gate == "security")
    assert (verdict.status, len(verdict.findings)) == (GateStatus.SKIPPED, 2)
    assert [(t.title, t.rows) for t in verdict.tables] == [
        ("Open findings by severity", (("high", "1"), ("low", "1"))),
        ("Worst files", (("a.py", "2", "high"),)),
    ]


@pytest.mark.parametrize(
    "change", [NoChange("not here", unseen=True), change("a.py: 1")], ids=["unseen", "change"]
)
def test_where_there_is_a_change_its_absence_is_not_made_good_by_the_whole(change: Change | NoChange) -> None:
    assert "whole" not in codes(evaluate(replace(OPEN, change=change), policy(TESTS, NEW), TODAY))


def test_a_chosen_gate_is_judged_alone() -> None:
    report = evaluate(Evidence(findings=(security(),)), policy(TESTS, SECURITY), TODAY, only=["security"])
    assert (report.status, [v.gate for v in report.verdicts]) == (ReportStatus.PASS, ["security"])


def test_suites_have_verdicts_of_their_own_beside_the_whole() -> None:
    chosen = settings("tests", "tests >= 3", suites={"unit": "failed == 0", "slow": "tests >= 5"})
    evidence = Evidence(tests=(results("++", "u.xml", "unit"), results("+", "s.xml", "slow")))
    report = evaluate(evidence, policy(chosen), TODAY)
    assert [(v.name, v.status) for v in report.verdicts] == [
        ("tests", GateStatus.PASS),
        ("tests.unit", GateStatus.PASS),
        ("tests.slow", GateStatus.FAIL),
    ]


def test_without_a_baseline_its_criteria_are_skipped_and_say_how_to_give_one() -> None:
    result = evaluate(GOOD, policy(COVERAGE), TODAY).verdicts[0].criteria[1]
    assert result.status is CriterionStatus.SKIPPED
    assert "--baseline" in result.reason


def test_criteria_that_lack_a_baseline_are_spoken_of_once() -> None:
    report = evaluate(GOOD, policy(COVERAGE), TODAY)
    assert codes(report) == ["no-baseline"]
    assert "coverage: total >= baseline" in report.notices[0].message


def test_a_measure_that_only_looks_at_the_baseline_needs_no_notice() -> None:
    report = evaluate(GOOD, policy(settings("tests", "tests.removed == 0")), TODAY)
    assert "no-baseline" not in codes(report)


def test_the_cases_of_the_baseline_are_compared_by_verdict() -> None:
    evidence = Evidence(tests=(results("+", "u.xml", "unit"),))
    chosen = settings("tests", suites={"unit": "tests.removed == 0"})
    before = Baseline(cases={"tests.unit": ("suite::case_0", "suite::gone")})
    (found,) = evaluate(evidence, policy(chosen), TODAY, baseline=before).verdicts
    assert found.criteria[0].actual == 1


def test_a_gate_whose_criteria_do_not_apply_says_why_before_what_was_measured() -> None:
    chosen = settings("coverage", "total >= baseline")
    verdict = evaluate(GOOD, policy(chosen), TODAY).verdicts[0]
    assert verdict.status is GateStatus.SKIPPED
    assert verdict.summary.startswith("not judged: no baseline was given")
    assert "2 of 2 lines" in verdict.summary


def test_a_changed_source_that_no_report_has_is_named() -> None:
    changed = change("src/late.py: 1-3\ntests/test_x.py: 1\nREADME.md: 1\nsrc/a.py: 1")
    evidence = Evidence(coverage=(coverage("src/a.py: 1+"),), change=changed)
    source = SourceSettings(tests=("tests/**",))
    report = evaluate(evidence, policy(settings("coverage", "total > 1%"), source=source), TODAY)
    assert [n.message for n in report.notices if n.code == "unmeasured-change"] == [
        "1 changed file in no coverage report, so not judged by it: src/late.py"
    ]


def test_a_changed_source_that_paths_of_a_report_may_mean_needs_other_paths() -> None:
    record = replace(coverage("/x/src/late.py: 1+"), unresolved=("/x/src/late.py",))
    evidence = Evidence(coverage=(record,), change=change("src/late.py: 1"))
    (found,) = evaluate(evidence, policy(settings("coverage", "total > 1%")), TODAY).verdicts
    assert found.remedies[-1].startswith("Let the tool write paths relative to the repository")


@pytest.mark.parametrize("path", ["src/late.py", "tools/new.py", "web/app.ts", "cmd/main.go"])
def test_a_changed_source_that_no_report_has_makes_the_gate_warn_wherever_it_is(path: str) -> None:
    evidence = Evidence(coverage=(coverage("src/a.py: 1+"),), change=change(f"{path}: 1\nsrc/a.py: 1"))
    (found,) = evaluate(evidence, policy(settings("coverage", "patch.total >= 80%")), TODAY).verdicts
    assert found.status is GateStatus.WARN
    assert f"1 changed file in no coverage report: {path}" in found.summary
    assert f"Let a test load {path}, or tell the tool which sources to measure" in found.remedies[-1]


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "include/a.h",
        "types/a.d.ts",
        "a/coverage/lcov-report/sorter.js",
        "tests/test_a.py",
        "vendor/a.py",
    ],
)
def test_what_coverage_does_not_measure_needs_no_report(path: str) -> None:
    source = SourceSettings(tests=("tests/**",), vendored=("vendor/**",))
    evidence = Evidence(coverage=(coverage("src/a.py: 1+"),), change=change(f"{path}: 1\nsrc/a.py: 1"))
    chosen = settings("coverage", "patch.total >= 80%")
    (found,) = evaluate(evidence, policy(chosen, source=source), TODAY).verdicts
    assert found.status is GateStatus.PASS


def test_a_report_of_test_files_alone_is_said_to_be_one() -> None:
    source = SourceSettings(tests=("tests/**",))
    evidence = Evidence(coverage=(coverage("tests/test_a.py: 1+"),))
    report = evaluate(evidence, policy(settings("coverage", "total >= 80%"), source=source), TODAY)
    assert report.verdicts[0].status is GateStatus.WARN
    assert "coverage.xml holds only test files" in [n.message for n in report.notices]


def test_broken_files_are_not_called_missing() -> None:
    evidence = Evidence(problems={"coverage": (Problem("is empty", "coverage.xml"),)})
    assert "no-tests" not in codes(evaluate(evidence, policy(COVERAGE), TODAY))


def test_the_baseline_is_compared_exactly() -> None:
    before = Measure("total", Fraction(100) - Fraction(1, 10**9), "%", Better.HIGHER)
    report = evaluate(
        GOOD, policy(COVERAGE), TODAY, baseline=Baseline({"coverage": Measures({"total": before})})
    )
    assert report.verdicts[0].criteria[1].status is CriterionStatus.PASS
    worse = Evidence(coverage=(coverage("a.py: " + " ".join(f"{n}+" for n in range(1, 99)) + " 99-"),))
    report = evaluate(
        worse, policy(COVERAGE), TODAY, baseline=Baseline({"coverage": Measures({"total": before})})
    )
    assert report.verdicts[0].criteria[1].status is CriterionStatus.FAIL


def test_an_unreadable_file_leaves_the_other_verdicts_standing() -> None:
    evidence = Evidence(tests=GOOD.tests, problems={"coverage": (Problem("is empty", "coverage.xml"),)})
    report = evaluate(evidence, policy(COVERAGE, TESTS), TODAY)
    assert [v.status for v in report.verdicts] == [GateStatus.ERROR, GateStatus.PASS]
    assert report.status is ReportStatus.BLOCKED


def test_an_advisory_gate_does_not_block() -> None:
    advisory = replace(TESTS, blocking=False)
    report = evaluate(Evidence(tests=(results("F"),)), policy(advisory), TODAY)
    assert (report.verdicts[0].status, report.status) == (GateStatus.FAIL, ReportStatus.WARN)


def test_an_expired_waiver_says_so() -> None:
    chosen = policy(SECURITY, waivers=(waiver("security", rule="B602", expires=date(2026, 1, 1)),))
    report = evaluate(Evidence(findings=(security("high B602 a.py:1"),)), chosen, TODAY, only=["security"])
    assert (report.status, codes(report)) == (ReportStatus.BLOCKED, ["waiver-expired"])


def test_a_used_waiver_is_not_reported_as_unused() -> None:
    used, unused = waiver("security", rule="B602"), waiver("security", rule="B999")
    chosen = policy(SECURITY, waivers=(used, unused))
    report = evaluate(Evidence(findings=(security("high B602 a.py:1"),)), chosen, TODAY, only=["security"])
    assert (report.status, codes(report)) == (ReportStatus.CONDITIONAL, ["waiver-unused"])


def test_waivers_of_gates_that_are_not_judged_are_not_spoken_of() -> None:
    chosen = policy(SECURITY, TESTS, waivers=(waiver("security", rule="B602"),))
    assert codes(evaluate(GOOD, chosen, TODAY, only=["tests"])) == []


def test_unresolved_paths_are_reported() -> None:
    record = coverage("x/a.py: 1+")
    record = type(record)(record.source, record.files, False, unresolved=("x/a.py",))
    report = evaluate(Evidence(coverage=(record,)), policy(COVERAGE), TODAY)
    text = "coverage.xml names paths that are no file of this repository: x/a.py"
    assert Notice("warning", "path-unresolved", text) in report.notices


def test_a_pull_request_of_documentation_only_passes() -> None:
    evidence = Evidence(
        tests=GOOD.tests, coverage=GOOD.coverage, findings=(security(),), change=change("README.md: 1-9")
    )
    gates = (TESTS, settings("coverage", "patch.total >= 80%"), settings("security", "new.high == 0"))
    assert evaluate(evidence, policy(*gates), TODAY).status is ReportStatus.PASS


@given(st.text("+Fs", min_size=1, max_size=6), st.text("+-", min_size=1, max_size=6), st.integers(0, 2))
def test_worse_evidence_never_gives_a_better_report(marks: str, lines: str, highs: int) -> None:
    def status(marks: str, lines: str, highs: int) -> int:
        evidence = Evidence(
            tests=(results(marks),),
            coverage=(coverage("a.py: " + " ".join(f"{n + 1}{m}" for n, m in enumerate(lines))),),
            findings=(security(*(f"high B{n} a.py:{n + 1}" for n in range(highs))),),
        )
        return REPORT_ORDER.index(evaluate(evidence, policy(TESTS, COVERAGE, SECURITY), TODAY).status)

    now = status(marks, lines, highs)
    assert status(marks.replace("+", "F", 1), lines, highs) >= now
    assert status(marks, lines.replace("+", "-", 1), highs) >= now
    assert status(marks, lines, highs + 1) >= now
