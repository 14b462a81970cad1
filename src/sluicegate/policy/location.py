"""The place of a policy, without reading it: for commands that judge nothing."""

from __future__ import annotations

import os
from pathlib import Path

from sluicegate.core.errors import PolicyError
from sluicegate.core.text import plural
from sluicegate.git import Git, open_repository
from sluicegate.policy import defaults


def find_policy(root: Path) -> Path | None:
    """The policy file of a repository; None when it has none.

    Raises:
        PolicyError: there is more than one.
    """
    found = [name for name in defaults.FILES if os.path.lexists(root / name)]
    if len(found) > 1:
        what = f"there are {plural(len(found), 'policy file')}: {', '.join(found)}"
        raise PolicyError(what, remedy="Keep one of them, or name one with --policy.")
    return root / found[0] if found else None


def tree_root(directory: Path, git: Git | None) -> Path:
    """The nearest folder upwards, within the repository, that holds a policy; else `directory`.

    Raises:
        PolicyError: a folder holds more than one.
    """
    depth = len(parts(git.prefix)) if git else 0
    absolute = directory.absolute()
    for folder in (absolute, *list(absolute.parents)[:depth]):
        if find_policy(folder) is not None:
            return folder
    return directory


def project_root(directory: Path) -> Path:
    """Like `tree_root`, of the repository that the folder is in."""
    return tree_root(directory, open_repository(directory))


def parts(prefix: str) -> list[str]:
    """The folders of a path from the top of the repository."""
    return [part for part in prefix.split("/") if part]
