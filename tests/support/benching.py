"""`sluicegate bench` as a user runs it, on small repositories with a temporary folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import programs
from support.repo import Repo, repository

needs_posix = pytest.mark.skipif(os.name == "nt", reason="bench measures on Linux and macOS")

REPORT = "reports/benchmarks.json"

REPORTING = """\
runs=
[ ! -e '{runs}' ] || read -r runs <'{runs}'
printf x >>'{runs}'
case $((${{#runs}} * 7919 % {kinds})) in
{cases}
esac
cat >out.json <<END
{{"schema": "sluicegate.benchmarks/1", "benchmarks": [{entries}]}}
END
"""
"""A benchmark that measures nothing: what it reports depends on its factor and on how often it ran."""

KINDS = 13
"""Of noise, of up to one per cent."""


@dataclass(frozen=True)
class Benched:
    """A repository to bench in, and the temporary folder that is used for it."""

    repo: Repo
    temporary: Path

    @property
    def root(self) -> Path:
        """The repository's folder."""
        return self.repo.root

    def start(self, *arguments: str) -> programs.Running:
        """Start `sluicegate bench`."""
        command = [sys.executable, "-m", "sluicegate", "bench", *arguments]
        return programs.start(command, self.root, self._environment)

    def start_anew(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it in a fresh interpreter, where imports take their time."""
        return subprocess.Popen(
            [sys.executable, "-m", "sluicegate", "bench", *arguments], cwd=self.root, env=self._environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip

    @property
    def _environment(self) -> dict[str, str]:
        return {**programs.laptop(), "TMPDIR": str(self.temporary)}

    def run(
        self, *arguments: str, path: Sequence[Path] = (), environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end, with these folders in `PYTHONPATH`, and more variables."""
        command = [sys.executable, "-m", "sluicegate", "bench", *arguments]
        return programs.run(command, self.root, {**self._environment, **(environment or {})}, path=path)

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
    """A shell script that is a benchmark, which reports times of its own invention."""
    cases = (f"{n}) first={10 * factor * (1 + 0.01 * n / KINDS)!r};;" for n in range(KINDS))
    entry = '{{"name": "{name}", "unit": "ms", "samples": [$first, {second!r}]}}'
    entries = (entry.format(name=name, second=11 * factor) for name in names or ("b",))
    return REPORTING.format(
        runs=place / "runs", kinds=KINDS, cases="\n".join(cases), entries=", ".join(entries)
    )


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
