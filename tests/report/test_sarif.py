from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given

from sluicegate.core.model import Finding, PolicyRef, Report, Severity, Verdict
from sluicegate.evidence.findings.sarif import READER
from sluicegate.evidence.records import FindingsRecord
from sluicegate.report import sarif
from support import any_reports
from support import reports as r

LEVELS = {"none", "note", "warning", "error"}
RUN_KEYS = {"tool", "automationDetails", "columnKind", "results", "properties"}
RESULT_KEYS = {
    "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints", "properties",
    "baselineState", "suppressions",
}  # fmt: skip


def log(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif.render(report))
    return document


def run(report: Report, gate: str) -> dict[str, Any]:
    name = f"sluicegate/{gate}/"
    found: dict[str, Any] = next(x for x in log(report)["runs"] if x["automationDetails"]["id"] == name)
    return found


def result(report: Report, gate: str, rule: str) -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in run(report, gate)["results"] if x["ruleId"] == rule)
    return found


def rule(report: Report, gate: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in run(report, gate)["tool"]["driver"]["rules"] if x["id"] == name)
    return found


def check(document: dict[str, Any]) -> None:
    """The parts of SARIF 2.1.0 and of GitHub's rules that a consumer stumbles over."""
    assert document["version"] == "2.1.0"
    assert len(document["runs"]) <= 20
    for each in document["runs"]:
        check_run(each)


def check_run(each: dict[str, Any]) -> None:
    assert set(each) == RUN_KEYS
    driver = each["tool"]["driver"]
    assert driver["name"]
    names = [rule["id"] for rule in driver["rules"]]
    assert len(names) == len(set(names))
    assert len(each["results"]) <= 25_000
    for found in each["results"]:
        check_result(found, names)


def check_result(found: dict[str, Any], names: list[str]) -> None:
    assert set(found) <= RESULT_KEYS
    assert names[found["ruleIndex"]] == found["ruleId"]
    assert found["level"] in LEVELS
    assert found["message"]["text"]
    [place] = found["locations"]
    physical = place["physicalLocation"]
    assert physical["artifactLocation"]["uri"].isascii()
    assert not set(physical["artifactLocation"]["uri"]) & set(' \\^`{}|"<>')
    region = physical.get("region", {"startLine": 1, "endLine": 1})
    assert 1 <= region["startLine"] <= region["endLine"]
    assert found["partialFingerprints"]["primaryLocationLineHash"]


@pytest.mark.parametrize("name", r.NAMED)
def test_a_named_report_is_sound_sarif(name: str) -> None:
    check(log(r.NAMED[name]()))


@given(any_reports.reports)
@any_reports.quick
def test_every_report_is_sound_sarif(report: Report) -> None:
    check(log(report))


def test_there_is_one_run_a_gate_with_something_to_say() -> None:
    ids = [x["automationDetails"]["id"] for x in log(r.blocked())["runs"]]
    assert ids == [
        f"sluicegate/{name}/" for name in ("tests.unit", "coverage", "security", "lint", "complexity")
    ]


def test_a_finding_keeps_place_and_message() -> None:
    found = result(r.blocked(), "security", "py/sql-injection")
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "src/shop/db.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 120, "endLine": 124}
    assert found["message"]["text"] == "This SQL query depends on a user-provided value."


def test_a_security_rule_has_a_score_and_a_lint_rule_has_none() -> None:
    assert rule(r.blocked(), "security", "B602")["properties"]["security-severity"] == "8.0"
    assert "security-severity" not in rule(r.blocked(), "complexity", "complexity")["properties"]


def test_a_rule_has_the_score_of_its_worst_finding() -> None:
    low = r.finding("B1", Severity.LOW, "a.py", 1, "x")
    verdict = replace(r.security_fail(), findings=(low, replace(low, severity=Severity.HIGH, line=2)))
    assert rule(r.report(verdict), "security", "B1")["properties"]["security-severity"] == "8.0"


def test_a_waived_finding_is_suppressed_with_its_reason() -> None:
    found = result(r.conditional(), "security", "B602")
    assert found["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "runs in a sandbox, see #12 (owner @alice, until 2027-01-31)",
        }
    ]


def test_a_failed_criterion_points_at_the_policy() -> None:
    found = result(r.blocked(), "coverage", "criterion/coverage/total")
    assert found["message"]["text"] == "coverage: total >= 80%: is 78.4%, 1,568 of 2,000 lines and branches"
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "sluicegate.yml"


def place_of(verdict: Verdict, policy: PolicyRef) -> str:
    """Where the only criterion of a gate points at."""
    [found] = log(r.report(verdict, policy=policy))["runs"][0]["results"][:1]
    place: str = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return place


PRESET = PolicyRef("preset", "standard", "")


