"""The examples' own steps, with their own inputs, through `action.yml`: what users copy works."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support import programs, workflows
from support.composite import Job, Result
from support.githubapi import Call, Hub, Reply, running
from support.pullrequest import Files, example, git, open_pull_request, write
from support.uses import BAD, BEFORE, CHANGE, GOOD, MEANWHILE, Project, project, push, shown
from support.workflows import ROOT, Workflow, called_inputs, step_inputs

pytestmark = pytest.mark.slow

STRICT = "gates: {tests: {criteria: [pass_rate == 100%]}}\n"
LAX = "extends: []\ngates: {tests: {criteria: [pass_rate >= 1%]}}\n"


class Enterprise(Hub):
    """GitHub Enterprise Server, whose API lies below a path."""

    def answer(self, call: Call) -> Reply:
        """The answer, to what is asked below that path alone."""
        if not call.path.startswith("/api/v3/"):
            return Reply(404, {"message": "Not Found"})
        return super().answer(replace(call, path=call.path.removeprefix("/api/v3")))


def hub_of(small: Project) -> Hub:
    hub = Enterprise(small.pull.head)
    hub.login = "github-actions[bot]"
    return hub


@pytest.fixture
def hub(small: Project) -> Hub:
    return hub_of(small)


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    with running(hub) as address:
        yield f"{address}/api/v3"


def on_runner(job: Job, url: str = "") -> Job:
    """The job, of run 5, on a server whose API is at `url`."""
    variables = {
        **job.variables,
        "GITHUB_API_URL": url,
        "GITHUB_RUN_NUMBER": "5",
        "GITHUB_RUN_ID": "9005",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_JOB": "gate",
        "GITHUB_WORKFLOW_REF": "octo-org/octo-repo/.github/workflows/quality.yml@refs/pull/7/merge",
    }
    return replace(job, variables=variables, defaults={"python": job.defaults["python"]})


def use(job: Job, workflow: Workflow, name: str, **context: Any) -> Result:
    """Run the step of a workflow's job that uses the Action, with the inputs that stand there."""
    (step,) = workflows.gate_steps(workflow.jobs[name])
    inputs = step_inputs(step, {"runner": {"temp": str(job.temp)}, **context})
    return job.run(**{**inputs, "python": sys.executable})


def empty(small: Project, url: str, report: str) -> Job:
    """The job that publishes: nothing but the report of the job before, fetched."""
    job = on_runner(replace(small, root=small.root / "second").job(), url)
    job = replace(job, workspace=small.root / "second" / "empty")
    job.workspace.mkdir(parents=True)
    (job.temp / "quality-report").mkdir()
    shutil.copy(report, job.temp / "quality-report" / "report.json")
    return job


@pytest.mark.parametrize(
    ("name", "comments", "statuses"),
    [("two-jobs.yml", 1, 1), ("private.yml", 0, 1), ("enterprise-server.yml", 1, 0)],
)
def test_a_blocked_report_is_published_by_the_second_job(
    small: Project, hub: Hub, url: str, name: str, comments: int, statuses: int
) -> None:
    workflow = workflows.example(name)
    hub.routes += [("GET", r".*/(comments|events|reviews|activity)", lambda _call: Reply(200, []))]
    first = use(on_runner(small.job(evidence=BAD), url), workflow, "gate")
    assert (first.exit_code, first.outputs["status"]) == (1, "BLOCKED"), shown(first)
    second = use(empty(small, url, first.outputs["report-json"]), workflow, "publish")
    assert second.conclusion == "success", shown(second)
    assert (len(hub.comments), len(hub.statuses.get(small.pull.head, []))) == (comments, statuses)


# --- release branches ----------------------------------------------------------------------------


