"""The workflows of releases: what is behind the decision, and what is recorded for it."""

from __future__ import annotations

import pytest

from support.workflows import Run, example, gate_steps

DEPLOY = example("release-deploy.yml")
TAG = {"event_name": "push", "ref": "refs/tags/v1.4.0", "event": {"repository": {"default_branch": "main"}}}


def test_without_a_decision_nothing_is_deployed_and_no_rollout_starts() -> None:
    ended = Run(TAG, {"verify": "failure"}).of(DEPLOY)
    assert ended == {"verify": "failure", "deploy": "skipped", "start": "skipped"}


def test_no_rollout_starts_of_what_was_not_deployed() -> None:
    assert Run(TAG, {"deploy": "failure"}).of(DEPLOY)["start"] == "skipped"


def test_every_environment_is_behind_the_job_that_asks_the_ledger() -> None:
    first, *others = DEPLOY.jobs.values()
    assert 'release verify "$GITHUB_SHA" --release "$GITHUB_REF_NAME"' in str(first.steps[-1]["run"])
    assert "environment" not in first.template
    assert all(job.needs and "environment" in job.template for job in others)


def test_a_rollout_starts_by_the_plan_of_the_default_branch_and_the_tagged_commit() -> None:
    checkout, start = DEPLOY.jobs["start"].steps
    assert checkout["with"]["ref"] == {"$expression": "github.event.repository.default_branch"}
    assert start["with"]["commit"] == {"$expression": "github.sha"}


def test_the_draft_has_the_pushed_commits_and_the_name_of_the_branch() -> None:
    """The range ends at the push, and not at the default branch, which is what is checked out."""
    checkout, _python, write = example("release-notes.yml").jobs["draft"].steps
    assert checkout["with"]["fetch-depth"] == "0"
    line = 'release notes "..$GITHUB_SHA" --draft "${GITHUB_REF_NAME#release/}"'
    assert str(write["run"]).strip().endswith(line)


@pytest.mark.parametrize(("job", "ledger"), [("gate", "read"), ("record", "record")])
def test_of_a_release_branch_one_job_judges_and_another_records(job: str, ledger: str) -> None:
    (step,) = gate_steps(example("release-gate.yml").jobs[job])
    assert step["with"]["ledger"] == ledger
