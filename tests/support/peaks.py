"""What it takes to read a file: each is read in a process of its own, which has imported the readers alone.

That process is forked by one that waits, which is this file as a program: a start and its imports would
take longer than most files.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage.summary import count_record
from sluicegate.evidence.reader import Record, readers
from sluicegate.evidence.records import CoverageRecord, TestsRecord


@dataclass(frozen=True, slots=True)
class Taken:
    """What a read took and gave.

    Attributes:
        peak: KiB of memory, with the interpreter and its modules.
        figures: of coverage its covered and all lines, then branches; of results the tests, failed and
            skipped; else nothing, as of what the reader refused.
    """

    peak: int
    figures: tuple[int, ...]


def read_alone(format: str, path: Path) -> Taken:
    """Read a file by the reader of a format; Linux alone says what that took."""
    process = _server()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps([format, str(path)]) + "\n")
    process.stdin.flush()
    peak, *figures = json.loads(process.stdout.readline())
    return Taken(peak, tuple(figures))


@cache
def _server() -> subprocess.Popen[str]:
    folder = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "support.peaks"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(process.communicate)
    return process


def main() -> None:
    """Answer each request, a format and a path, by a line of figures, of which the first is the peak."""
    known = {reader.format: reader for reader in readers()}
    for request in iter(sys.stdin.readline, ""):
        format, path = json.loads(request)
        if pid := os.fork():
            os.waitpid(pid, 0)
            continue
        try:
            figures = _figures(known[format].read(Path(path), "report"))
        except EvidenceError:
            figures = ()
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        peak = int(status.split("VmHWM:")[1].split()[0])  # unlike ru_maxrss not what the parent had
        print(json.dumps([peak, *figures]), flush=True)  # noqa: T201
        os._exit(0)


def _figures(record: Record) -> tuple[int, ...]:
    if isinstance(record, CoverageRecord):
        counts = count_record(record)
        return (*counts.lines, *counts.branches)
    return (record.tests, record.failed, record.skipped) if isinstance(record, TestsRecord) else ()


if __name__ == "__main__":
    main()
