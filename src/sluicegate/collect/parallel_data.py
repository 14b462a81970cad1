"""Uncombined coverage.py data of several processes: it is not read as a report.

With `parallel = true` each process writes `.coverage.HOST.PID.RANDOM`, and `coverage combine` makes one
`.coverage` of them and deletes them (coverage.py, "Combining data files").
"""

from __future__ import annotations

import os
from pathlib import Path

from sluicegate.core.model import Notice
from sluicegate.core.text import plural, some

REASON = "is data of one process; `coverage combine` makes one file of all"

_SQLITE = b"SQLite format 3\x00"
_MAX_FILES = 1_000


def uncombined(folder: Path) -> list[str]:
    """The names of such files in the folder, in order; empty for a folder that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.name.startswith(".coverage.") and e.is_file())
    except OSError:
        return []
    return [name for name in names[:_MAX_FILES] if is_process_data(folder / name)]


def is_process_data(path: Path) -> bool:
    """Is it data of coverage.py? False for a file that cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def notices(names: list[str]) -> tuple[Notice, ...]:
    """The notice of such files."""
    if not names:
        return ()
    files, were = plural(len(names), "file"), "was" if len(names) == 1 else "were"
    text = f"{files} of coverage.py's data {were} not combined ({some(names[:3], len(names))})"
    advice = "run `coverage combine` before the report is written"
    return (Notice("warning", "parallel-data", f"{text}: {advice}"),)
