"""A folder in memory for the temporary files of a run: the tests write a gigabyte of small files.

`python -m support.scratch` makes it and prints its path. It prints nothing where there is no such folder,
too little memory is free, or programs may not be started from it, as in most containers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
NEEDED = 4 * 1024**3
"""Bytes; a run takes a quarter of it."""


def in_memory(parent: Path = MEMORY, needed: int = NEEDED) -> Path | None:
    """A new folder below `parent`; None unless it has `needed` bytes for files, and starts programs."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="sluicegate-tests-", dir=parent))
    except OSError:
        return None
    if min(shutil.disk_usage(folder).free, _free_memory()) >= needed and _starts_programs(folder):
        return folder
    shutil.rmtree(folder)
    return None


def _free_memory() -> int:
    """Bytes that may be taken without swapping, as Linux estimates them."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def _starts_programs(folder: Path) -> bool:
    script = folder / "starts"
    script.write_text("#!/bin/sh\n", encoding="ascii")
    script.chmod(0o755)
    try:
        return subprocess.run([os.fspath(script)], check=False).returncode == 0
    except OSError:
        return False
    finally:
        script.unlink()


if __name__ == "__main__":
    sys.stdout.write(str(in_memory() or ""))
