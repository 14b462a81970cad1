"""Folders that many tests begin with: built once in a test process, and copied for each test.

A repository takes ten calls of git to build and one to copy.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_TEMPORARY = tempfile.gettempdir()
"""Asked for at once: a test may name another folder for a while."""

_made: dict[Hashable, tuple[Path, Any]] = {}


@cache
def _home() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="templates-", dir=_TEMPORARY))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copied(key: Hashable, root: Path, build: Callable[[Path], T]) -> T:
    """Fill `root` as `build` does; what `build` returned where the template was built.

    Args:
        key: the same for the same contents, in the whole process.
        root: a folder that does not exist or is empty.
        build: is given the folder to fill. What it returns must not name it, nor be changed.
    """
    if key not in _made:
        folder = Path(tempfile.mkdtemp(dir=_home()))  # what builds may copy others
        _made[key] = folder, build(folder)
        for sample in folder.rglob("hooks/*.sample"):
            sample.unlink()  # git's own, which it never runs; half of the files of a small repository
    folder, made = _made[key]
    shutil.copytree(folder, root, symlinks=True, dirs_exist_ok=True)
    result: T = made
    return result


def refresh(work: Path) -> None:
    """Let git's index know the copied files, as a checkout leaves it."""
    subprocess.run(
        ["git", "-C", str(work), "update-index", "-q", "--refresh"], check=True, capture_output=True
    )
