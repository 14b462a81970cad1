"""Bundles of several shards judged as one: what is missing or wrong blocks, and says who it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.bundle.find import find_bundles
from sluicegate.bundle.gather import Expected, parse_expected
from sluicegate.core.change import NoChange
from sluicegate.core.errors import ExitCode, SluicegateError, UsageError
from sluicegate.core.model import Better, Commit, Measure, Problem, Report, Source, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.evidence.analysed import RunRecord
from sluicegate.judge.merge import MergeContext, MergeOptions, judge_bundles, merge
from support import bundles, coverage_reports, linters
from support import evidence as ev
from support.policies import policy as parsed

TODAY = date(2026, 11, 21)
POLICY = ev.policy(
    ev.settings("tests", "pass_rate == 100%"),
    ev.settings("coverage", "total >= 80%", required=False),
    ev.settings("lint", "findings == 0", required=False),
)
GOOD = {"reports/junit.xml": bundles.junit("++")}


def judged(root: Path, expected: Expected | None = None, **others: Any) -> Report:
    folders = find_bundles(["b"], root)
    return judge_bundles(folders, replace(MergeContext(POLICY, TODAY, expected or Expected({})), **others))


def of(report: Report, gate: str, component: str | None = None) -> Verdict:
    return next(v for v in report.verdicts if v.name == gate and v.component == component)


def says(report: Report, gate: str) -> str:
    return " ".join(p.message for p in of(report, gate).problems)


def test_shards_are_judged_together(tmp_path: Path) -> None:
    one = coverage_reports.cobertura({"src/a.py": "1+ 2-"})
    two = coverage_reports.cobertura({"src/a.py": "1- 2+"})
    bundles.shard(tmp_path / "b" / "x", {**GOOD, "coverage.xml": one})
    bundles.shard(tmp_path / "b" / "y", {**GOOD, "coverage.xml": two})
    report = judged(tmp_path)
    assert report.status is ReportStatus.PASS
    assert ev.value(of(report, "tests"), "tests") == 4
    assert ev.value(of(report, "coverage"), "total") == 100
    assert report.commit == bundles.COMMIT


def test_a_missing_shard_is_an_error_that_names_it(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    report = judged(tmp_path, Expected({"x": (), "y": ()}))
    assert report.status is ReportStatus.BLOCKED
    assert {v.name: v.status for v in report.verdicts} == dict.fromkeys(
        ("tests", "coverage", "lint"), GateStatus.ERROR
    )
    assert "the shard 'y' is missing" in says(report, "tests")


def test_a_missing_shard_is_an_error_of_the_gates_that_it_feeds(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    report = judged(tmp_path, Expected({"y": ("lint",)}))
    assert of(report, "tests").status is GateStatus.PASS
    assert of(report, "lint").status is GateStatus.ERROR


def test_without_any_bundle_the_expected_ones_are_missing(tmp_path: Path) -> None:
    report = judged(tmp_path, Expected({"x": ()}))
    assert report.status is ReportStatus.BLOCKED


def test_fewer_shards_than_expected_block(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    assert judged(tmp_path, Expected({}, 1)).status is ReportStatus.PASS
    assert "only 1 of 2 shards" in says(judged(tmp_path, Expected({}, 2)), "tests")


def test_a_damaged_bundle_blocks_though_nobody_expects_it(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    damaged = bundles.shard(tmp_path / "b" / "y", GOOD)
    (damaged / "e0001.xml").write_text("<testsuite/>", encoding="utf-8")
    assert "bundle of the shard 'y' cannot be read" in says(judged(tmp_path), "tests")


def test_a_manifest_that_cannot_be_read_blocks(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    (bundles.shard(tmp_path / "b" / "y", GOOD) / "bundle.json").write_text("{", encoding="utf-8")
    assert "the bundle 'y' cannot be read" in says(judged(tmp_path), "tests")


def test_the_latest_attempt_of_a_shard_counts(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "first" / "x", {"j.xml": bundles.junit("FF")}, run=(7, 1))
    bundles.shard(tmp_path / "b" / "second" / "x", GOOD, run=(7, 2))
    report = judged(tmp_path)
    assert of(report, "tests").status is GateStatus.PASS
    assert any("1 earlier attempt of the shard 'x'" in n.message for n in report.notices)


def test_a_latest_attempt_that_is_damaged_does_not_bring_back_the_one_before(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "first" / "x", GOOD, run=(7, 1))
    second = bundles.shard(tmp_path / "b" / "second" / "x", GOOD, run=(7, 2))
    (second / "e0001.xml").unlink()
    report = judged(tmp_path, Expected({"x": ()}))
    assert (of(report, "tests").status, "tests" in of(report, "tests").measures) == (GateStatus.ERROR, False)


def test_the_same_bundle_twice_counts_once(tmp_path: Path) -> None:
    evidence = bundles.collected(tmp_path / "checkout", GOOD)
    for where in ("one", "two"):
        bundles.write(tmp_path / "b" / where / "x", evidence, tmp_path / "checkout")
    assert ev.value(of(judged(tmp_path), "tests"), "tests") == 2


def test_two_shards_of_one_name_block(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "one" / "x", GOOD)
    bundles.shard(tmp_path / "b" / "two" / "x", {"j.xml": bundles.junit("F")})
    assert "2 different bundles are of the shard 'x'" in says(judged(tmp_path), "tests")


def test_a_shard_of_another_commit_blocks(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD, run=(7, 1))
    other = Commit(head="8" * 40, tested="9" * 40)
    bundles.shard(tmp_path / "b" / "y", GOOD, run=(6, 1), commit=other)
    report = judged(tmp_path)
    assert "the shard 'y' tested the commit 99999999999, not 22222222222" in says(report, "tests")
    assert report.commit.tested == "2" * 40


def test_the_commit_and_the_change_of_the_caller_count(tmp_path: Path) -> None:
    forged = Commit(head="8" * 40, tested="2" * 40, base="0" * 40)
    bundles.shard(tmp_path / "b" / "x", GOOD, commit=forged)
    report = judged(tmp_path, commit=bundles.COMMIT, change=NoChange("told"))
    assert report.commit == bundles.COMMIT
    assert of(report, "tests").status is GateStatus.PASS


def test_a_bundle_of_another_commit_than_the_caller_s_blocks(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    report = judged(tmp_path, commit=Commit(tested="7" * 40))
    assert report.status is ReportStatus.BLOCKED


def test_a_shard_without_results_blocks_a_required_gate(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    bundles.shard(tmp_path / "b" / "crashed", {})
    assert "the shard 'crashed' contributed no report for it" in says(judged(tmp_path), "tests")


def test_a_shard_that_was_not_asked_for_results_need_not_have_any(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    bundles.shard(tmp_path / "b" / "static", {}, gates=("lint",))
    assert judged(tmp_path).status is ReportStatus.PASS


def test_a_shard_without_a_report_for_a_gate_that_is_not_required_is_told(tmp_path: Path) -> None:
    coverage = coverage_reports.cobertura({"src/a.py": "1+"})
    bundles.shard(tmp_path / "b" / "x", {**GOOD, "coverage.xml": coverage})
    bundles.shard(tmp_path / "b" / "y", GOOD)
    messages = [n.message for n in judged(tmp_path).notices]
    assert "coverage: the shard 'y' contributed no report for it" in messages


def test_problems_reach_the_suites(tmp_path: Path) -> None:
    text = "extends: []\ngates: {tests: {suites: {unit: {files: reports/*.xml, criteria: [failed == 0]}}}}"
    bundles.shard(tmp_path / "b" / "x", GOOD)
    report = judged(tmp_path, Expected({"y": ()}), policy=parsed(text))
    assert of(report, "tests.unit").status is GateStatus.ERROR
    assert ev.value(of(judged(tmp_path, policy=parsed(text)), "tests.unit"), "tests") == 2


@pytest.mark.parametrize(
    "measure",
    [
        Measure("total", Fraction(1), "s", Better.LOWER),
        Measure("total", None, "B", Better.LOWER),
        Measure("other", Fraction(1), "B", Better.LOWER),
    ],
)
def test_measures_that_the_policy_did_not_declare_block(tmp_path: Path, measure: Measure) -> None:
    size = "extends: []\ngates: {size: {run: x, measures: {total: B}, criteria: [total <= 5B]}}"
    runs = {"size": RunRecord(Source("size", "run"), {"total": measure})}
    bundles.shard(tmp_path / "b" / "x", GOOD, gates=("size",), runs=runs)
    report = judged(tmp_path, policy=parsed(size))
    assert of(report, "size").status is GateStatus.ERROR


def test_a_component_s_shard_speaks_for_the_component(tmp_path: Path) -> None:
    text = """
