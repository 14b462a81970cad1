"""The first workflow, played: what runs on which event, with what permissions, and what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.starter.detect import Project
from sluicegate.starter.place import Place
from sluicegate.starter.plan import plan
from support.starter import KINDS, look, write
from support.workflows import FRESH, Run, Workflow, downloads, granting_lines, recording, says_why

PLACES = [Place(), Place("services/my api")]


@pytest.fixture(params=PLACES, ids=["top", "folder"])
def started(request: pytest.FixtureRequest, tmp_path: Path) -> Workflow:
    """The workflow that `init` writes."""
    place: Place = request.param
    return Workflow(write(tmp_path, plan(Project(None), "legacy", "main", place)) / place.workflow)


@pytest.fixture(params=[n for n in KINDS if n.startswith("monorepo")])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Workflow:
    """The workflow that `init` writes for a monorepo."""
    found = look(tmp_path / "project", KINDS[request.param])
    return Workflow(write(tmp_path, plan(found, "standard", "main")) / Place().workflow)


def test_only_jobs_that_run_nothing_of_the_project_may_write(started: Workflow) -> None:
    granted = {name: job.permissions for name, job in started.jobs.items()}
    assert granted == {
        "gate": {"contents": "read"},
        "publish": {"pull-requests": "write"},
        "record": {"contents": "write"},
    }
    for name in ("publish", "record"):
        assert "run" not in started.jobs[name].uses


def test_the_jobs_of_a_monorepo_may_write_as_little(parts: Workflow) -> None:
    granted = {name: dict(job.permissions) for name, job in parts.jobs.items() if job.may_write}
    assert granted == {"publish": {"pull-requests": "write"}, "record": {"contents": "write"}}


PLANS = {
    True: '{"has_work": true, "expect": [], "matrix": {}}',
    False: '{"has_work": false, "expect": [], "matrix": {}}',
}


@pytest.mark.parametrize("has_work", [True, False])
@pytest.mark.parametrize("tested", ["success", "failure"])
def test_the_gate_of_a_monorepo_runs_always_and_the_parts_where_they_have_work(
    parts: Workflow, tested: str, *, has_work: bool
) -> None:
    github = {
        "event_name": "pull_request",
        "repository": "a/b",
        "event": {"pull_request": {"head": {"repo": {"full_name": "a/b"}}}},
    }
    outputs = {"plan": {"plan": PLANS[has_work]}, "gate": {"report": "report.json"}}
    ended = Run(github, {"component": tested}, outputs).of(parts)
    assert ended == {
        "plan": "success",
        "component": tested if has_work else "skipped",
        "gate": "success",
        "publish": "success",
        "record": "skipped",
    }


@pytest.mark.parametrize(("head", "ended"), [("a/b", "success"), ("fork/b", "skipped")])
def test_a_comment_is_written_on_pull_requests_of_this_repository(
    started: Workflow, head: str, ended: str
) -> None:
    pull = {"pull_request": {"head": {"repo": {"full_name": head}}}}
    github = {"event_name": "pull_request", "repository": "a/b", "event": pull}
    outputs = {"gate": {"report": "report.json"}}
    assert Run(github, {"gate": "failure"}, outputs).of(started)["publish"] == ended
    assert Run({**github, "event_name": "push"}, {}, outputs).of(started)["publish"] == "skipped"


def test_each_permission_has_its_reason(started: Workflow) -> None:
    assert [says_why(line) for line in granting_lines(started.path)] == [True] * 3


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
    kept = started.jobs["gate"].steps[-1]["with"]["name"]
    fetched = [started.jobs["record"].steps[1], started.jobs["publish"].steps[0]]
    assert [step["with"]["name"] for step in fetched] == [kept, kept]


def test_both_jobs_are_about_the_same_folder(started: Workflow) -> None:
    jobs = [started.jobs[name] for name in ("gate", "record")]  # the third has no checkout
    steps = [s for job in jobs for s in job.steps if "sluicegate" in str(s.get("uses"))]
    folders = [s["with"].get("working-directory", "") for s in steps]
    assert folders == ["services/my api" if "services" in started.path.name else ""] * 2
