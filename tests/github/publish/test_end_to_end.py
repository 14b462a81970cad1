"""A pull request on the `emulate` server: red, fixed, green; twice; ten at once."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.model import Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.github.publish.identity import mark_of
from sluicegate.github.publish.outcome import Channel, OutcomeKind
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from sluicegate.net.client import Clock
from sluicegate.report import compose, document, markdown
from support import programs
from support import reports as r
from support.githubapi import REPOSITORY, TOKEN, Call, Emulated, emulate, running
from support.programs import Completed
from support.publishing import a_run, at, publish

pytestmark = pytest.mark.slow
R = f"/repos/{REPOSITORY}"


@dataclass
class Pull:
    """An open pull request on the server at `url`."""

    server: Emulated
    url: str
    number: int
    head: str

    def push(self) -> str:
        """A new commit on the branch; its name."""
        path = f"{R}/contents/file-{len(self.server.calls)}-{time.monotonic_ns()}.txt"
        made = self.server.do("PUT", path, {"message": "Fix", "content": "YQ==", "branch": "feature"})
        self.head = made["commit"]["sha"]
        return self.head

    def comments(self) -> list[dict[str, Any]]:
        path = f"{R}/issues/{self.number}/comments"
        found: list[dict[str, Any]] = self.server.ask(Call("GET", path, {"per_page": "100"}, None)).body
        return found

    def checks(self) -> list[dict[str, Any]]:
        answer = self.server.ask(Call("GET", f"{R}/commits/{self.head}/check-runs", {}, None))
        found: list[dict[str, Any]] = answer.body["check_runs"]
        return found


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with emulate(tmp_path_factory.mktemp("emulate")) as number:
        yield number


@pytest.fixture
def pull(port: int) -> Iterator[Pull]:
    server = Emulated(port)
    with running(server) as url:
        main = server.do("GET", f"{R}/git/ref/heads/main")["object"]["sha"]
        server.ask(Call("POST", f"{R}/git/refs", {}, {"ref": "refs/heads/feature", "sha": main}, TOKEN))
        this = Pull(server, url, 0, "")
        this.push()
        made = server.do("POST", f"{R}/pulls", {"title": "Change", "head": "feature", "base": "main"})
        this.number = made["number"]
        yield this
        server.do("PATCH", f"{R}/pulls/{this.number}", {"state": "closed"})


def command(pull: Pull, folder: Path, report: Report, number: int, *options: str) -> Completed:
    """`sluicegate publish` in a workflow run on the pull request."""
    path = folder / f"report-{number}.json"
    path.write_text(document.render(at(report, pull.head)), encoding="utf-8")
    event = folder / "event.json"
    event.write_text(json.dumps({}), encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": pull.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_RUN_NUMBER": str(number),
        "GITHUB_RUN_ID": str(9000 + number),
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/quality.yml@refs/heads/main",
        "GITHUB_JOB": "publish",
    }
    words = ["publish", str(path), "--pull-request", str(pull.number), *options]
    return programs.run([sys.executable, "-m", "sluicegate", *words], folder, environment)


def test_red_then_fixed_then_green_is_one_comment(pull: Pull, tmp_path: Path) -> None:
    red = command(pull, tmp_path, r.blocked(), 1, "--status", "--check-run")
    assert (red.returncode, red.stderr) == (0, ""), red.stdout
    assert "comment created" in red.stdout
    (check,) = pull.checks()
    assert (check["name"], check["conclusion"]) == ("sluicegate/report", "failure")
    assert pull.server.statuses[pull.head][0]["state"] == "failure"
    pull.push()
    green = command(pull, tmp_path, r.passing(), 2, "--status", "--check-run")
    assert "comment updated" in green.stdout, green.stderr
    (comment,) = pull.comments()
    assert "Sluicegate: passed" in comment["body"]
    assert pull.checks()[0]["conclusion"] == "success"
    assert pull.server.statuses[pull.head][0]["state"] == "success"


def test_run_twice_is_one_comment(pull: Pull) -> None:
    report = at(r.blocked(), pull.head)
    publish(pull.url, report, number=pull.number)
    again = publish(pull.url, report, number=pull.number)
    assert {o.kind for o in again.values()} == {OutcomeKind.UNCHANGED}
    assert len(pull.comments()) == 1


def test_ten_at_once_is_one_comment_of_the_newest_run(pull: Pull) -> None:
    """Ten runs of one job publish at the same moment, each in its own time."""
    clock = Clock()
    settings = PublishSettings(CommentMode.ALWAYS, status=True)

    def one(number: int) -> Any:
        report = at(r.blocked(number), pull.head)
        return publish(
            pull.url, report, number=pull.number, run=a_run(number), settings=settings, clock=clock
        )

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(one, [4, 10, 1, 7, 2, 9, 3, 8, 5, 6]))
    assert [o for found in outcomes for o in found.values() if o.kind.is_bad] == []
    (comment,) = pull.comments()
    mark = mark_of(comment["body"])
    assert mark is not None
    assert mark.order == (10, 1)
    assert pull.server.statuses[pull.head][0]["target_url"].endswith("/9010")


def test_ten_at_once_update_the_comment_that_is_there(pull: Pull) -> None:
    publish(pull.url, at(r.passing(), pull.head), number=pull.number)
    first = pull.comments()[0]["id"]
    settings = PublishSettings(CommentMode.ALWAYS)

    def one(number: int) -> Any:
        report = at(r.blocked(number), pull.head)
        return publish(
            pull.url, report, number=pull.number, run=a_run(number), settings=settings, clock=Clock()
        )

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(2, 12)))
    (comment,) = pull.comments()
    mark = mark_of(comment["body"])
    assert mark is not None
    assert (comment["id"], mark.order) == (first, (11, 1))


def test_5_000_findings_fit(pull: Pull) -> None:
    outcomes = publish(pull.url, at(r.blocked(5000), pull.head), number=pull.number)
    assert {o.kind for o in outcomes.values()} == {OutcomeKind.CREATED}
    (comment,) = pull.comments()
    assert len(comment["body"]) < 65_536
    assert "/blob/" not in comment["body"], "an API alone does not say where files are shown"
    sent = [len(c.body["output"]["annotations"]) for c in pull.server.writes("check-runs")]
    assert sent == [50] * 5


def test_a_report_of_400_kib_fits(pull: Pull) -> None:
    verdicts = (replace(r.security_fail(200), suite=f"part-{n}") for n in range(25))
    report = at(r.report(*verdicts, status=ReportStatus.BLOCKED), pull.head)
    assert len(markdown.render(compose.page(report), limit=10**9).encode()) > 400 * 1024
    outcomes = publish(pull.url, report, number=pull.number)
    assert outcomes[Channel.COMMENT].kind is OutcomeKind.CREATED
    assert "Left out for length" in pull.comments()[0]["body"]


def test_a_report_of_another_commit_is_the_user_s_mistake(pull: Pull, tmp_path: Path) -> None:
    head, pull.head = pull.head, "d" * 40
    done = command(pull, tmp_path, r.passing(), 1)
    pull.head = head
    assert (done.returncode, pull.comments()) == (2, [])
    assert "the report is of dddddddddd" in done.stderr
