"""The interface of the engines: the workspace that they read, and their progress callback."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sluicegate.core.change import Change, FileChange, NoChange
from sluicegate.core.model import Problem
from sluicegate.evidence.limits import open_regular

Progress = Callable[[str, int, int], None]
"""Called with a label, how many files are done, and how many there are."""

MAX_SOURCE_BYTES = 2 * 1024**2
"""Larger source files are a problem and not read: a syntax tree with bandit's marks takes up to
900 bytes of memory for each byte of a dense source, and such a file is not written by hand."""

_EXCLUDE = "exclude it under `source.exclude` in the policy"
_LINK = f"Make it a regular file of the repository, or {_EXCLUDE}."
_NAME = f"Rename it, or {_EXCLUDE}."
_CHECK_OUT = f"Check it out: widen `sparse-checkout` of actions/checkout, or leave it out. Or {_EXCLUDE}."
_READABLE = f"Give the user who runs Sluicegate read access, or {_EXCLUDE}."


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files that the engines read.

    Attributes:
        root: the folder of the repository's files.
        files: the Python sources to look at, POSIX paths relative to `root`, already filtered
            by the policy.
        change: the change that is judged, or the reason why it is missing.
        base_text: from a path to the base's bytes, None for what it lacks; asked for changed files only.
        workers: how many processes may work at once, at least 1.
        cache: the folder in which results are kept from run to run; None for nowhere.
        former: paths of changed files that were such sources in the base and are none now: deleted, or moved
            to where none is looked for.
    """

    root: Path
    files: tuple[str, ...]
    change: Change | NoChange
    base_text: Callable[[str], bytes | None]
    workers: int = 1
    cache: Path | None = None
    former: tuple[str, ...] = ()

    def read(self, path: str, *, limit: int = MAX_SOURCE_BYTES) -> bytes | Problem:
        """The bytes of one file of the workspace; see `read_source`."""
        return read_source(self.root, path, limit=limit)

    def changed(self, path: str) -> FileChange | None:
        """What the change did to a file; None when it did nothing or there is no change."""
        return self.change.files.get(path) if isinstance(self.change, Change) else None

    def base_of(self, file: FileChange) -> bytes | None:
        """The base's version of a changed file, None for a file that the base lacks.

        A version above the size limit counts as absent, so that all of the file is new.
        """
        data = self.base_text(file.old_path) if file.old_path else None
        return data if data is not None and len(data) <= MAX_SOURCE_BYTES else None

    def before(self, path: str) -> bytes | None:
        """The base's version of any file, changed or not; None for one that it lacks, or not readable."""
        file = self.changed(path)
        if file is not None:
            return self.base_of(file)
        data = self.read(path)
        return None if isinstance(data, Problem) else data

    def listing(self, folder: str) -> list[str]:
        """The names of the files directly in a folder below `root`; empty without it."""
        try:
            return sorted(entry.name for entry in os.scandir(self.root / folder) if entry.is_file())
        except (OSError, ValueError):
            return []


def read_source(root: Path, path: str, *, limit: int = MAX_SOURCE_BYTES) -> bytes | Problem:
    """The bytes of a file below `root`, or the problem that keeps it from being read.

    Only regular files that really lie below `root` are opened: a link that leaves the
    repository is not followed, and a pipe or device cannot hang the run.
    """
    try:
        full = root / path
        info = full.lstat()
        is_link = stat.S_ISLNK(info.st_mode)
        if not _inside(root, full, is_link):
            return Problem("leads out of the repository and is not read", path, _LINK)
        info = full.stat() if is_link else info
        if not stat.S_ISREG(info.st_mode):
            return Problem("is not a regular file", path, _LINK)
        if info.st_size > limit:
            return _too_large(path, limit)
        with open_regular(full) as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        return _refused(path, error)
    except ValueError:
        return Problem("cannot be read: its name is not valid here", path, _NAME)
    return data if len(data) <= limit else _too_large(path, limit)


def _refused(path: str, error: OSError) -> Problem:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Problem("is not on the disk", path, _CHECK_OUT)
    return Problem(f"cannot be read: {error.strerror}", path, _READABLE)


def _too_large(path: str, limit: int) -> Problem:
    remedy = "Exclude generated files under `source.exclude` in the policy."
    return Problem(f"has more than {limit:,} bytes and is not analysed", path, remedy)


def _inside(root: Path, full: Path, is_link: bool) -> bool:
    top = _real(root)
    where = os.path.realpath(full) if is_link else _real(full.parent)
    return where == top or where.startswith(top.rstrip(os.sep) + os.sep)


@lru_cache(maxsize=8192)
def _real(folder: Path) -> str:
    return os.path.realpath(folder)
