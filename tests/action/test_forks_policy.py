"""The trusted half under a base whose policy extends presets of other repositories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.composite import Result
from support.forks import Fork, PolicyHub, fork_of, serving
from support.githubapi import Reply
from support.presets_hub import OTHER, PATH, PIN, READER, SHA, SLUG, PresetsHub
from support.pullrequest import Files
from support.uses import BAD, BEFORE, CHANGE, GOOD, shown

pytestmark = pytest.mark.slow

STRICT = "extends: []\ngates: {tests: {required: true, criteria: [pass_rate == 100%]}}\n"
LAX = "extends: []\ngates: {tests: {criteria: [pass_rate >= 1%]}}\n"
PINNED = f"extends: {PIN}\n"
MOVED = f"extends: {SLUG}/{PATH}@{OTHER}\n"
STEP = "Fetch base, presets, approvals and ledger"


@contextmanager
def forked(root: Path, environment: Path, policy: str, change: str = "", **more: str) -> Iterator[Fork]:
    """A fork's pull request on a base with this policy; `change` is what the fork makes of it."""
    before: Files = {**BEFORE, "sluicegate.yml": policy, **more}
    after: Files = {**CHANGE, "sluicegate.yml": change} if change else CHANGE
    project = fork_of(root, environment, before, after)
    policies = PresetsHub({PATH: STRICT})
    policies.commits[OTHER], policies.merged = {PATH: LAX}, {SHA, OTHER}
    with serving(project, PolicyHub(project.pull.head, project.pull.remote, policies)) as made:
        yield made


def hub(fork: Fork) -> PolicyHub:
    assert isinstance(fork.server, PolicyHub)
    return fork.server


def report(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(result.outputs["report-json"]).read_text(encoding="utf-8"))
    return found


def comment(fork: Fork) -> str:
    (found,) = hub(fork).comments
    text: str = found["body"]
    return text


@pytest.mark.parametrize(("evidence", "status"), [(GOOD, "PASS"), (BAD, "BLOCKED")])
def test_the_preset_that_the_base_pins_judges(
    tmp_path: Path, environment: Path, evidence: Files, status: str
) -> None:
    with forked(tmp_path, environment, PINNED) as fork:
        result = fork.judge(fork.left(evidence))
        assert result.outputs["status"] == status, shown(result)
        document = report(result)
        assert (document["policy"]["origin"], [g["gate"] for g in document["gates"]]) == ("base", ["tests"])
        assert document["policy_change"] is None
        assert f"Fetched {PIN}\n" in result.log
        assert len([call for call in hub(fork).asked if "/contents/" in call.path]) == 1


def test_a_token_of_its_own_reads_a_private_one_and_nothing_else(tmp_path: Path, environment: Path) -> None:
    with forked(tmp_path, environment, PINNED) as fork:
        hub(fork).policies.private = True
        result = fork.judge(fork.left(GOOD), preset_token=READER)
        assert (result.outputs["status"], fork.statuses()) == ("PASS", ["success"]), shown(result)
        asked = hub(fork).asked
        assert {call.token for call in asked} == {READER}
        assert {call.token for call in hub(fork).calls if call not in asked} == {fork.token}
        assert READER not in result.log + result.summary + comment(fork)


def test_one_that_cannot_be_had_blocks_and_the_pull_request_is_told(
    tmp_path: Path, environment: Path
) -> None:
    with forked(tmp_path, environment, PINNED) as fork:
        hub(fork).policies.private = True
        result = fork.judge(fork.left(GOOD))
        assert (result.exit_code, fork.statuses()) == (1, ["failure"]), shown(result)
        assert "the policy of the base branch extends a preset that is not at hand" in comment(fork)
        (error,) = result.commands("error")
        assert "there is no such repository, or the token may not read it" in error
        assert "`preset-token`" in error


def test_a_server_that_fails_is_exit_code_3_and_says_nothing(tmp_path: Path, environment: Path) -> None:
    def fault(_number: int, call: object, _serve: object) -> Reply | None:
        return Reply(418, {"message": "no"}) if SLUG in str(getattr(call, "path", "")) else None

    with forked(tmp_path, environment, PINNED) as fork:
        hub(fork).fault = fault
        result = fork.judge(fork.left(GOOD))
        assert (result.exit_code, fork.statuses(), hub(fork).comments) == (3, [], []), shown(result)


@pytest.mark.parametrize("base", [PINNED, pytest.param(STRICT, marks=pytest.mark.soak)])
def test_what_the_fork_alone_pins_is_not_asked_for_and_its_verdict_not_had(
    tmp_path: Path, environment: Path, base: str
) -> None:
    with forked(tmp_path, environment, base, MOVED) as fork:
        hub(fork).policies.private = True
        result = fork.judge(fork.left(GOOD), preset_token=READER)
        assert (result.outputs["status"], fork.statuses()) == ("PASS", ["success"]), shown(result)
        assert [call for call in hub(fork).calls if OTHER in call.path + str(call.query)] == []
        change = report(result)["policy_change"]
        assert (change["status"], change["sha256"], change["ref"]) == ("UNKNOWN", "", "sluicegate.yml")
        assert f"+{MOVED.strip()}" in change["diff"]
        assert not any(
            "acme/policies/quality.yml\n" in line or "/dev/null" in line for line in change["diff"]
        )
        assert "The verdict under the new sluicegate.yml is unknown" in comment(fork)


def test_a_fork_that_leaves_the_preset_is_judged_by_it(tmp_path: Path, environment: Path) -> None:
    with forked(tmp_path, environment, PINNED, LAX) as fork:
        result = fork.judge(fork.left(BAD))
        assert result.outputs["status"] == "BLOCKED", shown(result)
        assert report(result)["policy_change"]["status"] == "PASS"


def test_without_a_pin_nobody_is_asked(tmp_path: Path, environment: Path) -> None:
    with forked(tmp_path, environment, STRICT) as fork:
        result = fork.judge(fork.left(GOOD))
        (step,) = [s for s in result.steps if s.name == STEP]
        assert (step.exit_code, hub(fork).asked) == (0, []), shown(result)
        assert result.outputs["status"] == "PASS", shown(result)


def test_a_private_preset_is_no_hindrance_to_a_fork_that_measures_by_another_file(
    tmp_path: Path, environment: Path
) -> None:
    with forked(tmp_path, environment, PINNED, **{"measure.yml": LAX}) as fork:
        hub(fork).policies.private = True
        bundle = fork.measure(BAD, policy="measure.yml")
        result = fork.judge(bundle, preset_token=READER)
        assert (result.outputs["status"], fork.statuses()) == ("BLOCKED", ["failure"]), shown(result)
        assert "pass_rate == 100%" in comment(fork)
