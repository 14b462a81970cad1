"""Python sources as syntax trees: each file is parsed once, for all engines that look at it.

Parsing is done by the running interpreter, on bytes, so that encodings are taken from the byte
order mark and the coding comment (PEP 263) exactly as Python itself takes them.
"""

from __future__ import annotations

import ast
import codecs
import io
import sys
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sluicegate.core.model import Problem
from sluicegate.engines.source_text import LFS_POINTER, REFUSED_CODECS

Definition = ast.FunctionDef | ast.AsyncFunctionDef
"""A function's node, whatever its kind."""

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_REMEDY = "Fix the file, or exclude it under `source.exclude` in the policy."
_FETCH = "Fetch it: `lfs: true` for actions/checkout. Or exclude it under `source.exclude` in the policy."
_OTHERWISE = "Otherwise fix it, or exclude it under `source.exclude` in the policy."


def newer_python(version: tuple[int, int] = sys.version_info[:2]) -> str:
    """What to do where sources may be written for a newer Python than the one of `version`, which runs us."""
    later = f"{version[0]}.{version[1] + 1}"
    return (
        f"If it is written for Python {later} or later, run Sluicegate on one: "
        f"`pipx install --python python{later} sluicegate`, or actions/setup-python before the Action."
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the compiler's warnings about the sources: they are not warnings about our code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(data: bytes, path: str) -> ast.Module | Problem:
    """The syntax tree of a file, or the problem with the line that does not parse.

    Total: any bytes give one of the two. Call it within `quiet()`.
    """
    if data.startswith(LFS_POINTER):
        return Problem("is a pointer of Git LFS, not the source", path, _FETCH)
    try:
        _check_encoding(data)
        return ast.parse(data)
    except SyntaxError as error:
        place = f" at line {error.lineno}" if error.lineno else ""
        what = f"does not parse as Python {_VERSION}: {error.msg}{place}"
        return Problem(what, path, f"{newer_python()} {_OTHERWISE}")
    except (ValueError, LookupError) as error:
        return Problem(f"does not parse as Python {_VERSION}: {error}", path, _REMEDY)
    except (RecursionError, MemoryError):
        return Problem("does not parse: it is nested too deeply", path, _REMEDY)


def _check_encoding(data: bytes) -> None:
    """Refuse what Python refuses in a file: the compiler overlooks wrong bytes in the comments of a
    source that it is handed in memory. Encodings that take quadratic time are refused, too."""
    if not data.isascii() or b"coding" in b"".join(data.split(b"\n", 2)[:2]):
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if codecs.lookup(encoding).name in REFUSED_CODECS:
            raise LookupError(f"unknown encoding: {encoding}")
        data.decode(encoding)


def too_deep(path: str) -> Problem:
    """The problem of a tree that parses and is nested too deeply to be walked."""
    return Problem("cannot be analysed: it nests too deeply", path, _REMEDY)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A source file and its syntax tree."""

    data: bytes
    tree: ast.Module
    lines: list[bytes]

    @classmethod
    def of(cls, data: bytes, path: str) -> Parsed | Problem:
        """Parse a file; see `parse`."""
        tree = parse(data, path)
        return tree if isinstance(tree, Problem) else cls(data, tree, data.splitlines())

    @classmethod
    def empty(cls) -> Parsed:
        """A file that has nothing in it: the base of a new file."""
        return cls(b"", ast.Module([], []), [])

    def text(self, first: int, last: int) -> bytes:
        """The lines `first` to `last` (1-based, inclusive) without trailing white space.

        `bytes.splitlines` splits exactly where Python's tokenizer counts a new line.
        """
        return b"\n".join(line.rstrip() for line in self.lines[max(first, 1) - 1 : last])

    def segment(self, node: Definition | ast.ClassDef) -> bytes:
        """The source lines of a definition, with its decorators."""
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        return self.text(first, node.end_lineno or node.lineno)
