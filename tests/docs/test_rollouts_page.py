"""docs/rollouts.md says what the code says: its commands and states, and its first rollout works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sluicegate.cli import rollout, rollout_sessions
from sluicegate.rollout.state import Phase
from support.flagd_rig import a_file, a_flag
from support.pullrequest import git
from support.rollout_project import NAME, Project
from support.snippets import snippets

PAGE = "docs/rollouts.md"
TEXT = (Path(__file__).resolve().parents[2] / PAGE).read_text(encoding="utf-8")


def rows(heading: str) -> str:
    return TEXT.partition(f"## {heading}")[2].partition("\n## ")[0]


def test_every_command_has_its_row() -> None:
    cells = [line.split("|")[1] for line in rows("Commands").splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([a-z-]+)", cell)}
    assert named == set(rollout.command.commands)


def test_every_state_has_its_row() -> None:
    named = re.findall(r"^\| ([A-Z_]+) \|", rows("States"), re.MULTILINE)
    assert sorted(named) == sorted(map(str, Phase))


def test_its_status_is_one_that_people_see() -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", rows("What status shows"), re.DOTALL)
    golden = Path(__file__).parents[1] / "rollout" / "golden" / "canary.txt"
    assert shown.strip() == golden.read_text(encoding="utf-8").strip()


@pytest.mark.slow
def test_the_first_rollout_of_the_page_goes_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    project = Project(tmp_path, ())
    monkeypatch.setattr(rollout_sessions, "clock", project.clock)
    (tmp_path / "rollouts" / f"{NAME}.yml").unlink()
    (plan,) = [text for place, text in snippets("yaml").items() if place.startswith(PAGE)]
    (tmp_path / "sluicegate.yml").write_text(plan, encoding="utf-8")
    project.flags.write_bytes(a_file(a_flag()))
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "begin")
    project.passes(1)
    (console,) = [text for place, text in snippets("console").items() if place.startswith(PAGE)]
    seen: list[tuple[str, float]] = []
    for line in console.splitlines():
        words = shlex.split(line.removeprefix("$ sluicegate rollout "))
        project.run(*words)
        seen.append((words[0], float(project.share)))
    assert ("watch", 1.0) in seen
    assert seen[-1] == ("rollback", 0.0)
