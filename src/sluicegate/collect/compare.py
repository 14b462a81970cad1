"""Is a file of the working tree what a commit has? Neither a filter nor any other program runs.

Git converts some files when it checks them out, so both sides are brought to one form: line endings
(`text`, `eol`, `core.autocrlf`), `$Id$` (`ident`) and the encoding (`working-tree-encoding`); see
gitattributes(5). What a filter would make of a file cannot be known without running it.
"""

from __future__ import annotations

import enum
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.engines.source_text import LFS_POINTER
from sluicegate.evidence.limits import CHUNK, opened

MAX_COMPARED = 256 * 1024**2
"""Bytes: larger files that are not the same byte by byte cannot be compared."""

ATTRIBUTES = ("filter", "working-tree-encoding")
"""The attributes that decide how a file is compared."""

_IDENT = re.compile(rb"\$Id(?::[^$\n]*)?\$")
_UNSET = frozenset({"", "unspecified", "unset", "set"})
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Told:
    """What git knows of a file; asked for only where the bytes are not the same.

    Attributes:
        blob: the bytes in the commit, None where they cannot be had.
        attributes: the values of `ATTRIBUTES`, by name.
    """

    blob: Callable[[], bytes | None]
    attributes: Callable[[], Mapping[str, str]]


class Sameness(enum.Enum):
    """How a file stands to the commit's."""

    SAME = "same"
    DIFFERENT = "different"
    POINTER = "pointer"  # of Git LFS, to something else
    UNKNOWN = "unknown"


def compare(path: Path, object_name: str, told: Told) -> Sameness:
    """Compare a file with the blob of that name.

    Where the blob is a pointer of Git LFS, a file is never different: it is the content that the pointer
    names, or it is not known what stood there.

    Args:
        path: of a regular file.
        object_name: of the blob, SHA-1 or SHA-256 in hexadecimal digits.
        told: what git knows of it.
    """
    try:
        if hash_object(path, object_name) == object_name:
            return Sameness.SAME
        committed, tree = told.blob(), _read(path)
        if committed is None:
            return Sameness.UNKNOWN
        if committed.startswith(LFS_POINTER):
            return Sameness.SAME if _is_named(path, committed) else Sameness.POINTER
    except EvidenceError:
        return Sameness.UNKNOWN
    if tree is None or _plain(tree) == _plain(committed):
        return Sameness.UNKNOWN if tree is None else Sameness.SAME
    return _converted(tree, committed, told.attributes())


def _read(path: Path) -> bytes | None:
    """The bytes of a file; None for one that is too large."""
    with opened(path, path.name) as stream:
        size = os.fstat(stream.fileno()).st_size
        return stream.read(size) if size <= MAX_COMPARED else None


def hash_object(path: Path, like: str) -> str:
    """The object name of a file's bytes, as `git hash-object --no-filters` gives it.

    Args:
        path: of a regular file.
        like: a name made with the same algorithm.

    Raises:
        EvidenceError: it cannot be read.
    """
    digest = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    with opened(path, path.name) as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        digest.update(b"blob %d\0" % size)
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _is_named(path: Path, pointer: bytes) -> bool:
    """Is the file the content that a pointer of Git LFS names?"""
    digest = hashlib.sha256()
    with opened(path, path.name) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return f"\noid sha256:{digest.hexdigest()}\n".encode() in pointer


def _converted(tree: bytes, committed: bytes, attributes: Mapping[str, str]) -> Sameness:
    """The answer for texts that differ, unless an encoding or a filter accounts for it."""
    encoding = attributes.get("working-tree-encoding", "")
    filtered = attributes.get("filter", "") not in _UNSET
    if encoding in _UNSET:
        return Sameness.UNKNOWN if filtered else Sameness.DIFFERENT
    text = _in_utf8(tree, encoding)
    if text is None:
        return Sameness.UNKNOWN
    if _plain(text) == _plain(committed):
        return Sameness.SAME
    return Sameness.UNKNOWN if filtered else Sameness.DIFFERENT


def _in_utf8(data: bytes, encoding: str) -> bytes | None:
    """The text in UTF-8, as git keeps it; None where it is not in that encoding."""
    try:
        return data.decode(encoding.upper().removesuffix("-BOM")).encode()
    except (LookupError, ValueError):
        return None


def _plain(text: bytes) -> bytes:
    """One form of all that git's own conversions make of a text."""
    return _IDENT.sub(b"$Id$", text.removeprefix(_BOM).replace(b"\r\n", b"\n"))