def test_a_push_to_a_release_branch_is_recorded_and_decided_on(small: Project) -> None:
    """What `release status` reads is the report that release-gate.yml recorded, here of a red push."""
    workflow = workflows.example("release-gate.yml")
    judged = use(on_runner(push(small, BAD, "release/v1.4.0")), workflow, "gate")
    assert git(small.pull.remote, "for-each-ref", "refs/sluicegate") == ""
    later = on_runner(push(replace(small, root=small.root / "second"), {}, "release/v1.4.0"))
    (later.temp / "release-report").mkdir()
    shutil.copy(judged.outputs["report-json"], later.temp / "release-report" / "report.json")
    recorded = use(later, workflow, "record")
    assert recorded.conclusion == "success", shown(recorded)
    command = ("release", "status", "v1.4.0", "--commit", small.pull.base, "--format", "json")
    found = json.loads(programs.sluicegate(later.workspace, *command).stdout)
    (gates,) = (check for check in found["checks"] if check["id"] == "gates")
    assert (gates["status"], gates["reason"]) == ("FAIL", "tests is FAIL, coverage is FAIL")


# --- the reusable workflow ---------------------------------------------------------------------


GATE = Workflow(ROOT / ".github" / "workflows" / "gate.yml")
CALLER = workflows.example("reusable.yml")


def left_by_a_shard(job: Job, python: str, evidence: Files) -> Path:
    """The bundle that the matrix job leaves."""
    write(job.workspace, evidence)
    left = use(job, CALLER, "test", matrix={"python": python})
    assert left.exit_code == 0, shown(left)
    return Path(left.outputs["bundle"])


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> tuple[Project, dict[str, Path]]:
    """A project, and what the jobs of the matrix left; `red` is what that of 3.13 left of bad evidence."""
    made = project(tmp_path_factory.mktemp("shards"), environment)
    jobs = {"3.12": GOOD, "3.13": GOOD, "red": BAD}
    return made, {
        name: left_by_a_shard(
            on_runner(replace(made, root=made.root / name).job(evidence={})),
            "3.13" if name == "red" else name,
            evidence,
        )
        for name, evidence in jobs.items()
    }


@pytest.fixture
def sharded(shards: tuple[Project, dict[str, Path]], tmp_path: Path) -> Project:
    """The project whose shards left something."""
    return replace(shards[0], root=tmp_path / "judging")


def downloaded(job: Job, bundle: Path, python: str) -> None:
    """What a shard left, uploaded and downloaded again."""
    upload = CALLER.jobs["test"].steps[-1]["with"]
    context = {"matrix": {"python": python}, "github": {"run_attempt": "1"}}
    name = str(workflows.value_of(upload["name"], context))
    shutil.copytree(bundle, job.temp / "bundles" / name, ignore=shutil.ignore_patterns(".*"))


def called(job: Job, **given: Any) -> Mapping[str, Any]:
    """The inputs of the called workflow, as the example's call makes them."""
    caller = CALLER.jobs["gate"]
    inputs = called_inputs(caller, {})
    assert job.workspace.is_dir()
    return {**inputs, **given}


@pytest.mark.parametrize(("last", "code", "state"), [("3.13", 0, "success"), ("red", 1, "failure")])
def test_the_reusable_workflow_judges_the_shards_and_publishes(
    sharded: Project, shards: tuple[Project, dict[str, Path]], last: str, code: int, state: str
) -> None:
    hub = hub_of(sharded)
    with running(hub) as address:
        url = f"{address}/api/v3"
        job = on_runner(sharded.job(evidence={}), url)
        downloaded(job, shards[1]["3.12"], "3.12")
        downloaded(job, shards[1][last], "3.13")
        judged = use(job, GATE, "judge", inputs=called(job))
        assert (judged.outputs["blocked"], judged.exit_code) == (str(bool(code)).lower(), code), shown(judged)
        empty_job = empty(sharded, url, judged.outputs["report-json"])
        published = use(empty_job, GATE, "publish", inputs=called(job))
    assert published.conclusion == "success", shown(published)
    assert len(hub.comments) == 1
    assert hub.statuses[sharded.pull.head][0]["state"] == state


