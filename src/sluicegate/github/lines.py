"""Maps lines of the tested merge commit to lines of the pull request's head. Pure.

Annotations belong to the head, but the build saw the test merge; newer commits of the base move
lines. The map comes from `git diff -U0 --no-renames --no-color HEAD^2 HEAD`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LineMap = Callable[[str, int], int | None]
"""`(POSIX path, 1-based line in the tested tree) -> line in the head`; None for a line that
the head lacks."""

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_ESCAPE = re.compile(r'\\([abfnrtv"\\]|[0-7]{3})')
_CONTROL = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}


@dataclass(slots=True)
class _File:
    """Hunks of one file: first line after the hunk in the tested file, and the offset from there.

    `inserted` holds the inclusive ranges of lines that the head lacks.
    """

    starts: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    inserted: list[tuple[int, int]] = field(default_factory=list)
    absent: bool = False

    def add(self, old: tuple[int, int], new: tuple[int, int]) -> None:
        """Add one hunk; `old` and `new` are `(first line, count)`."""
        (old_start, old_count), (new_start, new_count) = old, new
        if new_count:
            self.inserted.append((new_start, new_start + new_count - 1))
        # A side without lines names the line before it.
        after_new = new_start + (new_count or 1)
        after_old = old_start + (old_count or 1)
        self.starts.append(after_new)
        self.offsets.append(after_old - after_new)

    def line(self, line: int) -> int | None:
        """The line in the head; None for a line that it lacks."""
        near = bisect_right(self.inserted, (line, line))
        if self.absent or any(
            first <= line <= last for first, last in self.inserted[max(near - 1, 0) : near + 1]
        ):
            return None
        index = bisect_right(self.starts, line) - 1
        return line + self.offsets[index] if index >= 0 else line


def line_map(diff: str) -> LineMap:
    """The map of a `-U0` diff from the head to the tested commit.

    Files that the diff does not name are equal in both. Text that is not a diff gives the identity, so a
    wrong diff can misplace an annotation but never lose the verdict.
    """
    files = _parse(diff)

    def mapped(path: str, line: int) -> int | None:
        found = files.get(path)
        return found.line(line) if found else line

    return mapped


def _parse(diff: str) -> Mapping[str, _File]:
    files: dict[str, _File] = {}
    current = _File()
    absent = False
    left = 0  # lines of the current hunk's body, which may look like headers
    for text in diff.split("\n"):
        if left:
            left -= not text.startswith("\\")
        elif match := _HUNK.match(text):
            old, new = _side(match[1], match[2]), _side(match[3], match[4])
            current.add(old, new)
            left = old[1] + new[1]
        elif text.startswith("--- "):
            absent = text == "--- /dev/null"
        elif text.startswith("+++ "):
            current = _File(absent=absent)
            files[_path(text[4:])] = current
    return files


def _side(start: str, count: str | None) -> tuple[int, int]:
    return int(start), 1 if count is None else int(count)


def _path(text: str) -> str:
    """The path of a `+++` header, without `b/`, git's quoting undone."""
    text = _unquote(text) if text.startswith('"') else text.partition("\t")[0]
    return text.removeprefix("b/")


def _unquote(text: str) -> str:
    inner = text[1 : text.rfind('"')]
    parts = bytearray()
    position = 0
    for match in _ESCAPE.finditer(inner):
        parts += inner[position : match.start()].encode("utf-8", "surrogateescape")
        code = match[1]
        parts.append(int(code, 8) & 0xFF if code.isdigit() else _CONTROL[code])
        position = match.end()
    parts += inner[position:].encode("utf-8", "surrogateescape")
    return parts.decode("utf-8", "replace")
