"""The rules that this project holds its own workflows, and those that users copy, to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from support.action_docs import runs_of
from support.snippets import is_workflow, snippets
from support.workflows import (
    EXAMPLES,
    FRESH,
    LEVELS,
    OWN,
    OWN_ACTIONS,
    ROLLOUT,
    Job,
    Workflow,
    all_jobs,
    downloads,
    gate_steps,
    granting_lines,
    recording,
    rollout_steps,
    says_why,
)

EVERY = [*OWN, *EXAMPLES]
every = pytest.mark.parametrize("path", EVERY, ids=lambda p: p.name)

YAML = snippets("yaml")

PINNED = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+(-node20)?$")
OURS = re.compile(r"uses: (\./|sluicegate/sluicegate(/\.github/workflows/[\w.-]+|/rollout)?@v0)$")

PUBLISHING = {"actions/download-artifact", "sluicegate/sluicegate", "./"}
"""What a job that may write uses: it fetches a report, and publishes or records it."""

PREPARING = {"actions/checkout", "actions/setup-python"}
"""What one that records a push uses besides: the ledger is written from a clone."""

ROLLING = {"actions/checkout", "sluicegate/sluicegate/rollout"}
"""What a job uses that runs a command of rollouts: the default branch is read as data."""

STARTING = {("override.yml", "again"), ("rollout-tick.yml", "again")}
"""Jobs that may write and run a script: they start what others judge, and nothing is checked out."""

DECIDING = {("release.yml", "decide"), ("release-notes.yml", "draft")}
"""Jobs that may write and run `sluicegate`: of a checkout of the default branch, and of nothing else."""


def jobs(path: Path) -> list[Job]:
    return [job for _, job in all_jobs(path)]


def _follows(path: Path) -> bool:
    """Does it run when another workflow has ended? Then the Action fetches what it needs as objects."""
    return Workflow(path).events == ["workflow_run"]


@every
def test_actions_of_others_are_pinned_with_their_version(path: Path) -> None:
    lines = [line.strip(" -") for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line.startswith("uses:"):
            assert OURS.fullmatch(line) or PINNED.fullmatch(line), line


@every
def test_the_workflow_itself_grants_nothing(path: Path) -> None:
    assert Workflow(path).template["permissions"] == {}


@every
def test_each_job_says_what_it_may_do(path: Path) -> None:
    for job in jobs(path):
        assert job.permissions, job.name


@every
def test_each_permission_has_its_reason(path: Path) -> None:
    granted = granting_lines(path)
    assert len(granted) == sum(len(job.permissions) for job in jobs(path))
    assert [line for line in granted if not says_why(line)] == []


@every
def test_a_job_that_may_write_runs_no_code_of_the_pull_request(path: Path) -> None:
    for job in jobs(path):
        if not job.may_write or job.called or (path.name, job.name) in STARTING | DECIDING:
            continue
        if rollout_steps(job):
            assert set(job.uses) == ROLLING, job.name
            continue
        assert set(job.uses) <= PUBLISHING | (PREPARING if recording(job) else set()), job.name
        taken = "merge" if _follows(path) else "report"
        assert all(step["with"][taken] for step in gate_steps(job)), job.name


@every
def test_no_job_that_runs_anything_of_the_project_may_write(path: Path) -> None:
    for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
        assert not runs_of(job) or "write" not in job["permissions"].values(), name


@every
def test_a_job_that_decides_checks_out_the_default_branch_alone(path: Path) -> None:
    for job in jobs(path):
        if (path.name, job.name) in DECIDING:
            checkouts = [s["with"] for s in job.steps if str(s.get("uses")).startswith("actions/checkout@")]
            branch = {"$expression": "github.event.repository.default_branch"}
            assert [c["ref"] for c in checkouts] == [branch]


@every
def test_a_job_that_starts_others_checks_nothing_out(path: Path) -> None:
    for job in jobs(path):
        if (path.name, job.name) in STARTING:
            assert job.uses == ["run"]


@every
def test_tests_and_publishing_are_in_different_jobs(path: Path) -> None:
    for job in jobs(path):
        if "run" in job.uses:
            assert all(step["with"].get("comment", "never") == "never" for step in gate_steps(job))
            asked = [step["with"].get(name) for step in gate_steps(job) for name in ("status", "check-run")]
            assert "true" not in asked


@every
def test_a_call_grants_what_the_called_workflow_asks_for_and_no_more(path: Path) -> None:
    for job in jobs(path):
        if job.called is None:
            continue
        asked: dict[str, str] = {}
        for inner in job.called.jobs.values():
            for name, level in inner.permissions.items():
                asked[name] = max(asked.get(name, "none"), level, key=LEVELS.__getitem__)
        assert job.permissions == asked


@every
def test_checkouts_leave_no_credentials(path: Path) -> None:
    for job in jobs(path):
        for step in job.steps:
            if str(step.get("uses")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] == "false"


@every
def test_a_job_that_judges_has_the_base_in_its_checkout(path: Path) -> None:
    for job in jobs(path):
        checkouts = [s for s in job.steps if str(s.get("uses")).startswith("actions/checkout@")]
        here = [s["with"].get("fetch-depth") for s in checkouts if "repository" not in s["with"]]
        if _follows(path):
            assert checkouts == []
        elif any("report" not in step.get("with", {}) for step in gate_steps(job)):
            assert here == ["2"], job.name


@every
def test_the_gate_runs_after_failing_tests_too(path: Path) -> None:
    for job in jobs(path):
        for step in gate_steps(job):
            if "report" not in step.get("with", {}) and (path.name, job.name) != ("ci.yml", "platforms"):
                assert step["if"] == {"$expression": "!cancelled()"}, job.name


@every
def test_a_condition_is_an_expression_and_no_text_that_is_always_true(path: Path) -> None:
    for job in jobs(path):
        for item in (job.template, *job.steps):
            found = item.get("if", "")
            text = found["$expression"] if isinstance(found, dict) else str(found)
            assert not text.startswith("format("), text
            assert "${{" not in text, text


@every
def test_an_artifact_goes_to_a_fresh_folder_outside_of_every_checkout(path: Path) -> None:
    for job in jobs(path):
        assert [place for place in downloads(job.steps) if not FRESH.fullmatch(place)] == [], job.name


@pytest.mark.parametrize("place", YAML)
def test_an_artifact_of_a_snippet_goes_to_such_a_folder(place: str) -> None:
    document = yaml.safe_load(YAML[place])
    steps = document if isinstance(document, list) else []
    if is_workflow(document):
        steps = [step for job in document["jobs"].values() for step in job.get("steps", ())]
    assert [where for where in downloads(steps) if not FRESH.fullmatch(where)] == []


@every
def test_two_checkouts_of_a_job_lie_side_by_side(path: Path) -> None:
    """One below the other could be replaced by a folder or a link that the other has in its place."""
    for job in jobs(path):
        found = [s for s in job.steps if str(s.get("uses")).startswith("actions/checkout@")]
        folders = [str(step["with"].get("path", "")).casefold() for step in found]
        assert len(folders) < 2 or (all(folders) and len(set(folders)) == len(folders)), job.name
        assert not any("/" in folder for folder in folders), job.name


JUDGING_ONLY = [("gate.yml", "judge"), ("required-workflow.yml", "gate"), ("fork-trusted.yml", "gate"),
                ("matrix.yml", "gate"), ("monorepo.yml", "gate"), ("real.yml", "judge")]  # fmt: skip
"""Jobs that judge what others left, and say that they run nothing of the pull request."""


@pytest.mark.parametrize(("name", "job"), JUDGING_ONLY)
def test_a_job_that_judges_what_others_left_runs_nothing_of_the_project(name: str, job: str) -> None:
    (path,) = [p for p in EVERY if p.name == name]
    (step,) = gate_steps(Workflow(path).jobs[job])
    assert step["with"]["untrusted"] == "true"


@every
def test_a_job_that_fetches_evidence_is_one_of_those(path: Path) -> None:
    for job in jobs(path):
        judging = any("report" not in step.get("with", {}) for step in gate_steps(job))
        if downloads(job.steps) and judging:
            assert (path.name, job.name) in JUDGING_ONLY


@every
def test_a_second_attempt_can_upload_again(path: Path) -> None:
    for job in jobs(path):
        for step in job.steps:
            if not str(step.get("uses")).startswith("actions/upload-artifact@"):
                continue
            by_name = "github.run_attempt" in str(step["with"]["name"])
            old = "v3" in next(line for line in path.read_text("utf-8").splitlines() if step["uses"] in line)
            assert by_name or old or step["with"].get("overwrite") == "true", job.name


@every
def test_the_gate_is_this_project_s_own(path: Path) -> None:
    for job in jobs(path):
        for step in job.steps:
            if "sluicegate" in str(step.get("uses")):
                assert step["uses"] in (*OWN_ACTIONS, ROLLOUT)
