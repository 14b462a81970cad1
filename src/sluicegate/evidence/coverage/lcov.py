"""LCOV tracefiles, of lcov 1 and 2 and of everything else that writes them.

The format is described in geninfo(1), section TRACEFILE FORMAT. Read are `SF`, `DA` (with or
without checksum), `BRDA` (with `-`, with the flags `e`, `f` and `U` of lcov 2, with expressions
that hold commas), the sums `LF`, `LH`, `BRF`, `BRH`, and `end_of_record`; every other record is
passed over. A branch flagged `U` (unreachable) does not count, as in lcov's own sums.

A file that occurs again, once a test name, is united: lines by line, branches of a line in their
order of appearance, which is how lcov itself matches them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.core.text import plural
from sluicegate.evidence.coverage import build
from sluicegate.evidence.coverage.build import EXECUTABLE, LineMarks, ParsedTexts, ReportFiles
from sluicegate.evidence.coverage.summary import ORDER, Untaken, naming
from sluicegate.evidence.limits import check_size, text_chunks
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind, StatedTotals

_NAMES = ("lcov.info", "coverage.info", "coverage.lcov", "lcov.dat")
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|#[^\n]*\n)*(?:TN|SF):")
_KEY = re.compile(rb"[A-Z][A-Z0-9]{1,7}\Z")
_SUMS = (b"LF", b"LH", b"BRF", b"BRH")
_MAX_LINE_BYTES = 1 << 20


def matches(name: str, head: bytes) -> bool:
    """A first record TN or SF; or, for what is no such text, an unmistakable name."""
    return _HEAD.match(head) is not None or name.lower() in _NAMES


_FEW = 8
"""Of lines with fewer branches a report has few different counts: equal ones are one object."""


@lru_cache(1 << _FEW)
def _shared(one: int, two: int) -> tuple[int, int]:
    return one, two


@lru_cache(4096)
def _untaken(mask: int, count: int) -> Untaken:
    """The branches of a line that were not taken, where some were and some were not."""
    missing = (str(index) for index in range(count) if not mask >> index & 1)
    return naming((mask.bit_count(), count), ORDER, missing)


class _BranchBits:
    """Branches of one file: line -> (bitset of those taken, how many), in order of appearance."""

    __slots__ = ("extra", "lines")

    def __init__(self) -> None:
        self.lines: dict[int, tuple[int, int]] = {}
        self.extra = (0, 0)

    def add(self, seen: dict[int, dict[bytes, bool]], extra: tuple[int, int]) -> None:
        """Unite with one record's branches: line -> branch -> taken."""
        for line, branches in seen.items():
            mask = sum(taken << index for index, taken in enumerate(branches.values()))
            known, count = self.lines.get(line, (0, 0))
            mask, count = known | mask, max(count, len(branches))
            self.lines[line] = _shared(mask, count) if count < _FEW else (mask, count)
        self.extra = (max(self.extra[0], extra[0]), max(self.extra[1], extra[1]))

    def untaken(self) -> dict[int, Untaken]:
        """Line -> the branches that were not taken, where some were and some were not."""
        found = ((line, _untaken(*pair)) for line, pair in self.lines.items())
        return {line: names for line, names in found if names}

    def counts(self) -> dict[int, tuple[int, int]]:
        """Line -> (taken, possible), with line 0 for those that no line lists; empties `lines`."""
        counts, self.lines = self.lines, {}
        for line, (mask, count) in counts.items():
            taken = mask.bit_count()
            counts[line] = _shared(taken, count) if count < _FEW else (taken, count)
        if self.extra[1]:
            counts[0] = self.extra
        return counts


_NO_NUMBER = frozenset({b"undefined", b"null", b"NaN"})
"""The text that JavaScript tools write for a line that their source map lacks.

Istanbul takes the keys of a map by `statementMap[…].start.line` as they are: istanbuljs/istanbuljs,
`packages/istanbul-lib-coverage/lib/file-coverage.js` (`getLineCoverage`), and prints them in
`packages/istanbul-reports/lib/lcovonly/index.js`.
"""


