"""The Action, whole: the base's policy judges, and somebody who may merge lets it pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.approvals_hub import ApprovalsHub, activity
from support.composite import Result
from support.githubapi import not_accessible, running
from support.pullrequest import open_pull_request
from support.uses import BAD, BEFORE, CHANGE, MEANWHILE, Project, shown

pytestmark = pytest.mark.slow

PUSHED, AFTER = "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"
COMMAND = "/sluicegate override because the feed is down"
STRICT = "gates: {tests: {criteria: [pass_rate == 100%]}}\n"
LAX = "extends: []\ngates: {tests: {criteria: [pass_rate >= 1%]}}\n"


def report(result: Result) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    return document


def hub_of(small: Project) -> ApprovalsHub:
    hub = ApprovalsHub(small.pull.head)
    hub.permissions = {"mona": "write", "triager": "read"}
    hub.pushes = [activity(small.pull.head, PUSHED)]
    return hub


def judged(small: Project, hub: ApprovalsHub, **inputs: str) -> Result:
    job = small.job(evidence=BAD)
    with running(hub) as url:
        job.environment = {"GITHUB_API_URL": url}
        return job.run(**{"override": "true", **inputs})


def test_a_comment_of_somebody_who_may_merge_lets_it_pass(small: Project) -> None:
    hub = hub_of(small)
    hub.comment(COMMAND, "mona", AFTER)
    result = judged(small, hub)
    assert (result.conclusion, result.outputs["status"]) == ("success", "CONDITIONAL"), shown(result)
    assert "overridden by @mona in a comment" in result.outputs["summary"]
    assert report(result)["override"]["why"] == "the feed is down"
    assert "Overridden by @" in result.summary
    assert "ghs_tokenOfTheTests" not in result.log + result.summary


def test_who_may_not_merge_lets_nothing_pass_and_that_is_said(small: Project) -> None:
    hub = hub_of(small)
    hub.label("triager", AFTER)
    result = judged(small, hub)
    assert (result.conclusion, result.outputs["status"]) == ("failure", "BLOCKED"), shown(result)
    assert "@triager may not merge" in result.log


def test_unless_it_is_asked_for_nobody_is(small: Project) -> None:
    hub = hub_of(small)
    hub.comment(COMMAND, "mona", AFTER)
    result = judged(small, hub, override="false")
    assert (result.outputs["status"], hub.calls) == ("BLOCKED", []), shown(result)


def test_without_the_permission_the_verdict_stands_with_a_warning(small: Project) -> None:
    hub = hub_of(small)
    hub.fault = lambda _n, _call, _serve: not_accessible()
    result = judged(small, hub)
    assert (result.exit_code, result.outputs["status"]) == (1, "BLOCKED"), shown(result)
    assert any("pull-requests: read" in line for line in result.commands("warning"))


def test_an_input_that_is_no_switch_is_an_error(small: Project) -> None:
    assert judged(small, hub_of(small), override="perhaps").exit_code == 2


@pytest.fixture
def lowered(tmp_path: Path, environment: Path) -> Project:
    """A pull request that lowers the bar."""
    before = {**BEFORE, "sluicegate.yml": STRICT}
    pull = open_pull_request(tmp_path / "origin", before, {**CHANGE, "sluicegate.yml": LAX}, MEANWHILE)
    return Project(tmp_path, environment, pull)


def test_a_pull_request_that_lowers_the_bar_is_judged_by_the_old_one(lowered: Project) -> None:
    result = judged(lowered, hub_of(lowered), override="false")
    assert result.outputs["status"] == "BLOCKED", shown(result)
    document = report(result)
    assert document["policy"]["origin"] == "base"
    assert document["policy_change"]["status"] != "BLOCKED"
    assert "```diff" in result.summary


def test_whoever_may_merge_and_approves_the_new_policy_lets_it_pass(lowered: Project) -> None:
    hub = hub_of(lowered)
    hub.review("mona", lowered.pull.head, AFTER)
    result = judged(lowered, hub)
    assert (result.exit_code, result.outputs["status"]) == (0, "CONDITIONAL"), shown(result)
    assert report(result)["override"]["kind"] == "approval"


def test_an_approval_of_an_earlier_commit_does_not(lowered: Project) -> None:
    hub = hub_of(lowered)
    hub.review("mona", lowered.pull.base, AFTER)
    assert judged(lowered, hub).outputs["status"] == "BLOCKED"
