"""Finds the bundles of a run, in the layout of actions/download-artifact."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sluicegate.bundle.layout import MANIFEST
from sluicegate.core.errors import UsageError
from sluicegate.git.repository import is_repository

MAX_DEPTH = 4
"""Depth of the search below a named folder."""

MAX_BUNDLES = 5_000
_MAX_FOLDERS = 50_000


def find_bundles(arguments: Iterable[str], directory: Path) -> list[Path]:
    """The folders with a manifest: each argument itself, or those below it; sorted, each once.

    An argument is a folder, a manifest, or a glob of them. Links are not followed, and submodules and
    other repositories below an argument are skipped. A missing argument is no error: a cancelled job
    leaves no bundle.

    Raises:
        UsageError: there are more than `MAX_BUNDLES`, or too many folders to search.
    """
    found: dict[Path, None] = {}
    for argument in arguments:
        for path in _expanded(argument, directory):
            for folder in _below(path.parent if path.name == MANIFEST else path):
                found[folder] = None
                if len(found) > MAX_BUNDLES:
                    raise UsageError(f"there are more than {MAX_BUNDLES:,} bundles", where=argument,
                                     remedy="Name fewer.")  # fmt: skip
    return sorted(found)


def _expanded(argument: str, directory: Path) -> list[Path]:
    path = directory / argument
    if not directory.is_dir():  # on `workflow_run` nothing is checked out, and `..` of a missing folder fails
        path = Path(os.path.normpath(path))
    if path.exists() or not glob.has_magic(argument):
        return [path]
    return [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - absolute ones too


def _below(top: Path) -> Iterator[Path]:
    """The bundles at `top` or below it, without a search inside of a bundle."""
    budget = _MAX_FOLDERS
    for folder, folders, names in os.walk(top):
        where = Path(folder)
        depth = len(where.relative_to(top).parts)
        if depth and is_repository(folder, (*folders, *names)):
            folders.clear()
            continue
        is_bundle = MANIFEST in names or MANIFEST in folders
        folders[:] = [] if is_bundle or depth >= MAX_DEPTH else sorted(folders)
        budget -= 1 + len(folders)
        if is_bundle:
            yield where
        if budget < 0:
            raise UsageError(
                f"holds more than {_MAX_FOLDERS:,} folders",
                where=str(top),
                remedy="Name the folders of bundles.",
            )
