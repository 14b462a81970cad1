"""What a job of GitHub Actions is given by commands of rollouts: warnings, outputs, its summary."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support.composite import obeyed
from support.rollout_project import COMMIT, NAME, Project

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path)
    monkeypatch.setattr(rollout_sessions, "clock", made.clock)
    made.start()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return made


def outputs() -> dict[str, str]:
    """The outputs of the last command."""
    return dict(line.split("=", 1) for line in Path("output").read_text(encoding="utf-8").splitlines())


def test_an_overdue_tick_is_a_warning_once_and_stands_in_the_summary(project: Project) -> None:
    project.passes(14)
    project.now += 6 * 3600
    project.bad = (0.2, 0.2)
    said = project.run("watch", NAME, "--deployed", COMMIT, "--for", "3min")
    warnings = [line for line in obeyed(said) if line.startswith("::warning")]
    assert len(warnings) == 1
    assert "overdue: nothing was recorded since 2027-01-15 08:00 UTC" in warnings[0]
    text = Path("summary").read_text(encoding="utf-8")
    path = GOLDEN / "rollout-summary.md"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_outputs_are_those_of_the_rollout(project: Project) -> None:
    project.tick()
    found = outputs()
    assert (found["phase"], found["stage"], found["young"]) == ("RUNNING", "dark", "true")
    each = {"new-checkout-20270115T080000Z": {"phase": "RUNNING", "stage": "dark"}}
    assert json.loads(found["rollouts"]) == each
    project.run("pause", NAME, "--reason", "x\nphase=COMPLETED\n::error::y")
    project.passes(31)
    project.tick()
    assert (outputs()["phase"], outputs()["young"]) == ("PAUSED", "false")


def test_a_watch_ends_when_no_stage_is_young(project: Project) -> None:
    begin = project.now
    project.run("watch", NAME, "--for", "2h", "--young", "10min", "--deployed", COMMIT)
    assert project.now - begin == 22 * 60  # ten minutes of dark, ten of staff, which waits for a person
    assert outputs()["young"] == "false"
    project.run("watch", NAME, "--for", "2min", "--young", "40min", "--deployed", COMMIT)
    assert outputs()["young"] == "true"


def test_a_rollout_that_has_ended_is_not_young(project: Project) -> None:
    project.run("rollback", NAME)
    assert (outputs()["phase"], outputs()["young"]) == ("ROLLED_BACK", "false")


def test_nothing_is_written_outside_of_actions(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    project.now += 6 * 3600
    assert "::warning" not in project.tick()
    assert not Path("output").exists()


def test_without_a_rollout_the_outputs_are_empty(project: Project) -> None:
    project.run("list")
    assert outputs() == {"phase": "", "stage": "", "rollouts": "{}", "young": "false"}
    assert not Path("summary").exists()
