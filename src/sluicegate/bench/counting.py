"""Counts the instructions of one run: by the processor's counter where `perf` may read it, else in
callgrind, which simulates the run and takes up to a hundred times as long.

Python's hash seed is fixed for these runs, so that the same code counts the same.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sluicegate.bench.measuring import Bench
from sluicegate.bench.model import Command, Counts, Side
from sluicegate.engines.command import TimedOut

_TOTAL = re.compile(rb"^(?:summary|totals): (\d+)", re.MULTILINE)
_COUNTED = re.compile(r"^(\d+),[^,]*,instructions", re.MULTILINE)
_SEED = ("PYTHONHASHSEED=0",)


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter: its name, the words before a command, and the reader of its output."""

    name: str
    words: tuple[str, ...]
    count: Callable[[], int]


def find_counter(bench: Bench) -> Counter | None:
    """The counter of this machine; None if neither tool works."""
    place = bench.places.scratch / "counts"
    place.mkdir(exist_ok=True)
    for counter in (_perf(bench.path, place), _callgrind(bench.path, place)):
        if counter is not None and _works(bench, counter):
            return counter
    return None


def count(bench: Bench, command: Command, counter: Counter) -> Counts | None:
    """The instructions of one run a side; None when they could not be counted in the time given.

    Raises:
        ComparisonError: the command failed.
    """
    counted = {}
    for side in Side:
        try:
            what = f"'{command.name}' on the {side}, counted by {counter.name}"
            words = (*counter.words, *command.words)
            bench.told(f"instructions of the {side}", 0, 1)
            bench.finished(side, what, words, bench.settings.max_seconds, may_end=True)
        except TimedOut:
            return None
        counted[side] = counter.count()
    return Counts(counted[Side.BASE], counted[Side.HEAD]) if all(counted.values()) else None


def _works(bench: Bench, counter: Counter) -> bool:
    words = (*counter.words, "true")
    try:
        bench.processes.run((words[0], *words[1:]), bench.places.scratch, 60)
    except (OSError, TimedOut):
        return False
    return counter.count() > 0


def _perf(path: str, place: Path) -> Counter | None:
    perf, env = shutil.which("perf", path=path), shutil.which("env", path=path)
    if perf is None or env is None:
        return None
    said = place / "perf.txt"
    words = (env, *_SEED, perf, "stat", "-x,", "-e", "instructions:u", "-o", str(said), "--")

    def counted() -> int:
        found = _COUNTED.search(said.read_text(encoding="utf-8", errors="replace")) if said.exists() else None
        said.unlink(missing_ok=True)
        return int(found[1]) if found else 0

    return Counter("perf", words, counted)


def _callgrind(path: str, place: Path) -> Counter | None:
    valgrind, env = shutil.which("valgrind", path=path), shutil.which("env", path=path)
    if valgrind is None or env is None:
        return None
    out = f"--callgrind-out-file={place}/callgrind.%p"
    words = (env, *_SEED, valgrind, "--tool=callgrind", "--trace-children=yes", "--quiet", out)

    def counted() -> int:
        files = list(place.glob("callgrind.*"))
        total = sum(int(n) for file in files for n in _TOTAL.findall(file.read_bytes())[:1])
        for file in files:
            file.unlink()
        return total

    return Counter("callgrind", words, counted)
