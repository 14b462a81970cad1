"""Limits for untrusted files, and the guarded XML parser that every reader uses."""

from __future__ import annotations

import codecs
import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from sluicegate.core.errors import EvidenceError

MAX_BYTES = 2 * 1024**3
"""Files above this are refused before they are read."""

MAX_DEPTH = 100
"""XML nested deeper than this is refused; real reports stay below 15."""

MAX_TOKEN = 32 * 1024**2
"""One tag, comment or entity of XML above this many bytes is refused: expat keeps it whole."""

CHUNK = 1 << 20

_ALONE = "Do not delete or write reports while they are read."


def check_size(path: Path, where: str, *, limit: int = MAX_BYTES) -> int:
    """The file's size in bytes.

    Raises:
        EvidenceError: it is missing, empty, no regular file, or above `limit`.
    """
    try:
        info = path.stat()
    except OSError as error:
        raise _unreadable(error, where) from error
    if not stat.S_ISREG(info.st_mode):
        raise EvidenceError("is not a regular file", where=where, remedy="Name a report file.")
    if info.st_size == 0:
        raise EvidenceError(
            "is empty", where=where, remedy="The tool that writes it probably crashed; see its log."
        )
    if info.st_size > limit:
        raise EvidenceError(
            f"has {info.st_size:,} bytes, above the limit of {limit:,}",
            where=where,
            remedy="Split the report, or leave parts out where it is written.",
        )
    return info.st_size


def _unreadable(error: OSError, where: str) -> EvidenceError:
    return EvidenceError(f"cannot be read: {error.strerror}", where=where, remedy=_ALONE)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading; a pipe or a device that took its place is not waited for.

    Raises:
        OSError: it is not regular, or cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags)
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    raise OSError(errno.EINVAL, "not a regular file")


@contextmanager
def opened(path: Path, where: str) -> Iterator[BinaryIO]:
    """A regular file, open for reading.

    Raises:
        EvidenceError: it is missing, no regular file, or reading it failed.
    """
    try:
        with open_regular(path) as stream:
            yield stream
    except OSError as error:
        raise _unreadable(error, where) from error


_BUILT_INTO_EXPAT = frozenset({"utf-8", "utf-16", "iso-8859-1", "us-ascii"})
_SINGLE_BYTE = re.compile(r"ascii|iso8859-\d+|cp\d+|koi8-\w|mac-\w+")


def _is_readable(encoding: str) -> bool:
    """Whether expat can read text of this encoding: its own, or one byte a character."""
    if encoding.lower() in _BUILT_INTO_EXPAT:
        return True
    try:
        if not _SINGLE_BYTE.fullmatch(codecs.lookup(encoding).name):
            return False
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False


def guarded_parser(where: str, encoding: str | None = None) -> expat.XMLParserType:
    """An expat parser that refuses entity declarations; a DOCTYPE alone is normal.

    An encoding that expat cannot read is refused too: it would end in an untyped error. `encoding` is what to
    read in place of the declared one (see `xml_prolog`). Set handlers on the parser, which must limit
    the depth of elements through `too_deep`, then pass it to `feed_file`.
    """
    parser = expat.ParserCreate(encoding)

    def refuse(name: str, *_: object) -> None:
        raise EvidenceError(
            f"declares the XML entity '{name[:40]}', which is refused",
            where=where,
            remedy="Reports need no entities; this file may be an attack.",
        )

    def declare(version: str, declared: str | None, standalone: int) -> None:
        if encoding is None and declared is not None and not _is_readable(declared):
            raise EvidenceError(
                f"is in the encoding '{declared[:40]}', which cannot be read",
                where=where,
                remedy="Write it in UTF-8.",
            )

    parser.EntityDeclHandler = refuse
    parser.XmlDeclHandler = declare
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    return parser


def too_deep(where: str) -> EvidenceError:
    """The error for XML below `MAX_DEPTH`."""
    return EvidenceError(f"nests XML elements deeper than {MAX_DEPTH}", where=where)


