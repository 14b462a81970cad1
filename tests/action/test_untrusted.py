"""The Action on a stranger's checkout, with `untrusted`: no step of it runs anything that lies there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from support import needs
from support.composite import Job, Result
from support.pullrequest import open_pull_request
from support.stranger import data, files, policy
from support.uses import BEFORE, CHANGE, MEANWHILE, Project, shown

pytestmark = [pytest.mark.slow, needs.posix]


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """The folder of the marks that are left by what runs."""
    (tmp_path / "marks").mkdir()
    script = tmp_path / "mark.sh"
    script.write_text(f"#!/bin/sh\ntouch '{tmp_path}/marks/'$1\necho '{{\"total\": 200}}'\n")
    script.chmod(0o755)
    return tmp_path / "marks"


@pytest.fixture
def job(tmp_path: Path, environment: Path, marks: Path) -> Job:
    """A job whose checkout is the stranger's, under a policy with a `run:` gate."""
    before = {**BEFORE, "sluicegate.yml": policy(marks)}
    pull = open_pull_request(tmp_path / "origin", before, {**CHANGE, **files(marks)}, MEANWHILE)
    job = Project(tmp_path, environment, pull).job(evidence={})
    data(job.temp / "evidence" / "reports" / "junit.xml" / "cov.json", job.workspace)
    return job


def ran(marks: Path) -> list[str]:
    return sorted(path.name for path in marks.iterdir())


def statuses(result: Result) -> dict[str, str]:
    found: dict[str, str] = json.loads(result.outputs["gates"])
    return found


@pytest.mark.usefixtures("true_starts")
def test_nothing_of_the_checkout_runs(job: Job, marks: Path) -> None:
    result = job.run(untrusted="true", evidence_directory=str(job.temp / "evidence"))
    assert ran(marks) == [], shown(result)
    assert statuses(result)["size"] == "ERROR"
    assert result.outputs["coverage"]


def test_a_run_gate_takes_its_value_from_the_bundle_of_another_job(job: Job, marks: Path) -> None:
    left = job.run(gate="size", bundle="../left/size")
    assert left.exit_code == 0, shown(left)
    (marks / "size").unlink()
    result = job.run(gate="size", untrusted="true", runs=str(job.workspace.parent / "left"))
    assert (statuses(result), ran(marks)) == ({"size": "PASS"}, []), shown(result)


def test_on_an_event_with_the_token_of_the_default_branch_nothing_runs_unasked(job: Job, marks: Path) -> None:
    result = replace(job, event="pull_request_target").run(gate="size")
    assert (statuses(result), ran(marks)) == ({"size": "ERROR"}, []), shown(result)
