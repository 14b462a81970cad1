"""The folder of a scratch repository: it goes with the process, or with the next one after a `kill -9`.

Who uses a folder holds a lock on a file in it, which the system lets go when the process ends, however it
ends. Where there are no such locks (Windows), and in folders without that file, age decides.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "sluicegate-ledger-"
LOCK = "in-use"

_YOUNG = 60.0
"""Seconds during which no call removes a folder: it may not be locked yet."""

_OLD = 86_400.0
"""Seconds after which one without a lock is left over."""

_AT_ONCE = 50
"""Folders that one call removes at the most."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder of this process; what processes that are gone left is removed.

    Raises:
        OSError: the temporary folder cannot be written.
    """
    remove_left(Path(tempfile.gettempdir()), time.time())
    # What a fetch left behind may be read-only, or still be written by a child that is ending.
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        lock = os.open(Path(name) / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _try_lock(lock)
            yield Path(name)
        finally:
            os.close(lock)


def remove_left(parent: Path, now: float) -> None:
    """Remove the folders of scratch repositories that no process uses any more; a failure changes nothing.

    Links are not followed, and folders of other users are left alone. `now` is in seconds since 1970.
    """
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        named = [Path(e.path) for e in entries if e.name.startswith(PREFIX)]
        for folder in [f for f in named if _is_left(f, now)][:_AT_ONCE]:
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path, now: float) -> bool:
    try:
        found = folder.lstat()
        is_ours = sys.platform == "win32" or found.st_uid == os.getuid()
        if not stat.S_ISDIR(found.st_mode) or not is_ours or now - found.st_mtime < _YOUNG:
            return False
        lock = folder / LOCK
        if sys.platform == "win32" or not lock.is_file() or lock.is_symlink():
            return now - found.st_mtime > _OLD
        return _is_free(lock)
    except OSError:
        return False


def _is_free(lock: Path) -> bool:
    """Does no process hold the lock?"""
    number = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        return _try_lock(number)
    finally:
        os.close(number)


def _try_lock(number: int) -> bool:
    """Take the lock until the file is closed; False when somebody has it."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
