"""Write new files, and never touch an old one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.policy.defaults import FILES

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def missing_files(root: Path, files: Mapping[str, str], project: str = "") -> dict[str, str]:
    """The files that do not exist yet, by POSIX path relative to `root`.

    `project` is the path of the folder that can have one policy only; empty for `root`.

    Raises:
        UsageError: one exists with other content, a policy has another name, or the path contains a
            link.
    """
    for policy in FILES:
        name = f"{project}/{policy}" if project else policy
        if name not in files and os.path.lexists(root / name):
            raise UsageError(
                "a policy exists already, and there must be only one",
                where=name,
                remedy="Delete it, or print the new files with `sluicegate init --dry-run`.",
            )
    result = {}
    for name, text in files.items():
        _refuse_links(root, name)
        path = root / name
        if not os.path.lexists(path):
            result[name] = text
        elif not path.is_file() or path.read_bytes() != text.encode():
            raise UsageError(
                "exists already and is never overwritten",
                where=name,
                remedy="Move it away, or compare it with the output of `sluicegate init --dry-run`.",
            )
    return result


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Create every file, or none: what was created is removed again when a later one fails.

    Raises:
        UsageError: one appeared in the meantime, or its path contains a link.
        WorldError: the disk refused.
    """
    created: list[Path] = []
    try:
        for name, text in files.items():
            _refuse_links(root, name)
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, _FLAGS, 0o644)
            created.append(path)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
    except OSError as error:
        for path in created:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise UsageError("exists already and is never overwritten", where=name) from error
        raise WorldError(f"cannot be written: {error.strerror}", where=name) from error


def _refuse_links(root: Path, name: str) -> None:
    for part in (PurePosixPath(name), *PurePosixPath(name).parents):
        if (root / part).is_symlink() and part != PurePosixPath("."):
            raise UsageError("must not be a link", where=part.as_posix(), remedy="Replace it with a folder.")


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append lines to a text file, which is made where there is none.

    Raises:
        UsageError: it is a link.
        WorldError: the disk refused.
    """
    if path.is_symlink():
        raise UsageError("must not be a link", where=path.name, remedy="Add the lines by hand.")
    try:
        old = path.read_bytes() if path.exists() else b""
        start = b"" if not old or old.endswith(b"\n") else b"\n"
        with path.open("ab") as stream:
            stream.write(start + "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=path.name) from error
