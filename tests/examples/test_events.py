"""Which jobs run on which event, by GitHub's own evaluation of their conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.workflows import EXAMPLES, ROOT, Run, Workflow, example, gate_steps, value_of

REPOSITORY = "octo-org/octo-repo"
ELSEWHERE = (
    "override.yml",
    "release.yml",
    "release-deploy.yml",
    "release-notes.yml",
    "fork-trusted.yml",
    "fork-untrusted.yml",
)
"""Nothing is judged in them, or in the run of another workflow: see test_forks, test_rollouts."""

JUDGING = [p for p in EXAMPLES if p.name not in ELSEWHERE and not p.name.startswith("rollout-")]
every = pytest.mark.parametrize("path", JUDGING, ids=lambda p: p.name)


def github(event: str, head: str = REPOSITORY) -> dict[str, Any]:
    """The context `github` of an event."""
    pull = {"head": {"repo": {"full_name": head}}}
    payload = {"pull_request": pull} if event == "pull_request" else {}
    return {"event_name": event, "repository": REPOSITORY, "event": payload}


FORK = github("pull_request", "stranger/octo-repo")
REPORTED = {name: {"report": "report.json"} for name in ("gate", "judge")}
PLAN = {"plan": {"plan": '{"has_work": true, "matrix": {}, "expect": []}'}}
NO_WORK = {"plan": {"plan": '{"has_work": false, "matrix": {}, "expect": []}'}}


def required(workflow: Workflow) -> str:
    """The job to require: the one that judges, not with `warn-only` as a part of a matrix does."""
    for job in workflow.jobs.values():
        if job.called:
            return f"{job.name} / judge"
        if any({"report", "bundle"}.isdisjoint(step.get("with", {})) for step in gate_steps(job)):
            return job.name
    raise AssertionError(workflow.path)


@every
def test_the_required_job_reports_on_every_event_of_its_workflow(path: Path) -> None:
    workflow = Workflow(path)
    for event in workflow.events:
        ended = Run(github(event), outputs=PLAN).of(workflow)
        assert ended[required(workflow)] == "success", (event, ended)


@every
def test_the_required_job_reports_when_a_job_before_it_failed(path: Path) -> None:
    workflow = Workflow(path)
    name = required(workflow)
    for need in workflow.jobs[name.partition(" / ")[0]].needs:
        ended = Run(github("pull_request"), {need: "failure"}, PLAN).of(workflow)
        assert ended[name] == "success", ended


@every
def test_of_a_fork_the_gate_reports_and_no_job_asks_for_what_it_cannot_have(path: Path) -> None:
    workflow = Workflow(path)
    ended = Run(FORK, outputs={**PLAN, **REPORTED}).of(workflow)
    assert ended[required(workflow)] == "success"
    publishing = [n for n, job in workflow.jobs.items() if job.may_write and not job.called]
    assert [ended[name] for name in publishing] == ["skipped"] * len(publishing)


@pytest.mark.parametrize("name", ["two-jobs.yml", "private.yml", "enterprise-server.yml"])
def test_a_report_is_published_whatever_the_verdict_and_without_one_nothing(name: str) -> None:
    workflow = example(name)
    blocked = Run(github("pull_request"), {"gate": "failure"}, REPORTED).of(workflow)
    assert blocked == {"gate": "failure", "publish": "success"}
    ended_in_an_error = Run(github("pull_request"), {"gate": "failure"}).of(workflow)
    assert ended_in_an_error == {"gate": "failure", "publish": "skipped"}


@pytest.mark.parametrize(("event", "ended"), [("push", "success"), ("pull_request", "skipped")])
@pytest.mark.parametrize(
    "path",
    [example("baseline.yml").path, example("release-gate.yml").path, ROOT / ".github/workflows/ci.yml"],
)
def test_a_report_is_recorded_of_a_push_alone_whatever_the_verdict(
    path: Path, event: str, ended: str
) -> None:
    workflow = Workflow(path)
    assert Run(github(event), {"gate": "failure"}, REPORTED).of(workflow)["record"] == ended
    assert Run(github(event), {"gate": "failure"}).of(workflow)["record"] == "skipped"


def test_without_work_the_monorepo_s_gate_reports_all_the_same() -> None:
    workflow = example("monorepo.yml")
    ended = Run(github("pull_request"), outputs=NO_WORK).of(workflow)
    assert ended == {"plan": "success", "component": "skipped", "gate": "success"}


class TestTheReusableWorkflow:
    caller = example("reusable.yml")

    def run(self, github: dict[str, Any], **results: str) -> dict[str, str]:
        return Run(github, results, REPORTED).of(self.caller)

    def test_judges_and_publishes(self) -> None:
        ended = self.run(github("pull_request"))
        assert ended == dict.fromkeys(("test", "gate", "gate / judge", "gate / publish"), "success")

    def test_judges_what_a_failed_shard_left(self) -> None:
        assert self.run(github("pull_request"), test="failure")["gate / judge"] == "success"

    def test_of_a_blocked_change_fails_and_publishes(self) -> None:
        ended = self.run(github("pull_request"), judge="failure")
        assert (ended["gate"], ended["gate / publish"]) == ("failure", "success")

    def test_has_no_job_that_a_failure_before_the_call_could_skip(self) -> None:
        called = self.caller.jobs["gate"].called
        assert called is not None
        assert [job.name for job in called.jobs.values() if "!cancelled()" not in job.condition] == []

    def test_of_a_fork_publishes_nothing(self) -> None:
        assert self.run(FORK)["gate / publish"] == "skipped"

    def test_of_two_calls_in_one_workflow_each_publishes_its_own_report(self) -> None:
        called = self.caller.jobs["gate"].called
        assert called is not None
        kept = called.jobs["judge"].steps[-1]["with"]["name"]
        fetched = called.jobs["publish"].steps[0]["with"]["name"]
        for key, name in (("", "quality-report"), ("web", "quality-report-web")):
            context = {"inputs": {"key": key}}
            assert [value_of(kept, context), value_of(fetched, context)] == [name, name]

    @pytest.mark.parametrize("event", ["push", "merge_group"])
    def test_of_a_commit_without_a_pull_request_sets_the_status(self, event: str) -> None:
        assert self.run(github(event))["gate / publish"] == "success"


def test_the_source_of_a_required_workflow_does_not_run_it_on_itself() -> None:
    workflow = example("required-workflow.yml")
    ended = Run({**github("pull_request"), "repository": "my-org/quality"}).of(workflow)
    assert set(ended.values()) == {"skipped"}