def check_token(parser: expat.XMLParserType, fed: int, where: str) -> None:
    """Refuse a token above `MAX_TOKEN`, after a chunk; `fed` counts the bytes that the parser was given."""
    if fed - parser.CurrentByteIndex > MAX_TOKEN + CHUNK:
        raise EvidenceError(
            f"has one XML tag of more than {MAX_TOKEN:,} bytes",
            where=where,
            remedy="Such a value is no report; see the log of the tool that wrote it.",
        )


def feed_file(
    parser: expat.XMLParserType,
    path: Path,
    where: str,
    on_chunk: Callable[[], None],
    skip: int = 0,
) -> str:
    """Parse a whole file in chunks, without its first `skip` bytes; the SHA-256 of all its bytes.

    Raises:
        EvidenceError: not XML, truncated, or over a limit.
    """
    digest = hashlib.sha256()
    fed = lines = 0
    try:
        with opened(path, where) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                lines += chunk[:skip].count(b"\n")
                parser.Parse(chunk[skip:], False)
                fed, skip = fed + len(chunk) - skip, 0
                check_token(parser, fed, where)
                on_chunk()
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise EvidenceError(
            f"is not well-formed XML: {expat.ErrorString(error.code)} at line {error.lineno + lines:,}",
            where=where,
            remedy="The file may be cut short; see the log of the tool that wrote it.",
        ) from error
    return digest.hexdigest()


UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def head_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a regular file; of text in UTF-16 with a mark as UTF-8.

    XML stays as it is: it declares its encoding, and expat reads it.

    Raises:
        OSError: it is not regular, or cannot be opened.
    """
    with open_regular(path) as stream:
        head = stream.read(count)
        if not head.startswith(UTF_16_MARKS):
            return head
        text = (head + stream.read(count)).decode("utf-16", "ignore")
    return head if text.lstrip().startswith("<") else text.encode("utf-8", "replace")[:count]


def text_chunks(path: Path, where: str, digest: hashlib._Hash) -> Iterator[bytes]:
    """The file in chunks, without its byte order mark.

    UTF-16 with a mark, in which PowerShell 5 redirects text, is given as UTF-8. `digest` is updated with the
    bytes of the file.

    Raises:
        EvidenceError: it cannot be read, or is not UTF-16 in spite of its byte order mark.
    """
    with opened(path, where) as stream:
        chunk = stream.read(CHUNK)
        is_utf_16 = chunk.startswith(UTF_16_MARKS)
        decoder = codecs.getincrementaldecoder("utf-16")() if is_utf_16 else None
        start = len(codecs.BOM_UTF8) if chunk.startswith(codecs.BOM_UTF8) else 0
        while chunk:
            digest.update(chunk)
            following = stream.read(CHUNK)
            yield chunk[start:] if decoder is None else _utf_8(decoder, chunk, not following, where)
            chunk, start = following, 0


def _utf_8(decoder: codecs.IncrementalDecoder, chunk: bytes, is_last: bool, where: str) -> bytes:
    try:
        return decoder.decode(chunk, is_last).encode("utf-8")
    except UnicodeError as error:
        raise EvidenceError(
            "starts as UTF-16 text and is not valid UTF-16",
            where=where,
            remedy="Write it in UTF-8; this file may be cut short.",
        ) from error


def read_bytes(path: Path, where: str, *, limit: int) -> tuple[bytes, str]:
    """The file's bytes, at most `limit`, and their SHA-256; UTF-16 with a mark is given as UTF-8.

    Raises:
        EvidenceError: missing, empty, no regular file, above the limit, or no UTF-16 though its mark says so.
    """
    size = check_size(path, where, limit=limit)
    with opened(path, where) as stream:
        data = stream.read(size + 1)
    if len(data) != size:
        raise EvidenceError("changed while it was read", where=where, remedy=_ALONE)
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(UTF_16_MARKS):
        data = _utf_8(codecs.getincrementaldecoder("utf-16")(), data, True, where)
    return data, digest
