"""Two checkouts side by side, outside of the repository, which are always removed.

A folder `sluicegate-bench-XXXXXXXX` below the temporary folder holds `base` and `head`, whose paths
are equally long: the length of a path moves things in a program's memory. Its file `owner` names the
repository and is locked as long as its process lives. A folder whose lock is free was left behind by
one that was killed, and whoever comes next removes it. Nothing else is touched: `git worktree prune`
would also forget worktrees of the user's that are only away for now.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.git import Git

if sys.platform != "win32":
    import fcntl

_PREFIX = "sluicegate-bench-"
_OWNER = "owner"
_PATIENCE = 5.0
"""Seconds to retry the removal of a folder while an ending process still writes to it."""

_UNFINISHED = 3600.0
"""Seconds after which a folder without an owner counts as abandoned, not as just being created."""


@dataclass(frozen=True, slots=True)
class Checkouts:
    """The two sides.

    Attributes:
        scratch: a folder for logs, removed with them.
        base, head: the folders in which commands run: the same part of the repository in each.
        uncommitted: paths of the head that are not as in its commit, from the top of the repository.
    """

    scratch: Path
    base: Path
    head: Path
    uncommitted: tuple[str, ...]


@contextmanager
def checkouts(
    git: Git, base: str, head: str, *, with_changes: bool, without: Path | None = None
) -> Iterator[Checkouts]:
    """Check both commits out, and remove them at the end.

    What ran before and was killed is removed first.

    Args:
        git: in the user's folder, which may be a part of the repository.
        base, head: commits.
        with_changes: the head gets uncommitted changes, and untracked files that are not ignored.
        without: a file that is not one of these changes: the evidence of this call.

    Raises:
        UsageError: the base has no such folder as the one that `git` is in.
        WorldError: git or the disk failed.
    """
    common = git.repository.common_dir.resolve()
    top = git.top
    remove_left_behind()
    folder = Path(tempfile.gettempdir()).resolve() / f"{_PREFIX}{secrets.token_hex(4)}"
    lock: IO[str] | None = None
    try:
        with _told(folder):
            lock = _own(folder, common)
            for name, commit in (("base", base), ("head", head)):
                top.run("worktree", "add", "--quiet", "--detach", str(folder / name), commit)
            changed = _copy_changes(top, folder / "head", without) if with_changes else ()
        sides = [_part(folder / name, git.prefix) for name in ("base", "head")]
        yield Checkouts(folder, sides[0], sides[1], changed)
    finally:
        with _undisturbed():
            _remove(folder, common)
            if lock is not None:
                lock.close()


def take_from_head(places: Checkouts, paths: Iterable[str]) -> None:
    """Replace files or folders of the base by those of the head, so that both sides measure the same.

    Raises:
        UsageError: the head has no such path, or it leads out of the checkout.
        WorldError: the disk failed.
    """
    for path in paths:
        source, target = places.head / path, places.base / path
        inside = source.resolve().is_relative_to(places.head) and target.resolve().is_relative_to(places.base)
        if not inside or source.resolve() == places.head or not os.path.lexists(source):
            raise UsageError(
                "the head has no such path", where=f"--from-head {path}",
                remedy="Name a file or folder of the repository, relative to the current folder.",
            )  # fmt: skip
        with _told(target):
            _discard(target)
            _copy(source, target)


def remove_left_behind() -> None:
    """Remove the folders of killed processes of this user, as far as possible."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, WorldError):
            _remove_if_dead(folder)


def _remove_if_dead(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return
    try:
        with (folder / _OWNER).open(encoding="utf-8", errors="surrogateescape") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder, Path(lock.read()))
    except FileNotFoundError:
        if time.time() - found.st_mtime > _UNFINISHED:
            shutil.rmtree(folder)


def _own(folder: Path, common: Path) -> IO[str]:
    """Create the folder and lock it: the owner's file is locked before it gets its name."""
    folder.mkdir(mode=0o700)
    unnamed = folder / f"{_OWNER}.new"
    lock = unnamed.open("w", encoding="utf-8", errors="surrogateescape")
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(str(common))
    lock.flush()
    unnamed.rename(folder / _OWNER)
    return lock


def _part(checkout: Path, prefix: str) -> Path:
    """The folder of a checkout that corresponds to the current one."""
    folder = checkout / prefix
    if not folder.is_dir():
        raise UsageError(
            f"the {checkout.name} has no folder {prefix}",
            where="bench",
            remedy="Run it from the top of the repository, or compare with a commit that has it.",
        )
    return folder


# --- the uncommitted changes ---------------------------------------------------------------------


def _copy_changes(top: Git, checkout: Path, without: Path | None) -> tuple[str, ...]:
    """Copy the state of the working tree to the checkout, without ignored files."""
    apart = without.resolve() if without else None
    paths = sorted(p for p in _changed(top) if (top.root / p).resolve() != apart)
    for path in paths:
        _discard(checkout / path)
        if os.path.lexists(top.root / path):
            _copy(top.root / path, checkout / path)
    return tuple(paths)


def _changed(top: Git) -> set[str]:
    """The paths that differ from HEAD, and the untracked ones, without nested repositories."""
    listed = top.run("diff", "--name-only", "-z", "--no-renames", "--ignore-submodules=all", "HEAD", "--")
    changed = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    return changed | {p for p in top.untracked() if not p.endswith("/")}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


# --- the removal ---------------------------------------------------------------------------------


def _remove(folder: Path, common: Path) -> None:
    """Remove the folder, and its worktrees from the repository; the owner's file goes last."""
    entries: list[Path] = []
    with contextlib.suppress(OSError):
        entries = list((common / "worktrees").iterdir())
    for entry in entries:
        if _place(entry).parent == folder:
            shutil.rmtree(entry, ignore_errors=True)
    if folder.is_dir():
        with _told(folder):
            for child in sorted(folder.iterdir(), key=lambda path: path.name == _OWNER):
                _discard(child)
            folder.rmdir()


def _place(entry: Path) -> Path:
    try:
        written = os.fsdecode((entry / "gitdir").read_bytes()).strip()
        return Path(os.path.normpath(entry / written)).parent  # relative with worktree.useRelativePaths
    except OSError:
        return Path()


def _discard(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, read-only folders too."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + _PATIENCE
    while path.exists():
        try:
            shutil.rmtree(path)
        except PermissionError:
            for place, _, _ in os.walk(path):
                Path(place).chmod(0o700)
            shutil.rmtree(path)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def _told(where: Path) -> Iterator[None]:
    """Convert errors of the disk to `WorldError`."""
    try:
        yield
    except OSError as error:
        place = str(error.filename or where)
        raise WorldError(
            f"the checkout failed: {error.strerror or error}", where=place,
            remedy="Free space for two checkouts in the temporary folder, or set TMPDIR to another.",
        ) from error  # fmt: skip


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignore further requests to end: one was made already, or the work is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
