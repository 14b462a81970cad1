"""Whose policy judges, as a user of `sluicegate check` sees it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support import programs
from support.pullrequest import example
from support.repo import Repo, pull_request

pytestmark = pytest.mark.slow

JUNIT = '<testsuite name="s" tests="2"><testcase classname="a" name="t"/>{}</testsuite>'
GOOD = JUNIT.format('<testcase classname="a" name="u"/>')
BAD = JUNIT.format('<testcase classname="a" name="u"><failure message="no"/></testcase>')
STRICT = "gates: {tests: {criteria: [pass_rate == 100%]}}\n"
LAX = "gates: {tests: {criteria: [pass_rate >= 1%]}}\n"


def pull(tmp_path: Path, base: str, head: str, results: str = GOOD) -> Repo:
    repo = pull_request(
        tmp_path / "repo",
        {"sluicegate.yml": base, ".gitignore": "reports/\n"},
        {"sluicegate.yml": head, "x": "x"},
    )
    repo.write({"reports/junit.xml": results})
    return repo


def run(repo: Repo, *arguments: str, event: bool = True) -> subprocess.CompletedProcess[str]:
    variables: dict[str, str] = {}
    if event:
        payload = example("pull_request", "synchronize")
        payload["pull_request"]["head"]["sha"] = repo.git("rev-parse", "feature")
        payload["pull_request"]["base"] |= {"sha": repo.git("rev-parse", "main"), "ref": "main"}
        file = repo.root.parent / "event.json"
        file.write_text(json.dumps(payload), encoding="utf-8")
        variables |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)}
        variables |= {"GITHUB_SHA": repo.git("rev-parse", "HEAD"), "GITHUB_REF": "refs/pull/7/merge"}
    return programs.sluicegate(repo.root, "check", *arguments, **variables)


def document(repo: Repo, *arguments: str, event: bool = True) -> dict[str, Any]:
    return dict(json.loads(run(repo, "--format", "json", *arguments, event=event).stdout))


def test_a_pull_request_cannot_lower_its_own_bar(tmp_path: Path) -> None:
    repo = pull(tmp_path, STRICT, LAX, BAD)
    done = run(repo)
    assert done.returncode == 1
    assert "Under the new sluicegate.yml it would be WARN" in " ".join(done.stdout.split()), done.stdout
    assert "+gates: {tests: {criteria: [pass_rate >= 1%]}}" in done.stdout


def test_the_report_says_which_policy_judged_and_what_the_new_one_would_give(tmp_path: Path) -> None:
    found = document(pull(tmp_path, LAX, STRICT, BAD))
    assert (found["status"], found["policy"]["origin"]) != ("BLOCKED", "head")
    assert found["policy_change"]["status"] == "BLOCKED"


def test_on_a_laptop_the_tree_s_policy_judges_unless_told_otherwise(tmp_path: Path) -> None:
    repo = pull(tmp_path, STRICT, LAX, BAD)
    assert document(repo, event=False)["policy"]["origin"] == "head"
    assert document(repo, "--policy-from", "base", event=False)["policy"]["origin"] == "base"
    assert document(repo, "--policy-from", "head")["policy"]["origin"] == "head"


def test_a_gate_that_only_the_new_policy_has_can_be_asked_for(tmp_path: Path) -> None:
    size = STRICT.replace("}}\n", "}, size: {run: exit 1}}\n")
    done = run(pull(tmp_path, STRICT, size), "--gate", "size")
    assert (done.returncode, "BLOCKED" in done.stdout) == (0, True), done.stdout + done.stderr


def test_a_command_that_both_policies_have_runs_once(tmp_path: Path) -> None:
    gate = "gates: {count: {run: echo x >> ../ran.txt}, tests: {criteria: [%s]}}\n"
    repo = pull(tmp_path, gate % "pass_rate == 100%", gate % "pass_rate >= 1%")
    assert document(repo)["policy_change"]["status"] == "WARN"
    assert (tmp_path / "ran.txt").read_text(encoding="utf-8") == "x\n"


def test_a_policy_that_only_reports_shows_the_status_and_lets_everything_pass(tmp_path: Path) -> None:
    repo = pull(tmp_path, STRICT + "report-only: true\n", STRICT, BAD)
    done = run(repo, "--format", "json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"], found["report_only"]) == (0, "BLOCKED", True)


@pytest.mark.parametrize(("where", "status", "counts"), [("base", "WARN", [0, 1]), ("head", "FAIL", [1, 0])])
def test_a_report_that_a_change_commits_makes_no_failure_known(
    tmp_path: Path, where: str, status: str, counts: list[int]
) -> None:
    """In the base the file is a baseline; where the change adds it, every failure is new."""
    red = pull(tmp_path / "red", "extends: legacy\n", "extends: legacy\n", BAD)
    known = {"main.json": run(red, "--format", "json").stdout}
    both = {"sluicegate.yml": "extends: legacy\n", ".gitignore": "reports/\n"}
    files = (both | known, {"x": "x"}) if where == "base" else (both, {"x": "x"} | known)
    repo = pull_request(tmp_path / "repo", *files)
    repo.write({"reports/junit.xml": BAD})
    gate = next(g for g in document(repo, "--baseline", "main.json")["gates"] if g["gate"] == "tests")
    assert gate["status"] == status
    assert [gate["measures"][n] for n in ("new.failed", "known.failed")] == counts
