"""The workflows of rollouts: who starts which job, what each may do, and where secrets are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.workflows import EXAMPLES, Job, Run, Workflow, example, rollout_steps

ROLLOUTS = [p for p in EXAMPLES if p.name.startswith("rollout-")]
every = pytest.mark.parametrize("path", ROLLOUTS, ids=lambda p: p.name)
ACTING = {"contents": "write", "actions": "read", "deployments": "write", "issues": "write"}


def github(event: str, ref: str = "refs/heads/main", **payload: Any) -> dict[str, Any]:
    """The context of an event in a repository whose default branch is main."""
    return {
        "event_name": event, "ref": ref, "event": {"repository": {"default_branch": "main"}, **payload},
    }  # fmt: skip


def comment(body: str, kind: str = "User", **issue: Any) -> dict[str, Any]:
    """The context of a comment on an issue."""
    return github("issue_comment", comment={"body": body, "user": {"type": kind}}, issue=issue)


def secrets_of(job: Job) -> list[str]:
    """Where a job is given secrets: the names of its steps, and itself."""
    places = [job.template.get("env", {}), *(step.get("env", {}) for step in job.steps)]
    return [str(value) for place in places for value in place.values() if "secrets." in str(value)]


@every
def test_a_job_with_secrets_is_in_an_environment_that_makes_no_deployments(path: Path) -> None:
    for job in Workflow(path).jobs.values():
        named = job.template.get("environment")
        assert bool(secrets_of(job)) == bool(named), job.name
        if named:
            assert named["name"] in ("rollout", "rollout-expand")
            assert named["deployment"] is False


@every
def test_a_job_that_acts_may_do_what_a_tick_needs_and_no_more(path: Path) -> None:
    for job in Workflow(path).jobs.values():
        if "environment" in job.template:
            assert job.permissions == ACTING


@every
def test_no_script_stands_beside_a_secret_or_the_checkout(path: Path) -> None:
    for job in Workflow(path).jobs.values():
        assert not ("run" in job.uses and (secrets_of(job) or "actions/checkout" in job.uses))


@every
def test_what_is_checked_out_is_the_commit_of_the_event(path: Path) -> None:
    for job in Workflow(path).jobs.values():
        for step in job.steps:
            if str(step.get("uses")).startswith("actions/checkout@"):
                assert step["with"] == {"persist-credentials": "false"}


@pytest.mark.parametrize("name", ["start", "expand", "stop", "tick"])
def test_a_dispatch_counts_on_the_default_branch_alone(name: str) -> None:
    workflow = example(f"rollout-{name}.yml")
    job = next(iter(workflow.jobs))
    assert Run(github("workflow_dispatch")).of(workflow)[job] == "success"
    assert Run(github("workflow_dispatch", "refs/heads/topic")).of(workflow)[job] == "skipped"
    assert Run(github("workflow_dispatch", "refs/tags/main")).of(workflow)[job] == "skipped"


def test_nothing_is_in_the_way_of_a_stop() -> None:
    workflow = example("rollout-stop.yml")
    (job,) = workflow.jobs.values()
    assert "concurrency" not in {*workflow.template, *job.template}
    assert job.template["environment"]["name"] == "rollout"
    assert not job.needs


def test_only_what_lets_a_rollout_go_on_is_where_reviewers_may_be() -> None:
    found = {
        (path.stem, name): job.template["environment"]["name"]
        for path in ROLLOUTS
        for name, job in Workflow(path).jobs.items()
        if "environment" in job.template
    }
    assert {place for place, name in found.items() if name == "rollout-expand"} == {
        ("rollout-start", "start"), ("rollout-expand", "expand"), ("rollout-comment", "expand"),
    }  # fmt: skip


def test_no_tick_is_cancelled() -> None:
    assert example("rollout-tick.yml").template["concurrency"] == {"group": "rollout-tick", "queue": "max"}


@pytest.mark.parametrize(("young", "again"), [("true", "success"), ("false", "skipped"), ("", "skipped")])
def test_a_watch_starts_the_next_while_a_stage_is_young(young: str, again: str) -> None:
    run = Run(github("schedule"), {"tick": "failure"}, {"tick": {"young": young}})
    assert run.of(example("rollout-tick.yml")) == {"tick": "failure", "again": again}


class TestComments:
    workflow = example("rollout-comment.yml")
    COMMAND = "/sluicegate rollout rollback x"

    def jobs(self, context: dict[str, Any], act: str = "") -> dict[str, str]:
        return Run(context, outputs={"ask": {"act": act}}).of(self.workflow)

    @pytest.mark.parametrize("act", ["stop", "expand"])
    def test_one_job_acts_after_the_one_that_asked(self, act: str) -> None:
        ended = self.jobs(comment(self.COMMAND), act)
        assert {name for name, how in ended.items() if how == "success"} == {"ask", act}

    def test_none_acts_where_the_comment_does_not_count(self) -> None:
        assert self.jobs(comment(self.COMMAND)) == {"ask": "success", "stop": "skipped", "expand": "skipped"}

    @pytest.mark.parametrize(
        "context",
        [comment("LGTM"), comment(COMMAND, "Bot"), comment("/sluicegate override because x")],
        ids=["other", "bot", "override"],
    )
    def test_none_runs_for_other_comments(self, context: dict[str, Any]) -> None:
        assert set(self.jobs(context, "stop").values()) == {"skipped"}

    def test_only_new_comments_start_it(self) -> None:
        assert self.workflow.template["on"] == {"issue_comment": {"types": ["created"]}}

    def test_the_job_that_asks_has_no_secret_and_writes_no_code(self) -> None:
        ask = self.workflow.jobs["ask"]
        assert secrets_of(ask) == []
        assert ask.permissions == {"contents": "read", "issues": "write"}
        (step,) = rollout_steps(ask)
        assert step["with"] == {"command": "comment", "ask": "true"}
