"""`sluicegate fetch`, and what the other commands say before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sluicegate.cli.main import main
from sluicegate.core.errors import PresetError, SluicegateError
from support.githubapi import running
from support.presets_hub import PATH, PIN, READER, PresetsHub
from support.repo import repository

TEXT = "extends: []\nlocked: [gates.tests.criteria]\ngates: {tests: {criteria: [pass_rate == 100%]}}\n"
VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_EVENT_PATH", "GITHUB_ACTIONS", "RUNNER_TEMP", "CI")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PresetsHub]:
    """A laptop in a repository whose policy extends a preset."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    repo = repository(tmp_path / "repo", {"sluicegate.yml": f"extends: {PIN}\n"})
    monkeypatch.setenv("SLUICEGATE_PRESETS", str(tmp_path / "presets"))
    monkeypatch.chdir(repo.root)
    server = PresetsHub({PATH: TEXT})
    with running(server) as url:
        monkeypatch.setenv("GITHUB_API_URL", url)
        yield server


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, standalone_mode=False)


def refused(result: Result) -> str:
    assert isinstance(result.exception, SluicegateError), result.output
    return str(result.exception)


def test_it_says_what_it_fetched_and_what_was_there(hub: PresetsHub) -> None:
    assert run("fetch").output == f"fetched  {PIN}\n"
    assert run("fetch").output == f"kept     {PIN}\n"
    assert len(hub.contents) == 1


def test_without_any_pin_it_asks_nobody(hub: PresetsHub) -> None:
    Path("sluicegate.yml").write_text("extends: strict\n", encoding="utf-8")
    assert run("fetch").output.startswith("nothing to fetch")
    assert hub.calls == []


def test_a_token_opens_a_private_preset(hub: PresetsHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.private = True
    error = refused(run("fetch"))
    assert error.startswith(f"sluicegate.yml:1:10: the preset '{PIN}': there is no such repository")
    monkeypatch.setenv("GH_TOKEN", READER)
    assert run("fetch").output == f"fetched  {PIN}\n"


def test_a_warning_is_shown_beside_the_result(hub: PresetsHub) -> None:
    hub.merged = set()
    assert "sluicegate: warning: acme/policies/quality.yml@" in run("fetch").stderr


@pytest.mark.parametrize("command", [["check"], ["plan"], ["explain", "tests"], ["merge", "no-bundle"]])
def test_no_other_command_asks_and_each_says_what_to_run(hub: PresetsHub, command: list[str]) -> None:
    error = refused(run(*command))
    assert error.startswith(
        f"sluicegate.yml:1:10: the preset '{PIN}' has not been fetched. Run `sluicegate fetch`"
    )
    assert hub.calls == []


def test_validate_says_so_too(hub: PresetsHub) -> None:
    result = run("validate")
    assert result.return_value == 2
    assert "has not been fetched. Run `sluicegate fetch` first" in result.stderr
    assert hub.calls == []


def test_after_it_the_others_work_without_a_server(hub: PresetsHub) -> None:
    run("fetch")
    hub.calls.clear()
    assert run("check", "--format", "json").exception is None
    output = run("validate").output
    assert f"  {PIN}\n" in output
    assert "gates.tests.criteria  acme/policies/quality.yml@8f3c1d0:2:10\n" in output
    assert hub.calls == []


def test_a_policy_under_another_name_is_fetched_for_by_that_name(hub: PresetsHub) -> None:
    Path("ci").mkdir()
    Path("sluicegate.yml").rename("ci/quality.yml")
    assert "Run `sluicegate fetch --policy ci/quality.yml`" in refused(
        run("check", "--policy", "ci/quality.yml")
    )
    assert run("fetch", "--policy", "ci/quality.yml").output == f"fetched  {PIN}\n"
    assert run("check", "--policy", "ci/quality.yml").exception is None


def test_where_the_base_s_preset_is_missing_the_change_s_policy_does_not_judge(
    hub: PresetsHub, tmp_path: Path
) -> None:
    repo = repository(tmp_path / "repo")
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit({"sluicegate.yml": "extends: legacy\n"})
    result = run("check", "--policy-from", "base", "--base", "main")
    error = refused(result)
    assert isinstance(result.exception, PresetError)
    assert "the base branch's policy extends it" in error
    assert "Run `sluicegate fetch --policy-from base` first" in error
    assert "`policy-from: head`" in error
    assert run("fetch", "--policy-from", "base", "--base", "main").output == f"fetched  {PIN}\n"
    assert run("check", "--policy-from", "base", "--base", "main").exception is None
