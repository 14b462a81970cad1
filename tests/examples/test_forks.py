"""The pair of workflows for forks: what each half must hold; see docs/forks.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.workflows import Run, example, gate_steps

UNTRUSTED, TRUSTED = example("fork-untrusted.yml"), example("fork-trusted.yml")
(MEASURE,), (JUDGE,) = UNTRUSTED.jobs.values(), TRUSTED.jobs.values()


def test_the_half_that_runs_strangers_code_may_write_nothing_and_knows_no_secret() -> None:
    text = UNTRUSTED.path.read_text(encoding="utf-8")
    assert MEASURE.permissions == {"contents": "read"}
    assert "pull_request_target" not in text
    assert "secrets" not in text


def test_an_honest_run_with_failing_tests_ends_well_and_no_other_step_is_excused() -> None:
    found = MEASURE.steps
    excused = [s["name"] for s in found if "continue-on-error" in s]
    (gate,) = gate_steps(MEASURE)
    assert (excused, gate["with"]["warn-only"]) == (["Test"], "true")


def test_no_hidden_file_is_uploaded_and_each_attempt_has_a_name() -> None:
    upload = MEASURE.steps[-1]["with"]
    assert "include-hidden-files" not in upload
    assert "run_attempt" in str(upload["name"])


def test_the_half_that_may_write_has_nothing_on_the_disk_but_the_bundle() -> None:
    names = JUDGE.uses
    assert names == ["actions/download-artifact", "sluicegate/sluicegate"]


def test_the_bundle_is_that_of_the_run_that_ended() -> None:
    download, judge = JUDGE.steps
    assert download["with"]["run-id"] == {"$expression": "github.event.workflow_run.id"}
    assert download["continue-on-error"] in (True, "true")
    assert judge["with"]["merge"] == download["with"]["path"]


def test_one_waits_for_the_other() -> None:
    trusted = TRUSTED.template
    (waits_for,) = trusted["on"]["workflow_run"]["workflows"]
    assert waits_for == UNTRUSTED.template["name"]
    assert trusted["on"]["workflow_run"]["types"] == ["completed"]


def test_the_shard_that_one_leaves_is_the_one_that_the_other_expects() -> None:
    (left,) = gate_steps(MEASURE)
    (judged,) = gate_steps(JUDGE)
    assert Path(left["with"]["bundle"]).name == judged["with"]["expect"]


@pytest.mark.parametrize(("event", "ended"), [("pull_request", "success"), ("push", "skipped")])
def test_the_end_of_a_pull_request_s_run_alone_is_judged(event: str, ended: str) -> None:
    payload = {"workflow_run": {"id": 77, "event": event}}
    github = {"event_name": "workflow_run", "repository": "octo-org/octo-repo", "event": payload}
    assert Run(github).of(TRUSTED) == {"gate": ended}
