"""Which Python sources the engines look at."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sluicegate.core.change import Change, NoChange
from sluicegate.policy.model import SourceSettings


def python_sources(
    root: Path, source: SourceSettings, files: Iterable[str], change: Change | NoChange
) -> tuple[str, ...]:
    """The project's own Python sources, without its tests: those on the disk, and those of the change.

    A tracked file may be missing: deleted and not committed, or left out of a sparse checkout. One that the
    change leaves alone need not be there.

    Args:
        root: the folder that paths are relative to.
        source: which files are the project's own.
        files: the repository's.
        change: that is judged.
    """
    touched = change.files if isinstance(change, Change) else {}
    kept = {path for path, file in touched.items() if not (file.deleted or file.submodule)}
    own = filter(source.is_scanned, dict.fromkeys((*files, *sorted(kept))))
    return tuple(path for path in own if path in kept or os.path.lexists(root / path))


def former_sources(source: SourceSettings, now: Iterable[str], change: Change | NoChange) -> tuple[str, ...]:
    """Changed files that were the project's own Python sources in the base and are none now.

    Args:
        source: which files are the project's own.
        now: the sources of the head.
        change: that is judged.
    """
    files = change.files.values() if isinstance(change, Change) else ()
    own = set(now)
    were = (f.path for f in files if f.old_path and not f.submodule and source.is_scanned(f.old_path))
    return tuple(sorted(path for path in were if path not in own))
