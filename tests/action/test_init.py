"""What `sluicegate init --preset legacy` writes, played from the first pull request on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sluicegate.starter.detect import Project as Detected
from sluicegate.starter.plan import plan
from support.composite import Job, Result
from support.pullrequest import Files, open_pull_request
from support.starter import WORKFLOW
from support.uses import BEFORE, CHANGE, MEANWHILE, Project, cobertura, junit, push, shown
from support.workflows import Workflow, gate_steps, step_inputs

pytestmark = pytest.mark.slow

PUSHED: Files = {"reports/junit.xml": junit(), "coverage.xml": cobertura({1: 1, 2: 1, 3: 1, 4: 0})}
WORSE: Files = {**PUSHED, "coverage.xml": cobertura({n: int(n <= 7) for n in range(1, 11)})}
BETTER: Files = {**PUSHED, "coverage.xml": cobertura({n: int(n <= 8) for n in range(1, 11)})}


@pytest.fixture
def started(tmp_path: Path, environment: Path) -> Project:
    """A project that began with `init`, with a pull request."""
    before = {**BEFORE, **plan(Detected(None), "legacy", "main")}
    return Project(tmp_path, environment, open_pull_request(tmp_path / "origin", before, CHANGE, MEANWHILE))


def use(name: str, job: Job) -> Result:
    """The use of our Action in a job of the workflow that is checked out."""
    (step,) = gate_steps(Workflow(job.workspace / WORKFLOW).jobs[name])
    inputs = step_inputs(step, {"runner": {"temp": str(job.temp)}})
    return job.run(**{k.replace("-", "_"): v for k, v in inputs.items()})


def criterion(started: Project, evidence: Files, place: Path) -> tuple[dict[str, Any], str]:
    """`total >= baseline` in the pull request, and all that was said."""
    result = use("gate", Project(place, started.environment, started.pull).job(evidence=evidence))
    document = json.loads(Path(result.outputs["report-json"]).read_text("utf-8"))
    (coverage,) = (g for g in document["gates"] if g["gate"] == "coverage")
    return next(c for c in coverage["criteria"] if c["id"] == "never-less"), shown(result)


def test_a_push_records_and_a_pull_request_may_not_be_worse(started: Project, tmp_path: Path) -> None:
    job = push(started, PUSHED)
    judged = use("gate", job)
    assert judged.conclusion == "success", shown(judged)
    assert "not recorded" not in judged.log
    # What the one job uploads, and the other downloads.
    shutil.copytree(judged.outputs["report-directory"], job.temp / "quality-report")
    assert use("record", job).conclusion == "success"
    found, said = criterion(started, WORSE, tmp_path / "worse")
    assert (found["status"], found["actual"], found["baseline"]) == ("FAIL", 70, 75), said
    found, said = criterion(started, BETTER, tmp_path / "better")
    assert (found["status"], found["actual"], found["baseline"]) == ("PASS", 80, 75), said


def test_before_the_first_push_nothing_is_compared(started: Project, tmp_path: Path) -> None:
    found, said = criterion(started, WORSE, tmp_path / "pull")
    assert found["status"] == "SKIPPED", said
    assert "recorded on the next push to main" in found["reason"]
