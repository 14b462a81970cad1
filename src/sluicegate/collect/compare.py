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
    """Compare a regular file with the blob of that name (SHA-1 or SHA-256 in hexadecimal digits).

    Where the blob is a pointer of Git LFS, a file is never different: it is the content that the pointer
    names, or the earlier content is unknown.
    """
    try:
        if hash_object(path, object_name) == object_name:
            return ContentMatch.SAME
        committed = committed_file.blob()
        if committed is None:
            return ContentMatch.UNKNOWN
        if committed.startswith(LFS_POINTER):
            named = f"\noid sha256:{_digest(path, hashlib.sha256())}\n".encode() in committed
            return ContentMatch.SAME if named else ContentMatch.POINTER
        with opened(path, path.name) as stream:
            if (size := os.fstat(stream.fileno()).st_size) > MAX_COMPARED:
                return ContentMatch.UNKNOWN
            tree = stream.read(size)
    except EvidenceError:
        return ContentMatch.UNKNOWN
    return _converted(tree, committed, committed_file.attributes)


def hash_object(path: Path, like: str) -> str:
    """The object name of a regular file's bytes, as `git hash-object --no-filters` gives it.

    `like` is a name made with the same algorithm.

    Raises:
        EvidenceError: it cannot be read.
    """
    made = hashlib.sha1(usedforsecurity=False) if len(like) == 40 else hashlib.sha256()
    return _digest(path, made, b"blob %d\0")


def _digest(path: Path, digest: hashlib._Hash, head: bytes = b"") -> str:
    """The digest of a file's bytes in hexadecimal digits, after a head that may hold their number."""
    with opened(path, path.name) as stream:
        size = stream.seek(0, 2)
        stream.seek(0)
        digest.update(head % size if head else b"")
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _converted(tree: bytes, committed: bytes, look_up: Callable[[], Mapping[str, str]]) -> ContentMatch:
    """Compare texts, taking an encoding or a filter into account if they differ."""
    if _plain(tree) == _plain(committed):
        return ContentMatch.SAME
    attributes = look_up()
    encoding = attributes.get("working-tree-encoding", "")
    filtered = attributes.get("filter", "") not in _UNSET
    if encoding in _UNSET:
        return ContentMatch.UNKNOWN if filtered else ContentMatch.DIFFERENT
    try:  # git keeps the text in UTF-8
        text = tree.decode(encoding.upper().removesuffix("-BOM")).encode()
    except (LookupError, ValueError):
        return ContentMatch.UNKNOWN
    if _plain(text) == _plain(committed):
        return ContentMatch.SAME
    return ContentMatch.UNKNOWN if filtered else ContentMatch.DIFFERENT


def _plain(text: bytes) -> bytes:
    """The text with git's own conversions undone."""
    return _IDENT.sub(b"$Id$", text.removeprefix(_BOM).replace(b"\r\n", b"\n"))
