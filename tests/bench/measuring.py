"""Runs commands and measures each: wall time, and the largest memory of any of its processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ENOUGH = 20.0
"""Seconds after which a command is not repeated: one run says what there is to say."""

KIB = 1 if sys.platform == "darwin" else 1024  # bytes in a unit of ru_maxrss


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do a job.

    Attributes:
        label: for people.
        command: what is run.
        folder: where it is run.
        env: added to the environment.
        ours: it is sluicegate.
        warm: it is run once before, unmeasured.
        ok: exit codes that mean it did its job.
    """

    label: str
    command: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    ours: bool = False
    warm: bool = False
    ok: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Job:
    """Several ways to do the same thing; the first one of ours is what the others compare with."""

    title: str
    contenders: tuple[Contender, ...]


@dataclass(slots=True)
class Figures:
    """What was measured: seconds of every run, and the peak in bytes over all of them."""

    seconds: list[float] = field(default_factory=list)
    peak: int = 0

    @property
    def median(self) -> float:
        """The median of the wall times, in seconds."""
        return statistics.median(self.seconds)

    def add(self, seconds: float, peak: int) -> None:
        """Take one run in."""
        self.seconds.append(seconds)
        self.peak = max(self.peak, peak)


def measure(job: Job, rounds: int, told: Callable[[str], None]) -> dict[str, Figures]:
    """Run every contender `rounds` times in turn, so that a slow minute strikes all; by label."""
    figures = {contender.label: Figures() for contender in job.contenders}
    for contender in job.contenders:
        if contender.warm:
            told(f"{job.title}: {contender.label} (to warm up)")
            _run(contender)
    for number in range(1, rounds + 1):
        for contender in job.contenders:
            mine = figures[contender.label]
            if not mine.seconds or max(mine.seconds) < ENOUGH:
                told(f"{job.title}: {contender.label} ({number} of {rounds})")
                mine.add(*_run(contender))
    return figures


def _run(contender: Contender) -> tuple[float, int]:
    """Seconds and peak bytes of one run.

    Raises:
        RuntimeError: it ended with another exit code than it should.
    """
    env = {**environment(), **contender.env}
    started = time.perf_counter()
    process = subprocess.Popen(
        contender.command, cwd=contender.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in contender.ok:
        raise RuntimeError(f"{contender.label} ended with {process.returncode}: {contender.command}")
    return seconds, usage.ru_maxrss * KIB


def environment() -> dict[str, str]:
    """This process's environment; compiled files may be written, as on any user's machine."""
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "CI")
    kept = {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith("GITHUB_")}
    return kept | {"SLUICEGATE_CACHE": "off", "NO_COLOR": "1"}