def test_without_a_policy_file_a_criterion_points_at_the_evidence() -> None:
    assert place_of(r.coverage_fail(), PRESET) == "coverage.xml"


def test_without_evidence_of_a_file_it_points_at_the_worst_finding() -> None:
    assert place_of(r.complexity_warn(), PRESET) == "src/shop/cart.py"


def test_a_policy_outside_the_repository_is_no_place() -> None:
    for ref in ("/etc/sluicegate.yml", "../sluicegate.yml", "C:/sluicegate.yml"):
        assert place_of(r.coverage_fail(), PolicyRef("head", ref, "")) == "coverage.xml"


def test_what_has_no_place_at_all_is_left_out_and_counted() -> None:
    bare = replace(r.complexity_warn(), findings=(), sources=())
    [found] = log(r.report(bare, policy=PRESET))["runs"]
    assert (found["results"], found["properties"]["leftOut"]) == ([], 1)


def test_a_passed_criterion_is_no_result() -> None:
    assert log(r.passing())["runs"] == []


def test_new_and_known_findings_are_told_apart() -> None:
    assert result(r.blocked(), "security", "B602")["baselineState"] == "new"
    assert result(r.blocked(), "security", "B324")["baselineState"] == "unchanged"


def test_equal_findings_of_one_file_have_different_fingerprints() -> None:
    twin = r.finding("B101", Severity.LOW, "a.py", 3, "x", fingerprint="same")
    found = run(r.report(replace(r.security_fail(), findings=(twin, replace(twin, line=9)))), "security")
    keys = [x["partialFingerprints"]["primaryLocationLineHash"] for x in found["results"][2:]]
    assert [key.rpartition(":")[2] for key in keys] == ["1", "2"]
    assert len({key.rpartition(":")[0] for key in keys}) == 1


def test_a_fingerprint_does_not_depend_on_the_line() -> None:
    def fingerprints(line: int) -> object:
        found = r.finding("B1", Severity.LOW, "a.py", line, "x", fingerprint="f")
        report = r.report(replace(r.security_fail(), findings=(found,)))
        return result(report, "security", "B1")["partialFingerprints"]

    assert fingerprints(3) == fingerprints(9)


def test_gates_beyond_twenty_share_the_last_run() -> None:
    verdicts = [replace(r.security_fail(), suite=f"part{n}") for n in range(25)]
    document = log(r.report(*verdicts))
    assert len(document["runs"]) == 20
    assert document["runs"][-1]["automationDetails"]["id"] == "sluicegate/others/"
    assert sum(len(x["results"]) for x in document["runs"]) == 25 * 6


def test_the_least_severe_findings_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 50)
    found = run(r.blocked(extra=100), "security")
    assert len(found["results"]) == 50
    assert found["properties"]["leftOut"] == 104 + 2 - 50
    assert {"py/sql-injection", "B602", "B108"} <= {x["ruleId"] for x in found["results"]}


def test_the_limits_are_githubs() -> None:
    assert (sarif.MAX_RUNS, sarif.MAX_RESULTS, sarif.MAX_GZIPPED) == (20, 25_000, 10_000_000)


def test_the_gzipped_size_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_GZIPPED", 8_000)
    assert len(gzip.compress(sarif.render(r.blocked(extra=500)).encode())) <= 8_000


@pytest.mark.parametrize("path", ["src/ä b.py", "a%20b.py", "x#y?.py", "a|b.py"])
def test_a_path_is_a_relative_uri(path: str) -> None:
    verdict = replace(r.security_fail(), findings=(r.finding("B1", Severity.LOW, path, 1, "x"),))
    found = result(r.report(verdict), "security", "B1")
    assert unquote(found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == path


def test_our_own_reader_reads_the_findings_back(tmp_path: Path) -> None:
    path = tmp_path / "report.sarif"
    path.write_text(sarif.render(r.report(r.security_fail(3), r.complexity_warn())), encoding="utf-8")
    record = READER.read(path, "report.sarif")
    assert isinstance(record, FindingsRecord)

    def told(findings: Iterable[Finding]) -> set[tuple[object, ...]]:
        return {
            (f.rule, f.severity, f.message, f.path, f.line, f.end_line, f.new)
            for f in findings
            if not f.rule.startswith("criterion/")
        }

    assert told(record.security) == told(r.security_fail(3).findings)
    assert told(record.lint) == told(r.complexity_warn().findings)


def test_a_finding_of_the_whole_and_of_a_component_is_one_result() -> None:
    found = r.finding("B602", Severity.HIGH, "api/a.py", 3, "shell=True")
    whole = replace(r.security_fail(), findings=(found, found), criteria=())
    runs = log(r.report(whole, replace(whole, component="api")))["runs"]
    assert [len(run["results"]) for run in runs] == [2]
