"""What the coverage readers share: checked numbers, line marks, and files under construction.

Everything is bounded: a line number by `change.MAX_LINE`, a report by `MAX_FILES` files and `MAX_SPAN` lines
(the sum of every file's highest line), so that no small file can ask for much memory or time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Generic, NoReturn, TypeVar

from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_LINE
from sluicegate.evidence.coverage import summary
from sluicegate.evidence.coverage.summary import Untaken
from sluicegate.evidence.records import CoverageRecord, FileCoverage

MAX_FILES = 500_000
MAX_SPAN = 500_000_000
MAX_BRANCHES = 1_000_000
"""Branches of one line above this are refused."""

MAX_BRANCH_LINES = 4_000_000
"""Lines with branches, of a whole report."""

MAX_DIGITS = 30
"""Counts with more digits are refused; 64 bits have 20."""

EXECUTABLE = 1
COVERED = 3

_NONE: Mapping[int, Untaken] = MappingProxyType({})
_IS_EXECUTABLE = bytes(48 + (n & 1) for n in range(256))
_IS_COVERED = bytes(48 + (n >> 1 & 1) for n in range(256))

_DAMAGED = "Write the report again; this one is damaged."
_TOO_LARGE = "Split the report, or leave parts out where it is written."

Text = TypeVar("Text", bound=Hashable)
Value = TypeVar("Value")


def refuse(what: str, where: str, remedy: str = _DAMAGED) -> NoReturn:
    """Raise the readers' common error, by default for a number that no tool writes."""
    raise EvidenceError(what, where=where, remedy=remedy)


