"""`sluicegate bench` as a user runs it, on small repositories with a temporary folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import programs
from support.repo import Repo, repository

needs_posix = pytest.mark.skipif(os.name == "nt", reason="bench measures on Linux and macOS")

REPORT = "reports/benchmarks.json"

REPORTING = """import json, sys
from pathlib import Path

FACTOR = {factor}
NAMES = {names}
runs = Path({runs!r})
number = len(runs.read_text()) if runs.exists() else 0
runs.write_text("x" * (number + 1))
noise = 1 + 0.01 * (number * 7919 % 13) / 13
entries = [{{"name": n, "unit": "ms", "samples": [10 * FACTOR * noise, 11 * FACTOR]}} for n in NAMES]
Path("out.json").write_text(json.dumps({{"schema": "sluicegate.benchmarks/1", "benchmarks": entries}}))
"""
"""A benchmark that measures nothing: what it reports depends on its FACTOR and on how often it ran."""


@dataclass(frozen=True)
class Benched:
    """A repository to bench in, and the temporary folder that is used for it."""

    repo: Repo
    temporary: Path

    @property
    def root(self) -> Path:
        """The repository's folder."""
        return self.repo.root

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `sluicegate bench`."""
        return subprocess.Popen(
            [sys.executable, "-m", "sluicegate", "bench", *arguments],
            cwd=self.root,
            env={**programs.laptop(), "TMPDIR": str(self.temporary), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return programs.sluicegate(
            self.root, "bench", *arguments, **{"TMPDIR": str(self.temporary), **environment}
        )

    def evidence(self) -> dict[str, Any]:
        """What it wrote."""
        return dict(json.loads((self.root / REPORT).read_text(encoding="utf-8")))

    def left(self) -> list[str]:
        """What is left of checkouts: worktrees of the repository, and files."""
        known = self.repo.git("worktree", "list", "--porcelain").splitlines()
        trees = [line for line in known if line.startswith("worktree ")][1:]
        return trees + [p.name for p in self.temporary.iterdir()]


def benched(place: Path, base: Mapping[str, str], head: Mapping[str, str] | None = None) -> Benched:
    """A repository whose `main` is the base, and whose branch `change` is checked out with the head."""
    made = repository(place / "r", {".gitignore": "reports/\nout.json\n", **base})
    made.git("checkout", "-q", "-b", "change")
    if head is not None:
        made.commit(head)
    (place / "tmp").mkdir()
    return Benched(made, place / "tmp")


def reporting(place: Path, factor: float, *names: str) -> str:
    """The text of a benchmark that reports times of its own invention."""
    return REPORTING.format(factor=factor, names=list(names or ("b",)), runs=str(place / "runs"))


def is_gone(pid: int) -> bool:
    """Has it ended, or does it only wait to be reaped?"""
    command = ["ps", "-o", "state=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() in ("", "Z")


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process; it fails when that takes long."""
    deadline = time.monotonic() + 300
    while not is_gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_line(path: Path) -> str:
    """The line that comes to stand in a file."""
    deadline = time.monotonic() + 300
    while not path.exists() or not path.read_text().endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return path.read_text().strip()
