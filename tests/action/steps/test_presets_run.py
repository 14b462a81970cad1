"""The Action's step that fetches presets: what it says, what it hands on, and its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluicegate.action import presets
from sluicegate.action.inputs import read_inputs
from sluicegate.github.event import EventContext
from support.githubapi import running
from support.presets_hub import PATH, PIN, PresetsHub
from support.repo import Repo, repository


@dataclass
class Step:
    """The step in a repository whose policy extends a preset."""

    repo: Repo
    hub: PresetsHub
    variables: dict[str, str]

    def run(self) -> int:
        inputs = read_inputs(self.variables)
        return presets.run(self.variables, inputs, self.repo.root, EventContext())

    @property
    def handed_on(self) -> str:
        """The folder of the presets; empty where none was named."""
        output = Path(self.variables["GITHUB_OUTPUT"])
        return output.read_text(encoding="utf-8").strip().removeprefix("folder=") if output.exists() else ""


@pytest.fixture
def step(tmp_path: Path) -> Iterator[Step]:
    repo = repository(tmp_path / "repo", {"sluicegate.yml": f"extends: {PIN}\n"})
    hub = PresetsHub({PATH: "extends: strict\n"})
    with running(hub) as url:
        places = {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
        yield Step(repo, hub, {**places, "GITHUB_API_URL": url, "GITHUB_ACTIONS": "true"})


def test_what_was_fetched_is_said_and_handed_on(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    assert step.run() == 0
    assert capsys.readouterr().out == f"Fetched {PIN}\n"
    assert Path(step.handed_on).is_dir()


def test_a_warning_is_an_annotation(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    step.hub.merged = set()
    assert step.run() == 0
    assert f"::warning title=Sluicegate::{PIN}" in capsys.readouterr().out


def test_a_preset_that_is_not_there_fails_the_step(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    step.hub.commits = {}
    assert step.run() == 2
    assert capsys.readouterr().out.startswith("::error title=Sluicegate::sluicegate.yml:1:10: ")


def test_what_else_is_wrong_the_judging_step_says(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    step.repo.write({"sluicegate.yml": "gates: {covrage: {}}\n"})
    assert (step.run(), capsys.readouterr().out, step.handed_on) == (0, "", "")


def test_without_any_preset_there_is_nothing_to_hand_on(step: Step) -> None:
    step.repo.write({"sluicegate.yml": "extends: strict\n"})
    assert (step.run(), step.hub.calls, step.handed_on) == (0, [], "")
