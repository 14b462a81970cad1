"""Python sources in submodules that a change moves: no engine looks at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Problem
from sluicegate.git.repository import MARK, is_marked
from sluicegate.policy.model import SourceSettings

MAX_ENTRIES = 100_000
"""The number of file names read in a submodule; a larger submodule counts as one with sources."""

_REMEDY = "Gate it in a repository of its own, and exclude it here under `source.exclude` in the policy."


def unscanned(root: Path, change: Change | NoChange, source: SourceSettings) -> Iterator[Problem]:
    """The submodules that the change moves and that bring Python sources into this checkout.

    What is not checked out runs nowhere here, so it hides nothing.
    """
    files = change.files if isinstance(change, Change) else {}
    for path in sorted(files):
        if files[path].submodule and not files[path].deleted and _brings_sources(root, path, source):
            yield Problem("is a submodule with Python sources, which are not scanned", path, _REMEDY)


def _brings_sources(root: Path, path: str, source: SourceSettings) -> bool:
    if (root / path).is_symlink() or not is_marked(root / path):
        return False
    left = MAX_ENTRIES
    for folder, folders, names in os.walk(root / path):
        folders[:] = sorted(name for name in folders if name != MARK)
        where = Path(folder).relative_to(root).as_posix()
        left -= len(names)
        if left < 0 or any(source.is_scanned(f"{where}/{name}") for name in names):
            return True
    return False
