"""`sluicegate approvals` and `check --approvals`, as a user runs them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from support import programs
from support.approvals_hub import ApprovalsHub, activity
from support.githubapi import REPOSITORY, TOKEN, running
from support.pullrequest import example
from support.repo import pull_request

pytestmark = pytest.mark.slow

BAD = (
    '<testsuite name="s" tests="1"><testcase classname="a" name="u">'
    '<failure message="no"/></testcase></testsuite>'
)
HEAD = "4f1c2d9be07a36c5d8812f3a90b7e6c4d5a1f023"


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return programs.sluicegate(folder, *arguments, **environment)


def event(folder: Path, head: str, base: str = HEAD) -> dict[str, str]:
    payload = example("pull_request", "synchronize")
    payload["number"] = payload["pull_request"]["number"] = 7
    payload["pull_request"]["head"]["sha"] = head
    payload["pull_request"]["base"]["sha"] = base
    file = folder / "event.json"
    file.write_text(json.dumps(payload), encoding="utf-8")
    names = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)}
    return {**names, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}


def test_what_is_collected_lets_a_blocked_check_pass(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "repo", {".gitignore": "junit.xml\n"}, {"a": "1\n"})
    repo.write({"junit.xml": BAD})
    head = repo.git("rev-parse", "feature")
    hub = ApprovalsHub(head)
    hub.permissions, hub.pushes = {"mona": "admin"}, [activity(head, "2026-11-21T10:00:00Z")]
    hub.label("mona", "2026-11-21T11:00:00Z")
    variables = event(tmp_path, head, repo.git("rev-parse", "main"))
    with running(hub) as url:
        done = run(repo.root, "approvals", "--output", "../a.json", GITHUB_API_URL=url, **variables)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert run(repo.root, "check", **variables).returncode == 1
    passed = run(repo.root, "check", "--approvals", "../a.json", **variables)
    assert passed.returncode == 0, passed.stdout
    assert "CONDITIONAL  overridden by @mona with a label" in passed.stdout
    assert TOKEN not in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"schema": "sluicegate.report/1"}', encoding="utf-8")
    done = run(tmp_path, "check", "--approvals", "a.json")
    assert (done.returncode, "a.json" in done.stderr) == (2, True)


def test_without_a_pull_request_or_a_token_it_says_what_to_do(tmp_path: Path) -> None:
    assert "about no pull request" in run(tmp_path, "approvals").stderr
    variables = event(tmp_path, HEAD) | {"GITHUB_TOKEN": ""}
    done = run(tmp_path, "approvals", **variables)
    assert (done.returncode, "GITHUB_TOKEN is not set" in done.stderr) == (2, True)


def test_a_server_that_is_not_there_is_the_world_s_fault(tmp_path: Path) -> None:
    done = run(tmp_path, "approvals", GITHUB_API_URL="not an address", **event(tmp_path, HEAD))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