extends: []
whole: false
gates: {tests: {criteria: [failed == 0]}}
components: {api: {paths: services/api/**}, web: {paths: web/**}}
"""
    change = ev.change("services/api/app.py: 1\nweb/app.py: 1")
    bundles.shard(tmp_path / "b" / "api", {"j.xml": bundles.junit("++")}, gates=("tests",), change=change)
    report = judged(tmp_path, Expected({"api": (), "web": ()}), policy=parsed(text))
    assert of(report, "tests", "api").status is GateStatus.PASS
    assert of(report, "tests", "web").status is GateStatus.ERROR
    assert [p.message for p in of(report, "tests", "web").problems] == ["the shard 'web' is missing"]


def test_problems_of_a_component_s_shard_stay_with_it(tmp_path: Path) -> None:
    text = "extends: []\nwhole: false\ngates: {tests: {criteria: [failed == 0]}}\n"
    text += "components: {api: {paths: services/api/**}, web: {paths: web/**}}"
    change = ev.change("services/api/app.py: 1\nweb/app.py: 1")
    broken = {"tests": (Problem("is empty", "j2.xml"),)}
    for name, problems in (("api", {}), ("web.py3", broken)):
        bundles.shard(tmp_path / "b" / name, GOOD, gates=("tests",), change=change, problems=problems)
    report = judged(tmp_path, policy=parsed(text))
    assert of(report, "tests", "api").status is GateStatus.PASS
    assert of(report, "tests", "web").status is GateStatus.ERROR


# --- finding them, and the command's own arguments ---------------------------------------------


@pytest.mark.parametrize("argument", ["b", "b/*", "b/deep/*", "b/deep/x", "b/deep/x/bundle.json", "b/**"])
def test_folders_files_and_globs_lead_to_bundles(tmp_path: Path, argument: str) -> None:
    bundles.shard(tmp_path / "b" / "deep" / "x", GOOD)
    (tmp_path / "b" / "other").mkdir()
    assert find_bundles([argument], tmp_path) == [tmp_path / "b" / "deep" / "x"]


def test_what_does_not_exist_has_no_bundles(tmp_path: Path) -> None:
    assert find_bundles(["nowhere", "no/*"], tmp_path) == []


def test_links_to_folders_are_not_entered(tmp_path: Path) -> None:
    bundles.shard(tmp_path / "elsewhere" / "x", GOOD)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert find_bundles(["b"], tmp_path) == []


def test_expected_shards_are_written_one_or_more_a_line() -> None:
    expected = parse_expected(["a b=tests", "c=tests,lint"], 3, ("tests", "lint"))
    assert expected == Expected({"a": (), "b": ("tests",), "c": ("tests", "lint")}, 3)


@pytest.mark.parametrize("text", ["../x", "a=", "a=nope", "=tests"])
def test_a_wrong_expectation_is_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_expected([text], 0, ("tests",))


def test_nothing_to_merge_and_nothing_expected_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no bundle") as caught:
        merge(MergeOptions(tmp_path, bundles=("b",)), lambda: TODAY)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "options", [{"policy": "no.yml"}, {"gates": ("nope",)}, {"expect_count": -1}, {"baseline": "no.json"}]
)
def test_wrong_arguments_are_errors(tmp_path: Path, options: dict[str, Any]) -> None:
    bundles.shard(tmp_path / "b" / "x", GOOD)
    with pytest.raises(SluicegateError) as caught:
        merge(replace(MergeOptions(tmp_path, bundles=("b",)), **options), lambda: TODAY)
    assert caught.value.exit_code is ExitCode.USAGE


def test_more_folders_than_are_looked_into_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluicegate.bundle.find._MAX_FOLDERS", 3)
    for name in "abcd":
        (tmp_path / "b" / name).mkdir(parents=True)
    with pytest.raises(UsageError, match="more than 3 folders"):
        find_bundles(["b"], tmp_path)


def timed(name: str, *times: str, failing: bool = False) -> str:
    """A suite with a timestamp, whose cases took these seconds; the first may fail."""
    bodies = ["<failure/>" if failing and n == 0 else "" for n in range(len(times))]
    cases = "".join(
        f"<testcase classname='{name}' name='t{n}' time='{time}'>{body}</testcase>"
        for n, (time, body) in enumerate(zip(times, bodies, strict=True))
    )
    return f"<testsuite name='{name}' timestamp='2026-11-30T06:00:00'>{cases}</testsuite>"


ONE, TWO = timed("p.A", "0.1", "0.2"), timed("p.B", "0.3", failing=True)
WHOLE = f"<testsuites>{ONE}{TWO}</testsuites>"


def test_an_aggregate_of_shards_counts_once_and_is_named(tmp_path: Path) -> None:
    for name, xml in {"x": ONE, "y": TWO, "all": WHOLE}.items():
        bundles.shard(tmp_path / "b" / name, {"reports/junit.xml": xml})
    report = judged(tmp_path)
    assert [ev.value(of(report, "tests"), name) for name in ("tests", "failed")] == [3, 1]
    notice = next(n for n in report.notices if n.code == "repeated-results")
    assert "all: reports/junit.xml holds the cases of x: reports/junit.xml" in notice.message


def test_an_aggregate_counts_once_in_the_suite_that_the_policy_makes_of_it(tmp_path: Path) -> None:
    text = "extends: []\ngates: {tests: {suites: {unit: {files: reports/*.xml, criteria: [failed == 1]}}}}"
    for name, xml in {"x": ONE, "y": TWO, "all": WHOLE}.items():
        bundles.shard(tmp_path / "b" / name, {"reports/junit.xml": xml})
    assert of(judged(tmp_path, policy=parsed(text)), "tests.unit").status is GateStatus.PASS


def test_shards_of_the_same_cases_with_other_times_count_each(tmp_path: Path) -> None:
    for name, xml in {"x": timed("p.A", "0.1", "0.2"), "y": timed("p.A", "0.1", "0.3")}.items():
        bundles.shard(tmp_path / "b" / name, {"reports/junit.xml": xml})
    assert ev.value(of(judged(tmp_path), "tests"), "tests") == 4


@pytest.mark.parametrize(("line", "count"), [(1, 1), (2, 2)], ids=["same", "other"])
def test_two_formats_of_one_run_of_a_linter_count_once_in_different_shards(
    tmp_path: Path, line: int, count: int
) -> None:
    for name, own in {
        "x": {"ruff.json": linters.RUFF % line},
        "y": {"ruff.sarif": linters.SARIF % "ruff"},
    }.items():
        bundles.shard(tmp_path / "b" / name, {**GOOD, **own})
    report = judged(tmp_path)
    assert ev.value(of(report, "lint"), "findings") == count
    left = [("y: ruff.sarif", "has the same findings as x: ruff.json")] if count == 1 else []
    assert list(report.discovery.passed_over) == left
