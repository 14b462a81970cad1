"""Reading git's diffs: pure functions from its output to a `Change`.

Two outputs are read: `git diff --raw -z`, which names every file without quoting, and the
patch with no context (`-U0`), which has the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from typing import NamedTuple

from sluicegate.core.change import Change, FileChange, range_to_bits
from sluicegate.core.endings import is_source
from sluicegate.core.fields import MAX_LINE

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_OCTAL = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_SUBMODULE = b"160000"
_FILE = re.compile(rb"^(?=diff --git )", re.MULTILINE)
_OTHER_ENDS = re.compile(rb"\r(?!\n)|\xe2\x80[\xa8\xa9]|\xc2\x85")
_LOOKED_AT = 8000  # bytes in which git looks for NUL
_BINARY = re.compile(rb"^Binary files (?:.*) differ$", re.MULTILINE)
_QUOTED = re.compile(rb"[\x00-\x1f\x7f-\xff\"\\\\]")
_NAMED_ESCAPES = {plain: b"\\" + name for name, plain in _ESCAPES.items()} | {b'"': b'\\"', b"\\": b"\\\\"}


class Hunk(NamedTuple):
    """Where a hunk begins in the old and the new file, and how many lines it takes away and adds.

    A side without lines names the line before it.
    """

    old: int
    removed: int
    new: int
    added: int


def unquote(path: bytes) -> bytes:
    """A path as git quotes it in patches: `"a/\\303\\244"` to its bytes."""
    if not (path.startswith(b'"') and path.endswith(b'"') and len(path) > 1):
        return path

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) == 3:
            return bytes([int(code, 8) & 0xFF])
        return _ESCAPES.get(code, code)

    return _OCTAL.sub(plain, path[1:-1])


def quote(path: bytes) -> bytes:
    """A path as git writes it in patches with `core.quotePath`; the inverse of `unquote`."""

    def escaped(match: re.Match[bytes]) -> bytes:
        return _NAMED_ESCAPES.get(match[0]) or b"\\%03o" % match[0][0]

    quoted = _QUOTED.sub(escaped, path)
    return path if quoted == path else b'"' + quoted + b'"'


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _parse_raw(output: bytes) -> dict[str, FileChange]:
    """The changed files of `git diff --raw -z -M`, without their lines.

    What becomes a submodule is a file that is gone, and what was one is a file that is added.
    """
    fields = iter(output.split(b"\0"))
    files: dict[str, FileChange] = {}
    for head in fields:
        if not head.startswith(b":"):
            continue
        parts = head[1:].split(b" ")
        if len(parts) < 5:
            continue
        status = parts[4][:1]
        old = next(fields, b"")
        new = next(fields, b"") if status in (b"R", b"C") else old
        path = _text(new)
        files[path] = _file(path, _text(old), status, [mode == _SUBMODULE for mode in parts[:2]])
    return files


def _file(path: str, old: str, status: bytes, submodule: list[bool]) -> FileChange:
    """One changed file; `submodule` says whether it was one, and whether it is one."""
    was, now = submodule
    if was and not now and status != b"D":
        return FileChange(path)
    gone = status == b"D" or (now and status == b"T")
    return FileChange(path, "" if status == b"A" else old, deleted=gone, submodule=was or now)


def hunks(patch: bytes) -> Iterator[tuple[bytes, bytes, Hunk]]:
    """Old path and new path of every hunk, and the hunk."""
    old = new = b""
    skip = 0  # lines of the current hunk, whose text may look like anything
    for line in patch.split(b"\n"):
        if skip:
            skip -= not line.startswith(b"\\")
            continue
        if line.startswith(b"--- "):
            old = unquote(line[4:].rstrip(b"\t\r"))
        elif line.startswith(b"+++ "):
            new = unquote(line[4:].rstrip(b"\t\r"))
        elif line.startswith(b"@@ ") and (match := _HUNK.match(line)):
            hunk = Hunk(*(1 if field is None else int(field) for field in match.groups()))
            skip = hunk.removed + hunk.added
            yield old, new, hunk


def _bits(first: int, length: int) -> int:
    return range_to_bits(first, min(first + length - 1, MAX_LINE)) if length and first <= MAX_LINE else 0


def _with_hunk(file: FileChange, hunk: Hunk) -> FileChange:
    """The file with the lines of a hunk; the line in which git names a submodule's commit does not count."""
    if file.submodule:
        return file
    return replace(
        file,
        added=file.added | _bits(hunk.new, hunk.added),
        removed=file.removed | (_bits(hunk.old, hunk.removed) if file.old_path else 0),
        unaligned=file.unaligned or hunk.new + hunk.added > MAX_LINE,
    )


def parse_diff(raw: bytes, patch: bytes) -> Change:
    """The change that the two outputs describe; total on any bytes.

    A file is `binary` when git says that it is and the patch shows none of its lines: it holds NUL, an
    attribute says so, or it is above `core.bigFileThreshold`.
    """
    files = _parse_raw(raw)
    shown: set[str] = set()
    for old, new, hunk in hunks(patch):
        path = _text((old if new == b"/dev/null" else new)[2:])
        if path in files:
            files[path] = _with_hunk(files[path], hunk)
            shown.add(path)
    hidden = frozenset(_BINARY.findall(patch))
    for path, file in files.items():
        if hidden and path not in shown and _binary_line(file) in hidden:
            files[path] = replace(file, binary=True)
    return Change(files)


def _binary_line(file: FileChange) -> bytes:
    """What git says in a patch in place of the lines of a binary file."""
    old, new = (path.encode("utf-8", "surrogateescape") for path in (file.old_path, file.path))
    before = quote(b"a/" + old) if old else b"/dev/null"
    after = b"/dev/null" if file.deleted else quote(b"b/" + new)
    return b"Binary files %b and %b differ" % (before, after)


def is_unaligned(data: bytes) -> bool:
    """May tools number the lines of this file otherwise than git, which counts line feeds?

    A carriage return alone ends a line for Python (Language Reference, 2.1.2), for coverage.py and ruff;
    U+2028 and U+2029 do for JavaScript (ECMA-262, 12.3), U+0085 for Unicode (UAX 14). In UTF-16 a line feed
    is a part of other characters, too.
    """
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or _OTHER_ENDS.search(data) is not None


def binary_sources(change: Change) -> list[FileChange]:
    """The files that git takes for binary, and whose names say that tools read them."""
    return [f for f in change.files.values() if f.binary and is_source(f.path)]


def paths_of(files: Iterable[FileChange], without: Set[str]) -> list[str]:
    """The paths of changed files, renames twice, without the files that have one of these paths."""
    pairs = ((f.old_path, f.path) for f in files)
    return list(dict.fromkeys(path for pair in pairs if without.isdisjoint(pair) for path in pair if path))


def textual(patch: bytes) -> bytes:
    """The patch without the files that are binary: NUL among the first bytes that it changes."""
    parts = _FILE.split(patch)
    return b"".join(part for part in parts if b"\0" not in part.partition(b"\n@@ ")[2][:_LOOKED_AT])


def whole_file(path: str, text: bytes) -> FileChange:
    """An untracked file: every line is added; binary when it holds a NUL and is not named as a source."""
    if b"\0" in text[:_LOOKED_AT] and not is_source(path):
        return FileChange(path, binary=True)
    lines = text.count(b"\n") + (not text.endswith(b"\n") and bool(text))
    added = range_to_bits(1, min(lines, MAX_LINE))
    return FileChange(path, added=added, unaligned=lines > MAX_LINE or is_unaligned(text))
