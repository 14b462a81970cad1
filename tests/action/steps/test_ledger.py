"""The ledger in the Action: what is fetched, what is recorded, and what is said of it."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from sluicegate.action import ledger
from sluicegate.action.answer import Level
from sluicegate.action.job import read_job
from sluicegate.ledger.snapshot import Snapshot, State, read_snapshot
from sluicegate.report.document import render
from support import pullrequest
from support.gitserver import serve
from support.ledgers import Place, place, report
from support.pullrequest import IDENTITY

TOKEN = "ghs_tokenOfTheTests"
AUTHORIZATION = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A push to the default branch, checked out, with its report."""
    found = place(tmp_path)
    head = pullrequest.git(found.work, "rev-parse", "HEAD")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main", "before": "0" * 40}), encoding="utf-8")
    (tmp_path / "report.json").write_text(render(report(80, head)), encoding="utf-8")
    variables = {
        **IDENTITY,
        "GITHUB_WORKSPACE": str(found.work),
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": head,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "SLUICEGATE_REPORT": str(tmp_path / "report.json"),
        "INPUT_TOKEN": TOKEN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found


def fetched() -> Snapshot:
    """What the file holds that was fetched."""
    path = ledger.fetch(read_job(os.environ)).path
    assert path is not None
    return read_snapshot(path, "x")


def recorded() -> tuple[Level, str]:
    """What is said first of a record."""
    return ledger.record(read_job(os.environ)).lines[0]


def test_a_push_is_recorded_and_then_fetched(there: Place) -> None:
    assert fetched().state == State.EMPTY
    recorded()
    assert fetched().state == State.RECORDED


def test_other_events_are_not_recorded(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "schedule")
    assert "only pushes are recorded" in recorded()[1]
    assert there.at_remote("for-each-ref", "refs/sluicegate") == ""


def test_the_report_of_another_commit_is_not_recorded(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "1" * 40)
    assert "and not of 111111111111" in recorded()[1]
    assert there.at_remote("for-each-ref", "refs/sluicegate") == ""


def test_without_the_permission_there_is_a_notice_that_names_it(
    there: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    pullrequest.git(there.remote, "config", "http.receivepack", "false")
    with serve(there.remote.parent, AUTHORIZATION) as server:
        monkeypatch.setenv("GITHUB_SERVER_URL", server.url)
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{server.url}/{there.remote.name}")
        level, said = recorded()
    assert (level, said.startswith("The report was not recorded.")) == (Level.NOTICE, True)
    assert "contents: write" in said
    assert TOKEN not in said


def test_an_unreachable_ledger_is_handed_on(there: Place) -> None:
    pullrequest.git(there.work, "remote", "set-url", "origin", "file:///nowhere")
    snapshot = fetched()
    assert (snapshot.state, "could not be fetched" in snapshot.reason) == (State.UNREACHABLE, True)


def test_settings_of_the_clone_do_not_see_the_token(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP the token is all that is sent, when the server asks for it, whatever a test wrote."""
    other = base64.b64encode(b"x:other").decode()
    with serve(there.remote.parent, AUTHORIZATION) as server:
        monkeypatch.setenv("GITHUB_SERVER_URL", server.url)
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{server.url}/{there.remote.name}")
        key = f"http.{server.url}/.extraheader"
        pullrequest.git(there.work, "config", key, f"AUTHORIZATION: basic {other}")
        fetched()
    assert [AUTHORIZATION] in server.seen
    assert all(given in ([], [AUTHORIZATION]) for given in server.seen)


def test_without_a_checkout_there_is_a_notice(
    there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "empty"))
    answer = ledger.fetch(read_job(os.environ))
    assert ([level for level, _ in answer.lines], answer.path) == ([Level.NOTICE], None)