def shorten(text: str | bytes) -> str:
    """Foreign text for a message: quoted, on one line, cut."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return repr(plain[:60])


def check_line(number: int, where: str) -> int:
    """The line number, which must not be negative, nor above `MAX_LINE`; else raise `EvidenceError`."""
    if 0 <= number <= MAX_LINE:
        return number
    refuse(f"names line {number}, outside 0 to {MAX_LINE:,}", where)


def parse_count(text: str | bytes, where: str) -> int:
    """A count as tools write it: digits, or a decimal such as `1.5e3` (rounded down).

    Raises:
        EvidenceError: negative, not a number, or of more than `MAX_DIGITS` digits.
    """
    if len(text) <= MAX_DIGITS:
        if text.isdigit() and text.isascii():
            return int(text)
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if 0 <= value < 10.0**MAX_DIGITS:
            return int(value) if value == 0 or value >= 1 else 1
    refuse(f"holds {shorten(text)} where a count belongs", where)


def unlisted(stated: tuple[int, int], listed: tuple[int, int]) -> tuple[int, int]:
    """Branches (taken, possible) that a file's sum counts and its list lacks; (0, 0) for none.

    coverage.py counts both ways of a line with `pragma: no branch` as taken, and its JSON and
    LCOV list only those that ran.
    """
    taken, possible = stated[0] - listed[0], stated[1] - listed[1]
    return (taken, possible) if 0 <= taken <= possible else (0, 0)


def parse_line(text: str | bytes, where: str) -> int:
    """A line number: digits alone, for a number as of `check_line`; else raise `EvidenceError`."""
    if len(text) > MAX_DIGITS or not (text.isdigit() and text.isascii()):
        refuse(f"holds {shorten(text)} where a line number belongs", where)
    return check_line(int(text), where)


def parse_hits(text: str | bytes, where: str) -> int:
    """`EXECUTABLE` or `COVERED` for the text of a hit count; errors as of `parse_count`."""
    return COVERED if parse_count(text, where) else EXECUTABLE


class ParsedTexts(dict[Text, Value], Generic[Text, Value]):
    """Text -> what `parse` makes of it; a mapping because a lookup is the fastest conversion there is.

    A lookup raises what `parse` raises; `most` texts are kept.
    """

    def __init__(self, parse: Callable[[Text, str], Value], where: str, most: int = 65_536) -> None:
        super().__init__()
        self._parse = parse
        self._where = where
        self._most = most

    def __missing__(self, text: Text) -> Value:
        value = self._parse(text, self._where)
        if len(self) < self._most:
            self[text] = value
        return value


class LineMarks:
    """The lines of one file, or of a part of it, under construction.

    `buffer[n]` is 0, `EXECUTABLE` or `COVERED` for line `n`; a caller with many lines may write to
    it directly, and use `mark` for a line above its end.
    """

    __slots__ = ("branches", "buffer", "untaken")

    def __init__(self) -> None:
        self.buffer = bytearray(512)
        self.branches: dict[int, tuple[int, int]] = {}
        self.untaken: dict[int, Untaken] = {}

    def grow(self, number: int) -> None:
        """Make room for line `number`."""
        size = max(number + 1, min(2 * len(self.buffer), MAX_LINE + 1))
        self.buffer.extend(bytes(max(0, size - len(self.buffer))))

    def mark(self, number: int, mark: int) -> None:
        """Mark one line; a line marked twice keeps the better mark."""
        if number >= len(self.buffer):
            self.grow(number)
        self.buffer[number] |= mark

    def branch(self, number: int, counts: tuple[int, int]) -> None:
        """Set or unite the branches of one line."""
        known = self.branches.get(number)
        self.branches[number] = counts if known is None else summary.unite_branches(known, counts)

    def leave_out(self, number: int, untaken: Untaken) -> None:
        """Name the branches of a marked line that were not taken, once more perhaps."""
        known = self.untaken.setdefault(number, untaken)
        if known != untaken:
            both = self.untaken[number] = summary.unite_untaken(known, untaken)
            taken, possible = self.branches[number]
            self.branches[number] = max(taken, summary.taken_at_least(both)), possible

    def bits(self) -> tuple[int, int]:
        """Bitsets of the executable and of the covered lines; line 0 is left out."""
        digits = self.buffer[:0:-1]
        executable = int(digits.translate(_IS_EXECUTABLE) + b"0", 2)
        return executable, int(digits.translate(_IS_COVERED) + b"0", 2)


class ReportFiles:
    """All files of one report under construction; parts of one path are united.

    `by_path` has the files; `line_zero` counts the parts that marked a line 0, which no source file has.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self.by_path: dict[str, FileCoverage] = {}
        self._span = 0
        self._branch_lines = 0
        self.line_zero = 0

    def add_marks(self, path: str, marks: LineMarks) -> None:
        """Add lines that were marked one by one; see `add`."""
        self.line_zero += bool(marks.buffer[0]) or 0 in marks.branches
        marks.branches.pop(0, None)
        marks.untaken.pop(0, None)
        executable, covered = marks.bits()
        self.add(path, executable, covered, marks.branches, marks.untaken)

    def add(
        self,
        path: str,
        executable: int,
        covered: int,
        branches: Mapping[int, tuple[int, int]],
        untaken: Mapping[int, Untaken] = _NONE,
    ) -> None:
        """Add a file, or a part of one.

        Raises:
            EvidenceError: the report is over `MAX_FILES` or `MAX_SPAN`, or the path is empty.
        """
        if not path:
            refuse("holds a file without a name", self._where)
        self.count_branches(len(branches))
        self._span += executable.bit_length()
        if self._span > MAX_SPAN or len(self.by_path) >= MAX_FILES:
            what = f"describes more than {MAX_FILES:,} files or {MAX_SPAN:,} lines"
            refuse(what, self._where, _TOO_LARGE)
        new = FileCoverage(path, executable, covered & executable, branches, untaken)
        known = self.by_path.get(path)
        self.by_path[path] = new if known is None else summary.unite(known, new)

    def count_branches(self, lines: int) -> None:
        """Count lines with branches that are kept; above `MAX_BRANCH_LINES` raise `EvidenceError`."""
        self._branch_lines += lines
        if self._branch_lines > MAX_BRANCH_LINES:
            refuse(f"holds branches for more than {MAX_BRANCH_LINES:,} lines", self._where, _TOO_LARGE)

    def noted(self, record: CoverageRecord, *sentences: str) -> CoverageRecord:
        """The record with a note: where its sums disagree, the given sentences, and what was left out."""
        zero = f"left out a line 0 in {self.line_zero:,} places" if self.line_zero else ""
        note = "; ".join(filter(None, (summary.disagreement(record), *sentences, zero)))
        return replace(record, source=replace(record.source, note=note))
