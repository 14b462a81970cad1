"""Which program is git: one of the machine's, never one that the checkout holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from sluicegate.core.errors import WorldError

_NAME = "git.exe" if os.name == "nt" else "git"


def search_path(environment: Mapping[str, str], checkout: Path | None) -> str:
    """The folders of `PATH` that a stranger cannot fill: absolute ones, outside of the checkout.

    An empty or relative entry means the current folder, or one below it.
    """
    return os.pathsep.join(_folders(environment.get("PATH", ""), checkout))


def _folders(path: str, checkout: Path | None) -> Iterator[str]:
    place = checkout.resolve() if checkout else None
    for entry in path.split(os.pathsep):
        if Path(entry).is_absolute() and (place is None or not Path(entry).resolve().is_relative_to(place)):
            yield entry


def find_git(path: str) -> str:
    """Git's absolute path in the folders of `path`.

    Nothing but these folders is searched: Windows would look into the current folder first.

    Raises:
        WorldError: git is not installed outside of the checkout.
    """
    for entry in path.split(os.pathsep):
        candidate = os.path.join(entry, _NAME)  # noqa: PTH118 - some hundred a run
        if entry and os.path.isfile(candidate) and os.access(candidate, os.X_OK):  # noqa: PTH113
            return candidate
    raise WorldError("git is not installed", remedy="Install git, outside of the checkout and on the PATH.")
