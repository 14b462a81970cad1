"""The text of a source as the tools that obey its comments see it, whatever its encoding. Pure.

Python takes the encoding from the byte order mark or the coding comment (PEP 263), most others know byte
order marks and UTF-8. What is wrong for its encoding is read as Latin-1, in which every byte is a
character: nothing is hidden by it.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from pathlib import PurePosixPath
from typing import NamedTuple

from sluicegate.core.endings import is_source

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PYTHON = frozenset({".py", ".pyi", ".pyw"})
_SHEBANG = re.compile(rb"#![^\r\n]{0,200}\bpython")
_NEW_LINE = re.compile(r"\r\n?")

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What a pointer of Git LFS begins with: git-lfs/git-lfs, `docs/spec.md`, "The Pointer"."""

REFUSED_CODECS = frozenset({"idna", "punycode", "undefined"})
"""Text encodings that no source is written in; decoding the first two takes time quadratic in the text."""


class Decoded(NamedTuple):
    """A source as text.

    Attributes:
        lines: without their ends.
        aligned: line `n` of these is line `n` of the bytes, as git counts them.
    """

    lines: list[str]
    aligned: bool

    @property
    def text(self) -> str:
        """All of it, with `\\n` at the ends of lines."""
        return "\n".join(self.lines)


class UndecodableError(ValueError):
    """A source is in an encoding that is not read."""


def is_python(path: str, data: bytes) -> bool:
    """Is it Python, by its ending or its first line?"""
    return PurePosixPath(path).suffix in _PYTHON or _SHEBANG.match(data) is not None


def is_binary(path: str, data: bytes) -> bool:
    """Is it neither a text, nor named as one? A NUL in a source hides nothing."""
    marked = any(data.startswith(mark) for mark, _ in _MARKS)
    return b"\0" in data[:8192] and not marked and not is_source(path) and not is_python(path, data)


def decode(data: bytes, *, python: bool) -> Decoded:
    """The lines of a source.

    Args:
        data: any bytes.
        python: a coding comment decides, as for Python.

    Raises:
        UndecodableError: its coding comment names an encoding that is unknown or not read.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    try:
        text = data.decode(encoding or (declared(data) if python else "utf-8"))
    except (UnicodeError, LookupError):
        text = data.decode("latin-1")
    lines = _NEW_LINE.sub("\n", text).split("\n")
    return Decoded(lines, len(lines) == data.count(b"\n") + 1)


def declared(data: bytes) -> str:
    """The encoding that Python takes a source's bytes for.

    Raises:
        UndecodableError: it is unknown, or one of `REFUSED_CODECS`.
    """
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        if str(error).startswith("unknown encoding"):
            raise UndecodableError(str(error)) from error
        return "latin-1"  # the first lines are not in the encoding that they are taken for
    if codecs.lookup(name).name in REFUSED_CODECS:
        raise UndecodableError(f"unknown encoding: {name}")
    return name
