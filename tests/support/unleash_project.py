"""A clone with a rollout of an Unleash flag, and `sluicegate rollout` in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.rollout.journal import Journals, Recorded
from support import programs
from support.ledgers import Place, place
from support.pullrequest import git
from support.rollout_project import COMMIT
from support.unleash import Flag

STAFF = tuple(f"staff-{number}" for number in range(5))
"""The users of the segment `staff`."""
KILLED = Path(__file__).with_name("killed.py")
DISPATCH = {
    "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_RUN_ID": "7",
    "GITHUB_TRIGGERING_ACTOR": "alice",
}  # fmt: skip


@dataclass(frozen=True)
class Clone:
    """A clone.

    Attributes:
        at: the bare repository and the clone.
        token: for Unleash.
    """

    at: Place
    token: str
    more: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, root: Path, token: str) -> Clone:
        """The first clone of a new bare repository."""
        root.mkdir(parents=True, exist_ok=True)
        return cls(place(root, {"a.txt": "1\n"}), token)

    def another(self, root: Path) -> Clone:
        """One more clone of the same repository, with the same plans."""
        git(root.parent, "clone", "-q", self.at.remote.as_uri(), str(root))
        made = Clone(Place(self.at.remote, root), self.token)
        for plan in (self.at.work / "rollouts").glob("*.yml"):
            made.plan(plan.stem, plan.read_text(encoding="utf-8"))
        return made

    def plan(self, name: str, text: str) -> None:
        """Write the plan of a rollout."""
        folder = self.at.work / "rollouts"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes."""
        points = str(self.at.work.parent / f"{self.at.work.name}-points")
        own = {"UNLEASH_TOKEN": self.token, "SLUICEGATE_TEST_POINTS": points}
        return {**programs.laptop(), **DISPATCH, **own, **self.more}

    @contextmanager
    def running(self, *words: str, now: float | None = None) -> Iterator[subprocess.Popen[str]]:
        """A command of rollouts that runs beside the test, by the true clock or at a moment."""
        started = ["-m", "sluicegate", "rollout"] if now is None else [str(KILLED), "-1", str(now)]
        command = [sys.executable, *started, *words]
        log = self.at.work.parent / f"{self.at.work.name}-said"
        with log.open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                command, cwd=self.at.work, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    @property
    def said(self) -> str:
        """What the last command that ran beside the test has printed."""
        return (self.at.work.parent / f"{self.at.work.name}-said").read_text(encoding="utf-8")

    def run(self, *words: str, now: float | None = None, point: int = -1) -> programs.Completed:
        """A command of rollouts to its end; at a moment, it may be killed at a point of its life."""
        command = [sys.executable, "-m", "sluicegate", "rollout", *words]
        if now is not None:
            command = [sys.executable, str(KILLED), str(point), str(now), *words]
        done = programs.run(command, self.at.work, self.environment)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @property
    def points(self) -> int:
        """How many points the last command had that was run at a moment, and lived."""
        return int(Path(self.environment["SLUICEGATE_TEST_POINTS"]).read_text(encoding="ascii"))

    def start(self, name: str, now: float | None = None, point: int = -1) -> programs.Completed:
        """Start a rollout."""
        deployed = ("--commit", COMMIT, "--without-go", "a test", "--deployed", COMMIT)
        return self.run("start", name, *deployed, now=now, point=point)

    def recorded(self, name: str) -> Recorded:
        """The journal, from the bare repository."""
        with self.at.store() as store:
            (found,) = Journals(store).newest(name)
            return found


def flag_lines(url: str, flag: Flag, refresh: int = 5) -> str:
    """The lines of a plan that name a flag."""
    settings = f"url: '{url}', flag: {flag.name}, environment: development, refresh: {refresh}"
    return f"flags: [{{unleash: {{{settings}}}}}]\n"