class _Tracefile:
    """The state of one pass over a tracefile."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.number = 0
        self.path: str | None = None
        self.marks = LineMarks()
        self.seen: dict[int, dict[bytes, bool]] = {}
        self.branches_seen = 0
        self.sums: dict[bytes, int] = {}
        self.files = ReportFiles(where)
        self.branches: dict[str, _BranchBits] = {}
        self.stated = dict.fromkeys(_SUMS, 0)
        self.lines_stated = True
        self.any_branch = False
        self.unnumbered = 0
        self.repeated = False
        self.numbers = ParsedTexts[bytes, int](build.parse_line, where)
        self.hits = ParsedTexts[bytes, int](build.parse_hits, where)
        self.handlers = {b"DA": self.line, b"BRDA": self.branch} | dict.fromkeys(_SUMS)

    def malformed(self, text: bytes) -> EvidenceError:
        """The error for a line that no tracefile holds."""
        return EvidenceError(
            f"is not an LCOV tracefile: line {self.number} holds {build.shorten(text)}",
            where=self.where,
            remedy="The file may be cut short or of another format; write it again.",
        )

    def take(self, text: bytes) -> None:
        """One line of the file."""
        self.number += 1
        key, colon, value = text.rstrip().partition(b":")
        handler = self.handlers.get(key)
        if handler is not None and self.path is not None:
            try:
                handler(value)
            except (ValueError, IndexError):
                raise self.malformed(text) from None
            except EvidenceError as error:
                self.refused(error, key, value)
        elif colon and _KEY.match(key):
            self.take_rare(key, value, text)
        elif key == b"end_of_record":
            self.end(text)
        elif key.lstrip()[:1] not in {b"", b"#"}:
            raise self.malformed(text)

    def refused(self, error: EvidenceError, key: bytes, value: bytes) -> None:
        """A record that cannot be used: one without a line number is left out, any other ends the reading."""
        if value.partition(b",")[0] not in _NO_NUMBER:
            what = f"{error.what} at line {self.number:,}, in {key.decode()}"
            raise EvidenceError(what, where=error.where, remedy=error.remedy) from None
        self.unnumbered += 1

    def take_rare(self, key: bytes, value: bytes, text: bytes) -> None:
        """A record that occurs once a file, or that is passed over."""
        if key == b"SF":
            if self.path is not None:
                raise self.malformed(text)
            try:
                self.path = value.decode("utf-8")
            except UnicodeDecodeError:
                raise self.malformed(text) from None
        elif self.path is None and key in self.handlers:
            raise self.malformed(text)
        elif key in _SUMS:
            self.sums[key] = build.parse_count(value, self.where)

    def line(self, value: bytes) -> None:
        """`DA:<line>,<count>[,<checksum>]`."""
        fields = value.split(b",", 2)
        self.marks.mark(self.numbers[fields[0]], self.hits[fields[1]])

    def branch(self, value: bytes) -> None:
        """`BRDA:<line>,[<flags>]<block>,<branch>,<taken>`; the branch may hold commas."""
        line, name = value.split(b",", 1)
        name, taken = name.rsplit(b",", 1)
        self.any_branch = True
        if name[: name.index(b",")].strip(b"0123456789").find(b"U") >= 0:
            return
        self.branches_seen += 1
        if self.branches_seen > build.MAX_BRANCHES:
            build.refuse(f"names more than {build.MAX_BRANCHES:,} branches of one file", self.where)
        of_line = self.seen.setdefault(self.numbers[line], {})
        of_line[name] = of_line.get(name, False) or (taken != b"-" and self.hits[taken] > EXECUTABLE)

    def end(self, text: bytes) -> None:
        """`end_of_record`: hand the file over."""
        if self.path is None:
            raise self.malformed(text)
        self.seen.pop(0, None)
        self.files.count_branches(len(self.seen))
        listed = (
            sum(taken for line in self.seen.values() for taken in line.values()),
            sum(map(len, self.seen.values())),
        )
        stated = (self.sums.get(b"BRH", 0), self.sums.get(b"BRF", 0))
        self.repeated |= self.path in self.branches
        self.branches.setdefault(self.path, _BranchBits()).add(self.seen, build.unlisted(stated, listed))
        self.files.add_marks(self.path, self.marks)
        for key, count in self.sums.items():
            self.stated[key] += count
        self.lines_stated &= b"LF" in self.sums and b"LH" in self.sums
        self.path, self.marks, self.seen, self.sums = None, LineMarks(), {}, {}
        self.branches_seen = 0

    def finish(self, source: Source) -> CoverageRecord:
        """The record, when the file ended with a complete entry."""
        if self.path is not None or not self.branches:
            what = "ends within a record" if self.path is not None else "holds no record"
            raise EvidenceError(
                what, where=self.where, remedy="It may be cut short; see the log of its tool."
            )
        files = {
            path: replace(file, untaken=self.branches[path].untaken(), branches=self.branches[path].counts())
            for path, file in self.files.by_path.items()
        }
        has_branches = self.any_branch or self.stated[b"BRF"] > 0
        lines = (self.stated[b"LH"], self.stated[b"LF"]) if self.lines_stated else None
        stated = StatedTotals() if self.repeated else StatedTotals(lines)
        record = CoverageRecord(source, files, has_branches, stated=stated)
        records = plural(self.unnumbered, "record")
        left = f"left out {records} without a line number" if self.unnumbered else ""
        return self.files.noted(record, left)


def _batches(path: Path, where: str, digest: hashlib._Hash) -> Iterator[list[bytes]]:
    """Complete lines, a chunk's worth at a time."""
    rest = b""
    for chunk in text_chunks(path, where, digest):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MAX_LINE_BYTES:
            build.refuse(f"holds a line of more than {_MAX_LINE_BYTES:,} bytes", where)
        yield lines
    yield [rest]


def read(path: Path, shown: str) -> CoverageRecord:
    """Read one tracefile.

    Raises:
        EvidenceError: no tracefile, cut short, over a limit, or with impossible numbers.
    """
    check_size(path, shown)
    digest = hashlib.sha256()
    state = _Tracefile(shown)
    for lines in _batches(path, shown, digest):
        for line in lines:
            state.take(line)
    return state.finish(Source(shown, "lcov", digest.hexdigest()))


READER = Reader("lcov", Kind.COVERAGE, matches, read)