@pytest.mark.parametrize("in_workspace", [False, True], ids=["lost", "of the pull request"])
def test_the_reusable_workflow_misses_a_shard_that_was_not_uploaded(
    sharded: Project, shards: tuple[Project, dict[str, Path]], *, in_workspace: bool
) -> None:
    job = on_runner(sharded.job(evidence={}))
    downloaded(job, shards[1]["3.12"], "3.12")
    if in_workspace:
        there = shards[1]["3.13"].relative_to(shards[0].root / "3.13" / "work space" / "repo")
        shutil.copytree(shards[1]["3.13"], job.workspace / there)
    judged = use(job, GATE, "judge", inputs=called(job))
    assert judged.exit_code == 1, shown(judged)
    assert "the shard 'py3.13' is missing" in judged.log


# --- the required workflow ---------------------------------------------------------------------


def required(job: Job, evidence: Files, policy: str = STRICT) -> Job:
    """The judging job of the required workflow: two checkouts side by side, the evidence in a third place."""
    workspace = job.workspace.parent / "both"
    workspace.mkdir()
    shutil.move(job.workspace, workspace / "project")
    shared = workspace / "quality"
    write(shared, {"sluicegate.yml": policy})
    git(shared, "init", "--quiet")
    git(shared, "add", "--all")
    git(shared, "commit", "--quiet", "-m", "The policy of all")
    write(job.temp / "evidence", evidence)
    return replace(job, workspace=workspace)


REQUIRED = workflows.example("required-workflow.yml")


def test_the_required_workflow_judges_by_the_policy_of_its_own_repository(
    tmp_path: Path, environment: Path
) -> None:
    mine = {**CHANGE, "sluicegate.yml": LAX, "quality/sluicegate.yml": LAX}
    pull = open_pull_request(tmp_path / "origin", {**BEFORE, "sluicegate.yml": LAX}, mine, MEANWHILE)
    job = required(on_runner(Project(tmp_path, environment, pull).job(evidence={})), BAD)
    result = use(job, REQUIRED, "gate")
    assert (result.exit_code, result.outputs["status"]) == (1, "BLOCKED"), shown(result)
    report = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    asked = [c["expect"] for v in report["gates"] if v["gate"] == "tests" for c in v["criteria"]]
    assert asked == ["pass_rate == 100%"]


def test_the_required_workflow_finds_the_evidence_of_suites_where_the_policy_says(
    tmp_path: Path, environment: Path
) -> None:
    suites = "gates: {tests: {suites: {unit: {files: 'reports/*.xml', criteria: [tests >= 3]}}}}\n"
    job = required(on_runner(project(tmp_path, environment).job(evidence={})), GOOD, suites)
    result = use(job, REQUIRED, "gate")
    assert result.exit_code == 0, shown(result)
    report = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    assert [v["status"] for v in report["gates"] if v["suite"] == "unit"] == ["PASS"]


def test_the_required_workflow_reports_lost_evidence(tmp_path: Path, environment: Path) -> None:
    job = required(on_runner(project(tmp_path, environment).job(evidence=GOOD)), {})
    result = use(job, REQUIRED, "gate")
    assert (result.exit_code, json.loads(result.outputs["gates"])["tests"]) == (1, "ERROR"), shown(result)


# --- the merge queue ---------------------------------------------------------------------------


def in_queue(small: Project, depth: int, evidence: Files) -> Job:
    """The job of a merge group, which GitHub makes as it makes the test merge."""
    job = on_runner(small.job(depth=depth, evidence=evidence, event="push"))
    payload = example("merge_group", "checks_requested")
    payload["merge_group"] |= {"head_sha": small.pull.merge, "base_sha": small.pull.base}
    return replace(job, event="merge_group", payload=payload)


@pytest.mark.parametrize("depth", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_a_group_of_the_merge_queue_is_judged_by_its_own_change(small: Project, depth: int) -> None:
    result = use(in_queue(small, depth, GOOD), workflows.example("merge-queue.yml"), "gate")
    assert (result.exit_code, result.outputs["patch-coverage"]) == (0, "100"), shown(result)


def test_a_group_that_breaks_a_test_is_blocked(small: Project) -> None:
    result = use(in_queue(small, 2, BAD), workflows.example("merge-queue.yml"), "gate")
    assert (result.exit_code, result.outputs["status"]) == (1, "BLOCKED"), shown(result)
