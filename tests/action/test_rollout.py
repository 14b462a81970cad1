"""The workflows of rollouts that users copy, with their own inputs, through `rollout/action.yml`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from support import workflows
from support.comment_hub import CommentHub
from support.composite import Job, Result
from support.githubapi import running
from support.ledgers import place
from support.pullrequest import git
from support.rollout_project import NAME, PLAN, Project
from support.uses import ROOT, shown

pytestmark = pytest.mark.slow

INPUTS = {"name": NAME, "commit": "a" * 40, "without-go": "a test", "to": "", "full": False,
          "reason": "it hurts", "override-freeze": ""}  # fmt: skip


class Repository:
    """A clone of a repository with a plan, at whose server alice may write."""

    def __init__(self, root: Path, environment: Path) -> None:
        self.hub = CommentHub()
        self.hub.permissions = {"alice": "write"}
        self.at = place(root, {"README.md": "# App\n"})
        self.project = Project(self.at.work)
        plan = PLAN.replace("  - {stage: dark, bake: 10min, min-samples: 100}\n", "")
        (self.at.work / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")
        temp = root / "temp"
        (temp / "sluicegate").mkdir(parents=True)
        (temp / "sluicegate" / environment.name).symlink_to(environment)
        self.job = Job(
            action=ROOT / "rollout",
            workspace=self.at.work,
            temp=temp,
            payload={"repository": {"default_branch": "main"}},
            defaults={"python": sys.executable},
        )
        self.runs = 6

    def use(self, name: str, job: str, event: str = "workflow_dispatch", **context: Any) -> Result:
        """The step of a job of an example, in a run of its own that alice started."""
        (step,) = workflows.rollout_steps(workflows.example(f"rollout-{name}.yml").jobs[job])
        self.runs += 1
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.hub.runs[str(self.runs)] = (event, "alice", now, now)
        variables = {
            "GITHUB_API_URL": self.hub.url, "GITHUB_RUN_ID": str(self.runs), "GITHUB_REF": "refs/heads/main",
            "GITHUB_TRIGGERING_ACTOR": "alice", "GIT_CONFIG_GLOBAL": os.devnull,
            "GITHUB_SHA": git(self.at.work, "rev-parse", "HEAD").strip(),
        }  # fmt: skip
        self.job = replace(self.job, event=event, variables=variables)
        return self.job.run(**workflows.step_inputs(step, {"inputs": {**INPUTS, **context}}))

    def said(self, body: str) -> str:
        """Alice comments on the rollout's issue: the event is the job's, and the number is returned."""
        number = self.hub.says(body)
        self.job.payload = {"action": "created", "comment": {"id": number}}
        return str(number)

    @property
    def share(self) -> Fraction:
        """Who sees the flag by its file."""
        return self.project.share


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Iterator[Repository]:
    made = Repository(tmp_path_factory.mktemp("rollout"), environment)
    with running(made.hub) as made.hub.url:
        yield made


def test_a_rollout_begins_goes_on_and_ends_by_the_workflows(repository: Repository) -> None:
    started = repository.use("start", "start")
    assert started.conclusion == "success", shown(started)
    assert (started.outputs["phase"], started.outputs["stage"]) == ("RUNNING", "staff")
    assert "refs/sluicegate/ledger" in git(repository.at.remote, "for-each-ref", "--format=%(refname)")

    ticked = watched(repository)
    assert (ticked.outputs["exit"], ticked.outputs["young"]) == ("0", "true"), shown(ticked)
    assert NAME in ticked.summary

    promoted = repository.use("expand", "expand", command="promote", to="5%")
    assert promoted.outputs["stage"] == "5%", shown(promoted)
    assert repository.share == Fraction(1, 20)

    paused = repository.use("stop", "stop", command="pause", reason="x\n::error::no command")
    assert (paused.outputs["phase"], paused.commands("error")) == ("PAUSED", []), shown(paused)

    (id_,) = json.loads(paused.outputs["rollouts"])
    repository.hub.body = f"<!-- sluicegate:rollout {NAME} {id_} -->\n"
    repository.said(f"/sluicegate rollout resume {NAME}")
    asked = repository.use("comment", "ask", "issue_comment")
    assert asked.outputs["act"] == "expand", shown(asked)
    resumed = repository.use("comment", "expand", "issue_comment")
    assert resumed.outputs["phase"] == "RUNNING", shown(resumed)
    assert len(repository.hub.answers) == 1
    later = watched(repository)  # the comment is read again
    assert later.outputs["phase"] == "RUNNING", shown(later)
    assert "does not count" not in later.log

    stopped = repository.use("stop", "stop", command="rollback")
    assert (stopped.conclusion, stopped.outputs["phase"]) == ("success", "ROLLED_BACK"), shown(stopped)
    assert repository.share == 0
    assert json.loads(stopped.outputs["rollouts"]).popitem()[1] == {"phase": "ROLLED_BACK", "stage": "5%"}
    assert repository.hub.wrong == []


def watched(repository: Repository) -> Result:
    """The step of the schedule, whose watch ends after its first tick."""
    (step,) = workflows.rollout_steps(workflows.example("rollout-tick.yml").jobs["tick"])
    given = {**workflows.step_inputs(step, {}), "for": "10s"}
    job = repository.job
    repository.job = replace(job, event="schedule")
    return repository.job.run(**given)
