"""`sluicegate subject`, `merge --subject` and `publish --subject`, as somebody runs them by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import bundles, programs
from support.forks import RUN, Fork, PolicyHub, fork_of, serving
from support.githubapi import REPOSITORY, Reply
from support.presets_hub import PATH, PIN, PresetsHub

pytestmark = pytest.mark.slow

POLICY = "extends: []\ngates: {tests: {criteria: [pass_rate == 100%]}}\n"


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Fork]:
    before = {"src/a.py": "a = 1\n", "sluicegate.yml": POLICY}
    with serving(fork_of(tmp_path, tmp_path, before, {"src/a.py": "a = 2\n"})) as made:
        yield made


def run(
    fork: Fork, folder: Path, *arguments: str, event: bool = True, **extra: str
) -> subprocess.CompletedProcess[str]:
    """The command, on the event of the run that ended or outside of GitHub Actions."""
    variables = {"GITHUB_SERVER_URL": fork.git_url, "GITHUB_API_URL": fork.api, "GITHUB_TOKEN": fork.token}
    if event:
        file = folder / "event.json"
        file.write_text(json.dumps(fork.payload()), encoding="utf-8")
        variables |= {
            **fork.variables(1),
            "GITHUB_EVENT_NAME": "workflow_run",
            "GITHUB_EVENT_PATH": str(file),
        }
        variables |= {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_ACTIONS": "true"}
    command = [sys.executable, "-m", "sluicegate", *arguments]
    return programs.run(command, folder, {"PATH": os.environ["PATH"], **variables, **extra})


def test_three_commands_judge_and_publish_what_a_fork_left(fork: Fork, tmp_path: Path) -> None:
    bundle = str(fork.left({"reports/junit.xml": bundles.junit("+F")}))
    found = run(fork, tmp_path, "subject", bundle, "--output", "subject")
    assert (found.returncode, found.stderr) == (0, "")
    assert "pull request 7, head" in found.stdout
    judged = run(fork, tmp_path, "merge", bundle, "--subject", "subject", "--output", "json=report.json")
    assert (judged.returncode, judged.stderr) == (1, "")
    assert "measured by the fork's own run" in judged.stdout
    published = run(fork, tmp_path, "publish", "report.json", "--subject", "subject", "--status")
    assert (published.returncode, published.stderr) == (0, ""), published.stdout
    assert (len(fork.hub.comments), fork.statuses()) == (1, ["failure"])


def test_presets_of_the_base_are_fetched_for_merge(tmp_path: Path) -> None:
    before = {"src/a.py": "a = 1\n", "sluicegate.yml": f"extends: {PIN}\n"}
    project = fork_of(tmp_path / "fork", tmp_path, before, {"src/a.py": "a = 2\n"})
    server = PolicyHub(project.pull.head, project.pull.remote, PresetsHub({PATH: POLICY}))
    with serving(project, server) as fork:
        bundle = str(fork.left({"reports/junit.xml": bundles.junit("++")}))
        kept = str(tmp_path / "presets")
        run(fork, tmp_path, "subject", bundle, "--output", "subject")
        early = run(fork, tmp_path, "merge", bundle, "--subject", "subject", SLUICEGATE_PRESETS=kept)
        assert (early.returncode, "a preset that is not at hand" in early.stdout) == (1, True), early.stdout
        fetched = run(fork, tmp_path, "fetch", "--subject", "subject", SLUICEGATE_PRESETS=kept)
        assert (fetched.returncode, fetched.stdout) == (0, f"fetched  {PIN}\n"), fetched.stderr
        assert (
            run(fork, tmp_path, "merge", bundle, "--subject", "subject", SLUICEGATE_PRESETS=kept).returncode
            == 0
        )


def test_a_run_is_named_where_there_is_no_event(fork: Fork, tmp_path: Path) -> None:
    fork.hub.run = fork.payload()["workflow_run"]
    bundle = str(fork.left({"reports/junit.xml": bundles.junit("++")}))
    arguments = ("--run", str(RUN), "--repository", REPOSITORY, "--output", "subject")
    found = run(fork, tmp_path, "subject", bundle, *arguments, event=False)
    assert (found.returncode, found.stderr) == (0, "")
    judged = run(fork, tmp_path, "merge", bundle, "--subject", "subject", event=False)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("merge", "b"), "Write a subject with 'sluicegate subject'"),
        (("merge", "b", "--subject", "nowhere"), "nowhere"),
        (("merge", "b", "--folder", "part"), "must be used with --subject"),
        (("fetch", "--subject", "s", "--base", "main"), "must not be combined with --base or --policy-from"),
        (("publish", "report.json"), "its content is not trusted"),
        (("subject", "b", "--output", "."), "exists already"),
    ],
)
def test_what_is_missing_is_said(
    fork: Fork, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(fork, tmp_path, *arguments)
    assert done.returncode == 2, done.stdout
    assert message in " ".join(done.stderr.split())


def test_without_a_token_it_says_how_to_give_one(fork: Fork, tmp_path: Path) -> None:
    done = run(fork, tmp_path, "subject", "b", "--output", "s", GITHUB_TOKEN="")
    assert (done.returncode, "there is no token" in done.stderr) == (2, True)


def test_a_run_that_does_not_exist_is_the_world_s_fault(fork: Fork, tmp_path: Path) -> None:
    arguments = ("--run", "5", "--repository", "octo-org/octo-repo", "--output", "s")
    fork.hub.fault = lambda _n, _call, _serve: Reply(404, {"message": "Not Found"})
    done = run(fork, tmp_path, "subject", "b", *arguments, event=False)
    assert done.returncode == 3, done.stderr
    assert "the run 5 cannot be read" in done.stderr
