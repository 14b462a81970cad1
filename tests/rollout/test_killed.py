"""A process that is killed by SIGKILL between any two of its calls, with a true repository and flag file.

What is checked is the flag's own file and what the bare repository holds: nothing is exposed that was not
intended before, and the next command brings it home.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from sluicegate.rollout import providers
from sluicegate.rollout.entries import EventKind
from sluicegate.rollout.journal import Journals, Recorded
from sluicegate.rollout.providers import points
from sluicegate.rollout.state import Phase
from support import needs, programs
from support.ledgers import Place, place
from support.pullrequest import git
from support.rollout_project import COMMIT, NAME, Project

PROGRAM = Path(__file__).resolve().parents[1] / "support" / "killed.py"
DISPATCH = {
    "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_RUN_ID": "7",
    "GITHUB_TRIGGERING_ACTOR": "alice",
}  # fmt: skip
TICK, ROLLBACK = ("tick", NAME, "--deployed", COMMIT), ("rollback", NAME)
ADVANCES, BREAKS, GOES_BACK = "advances", "breaks", "goes back"
SITUATIONS = {ADVANCES: TICK, BREAKS: TICK, GOES_BACK: ROLLBACK}

pytestmark = [needs.posix, pytest.mark.slow]


@dataclass
class Machine:
    """A project with a clone, and its bare repository."""

    at: Place
    project: Project

    @property
    def recorded(self) -> Recorded:
        """The journal, from the bare repository."""
        with self.at.store() as store:
            (found,) = Journals(store).newest(NAME)
            return found

    def dies(self, point: int, words: Sequence[str]) -> int:
        """Run a command that dies at a point; its exit code, below 0 for the signal."""
        done = programs.run(
            [sys.executable, str(PROGRAM), str(point), str(self.project.now), *words], self.at.work,
            {**os.environ, "SLUICEGATE_TEST_POINTS": str(self.at.work.parent / "points")},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode

    @property
    def points(self) -> int:
        """How many points the last command had that lived."""
        return int((self.at.work.parent / "points").read_text(encoding="ascii"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "points", points)
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    for name, value in DISPATCH.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose rollout is about to begin."""
    root = tmp_path_factory.mktemp("template") / "all"
    root.mkdir()
    place(root, {"a.txt": "1\n"})
    return root


def machine(template: Path, root: Path, situation: str, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A copy of a rollout in a situation."""
    ready = template.parent / situation.replace(" ", "-")
    if not ready.exists():
        shutil.copytree(template, ready, symlinks=True)
        made = opened(ready, monkeypatch)
        made.project.start()
        made.project.passes(13)
        if situation != ADVANCES:
            made.project.tick()
            made.project.passes(3)
        if situation == BREAKS:
            made.project.bad = (0.01, 1.0)
            made.project.passes(10)
        (ready / "now").write_text(str(made.project.now), encoding="ascii")
    shutil.copytree(ready, root, symlinks=True)
    found = opened(root, monkeypatch, anew=False)
    found.project.now = float((root / "now").read_text(encoding="ascii"))
    return found


def opened(root: Path, monkeypatch: pytest.MonkeyPatch, *, anew: bool = True) -> Machine:
    at = Place(root / "remote.git", root / "work")
    git(at.work, "remote", "set-url", "origin", at.remote.as_uri())
    monkeypatch.chdir(at.work)
    project = Project(at.work, (), anew=anew)
    monkeypatch.setattr(rollout_sessions, "clock", project.clock)
    return Machine(at, project)


def kill_and_mend(made: Machine, situation: str, point: int) -> None:
    code = made.dies(point, SITUATIONS[situation])
    assert code in (-9, 0, 1)
    before = made.recorded
    assert before.state.conflict == ""
    intended = {e.stage for e in before.entries if e.event is EventKind.INTENDED}
    segments = b'"$ref"' in made.project.flags.read_bytes()
    assert made.project.share == 0
    assert not segments or "staff" in intended
    made.project.passes(7)  # the lease of the dead is over
    if situation == GOES_BACK:
        made.project.run(*ROLLBACK)
    else:
        made.project.run(*TICK, code=1 if situation == BREAKS else 0)
    after = made.recorded.state
    assert after.conflict == ""
    if situation == ADVANCES:
        assert made.project.plan_stage(after.stage) == "staff"
        assert b'"$ref"' in made.project.flags.read_bytes()
    else:
        assert after.phase is Phase.ROLLED_BACK
        assert (made.project.share, b'"$ref"' in made.project.flags.read_bytes()) == (Fraction(0), False)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_process_that_is_killed_midway_is_mended(
    situation: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = machine(template, tmp_path / "alive", situation, monkeypatch)
    assert alive.dies(-1, SITUATIONS[situation]) in (0, 1)
    made = machine(template, tmp_path / "killed", situation, monkeypatch)
    kill_and_mend(made, situation, alive.points // 2)


@pytest.mark.soak
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_process_that_is_killed_at_every_point_is_mended(
    situation: str, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = machine(template, tmp_path / "alive", situation, monkeypatch)
    assert alive.dies(-1, SITUATIONS[situation]) in (0, 1)
    points = alive.points
    assert points > 15
    for point in range(points):
        made = machine(template, tmp_path / f"at-{point}", situation, monkeypatch)
        kill_and_mend(made, situation, point)
