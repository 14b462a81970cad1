"""Baseline files in the repository: the version at the base of the change counts.

So a change does not move its own baseline. A file in no commit belongs to the run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluicegate.git import Git


@contextmanager
def as_of_base(git: Git | None, base: str, path: Path) -> Iterator[Path | None]:
    """Yield the path to read the file from; None where the base, a commit or empty, has no such file.

    Raises:
        WorldError: git failed.
        OSError: the temporary folder cannot be written.
    """
    name = Path(os.path.relpath(path, git.root)).as_posix() if git and base else ""
    is_outside = not name or name.startswith("../") or Path(name).is_absolute()
    if git is None or is_outside or name not in git.entries("HEAD", [name]):
        yield path
        return
    data = git.files_at(base, [name]).get(name)
    if data is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="sluicegate-baseline-") as scratch:
        copy = Path(scratch, path.name)
        copy.write_bytes(data)
        yield copy
