"""The base of a pull request, fetched when the checkout is too shallow."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

import pytest

from sluicegate.action import base
from sluicegate.action.answer import Level, StepResult
from sluicegate.action.job import read_job
from sluicegate.git.credentials import Token
from sluicegate.github.event import EventContext
from sluicegate.github.payload import read_event
from support.gitserver import serve
from support.pullrequest import IDENTITY, PullRequest, git, open_pull_request
from support.repo import opened

TOKEN = "ghs_tokenOfTheTests"
AUTHORIZATION = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()

NOBODY = Token("https://github.com")


@pytest.fixture
def pull(tmp_path: Path) -> PullRequest:
    return open_pull_request(tmp_path / "origin", {"a": "1\n"}, {"b": "2\n"}, {"c": "3\n"})


def environment(pull: PullRequest, folder: Path, **more: str) -> dict[str, str]:
    file = folder / "event.json"
    file.write_text(json.dumps(pull.payload()), encoding="utf-8")
    event = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file)}
    return {**os.environ, **IDENTITY, **pull.variables(), **event, **more}


def fetched(pull: PullRequest, folder: Path, work: Path, **more: str) -> StepResult:
    """What is said of the base of a checkout in `work`."""
    job = read_job(environment(pull, folder, GITHUB_WORKSPACE=str(work), **more))
    return base.fetch_base(job)


def has_base(work: Path) -> bool:
    return git(work, "rev-list", "--parents", "-n", "1", "HEAD").count(" ") == 2


def test_the_base_is_fetched_into_a_checkout_of_depth_one(pull: PullRequest, tmp_path: Path) -> None:
    work = pull.checkout(tmp_path / "work", depth=1)
    assert not has_base(work)
    fetched(pull, tmp_path, work)
    assert git(work, "rev-parse", "HEAD^1") == pull.base
    assert git(work, "diff", "--name-only", "HEAD^1", "HEAD") == "b"


def test_nothing_is_fetched_when_the_base_is_there(pull: PullRequest, tmp_path: Path) -> None:
    work = pull.checkout(tmp_path / "work", depth=2)
    git(work, "remote", "set-url", "origin", "file:///nowhere")
    assert fetched(pull, tmp_path, work) == StepResult()


def test_the_merge_that_was_tested_is_fetched_even_when_its_branch_moved(
    pull: PullRequest, tmp_path: Path
) -> None:
    work = pull.checkout(tmp_path / "work", depth=1)
    git(pull.remote, "update-ref", "refs/pull/7/merge", pull.head)
    fetched(pull, tmp_path, work)
    assert git(work, "rev-parse", "HEAD^1") == pull.base


def test_a_checkout_of_the_head_is_left_alone(pull: PullRequest, tmp_path: Path) -> None:
    work = pull.checkout(tmp_path / "work")
    git(work, "checkout", "--quiet", pull.head)
    event = read_event(environment(pull, tmp_path))
    assert base.wanted(event, opened(work)) is None


def test_the_tip_of_the_base_is_fetched_for_a_checkout_of_the_head_alone(
    pull: PullRequest, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    git(work, "remote", "add", "origin", pull.remote.as_uri())
    git(work, "fetch", "--quiet", "--depth=1", "origin", pull.head)
    git(work, "checkout", "--quiet", pull.head)
    fetched(pull, tmp_path, work)
    assert git(work, "cat-file", "-t", pull.base) == "commit"


def test_a_merge_queue_s_base_is_fetched(pull: PullRequest, tmp_path: Path) -> None:
    work = pull.checkout(tmp_path / "work", depth=1)
    event = EventContext(name="merge_group", tested_sha=pull.merge, base_ref="main", base_sha=pull.base)
    want = base.wanted(event, opened(work))
    assert want == base.WantedBase(pull.base, 1, pull.base)
    assert base.fetch(want, opened(work), NOBODY) == ""


def test_a_failed_fetch_is_a_notice_that_names_the_remedy(
    pull: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    work = pull.checkout(tmp_path / "work", depth=1)
    git(work, "remote", "set-url", "origin", "file:///nowhere")
    ((level, text),) = fetched(pull, tmp_path, work).lines
    assert (level, "fetch-depth: 2" in text) == (Level.NOTICE, True)
    assert text.startswith("The base of this pull request is not in the checkout")


def test_a_fetch_is_tried_three_times_with_pauses(pull: PullRequest, tmp_path: Path) -> None:
    work = pull.checkout(tmp_path / "work", depth=1)
    git(work, "remote", "set-url", "origin", "file:///nowhere")
    event = read_event(environment(pull, tmp_path))
    pauses: list[float] = []
    want = base.wanted(event, opened(work))
    assert want is not None
    assert base.fetch(want, opened(work), NOBODY, pauses.append)
    assert pauses == [2.0, 4.0]


class TestOverHttp:
    """With `persist-credentials: false`, on a server that is not github.com."""

    def seen(self, pull: PullRequest, folder: Path, *persisted: str, token: str = TOKEN) -> list[list[str]]:
        work = pull.checkout(folder / "work", depth=1)
        with serve(pull.remote.parent, AUTHORIZATION) as server:
            git(work, "remote", "set-url", "origin", f"{server.url}/{pull.remote.name}")
            for header in persisted:
                git(work, "config", f"http.{server.url}/.extraheader", f"AUTHORIZATION: {header}")
            fetched(pull, folder, work, GITHUB_SERVER_URL=server.url, INPUT_TOKEN=token)
        assert TOKEN not in (work / ".git" / "config").read_text(encoding="utf-8")
        assert has_base(work) == (token == TOKEN)
        return server.seen

    def test_the_token_is_sent_once(self, pull: PullRequest, tmp_path: Path) -> None:
        assert self.seen(pull, tmp_path)[-1] == [AUTHORIZATION]

    def test_credentials_that_checkout_persisted_are_not_sent_too(
        self, pull: PullRequest, tmp_path: Path
    ) -> None:
        assert self.seen(pull, tmp_path, "basic old")[-1] == [AUTHORIZATION]

    def test_without_a_token_the_fetch_fails_and_the_job_goes_on(
        self, pull: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(base, "ATTEMPTS", 1)
        assert self.seen(pull, tmp_path, token="")[-1] == []


def test_the_token_is_on_no_command_line_and_in_no_environment(
    pull: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    log = tmp_path / "arguments"
    real = shutil.which("git")
    spy = programs / "git"
    spy.write_text(f'#!/bin/sh\n(printf "%s\\n" "$*"; env) >> "{log}"\nexec {real} "$@"\n', encoding="utf-8")
    spy.chmod(0o755)
    work = pull.checkout(tmp_path / "work", depth=1)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("INPUT_TOKEN", TOKEN)
    fetched(pull, tmp_path, work, INPUT_TOKEN=TOKEN)
    assert "fetch" in log.read_text(encoding="utf-8")
    assert TOKEN not in log.read_text(encoding="utf-8")
    assert AUTHORIZATION.partition(" ")[2] not in log.read_text(encoding="utf-8")
