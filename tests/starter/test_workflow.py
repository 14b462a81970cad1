"""The first workflow, played: what runs on which event, with what permissions, and what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.starter.detect import Project
from sluicegate.starter.place import Place
from sluicegate.starter.plan import plan
from support.starter import write
from support.workflows import FRESH, Run, Workflow, downloads, granting_lines, recording, says_why

PLACES = [Place(), Place("services/my api")]


@pytest.fixture(params=PLACES, ids=["top", "folder"])
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Workflow:
    """The workflow that `init` writes."""
    place: Place = request.param
    return Workflow(write(tmp_path, plan(Project(None), "legacy", "main", place)) / place.workflow)


def test_only_the_job_that_records_may_write(started: Workflow) -> None:
    granted = {name: job.permissions for name, job in started.jobs.items()}
    assert granted == {"gate": {"contents": "read"}, "record": {"contents": "write"}}


def test_each_permission_has_its_reason(started: Workflow) -> None:
    assert [says_why(line) for line in granting_lines(started.path)] == [True, True]


def test_the_job_that_records_runs_nothing_of_the_project(started: Workflow) -> None:
    job = started.jobs["record"]
    assert recording(job)
    assert job.uses == ["actions/checkout", "actions/download-artifact", "sluicegate/sluicegate"]
    assert [s["with"]["persist-credentials"] for s in job.steps[:1]] == ["false"]
    assert [bool(FRESH.fullmatch(place)) for place in downloads(job.steps)] == [True]


@pytest.mark.parametrize(("event", "ended"), [("push", "success"), ("pull_request", "skipped")])
def test_a_report_is_recorded_of_a_push_alone_whatever_the_verdict(
    started: Workflow, event: str, ended: str
) -> None:
    github, outputs = {"event_name": event, "event": {}}, {"gate": {"report": "report.json"}}
    assert Run(github, {"gate": "failure"}, outputs).of(started)["record"] == ended
    assert Run(github, {"gate": "failure"}).of(started)["record"] == "skipped"


def test_the_report_is_fetched_under_the_name_by_which_it_was_kept(started: Workflow) -> None:
    kept, fetched = started.jobs["gate"].steps[-1], started.jobs["record"].steps[1]
    assert kept["with"]["name"] == fetched["with"]["name"]


def test_both_jobs_are_about_the_same_folder(started: Workflow) -> None:
    steps = [s for job in started.jobs.values() for s in job.steps if "sluicegate" in str(s.get("uses"))]
    folders = [s["with"].get("working-directory", "") for s in steps]
    assert folders == ["services/my api" if "services" in started.path.name else ""] * 2
