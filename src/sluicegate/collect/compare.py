"""Compare a file of the working tree with a commit. Neither a filter nor any other program runs.

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
class CommittedFile:
    """The committed version of a file; read only where the bytes differ.

    Attributes:
        blob: the bytes in the commit, None if they are not available.
        attributes: the values of `ATTRIBUTES`, by name.
    """

    blob: Callable[[], bytes | None]
    attributes: Callable[[], Mapping[str, str]]


class ContentMatch(enum.Enum):
    """How a file compares with its committed version."""

    SAME = "same"
    DIFFERENT = "different"
    POINTER = "pointer"  # of Git LFS, to something else
    UNKNOWN = "unknown"


def compare(path: Path, object_name: str, committed_file: CommittedFile) -> ContentMatch:
    """Compare a file with the blob of that name.

    Where the blob is a pointer of Git LFS, a file is never different: it is the content that the pointer
    names, or the earlier content is unknown.

    Args:
        path: of a regular file.
        object_name: of the blob, SHA-1 or SHA-256 in hexadecimal digits.
        committed_file: the blob and attributes that git has for it.
    """
    try:
        if hash_object(path, object_name) == object_name:
            return ContentMatch.SAME
        committed, tree = committed_file.blob(), _read(path)
        if committed is None:
            return ContentMatch.UNKNOWN
        if committed.startswith(LFS_POINTER):
            return ContentMatch.SAME if _is_named(path, committed) else ContentMatch.POINTER
    except EvidenceError:
        return ContentMatch.UNKNOWN
    if tree is None or _plain(tree) == _plain(committed):
        return ContentMatch.UNKNOWN if tree is None else ContentMatch.SAME
    return _converted(tree, committed, committed_file.attributes())


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


def _converted(tree: bytes, committed: bytes, attributes: Mapping[str, str]) -> ContentMatch:
    """Compare texts that differ, taking an encoding or a filter into account."""
    encoding = attributes.get("working-tree-encoding", "")
    filtered = attributes.get("filter", "") not in _UNSET
    if encoding in _UNSET:
        return ContentMatch.UNKNOWN if filtered else ContentMatch.DIFFERENT
    text = _in_utf8(tree, encoding)
    if text is None:
        return ContentMatch.UNKNOWN
    if _plain(text) == _plain(committed):
        return ContentMatch.SAME
    return ContentMatch.UNKNOWN if filtered else ContentMatch.DIFFERENT


def _in_utf8(data: bytes, encoding: str) -> bytes | None:
    """The text in UTF-8, as git keeps it; None where it is not in that encoding."""
    try:
        return data.decode(encoding.upper().removesuffix("-BOM")).encode()
    except (LookupError, ValueError):
        return None


def _plain(text: bytes) -> bytes:
    """The text with git's own conversions undone."""
    return _IDENT.sub(b"$Id$", text.removeprefix(_BOM).replace(b"\r\n", b"\n"))
