"""The Action's steps about the ledger."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from sluicegate.action import ledger
from sluicegate.ledger.snapshot import State, read_snapshot
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
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "SLUICEGATE_REPORT": str(tmp_path / "report.json"),
        "INPUT_TOKEN": TOKEN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found


def fetched(root: Path) -> tuple[str, str]:
    """The state and the reason of what was fetched."""
    path = Path((root / "output").read_text("utf-8").splitlines()[-1].removeprefix("file="))
    snapshot = read_snapshot(path, "x")
    return snapshot.state, snapshot.reason


def test_a_push_is_recorded_and_then_fetched(there: Place, tmp_path: Path) -> None:
    ledger.main("fetch", os.environ)
    assert fetched(tmp_path)[0] == State.EMPTY
    ledger.main("record", os.environ)
    ledger.main("fetch", os.environ)
    assert fetched(tmp_path)[0] == State.RECORDED


def test_other_events_are_not_recorded(
    there: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "schedule")
    ledger.main("record", os.environ)
    assert "only pushes are recorded" in capsys.readouterr().out
    assert there.at_remote("for-each-ref", "refs/sluicegate") == ""


def test_the_report_of_another_commit_is_not_recorded(
    there: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_SHA", "1" * 40)
    ledger.main("record", os.environ)
    assert "and not of 111111111111" in capsys.readouterr().out
    assert there.at_remote("for-each-ref", "refs/sluicegate") == ""


def test_without_the_permission_there_is_a_notice_that_names_it(
    there: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pullrequest.git(there.remote, "config", "http.receivepack", "false")
    with serve(there.remote.parent, AUTHORIZATION) as server:
        monkeypatch.setenv("GITHUB_SERVER_URL", server.url)
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{server.url}/{there.remote.name}")
        ledger.main("record", os.environ)
    said = capsys.readouterr().out
    assert said.startswith("::notice title=Sluicegate::The report was not recorded.")
    assert "contents: write" in said
    assert TOKEN not in said


def test_an_unreachable_ledger_is_handed_on(
    there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pullrequest.git(there.work, "remote", "set-url", "origin", "file:///nowhere")
    ledger.main("fetch", os.environ)
    state, reason = fetched(tmp_path)
    assert (state, "could not be fetched" in reason) == (State.UNREACHABLE, True)


def test_settings_of_the_clone_do_not_see_the_token(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP the token is all that is sent, when the server asks for it, whatever a test wrote."""
    other = base64.b64encode(b"x:other").decode()
    with serve(there.remote.parent, AUTHORIZATION) as server:
        monkeypatch.setenv("GITHUB_SERVER_URL", server.url)
        pullrequest.git(there.work, "remote", "set-url", "origin", f"{server.url}/{there.remote.name}")
        key = f"http.{server.url}/.extraheader"
        pullrequest.git(there.work, "config", key, f"AUTHORIZATION: basic {other}")
        ledger.main("fetch", os.environ)
    assert [AUTHORIZATION] in server.seen
    assert all(given in ([], [AUTHORIZATION]) for given in server.seen)


def test_without_a_checkout_there_is_a_notice(
    there: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "empty"))
    ledger.main("fetch", os.environ)
    assert "::notice" in capsys.readouterr().out
    assert not (tmp_path / "output").exists()
