"""Which program is git: one of the machine's, never one that the checkout holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.git.environment import is_outside

_NAME = "git.exe" if os.name == "nt" else "git"


def search_path(environment: Mapping[str, str], checkout: Path | None) -> str:
    """The folders of `PATH` that a stranger cannot fill: absolute ones, outside of the checkout.

    An empty or relative entry means the current folder, or one below it.
    """
    folders = [f for f in environment.get("PATH", "").split(os.pathsep) if Path(f).is_absolute()]
    return os.pathsep.join(f for f in folders if checkout is None or is_outside(f, checkout))


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
