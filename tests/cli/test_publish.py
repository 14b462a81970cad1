"""`sluicegate publish`: what the user named wrongly, and what a server that says no means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.publish import command
from sluicegate.core.errors import EvidenceError, SluicegateError, UsageError
from sluicegate.report import document
from support import reports as r
from support.githubapi import REPOSITORY, TOKEN, Hub, not_accessible, running
from support.publishing import HEAD, wait_shortly

NAMED = ("--repository", REPOSITORY, "--pull-request", "7")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(document.render(r.blocked()), encoding="utf-8")
    return path


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A laptop: no workflow, no token."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hub(outside: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub(HEAD)
    wait_shortly(monkeypatch)
    with running(server) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield server


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def refused(result: Result) -> str:
    assert isinstance(result.exception, SluicegateError), result
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_without_a_token_it_says_how_to_give_one(outside: None, report: Path) -> None:
    assert "GITHUB_TOKEN" in refused(run(str(report), *NAMED))


def test_without_a_place_it_asks_for_one(outside: None, report: Path) -> None:
    result = run(str(report))
    assert isinstance(result.exception, UsageError)
    assert "--repository" in refused(result)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema": "sluicegate.report/1"}', "\x00"])
def test_what_is_no_report_is_the_user_s_mistake(outside: None, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    result = run("x.json", *NAMED)
    assert isinstance(result.exception, EvidenceError)
    assert "x.json" in refused(result)


def test_a_report_that_is_not_there_is_named(outside: None) -> None:
    assert "nowhere.json" in refused(run("nowhere.json", *NAMED))


class TestAgainstAServer:
    def test_each_channel_gets_a_line(self, hub: Hub, report: Path) -> None:
        result = run(str(report), *NAMED, "--status")
        assert [line.partition(":")[0] for line in result.output.splitlines()] == [
            "comment created", "status created",
        ]  # fmt: skip
        assert (result.return_value, len(hub.comments)) == (0, 1)

    def test_an_override_that_the_report_of_another_job_carries_is_shown(
        self, hub: Hub, report: Path
    ) -> None:
        report.write_text(document.render(r.overridden()), encoding="utf-8")
        assert run(str(report), *NAMED, "--status", "--check-run").return_value == 0
        assert "Overridden by @" in hub.comments[0]["body"]
        (status,) = hub.statuses[HEAD]
        assert (status["state"], hub.checks[0]["conclusion"]) == ("success", "neutral")
        assert "overridden by @mona in a comment" in status["description"]
        assert "overridden" in hub.checks[0]["output"]["title"]

    def test_what_may_not_be_published_is_a_warning(self, hub: Hub, report: Path) -> None:
        hub.fault = lambda _n, call, _serve: not_accessible() if call.verb != "GET" else None
        result = run(str(report), *NAMED, "--comment", "on-failure")
        assert result.return_value == 0
        assert "warning: The report could not be published. comment: the token lacks" in result.stderr

    def test_strict_makes_it_the_exit_code(self, hub: Hub, report: Path) -> None:
        hub.fault = lambda _n, call, _serve: not_accessible() if call.verb != "GET" else None
        assert run(str(report), *NAMED, "--strict").return_value == 3

    def test_in_a_workflow_the_warning_is_an_annotation(
        self, hub: Hub, report: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        hub.fault = lambda _n, call, _serve: not_accessible() if call.verb != "GET" else None
        assert "::warning title=Sluicegate::The report could not" in run(str(report), *NAMED).output

    def test_a_report_of_another_commit_is_refused(self, hub: Hub, report: Path) -> None:
        document = json.loads(report.read_text(encoding="utf-8"))
        document["commit"]["head"] = "e" * 40
        report.write_text(json.dumps(document), encoding="utf-8")
        assert "the report is of eeeeeeeeee" in refused(run(str(report), *NAMED))
        assert hub.writes() == []
