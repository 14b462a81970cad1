"""A monorepo's components: each has verdicts of its own, from the evidence that is about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from sluicegate.core.change import Change, FileChange, NoChange
from sluicegate.core.model import Better, Measure, Problem, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.criteria import Measures
from sluicegate.evidence.records import Evidence
from sluicegate.history.baseline import Baseline
from sluicegate.judge.components import part_of
from sluicegate.judge.evaluate import evaluate
from sluicegate.policy.model import Policy
from sluicegate.policy.touched import touched, untouched
from sluicegate.report.outputs import once
from support import evidence as ev
from support.policies import policy

TEXT = """
extends: []
{head}
gates:
  tests: {{criteria: [failed == 0]}}
  coverage: {{criteria: [total >= 80%]}}
  security: {{criteria: [high == 0]}}
  complexity: {{criteria: [max_cyclomatic < 10]}}
components:
  api:
    paths: services/api/**
  web:
    paths: [web/**]
    gates:
      coverage: {{criteria: [total >= 10%]}}
      tests: {{files: out/web-*.xml}}
      complexity: off
"""
WHOLE = policy(TEXT.format(head=""))
PARTS = policy(TEXT.format(head="whole: false"))
BOTH = ev.change("services/api/a.py: 1-2\nweb/w.py: 1")
EVIDENCE = Evidence(
    change=BOTH,
    coverage=(ev.coverage("services/api/a.py: 1+ 2+\nweb/w.py: 1+ 2- 3- 4-\nlib/l.py: 1-"),),
    tests=(ev.results("++", "services/api/junit.xml"), ev.results("+F", "out/web-1.xml")),
    findings=(ev.security("high B1 web/w.py:1", "high B2 lib/l.py:1"),),
    complexity=ev.functions("services/api/a.py:1 f 30\nweb/w.py:1 g 40"),
)


def judged(evidence: Evidence, by: Policy) -> Report:
    return evaluate(evidence, by, date(2026, 11, 21))


def of(report: Report, gate: str, component: str | None) -> Verdict:
    return next(v for v in report.verdicts if v.name == gate and v.component == component)


def statuses(report: Report, component: str | None) -> dict[str, str]:
    return {v.name: str(v.status) for v in report.verdicts if v.component == component}


def test_each_component_is_judged_beside_the_whole() -> None:
    report = judged(EVIDENCE, WHOLE)
    assert statuses(report, None) == {
        "tests": "FAIL", "coverage": "FAIL", "security": "FAIL", "complexity": "FAIL",
    }  # fmt: skip
    assert statuses(report, "api") == {
        "tests": "PASS", "coverage": "PASS", "security": "PASS", "complexity": "FAIL",
    }  # fmt: skip
    assert statuses(report, "web") == {"tests": "FAIL", "coverage": "PASS", "security": "FAIL"}


def test_components_can_be_judged_in_place_of_the_whole() -> None:
    report = judged(EVIDENCE, PARTS)
    assert statuses(report, None) == {}
    assert statuses(report, "api") == statuses(judged(EVIDENCE, WHOLE), "api")


def test_a_component_s_measures_are_of_its_own_files() -> None:
    report = judged(EVIDENCE, WHOLE)
    assert ev.value(of(report, "coverage", "api"), "total") == 100
    assert ev.value(of(report, "coverage", "web"), "total") == 25
    assert [f.path for f in of(report, "security", "web").findings] == ["web/w.py"]


def test_a_component_that_the_change_does_not_touch_is_skipped() -> None:
    report = judged(Evidence(change=ev.change("web/w.py: 1"), tests=EVIDENCE.tests), PARTS)
    assert set(statuses(report, "api").values()) == {"SKIPPED"}
    assert of(report, "tests", "api").summary == "the change does not touch services/api/**"


def test_a_change_of_no_component_passes() -> None:
    report = judged(Evidence(change=ev.change("README.md: 1")), PARTS)
    assert report.status is ReportStatus.PASS
    assert {v.status for v in report.verdicts} == {GateStatus.SKIPPED}


def test_without_a_change_every_component_is_judged() -> None:
    change = NoChange("a push")
    assert [c.name for c in touched(PARTS, change)] == ["api", "web"]


def test_a_file_that_left_a_component_touches_it() -> None:
    moved = ev.change("web/w.py: 1").files["web/w.py"]
    change = type(BOTH)({"lib/w.py": type(moved)("lib/w.py", "web/w.py")})
    assert untouched(PARTS.components[1], change) == ""


def test_results_without_an_owner_are_nobody_s_and_say_so() -> None:
    report = judged(Evidence(change=BOTH, tests=(ev.results("+", "junit.xml"),)), PARTS)
    verdict = of(report, "tests", "api")
    assert verdict.status is GateStatus.ERROR
    assert "components.api.gates.tests.files" in verdict.summary


def test_problems_are_of_the_component_whose_file_they_are_about() -> None:
    problems = {"tests": (Problem("is empty", "web/j.xml"), Problem("is odd", "elsewhere.xml"))}
    evidence = Evidence(change=BOTH, problems=problems)
    by_component = {c.name: part_of(evidence, c, WHOLE).problems["tests"] for c in WHOLE.components}
    assert [p.message for p in by_component["api"]] == ["is odd"]
    assert [p.message for p in by_component["web"]] == ["is empty", "is odd"]


def test_findings_without_a_place_stay_when_the_whole_is_not_judged() -> None:
    evidence = Evidence(change=BOTH, findings=(ev.security("high B1 :0"),))
    (api, _) = PARTS.components
    assert len(part_of(evidence, api, PARTS).findings[0].security) == 1
    assert part_of(evidence, api, WHOLE).findings[0].security == ()


def test_what_a_comment_silences_is_of_the_component_whose_file_it_is_in() -> None:
    hidden = tuple(map(ev.finding, ("*high B1 web/w.py:1", "*high B2 lib/l.py:1")))
    evidence = replace(EVIDENCE, findings=(replace(ev.security(), suppressed=hidden),))
    api, web = (part_of(evidence, component, WHOLE).findings[0] for component in WHOLE.components)
    assert (api.suppressed, [f.rule for f in web.suppressed]) == ((), ["B1"])


def test_outputs_count_what_the_whole_includes_once() -> None:
    report = judged(EVIDENCE, WHOLE)
    assert {v.component for v in once(report)} == {None}
    assert {v.component for v in once(judged(EVIDENCE, PARTS))} == {"api", "web"}


def test_a_baseline_is_looked_up_by_component() -> None:
    text = (
        "extends: []\ngates: {coverage: {criteria: [total >= baseline]}}\ncomponents: {web: {paths: web/**}}"
    )
    chosen = policy(text)
    baseline = Baseline({"web/coverage": total_of(90)})
    report = evaluate(EVIDENCE, chosen, date(2026, 11, 21), baseline=baseline)
    assert of(report, "coverage", "web").status is GateStatus.FAIL
    assert of(report, "coverage", None).criteria[0].status == "SKIPPED"


def total_of(percent: int) -> Measures:
    return Measures({"total": Measure("total", Fraction(percent), "%", Better.HIGHER)})


@pytest.mark.parametrize("gate", ["tests", "coverage", "security"])
def test_one_gate_alone(gate: str) -> None:
    report = evaluate(EVIDENCE, PARTS, date(2026, 11, 21), only=(gate,))
    assert {v.gate for v in report.verdicts} == {gate}


@pytest.mark.parametrize(("by", "counted"), [(PARTS, 1), (WHOLE, 0)])
def test_a_finding_of_an_unknown_file_is_never_lost(by: Policy, counted: int) -> None:
    found = replace(ev.security("high B1 internal/a.py:1"), unresolved=("internal/a.py",))
    part = part_of(Evidence(change=BOTH, findings=(found,)), by.components[0], by)
    assert sum(len(record.security) for record in part.findings) == counted


@pytest.mark.parametrize(
    ("path", "touched_by"),
    [("web/lib", True), ("web", True), ("lib", False), ("web2", False)],
)
def test_a_submodule_touches_the_components_that_it_may_hold_files_of(path: str, touched_by: bool) -> None:
    moved = Change({path: FileChange(path, path, submodule=True)})
    assert ("web" in [c.name for c in touched(WHOLE, moved)]) is touched_by


def test_a_link_touches_the_components_below_it() -> None:
    assert [c.name for c in touched(WHOLE, ev.change("services: 1"))] == ["api"]


def test_the_submodules_of_a_component_are_in_its_change() -> None:
    moved = Change({"web/lib": FileChange("web/lib", "web/lib", submodule=True)})
    assert part_of(Evidence(change=moved), WHOLE.components[1], WHOLE).change == moved
