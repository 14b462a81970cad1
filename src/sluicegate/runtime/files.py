"""Files that we write and read back: whole or not at all, and never through a link.

A checkout is a stranger's: a link, a pipe or a device may be where a file is expected.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluicegate.core.errors import WorldError

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NO_LINK
_STREAM = re.compile(r"/dev/(?P<name>stdout|stderr)|(?:/dev|/proc/self)/fd/(?P<number>\d{1,6})")
_IN_PLACE = frozenset({errno.EBUSY, errno.EACCES, errno.EPERM, errno.EROFS})
"""Why a file cannot be replaced that can be written: it is mounted by itself, or its folder is not ours."""


_SPECIAL = frozenset({stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK})


def write_text(path: Path, text: str) -> None:
    """Write text, as UTF-8, to a place that the user named.

    That is `write_whole`, but what is no file is written to as it is: `/dev/stdout` and `/dev/fd/N`, a
    pipe, a device. A file that cannot be replaced, since it is mounted by itself or its folder is not
    ours to write, is written in place.

    Raises:
        OSError: as there.
    """
    refuse_links(path)
    data = text.encode("utf-8", "replace")
    if stream := _STREAM.fullmatch(path.as_posix()):
        _write_stream(stream, data)
        return
    there = _there(path)
    if there is not None and stat.S_IFMT(there) in _SPECIAL:
        _write_all(os.open(path, os.O_WRONLY | _BINARY | _NO_LINK), data)
        return
    try:
        write_whole(path, data)
    except OSError as error:
        if there is None or not stat.S_ISREG(there) or error.errno not in _IN_PLACE:
            raise
        _write_all(os.open(path, os.O_WRONLY | os.O_TRUNC | _BINARY | _NO_LINK), data)


def write_output(path: Path, text: str, remedy: str = "") -> None:
    """Write text to a place that the user named, as `write_text`.

    Raises:
        WorldError: it cannot be written.
    """
    try:
        write_text(path, text)
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error


def write_whole(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a file that others see whole or not at all; its folder is made.

    A file that is there is replaced and keeps its permissions; `mode` has those of a new one, before the
    user's mask. A link, or what else is no folder, is replaced itself, whatever it leads to.

    Raises:
        OSError: the disk is full, or the folder is not ours to write. What was there is there still.
    """
    refuse_links(path)
    there = _there(path)
    path.parent.mkdir(mode=0o777 if mode & 0o077 else 0o700, parents=True, exist_ok=True)
    new = path.with_name(f".sluicegate-{secrets.token_hex(8)}")
    number = os.open(new, _NEW, mode)
    try:
        if there is not None and stat.S_ISREG(there) and sys.platform != "win32":
            os.fchmod(number, stat.S_IMODE(there) & 0o777)
        _write_all(number, data)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def refuse_links(path: Path) -> None:
    """Refuse a place below the current folder that a link on the way leads to: a checkout could hold it.

    Raises:
        OSError: a folder on the way is a link.
    """
    here = Path.cwd()
    if not path.absolute().is_relative_to(here):
        return
    for folder in path.absolute().relative_to(here).parents:
        if (here / folder).is_symlink():
            raise OSError(errno.ELOOP, f"the folder {folder.as_posix()} on the way is a link")


def read_whole(path: Path, limit: int) -> bytes | None:
    """The bytes of a file that we wrote.

    None where it is missing, a link or no plain file, or has more than `limit` bytes.
    """
    try:
        if path.is_symlink():  # where the system cannot refuse it as it opens
            return None
        number = os.open(path, os.O_RDONLY | _BINARY | _NO_LINK | _NO_WAIT)
        with os.fdopen(number, "rb") as stream:
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
                return None
            data = stream.read(limit + 1)
    except OSError:
        return None
    return data if len(data) <= limit else None


@contextmanager
def unless_whole(number: int) -> Iterator[None]:
    """Take what was appended to an open file away again, where not all of it could be written."""
    before = os.fstat(number)
    try:
        yield
    except OSError:
        if stat.S_ISREG(before.st_mode):
            os.ftruncate(number, before.st_size)
        raise


def _there(path: Path) -> int | None:
    """The mode of what is there, links not followed; None for nothing."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _write_all(number: int, data: bytes) -> None:
    with os.fdopen(number, "wb") as out:
        out.write(data)


def _write_stream(stream: re.Match[str], data: bytes) -> None:
    """Write to a stream of this process; opened by its name it would begin at the start of its file."""
    for open_stream in (sys.stdout, sys.stderr):
        open_stream.flush()
    number = int(stream["number"]) if stream["number"] else ("stdout", "stderr").index(stream["name"]) + 1
    _write_all(os.dup(number), data)


def is_inside(path: str | os.PathLike[str], folder: Path) -> bool:
    """Is the path the folder or below it, as it is written or once links are followed?

    The case of letters may differ where the file system ignores it: a parent that is the same folder counts.
    """
    spellings = (Path(os.path.abspath(path)), Path(os.path.realpath(path)))  # noqa: PTH100 - `..` may be a link's
    tops = (folder.absolute(), Path(os.path.realpath(folder)))
    if any(spelling.is_relative_to(top) for spelling in spellings for top in tops):
        return True
    return any(_is_same(place, folder) for place in (spellings[1], *spellings[1].parents))


def _is_same(place: Path, folder: Path) -> bool:
    """Are both there, and the same folder?"""
    try:
        return place.samefile(folder)
    except OSError:
        return False
