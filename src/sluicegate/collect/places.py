"""Expands names on the command line and globs of the policy to files on the disk."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sluicegate.collect.discovery import MAX_DEPTH
from sluicegate.collect.folders import SKIPPED_FOLDERS, Folders
from sluicegate.core.errors import UsageError
from sluicegate.core.globs import glob_matches
from sluicegate.git.repository import is_repository

MAX_FILES = 20_000
"""The largest number of files that are read; further ones are reported as a problem."""

_BY_NAME = Folders()
_MAX_ENTRIES = 1_000_000
_MAGIC = frozenset("*?[{")


def named_files(root: Path, name: str, entered: Folders = _BY_NAME) -> list[Path]:
    """The file, the files of the folder or the matches of the glob that the command line names, sorted.

    Folders of dependencies and caches, submodules and other repositories are not entered, unless they
    are named themselves, or are among the folders of the commit that are `entered`.

    Raises:
        UsageError: no file matches, too many do, or the name is not valid.
    """
    where = f"--evidence {name}"
    path = root / name
    try:
        if path.is_dir():
            files = _below(path, "**", _PatternWalk(root, path, name, entered), is_named=True)
        else:
            files = [path] if path.exists() else matched_files(root, name, entered)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot be read: {reason}", where=where, remedy="Name a file.") from error
    if not files:
        what = "there is no file in it" if path.is_dir() else "there is no such file"
        raise UsageError(what, where=where, remedy=f"Check whether the build wrote {name}.")
    if len(files) > MAX_FILES:
        raise UsageError(f"has more than {MAX_FILES:,} files", where=where, remedy="Name fewer.")
    return files


def matched_files(root: Path, pattern: str, entered: Folders = _BY_NAME) -> list[Path]:
    """The files that a glob (see `globs`) means below `root`, sorted; one more than `MAX_FILES` at the most.

    Raises:
        OSError: the pattern holds a name that no file can have, or a folder that it names, or one below
            that, cannot be opened.
    """
    anchor = Path(pattern).anchor
    segments = [s for s in pattern[len(anchor) :].split("/") if s not in ("", ".")]
    fixed = next((i for i, s in enumerate(segments) if not _MAGIC.isdisjoint(s)), len(segments) - 1)
    base = Path(anchor or root, *segments[:fixed])
    if not segments or not base.is_dir():
        return []
    way = _PatternWalk(root, base, pattern, entered)
    return _below(base, "/".join(segments[fixed:]), way, is_named=fixed > 0)


@dataclass(frozen=True, slots=True)
class _PatternWalk:
    """Which folders below `base` are entered for a name or glob that begins at `root`."""

    root: Path
    base: Path
    name: str
    entered: Folders

    def entered_of(self, prefix: str, folders: Iterable[str]) -> list[str]:
        """The folders that are entered of those in one, whose path from the base is `prefix`."""
        found = sorted(folder for folder in folders if self.leads_into(prefix + folder))
        if found and prefix.count("/") > MAX_DEPTH:
            raise OSError(errno.ENAMETOOLONG, f"more than {MAX_DEPTH} folders are in each other")
        return found

    def leads_into(self, path: str) -> bool:
        named = SKIPPED_FOLDERS.intersection(self.name.split("/"))
        if path.rpartition("/")[2] in named:
            return True
        inside = self.base.relative_to(self.root).parts if self.base.is_relative_to(self.root) else ()
        full = "/".join((*inside, path))
        return self.entered.matches(full) if named else self.entered.enters(full)


def _below(base: Path, pattern: str, way: _PatternWalk, *, is_named: bool) -> list[Path]:
    """The files below a folder whose paths from there match, as `matched_files` gives them.

    A folder that cannot be opened is an error below a named folder, and ignored elsewhere: a glob over
    the whole repository may meet the folders of a database.
    """
    found: list[Path] = []
    entries = 0
    for folder, names in _folders(base, pattern, way, is_named=is_named):
        paths = [base / p for p in (f"{folder}{name}" for name in names) if glob_matches(pattern, p)]
        found += (path for path in paths if path.is_file())
        entries += len(names)
        if entries > _MAX_ENTRIES:
            raise OSError(errno.EFBIG, f"more than {_MAX_ENTRIES:,} files are below it")
        if len(found) > MAX_FILES:
            break
    return sorted(found)[: MAX_FILES + 1]


def _folders(
    base: Path, pattern: str, way: _PatternWalk, *, is_named: bool
) -> Iterator[tuple[str, list[str]]]:
    """Each folder that can hold a match, as `a/b/`, with its files."""
    deepest = math.inf if "**" in pattern or "{" in pattern else pattern.count("/")
    for folder, folders, names in os.walk(base, onerror=_refuse if is_named else None):
        inside = Path(folder).relative_to(base).parts
        if inside and is_repository(folder, (*folders, *names)):
            folders.clear()
        else:
            prefix = "".join(f"{part}/" for part in inside)
            folders[:] = way.entered_of(prefix, folders) if len(inside) < deepest else ()
            yield prefix, names


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error
