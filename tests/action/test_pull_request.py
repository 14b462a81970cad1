"""The Action, whole, on a pull request: real steps, real git, real reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.composite import Result
from support.pullrequest import git
from support.uses import BAD, GOOD, Project, cobertura, junit, project, shown

pytestmark = pytest.mark.slow


def report(result: Result) -> dict[str, Any]:
    """The report that the output `report-json` names."""
    document: dict[str, Any] = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    return document


def gate(result: Result, name: str) -> dict[str, Any]:
    return next(g for g in report(result)["gates"] if g["gate"] == name)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> tuple[Project, Result]:
    """A use on good evidence, which several tests look at."""
    small = project(tmp_path_factory.mktemp("good"), environment)
    return small, small.job().run()


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Result:
    """A use on bad evidence, which several tests look at."""
    return project(tmp_path_factory.mktemp("bad"), environment).job(evidence=BAD).run()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Result:
    """A use on bad evidence that shows little and never fails."""
    job = project(tmp_path_factory.mktemp("quiet"), environment).job(evidence=BAD)
    return job.run(warn_only="true", annotations="off", summary="false")


@pytest.fixture
def passed(good: tuple[Project, Result]) -> Result:
    return good[1]


class TestThatPasses:
    def test_the_step_succeeds(self, passed: Result) -> None:
        assert (passed.conclusion, passed.exit_code) == ("success", 0), shown(passed)

    def test_the_outputs_hold_the_headline_measures(self, passed: Result) -> None:
        assert passed.outputs["blocked"] == "false"
        assert passed.outputs["tests"] == "3"
        assert (passed.outputs["coverage"], passed.outputs["patch-coverage"]) == ("100", "100")
        assert json.loads(passed.outputs["gates"])["tests"] == "PASS"

    def test_every_report_is_written(self, passed: Result) -> None:
        for name in ("json", "markdown", "html", "sarif"):
            assert Path(passed.outputs[f"report-{name}"]).stat().st_size > 0
            assert Path(passed.outputs[f"report-{name}"]).parent == Path(passed.outputs["report-directory"])

    def test_the_summary_is_the_report(self, passed: Result) -> None:
        assert passed.summary.startswith("## ")
        assert "| **tests** |" in passed.summary

    def test_each_gate_is_a_group_of_the_log(self, passed: Result) -> None:
        groups = passed.commands("group")
        assert "::group::Sluicegate: set-up" in groups
        assert any("tests" in g for g in groups)
        assert len(groups) == len(passed.commands("endgroup"))

    def test_the_change_is_the_pull_request_s_own(self, good: tuple[Project, Result]) -> None:
        pull, passed = good[0].pull, good[1]
        commit = report(passed)["commit"]
        assert (commit["head"], commit["tested"], commit["base"]) == (pull.head, pull.merge, pull.base)
        assert gate(passed, "coverage")["measures"]["patch.line"] == 100

    def test_nothing_leaks_into_the_job(self, passed: Result) -> None:
        assert (dict(passed.environment), list(passed.path)) == ({}, [])

    def test_the_token_is_not_in_the_log(self, passed: Result) -> None:
        assert "ghs_tokenOfTheTests" not in passed.log + passed.summary


class TestThatFails:
    def test_the_exit_code_is_the_verdict(self, failed: Result) -> None:
        assert (failed.conclusion, failed.exit_code) == ("failure", 1), shown(failed)

    def test_the_outputs_are_set_all_the_same(self, failed: Result) -> None:
        assert (failed.outputs["status"], failed.outputs["blocked"]) == ("BLOCKED", "true")
        assert (failed.outputs["failed"], failed.outputs["coverage"]) == ("1", "50")

    def test_failures_are_annotations(self, failed: Result) -> None:
        assert any("title=tests" in line for line in failed.commands("error"))

    def test_text_of_the_results_gives_no_commands(self, failed: Result) -> None:
        assert failed.commands("set-output") == []
        assert not [line for line in failed.commands("error") if line.split("::")[-1] == "not a command"]

    def test_warn_only_turns_the_exit_code_and_nothing_else(self, quiet: Result) -> None:
        assert (quiet.conclusion, quiet.outputs["status"]) == ("success", "BLOCKED")
        assert quiet.outputs["blocked"] == "true"

    def test_annotations_and_summary_can_be_left_out(self, quiet: Result) -> None:
        assert (quiet.commands("error"), quiet.summary) == ([], "")


SARIF = json.dumps(
    {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "ruff"}},
                "results": [
                    {
                        "ruleId": "E1",
                        "level": "error",
                        "message": {"text": "bad, 100 %\n::warning::x"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "src/app.py"},
                                    "region": {"startLine": 10},
                                }
                            }
                        ],
                    }
                ],
            }
        ],
    }
)


def test_annotations_stand_on_the_lines_of_the_head(small: Project) -> None:
    result = small.job(evidence={**GOOD, "reports/ruff.sarif": SARIF}).run()
    lines = [c for k in ("error", "warning", "notice") for c in result.commands(k) if "E1" in c]
    # Line 10 of the test merge is line 8 of the head: the base put two lines in front.
    assert len(lines) == 1, shown(result)
    assert "file=src/app.py,line=8,endLine=8," in lines[0]
    assert "%25" in lines[0]


class TestCheckouts:
    def test_depth_one_gets_its_base(self, small: Project) -> None:
        result = small.job(depth=1).run()
        assert "Fetched the base of pull request 7." in result.log
        assert report(result)["commit"]["base"] == small.pull.base
        assert gate(result, "coverage")["measures"]["patch.line"] == 100

    def test_without_its_base_the_change_cannot_be_judged(self, small: Project) -> None:
        job = small.job(depth=1)
        git(job.workspace, "remote", "set-url", "origin", "file:///nowhere")
        result = job.run()
        assert result.conclusion == "success", shown(result)
        assert any("fetch-depth: 2" in n for n in result.commands("notice"))
        patch = next(c for c in gate(result, "coverage")["criteria"] if c["id"] == "patch")
        assert patch["status"] == "UNKNOWN"

    def test_the_whole_history_needs_no_fetch(self, small: Project) -> None:
        result = small.job(depth=0).run()
        assert "Fetched" not in result.log
        assert report(result)["commit"]["base"] == small.pull.base

    def test_a_folder_of_the_repository_is_judged_alone(self, small: Project) -> None:
        job = small.job(evidence={"pack age/reports/junit.xml": junit(passed=5)})
        result = job.run(working_directory="pack age")
        assert result.outputs["tests"] == "5", shown(result)
        assert "Sluicegate: pack age" in result.summary

    def test_annotations_of_a_folder_name_the_file_from_the_top(self, small: Project) -> None:
        sarif = SARIF.replace("src/", "")
        job = small.job(evidence={"src/reports/junit.xml": junit(), "src/reports/a.sarif": sarif})
        result = job.run(working_directory="src")
        lines = [c for k in ("error", "warning", "notice") for c in result.commands(k) if "E1" in c]
        assert "file=src/app.py,line=8," in lines[0], shown(result)


class TestInputs:
    @pytest.mark.parametrize(
        "name",
        [
            "policy",
            "base",
            *(pytest.param(n, marks=pytest.mark.soak) for n in ("gate", "baseline", "evidence", "warn_only")),
        ],
    )
    def test_hostile_text_is_only_text(self, small: Project, name: str) -> None:
        job = small.job()
        text = '"; touch pwned; echo "$(touch pwned)`touch pwned`\n::set-output name=status::PASS'
        result = job.run(**{name: text})
        assert result.exit_code == 2, shown(result)
        assert not list(small.root.rglob("pwned"))
        assert result.commands("set-output") == []
        assert len(result.commands("error")) == 1

    def test_a_hostile_folder_is_only_a_name(self, small: Project) -> None:
        result = small.job().run(working_directory='"; touch pwned; "')
        assert result.exit_code == 2
        assert "working-directory" in result.commands("error")[0]
        assert not list(small.root.rglob("pwned"))

    def test_evidence_and_gates_are_one_a_line(self, small: Project) -> None:
        job = small.job(evidence={"a b/junit one.xml": junit(passed=2), "other.xml": cobertura({3: 1})})
        result = job.run(evidence="tests=a b/junit one.xml\ncoverage=other.xml\n", gate="tests\ncoverage\n")
        assert (result.outputs["tests"], result.outputs["coverage"]) == ("2", "100"), shown(result)
        assert list(json.loads(result.outputs["gates"])) == ["tests", "coverage"]

    def test_a_bad_policy_is_an_annotation_with_its_place(self, small: Project) -> None:
        job = small.job(evidence={**GOOD, "strict.yml": "gates:\n  coverag: {criteria: [total >= 80%]}\n"})
        result = job.run(policy="strict.yml")
        assert (result.conclusion, result.exit_code) == ("failure", 2), shown(result)
        (error,) = result.commands("error")
        assert "strict.yml:2" in error
        assert result.outputs["status"] == ""

    def test_a_baseline_is_the_report_of_an_earlier_run(self, good: tuple[Project, Result]) -> None:
        job = replace(good[0], root=good[0].root / "later").job()
        (job.temp / "sluicegate" / "report").mkdir()  # as an earlier use leaves it
        later = job.run(baseline=good[1].outputs["report-json"])
        assert later.exit_code == 0, shown(later)
        assert Path(later.outputs["report-directory"]).name == "report-2"


def test_without_evidence_the_other_gates_decide_and_the_summary_says_so(small: Project) -> None:
    result = small.job(evidence={}).run()
    assert (result.conclusion, result.outputs["status"]) == ("success", "PASS"), shown(result)
    assert result.outputs["summary"].endswith("neither tests nor coverage were found")
    assert (result.outputs["tests"], result.outputs["coverage"]) == ("", "")


@pytest.mark.parametrize("event", ["push", pytest.param("workflow_dispatch", marks=pytest.mark.soak)])
def test_other_events_judge_all_but_the_change(small: Project, event: str) -> None:
    result = small.job(event=event).run()
    assert result.conclusion == "success", shown(result)
    assert {s.name: s.exit_code for s in result.steps if s.exit_code is not None} == {
        "Set up Sluicegate": 0,
        "Fetch base, presets, approvals and ledger": 0,
        "Judge the evidence": 0,
        "Record and publish the report": 0,
    }, shown(result)
    assert result.outputs["patch-coverage"] == ""


def test_a_policy_in_the_repository_is_found(small: Project) -> None:
    job = small.job(evidence={**GOOD, "sluicegate.yml": "gates:\n  tests: {criteria: [tests >= 4]}\n"})
    assert job.run().outputs["status"] == "BLOCKED"


def test_a_channel_that_cannot_be_written_is_said_and_changes_nothing(small: Project) -> None:
    job = small.job(evidence=BAD)
    job.broken = ("GITHUB_STEP_SUMMARY",)
    result = job.run()
    assert (result.exit_code, result.outputs["status"]) == (1, "BLOCKED"), shown(result)
    assert any("GITHUB_STEP_SUMMARY could not be written" in w for w in result.commands("warning"))
