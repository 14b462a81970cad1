"""coverage.py's JSON report (`coverage json`), with or without branches, formats 1 to 3.

The file is `{"meta": …, "files": {path: …}, "totals": …}`. Files are decoded one at a time, so
that memory is the text and one file's numbers, not an object for every number; what nobody reads is
passed over without making anything of it.

An arc is a pair of line numbers, with a negative second one for an exit. A line's branches are
the arcs that start there; arcs to excluded lines do not count, as in coverage.py's own sums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from sluicegate.core.change import lines_to_bits
from sluicegate.core.errors import EvidenceError
from sluicegate.core.fields import MAX_LINE
from sluicegate.core.model import Source
from sluicegate.evidence.coverage.build import ReportFiles, check_line, refuse, shorten, unlisted
from sluicegate.evidence.coverage.summary import TARGETS, Untaken, naming
from sluicegate.evidence.json_file import mapping
from sluicegate.evidence.json_text import FLAT_LIST, PAIR, PAIRS, value
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind, StatedTotals

MAX_BYTES = 512 << 20
"""JSON above this is refused: unlike the other formats it is held as one text."""

_MAX_SMALL = 1 << 16

_META = re.compile(rb'"meta"\s*:\s*\{')
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_REMEDY = "Write it with `coverage json`; this file may be cut short or of another format."


def matches(name: str, head: bytes) -> bool:
    """An object with coverage.py's `meta`; or, for what is no JSON, an unmistakable name."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return name.lower() == "coverage.json"
    return _META.search(head) is not None and b'"branch_coverage"' in head


class _JsonCursor:
    """A position in JSON text; objects are walked member by member, values decoded whole."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = 0

    def malformed(self, what: str) -> NoReturn:
        """Raise the error for text that is not coverage.py's JSON."""
        raise EvidenceError(f"is not a coverage.py JSON report: {what}", where=self.where, remedy=_REMEDY)

    def next(self) -> str:
        """The next character that is not blank, unread; empty at the end."""
        blank = _BLANK.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        return self.text[self.at : self.at + 1]

    def expect(self, character: str) -> None:
        """Read one character."""
        if self.next() != character:
            self.malformed(f"no {character!r} at character {self.at}")
        self.at += 1

    def value(self) -> object:
        """Read one value."""
        self.next()
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except (ValueError, RecursionError) as error:
            self.malformed(str(error)[:100])
        return value

    def skip(self) -> str:
        """Pass over one value; its text."""
        return self.shaped(value()) or self.malformed(
            f"a value that nests too deeply, or no value, at {self.at}"
        )

    def shaped(self, pattern: re.Pattern[str]) -> str:
        """Pass over one value of this shape; its text, empty for a value of another."""
        self.next()
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match[0] if match else ""

    def small(self) -> Mapping[str, object]:
        """Read one object of at most `_MAX_SMALL` characters; empty for anything else."""
        start = self.at
        if len(self.skip()) > _MAX_SMALL:
            self.malformed(f"more than {_MAX_SMALL:,} characters in the object at character {start}")
        end, self.at = self.at, start
        value = self.value()
        if self.at != end:
            self.malformed(f"a broken value at character {start}")
        return mapping(value)

    def members(self) -> Iterator[str]:
        """Read an object; at each key the caller must read the value."""
        self.expect("{")
        if self.next() == "}":
            self.at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                self.malformed(f"a key that is not text at character {self.at}")
            self.expect(":")
            yield key
            if self.next() != ",":
                break
            self.at += 1
        self.expect("}")


def _lines(cursor: _JsonCursor) -> list[int]:
    """A list of whole numbers between 0 and `MAX_LINE`."""
    cursor.next()
    is_flat = FLAT_LIST.match(cursor.text, cursor.at)
    value = cursor.value() if is_flat else cursor.skip()
    if not isinstance(value, list) or not {*map(type, value)} <= {int}:
        refuse("holds something else where a list of line numbers belongs", cursor.where)
    for edge in (min(value, default=0), max(value, default=0)):
        check_line(edge, cursor.where)
    return value


def _arcs(text: str, where: str) -> Iterator[tuple[int, int]]:
    """Pairs (from, to) of an arc list."""
    for match in PAIR.finditer(text):
        start, end = int(match[1]), int(match[2])
        check_line(start, where)
        if abs(end) > MAX_LINE:
            check_line(end, where)
        yield start, end


def _pairs(cursor: _JsonCursor) -> str:
    """The text of a list of pairs of whole numbers; empty for what is no list (old versions have none)."""
    if cursor.next() != "[":
        cursor.skip()
        return ""
    found = cursor.shaped(PAIRS)
    if not found:
        cursor.skip()
        refuse("holds something else where a pair of line numbers belongs", cursor.where)
    return found


def _sums(summary: Mapping[str, object], covered: str, total: str) -> tuple[int, int] | None:
    """(covered, total) of a summary, when it states both."""
    some, of = summary.get(covered), summary.get(total)
    return (some, of) if isinstance(some, int) and isinstance(of, int) and 0 <= some <= of else None


