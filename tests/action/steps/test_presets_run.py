"""Fetching presets in the Action: what is said, what is handed on, and the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluicegate.action import presets
from sluicegate.action.answer import Level, StepResult
from sluicegate.action.job import read_job
from support.githubapi import running
from support.presets_hub import PATH, PIN, PresetsHub
from support.repo import Repo, repository


@dataclass
class Step:
    """The step in a repository whose policy extends a preset."""

    repo: Repo
    hub: PresetsHub
    variables: dict[str, str]

    def run(self) -> StepResult:
        return presets.fetch_presets(read_job(self.variables))


@pytest.fixture
def step(tmp_path: Path) -> Iterator[Step]:
    repo = repository(tmp_path / "repo", {"sluicegate.yml": f"extends: {PIN}\n"})
    hub = PresetsHub({PATH: "extends: strict\n"})
    with running(hub) as url:
        places = {"RUNNER_TEMP": str(tmp_path), "GITHUB_WORKSPACE": str(repo.root)}
        yield Step(repo, hub, {**places, "GITHUB_API_URL": url, "GITHUB_ACTIONS": "true"})


def test_what_was_fetched_is_said_and_handed_on(step: Step) -> None:
    answer = step.run()
    assert (answer.lines, answer.code) == (((Level.TEXT, f"Fetched {PIN}"),), 0)
    assert answer.path is not None
    assert answer.path.is_dir()


def test_a_warning_is_an_annotation(step: Step) -> None:
    step.hub.merged = set()
    level, text = step.run().lines[0]
    assert (level, text.startswith(PIN)) == (Level.WARNING, True)


def test_a_preset_that_is_not_there_ends_the_job(step: Step) -> None:
    step.hub.commits = {}
    answer = step.run()
    ((level, text),) = answer.lines
    assert (answer.code, answer.path, level) == (2, None, Level.ERROR)
    assert text.startswith("sluicegate.yml:1:10: ")


def test_what_else_is_wrong_the_judging_step_says(step: Step) -> None:
    step.repo.write({"sluicegate.yml": "gates: {covrage: {}}\n"})
    assert step.run() == StepResult()


def test_without_any_preset_there_is_nothing_to_hand_on(step: Step) -> None:
    step.repo.write({"sluicegate.yml": "extends: strict\n"})
    assert (step.run(), step.hub.calls) == (StepResult(), [])
