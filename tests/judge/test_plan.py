"""The matrix of jobs that a change needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluicegate.bundle.gather import parse_expected
from sluicegate.cli.main import main
from sluicegate.core.errors import UsageError
from sluicegate.github.event import EventContext
from sluicegate.judge.plan import MAX_JOBS, By, JobPlan, PlannedJob, plan
from sluicegate.judge.question import Question
from support.repo import pull_request, repository

POLICY = """
extends: []
{head}
gates: {{tests: {{criteria: [failed == 0]}}, coverage: {{criteria: [total >= 80%]}}}}
components: {{api: {{paths: services/api/**}}, web: {{paths: web/**, gates: {{coverage: off}}}}}}
"""


def planned(root: Path, policy: str, changed: str = "web/w.py", by: By = "component") -> JobPlan:
    files = {"sluicegate.yml": policy, "web/w.py": "", "services/api/a.py": "", "README.md": ""}
    repo = pull_request(root, files, {changed: "changed\n"})
    head = repo.git("rev-parse", "feature")
    event = EventContext(name="pull_request", is_pull_request=True, head_sha=head, base_ref="main")
    return plan(Question(repo.root, event=event), by)


def test_a_component_that_the_change_does_not_touch_is_left_out(tmp_path: Path) -> None:
    made = planned(tmp_path, POLICY.format(head="whole: false"))
    assert made.entries == (PlannedJob("web", "web", ("tests",)),)
    assert made.left_out == (("api", "the change does not touch services/api/**"),)


def test_reports_that_lie_about_touch_no_component(tmp_path: Path) -> None:
    files = {"sluicegate.yml": POLICY.format(head="whole: false"), "web/w.py": "", "services/api/a.py": ""}
    repo = repository(tmp_path, files)
    repo.git("checkout", "-q", "-b", "topic")
    junit = '<testsuite name="s" tests="1"><testcase classname="a" name="t"/></testsuite>'
    repo.write({"services/api/reports/junit.xml": junit, "web/new.py": ""})
    made = plan(Question(repo.root), "component")
    assert [e.shard for e in made.entries] == ["web"]
    assert made.left_out == (("api", "the change does not touch services/api/**"),)


def test_where_the_whole_is_judged_every_component_has_work(tmp_path: Path) -> None:
    made = planned(tmp_path, POLICY.format(head=""))
    assert [e.shard for e in made.entries] == ["api", "web"]


def test_one_job_for_each_gate(tmp_path: Path) -> None:
    made = planned(tmp_path, POLICY.format(head=""), by="gate")
    assert [e.shard for e in made.entries] == ["api.tests", "api.coverage", "web.tests"]
    assert made.entries[0].gates == ("tests",)


def test_gates_that_no_component_has_get_a_job_of_their_own(tmp_path: Path) -> None:
    text = POLICY.format(head="whole: false").replace("gates: {tests", "gates: {size: {run: make}, tests")
    assert [e.shard for e in planned(tmp_path, text).entries] == ["web", "rest"]


def test_no_job_feeds_the_gate_that_judges_the_run(tmp_path: Path) -> None:
    text = POLICY.format(head="whole: false").replace(
        "gates: {tests", "gates: {jobs: {criteria: [failed == 0]}, tests"
    )
    assert [e.gates for e in planned(tmp_path, text).entries] == [("tests",)]


def test_a_gate_that_only_a_preset_brings_needs_no_job_of_its_own(tmp_path: Path) -> None:
    text = POLICY.format(head="whole: false").replace("extends: []", "extends: standard")
    assert [e.shard for e in planned(tmp_path, text).entries] == ["web"]


def test_without_components_there_is_one_job(tmp_path: Path) -> None:
    made = planned(tmp_path, "extends: []\ngates: {tests: {criteria: [failed == 0]}}\n")
    assert made.entries == (PlannedJob("all", "", ("tests",)),)


def test_the_matrix_is_never_empty(tmp_path: Path) -> None:
    document = planned(tmp_path, POLICY.format(head="whole: false"), "README.md").document()
    assert (document["has_work"], document["expect"]) == (False, [])
    assert document["matrix"]["include"] == [{"shard": "", "component": "", "gate": "", "gates": ""}]


def test_the_document_is_for_strategy_matrix_and_expect(tmp_path: Path) -> None:
    document = planned(tmp_path, POLICY.format(head="")).document()
    assert document["has_work"] is True
    assert document["matrix"]["include"][0] == {
        "shard": "api", "component": "api", "gate": "", "gates": "tests\ncoverage",
    }  # fmt: skip
    expected = parse_expected([" ".join(document["expect"])], 0, ("tests", "coverage"))
    assert expected.shards == {"api": ("tests", "coverage"), "web": ("tests",)}


def many(count: int) -> str:
    components = ", ".join(f"c{n}: {{paths: c{n}/**}}" for n in range(count))
    return f"extends: []\ngates: {{tests: {{criteria: [failed == 0]}}}}\ncomponents: {{{components}}}\n"


def test_as_many_jobs_as_a_matrix_may_have(tmp_path: Path) -> None:
    assert len(planned(tmp_path, many(MAX_JOBS)).entries) == MAX_JOBS


def test_more_jobs_are_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="257 jobs, and a matrix has at most 256") as caught:
        planned(tmp_path, many(MAX_JOBS + 1))
    assert "one component cover several folders" in caught.value.remedy


def test_a_policy_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        plan(Question(tmp_path, "no.yml"), "component")


@pytest.mark.parametrize("arguments", [[], ["--by", "gate"]])
def test_the_command_prints_text_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    (tmp_path / "sluicegate.yml").write_text(POLICY.format(head=""), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["plan", *arguments])
    assert done.exit_code == 0
    assert done.output.splitlines()[0] in ("2 jobs", "3 jobs")


def test_the_command_prints_one_line_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sluicegate.yml").write_text(POLICY.format(head=""), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    output = CliRunner().invoke(main, ["plan", "--format", "json"]).output
    assert output.count("\n") == 1
    assert json.loads(output)["has_work"] is True