@dataclass(slots=True)
class _FileEntry:
    """The values of one file's object; None or empty if absent."""

    lines: dict[str, list[int]] = field(default_factory=dict)
    arcs: dict[str, str] = field(default_factory=dict)
    summary: Mapping[str, object] = field(default_factory=dict)


def _entry(cursor: _JsonCursor) -> _FileEntry:
    """Read one file's object."""
    entry = _FileEntry()
    if cursor.next() != "{":
        cursor.skip()
        return entry
    for key in cursor.members():
        if key in ("executed_lines", "missing_lines", "excluded_lines"):
            entry.lines[key] = _lines(cursor)
        elif key in ("executed_branches", "missing_branches"):
            entry.arcs[key] = _pairs(cursor)
        elif key == "summary":
            entry.summary = cursor.small()
        else:
            cursor.skip()
    return entry


def _branches(entry: _FileEntry, where: str) -> tuple[Mapping[int, tuple[int, int]], Mapping[int, Untaken]]:
    """`FileCoverage.branches` and `.untaken` of one file, with line 0 for what only its summary counts."""
    excluded = set(entry.lines.get("excluded_lines", ()))
    executed, missing = (
        _by_line(_arcs(entry.arcs.get(key, ""), where), excluded)
        for key in ("executed_branches", "missing_branches")
    )
    counts = {
        line: (len(executed.get(line, ())), len(executed.get(line, ())) + len(missing.get(line, ())))
        for line in executed | missing
    }
    stated = _sums(entry.summary, "covered_branches", "num_branches")
    listed = sum(map(len, executed.values())), sum(total for _, total in counts.values())
    extra = unlisted(stated, listed) if stated else (0, 0)
    named = {line: naming(counts[line], TARGETS, names) for line, names in missing.items()}
    untaken = {line: names for line, names in named.items() if names}
    return counts | ({0: extra} if extra[1] else {}), untaken


def _by_line(arcs: Iterable[tuple[int, int]], excluded: set[int]) -> dict[int, list[str]]:
    """Line -> the names of the branches that start there."""
    found: dict[int, list[str]] = {}
    for line, target in arcs:
        if line and target not in excluded:
            found.setdefault(line, []).append(str(target) if target >= 0 else "exit")
    return found


def _add_file(files: ReportFiles, path: str, entry: _FileEntry, where: str) -> None:
    executed, missing = (entry.lines.get(key) for key in ("executed_lines", "missing_lines"))
    if executed is None or missing is None:
        refuse(f"lacks the lines of {path[:100]!r}", where)
    files.line_zero += 0 in executed or 0 in missing
    covered = lines_to_bits(line for line in executed if line)
    executable = covered | lines_to_bits(line for line in missing if line)
    files.add(path, executable, covered, *_branches(entry, where))


@contextmanager
def _named(path: str) -> Iterator[None]:
    """An error in an entry names its file, and the tool that wrote it."""
    try:
        yield
    except EvidenceError as error:
        what = f"{error.what}, in the entry of {shorten(path)}; coverage.py wrote it"
        raise EvidenceError(what, where=error.where, remedy=error.remedy) from error


def _read_files(cursor: _JsonCursor, files: ReportFiles) -> dict[str, Mapping[str, object]]:
    """Read the whole document: the files into `files`; what else matters is returned."""
    rest: dict[str, Mapping[str, object]] = {}
    for key in cursor.members():
        if key == "files":
            rest[key] = {}
            for path in cursor.members():
                with _named(path):
                    _add_file(files, path, _entry(cursor), cursor.where)
        elif key in ("meta", "totals"):
            rest[key] = cursor.small()
        else:
            cursor.skip()
    if cursor.next():
        cursor.malformed(f"more text after its end at character {cursor.at}")
    if "files" not in rest or "meta" not in rest:
        cursor.malformed("no `meta` or no `files`")
    return rest


def read(path: Path, shown: str) -> CoverageRecord:
    """Read one JSON report.

    Raises:
        EvidenceError: no such report, cut short, above `MAX_BYTES`, or with impossible numbers.
    """
    data, digest = read_bytes(path, shown, limit=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError("is not UTF-8 text", where=shown, remedy=_REMEDY) from error
    del data
    files = ReportFiles(shown)
    rest = _read_files(_JsonCursor(text, shown), files)
    meta, totals = rest["meta"], rest.get("totals", {})
    has_branches = meta.get("branch_coverage") is True
    record = CoverageRecord(
        source=Source(shown, "coveragepy-json", digest, "coverage.py", str(meta.get("version", ""))[:40]),
        files=files.by_path,
        has_branches=has_branches,
        stated=StatedTotals(
            _sums(totals, "covered_lines", "num_statements"),
            _sums(totals, "covered_branches", "num_branches") if has_branches else None,
        ),
    )
    return files.noted(record)


READER = Reader("coveragepy-json", Kind.COVERAGE, matches, read)
