"""coverage.py's JSON report (`coverage json`), with or without branches, formats 1 to 3.

The file is `{"meta": …, "files": {path: …}, "totals": …}`. Files are decoded one at a time, so
that memory is the text and one file's numbers, not an object for every number.

An arc is a pair of line numbers, with a negative second one for an exit. A line's branches are
the arcs that start there; arcs to excluded lines do not count, as in coverage.py's own sums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from sluicegate.change import MAX_LINE, lines_to_bits
from sluicegate.errors import EvidenceError
from sluicegate.evidence.coverage.build import Files, check_line, refuse, unlisted
from sluicegate.evidence.coverage.summary import TARGETS, Untaken, disagreement, naming
from sluicegate.evidence.limits import read_bytes
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind, StatedTotals
from sluicegate.model import Source

FORMAT = "coveragepy-json"

MAX_BYTES = 512 << 20
"""JSON above this is refused: unlike the other formats it is held as one text."""

_META = re.compile(rb'"meta"\s*:\s*\{')
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_REMEDY = "Write it with `coverage json`; this file may be cut short or of another format."


def matches(name: str, head: bytes) -> bool:
    """An object with coverage.py's `meta`; or, for what is no JSON, an unmistakable name."""
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return name.lower() == "coverage.json"
    return _META.search(head) is not None and b'"branch_coverage"' in head


class _Cursor:
    """A position in JSON text; objects are walked member by member, values decoded whole."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.at = 0

    def malformed(self, what: str) -> NoReturn:
        """Raise the error for text that is not coverage.py's JSON."""
        raise EvidenceError(f"is no coverage.py JSON report: {what}", where=self.where, remedy=_REMEDY)

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

    def members(self) -> Iterator[str]:
        """Read an object; at each key the caller must read the value."""
        self.expect("{")
        if self.next() == "}":
            self.at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                self.malformed(f"a key that is no text at character {self.at}")
            self.expect(":")
            yield key
            if self.next() != ",":
                break
            self.at += 1
        self.expect("}")


def _mapping(value: object) -> Mapping[str, object]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _lines(value: object, where: str) -> list[int]:
    """A list of line numbers.

    Raises:
        EvidenceError: it is no list of whole numbers between 0 and `MAX_LINE`.
    """
    if not isinstance(value, list) or not {*map(type, value)} <= {int}:
        refuse("holds something else where a list of line numbers belongs", where)
    for edge in (min(value, default=0), max(value, default=0)):
        check_line(edge, where)
    return value


def _arcs(value: object, where: str) -> Iterator[tuple[int, int]]:
    """Pairs (from, to) of an arc list; a missing list (old versions) is empty."""
    for pair in value if isinstance(value, list) else []:
        if not (isinstance(pair, list) and [*map(type, pair)] == [int, int]):
            refuse("holds something else where a pair of line numbers belongs", where)
        check_line(pair[0], where)
        if abs(pair[1]) > MAX_LINE:
            check_line(pair[1], where)
        yield pair[0], pair[1]


def _sums(summary: Mapping[str, object], covered: str, total: str) -> tuple[int, int] | None:
    """(covered, total) of a summary, when it states both."""
    pair = (summary.get(covered), summary.get(total))
    if isinstance(pair[0], int) and isinstance(pair[1], int) and 0 <= pair[0] <= pair[1]:
        return pair[0], pair[1]
    return None


@dataclass(frozen=True, slots=True)
class _Branches:
    """Branches of one file: `FileCoverage.branches` and `.untaken`."""

    counts: Mapping[int, tuple[int, int]]
    untaken: Mapping[int, Untaken]


def _branches(entry: Mapping[str, object], where: str) -> _Branches:
    """The branches of one file, with line 0 for what only its summary counts."""
    excluded = set(_lines(entry.get("excluded_lines", []), where))
    executed, missing = (
        _by_line(_arcs(entry.get(key), where), excluded) for key in ("executed_branches", "missing_branches")
    )
    counts = _counts(executed, missing)
    stated = _sums(_mapping(entry.get("summary")), "covered_branches", "num_branches")
    listed = sum(map(len, executed.values())), sum(total for _, total in counts.values())
    extra = unlisted(stated, listed) if stated else (0, 0)
    named = {line: naming(counts[line], TARGETS, names) for line, names in missing.items()}
    untaken = {line: names for line, names in named.items() if names}
    return _Branches(counts | ({0: extra} if extra[1] else {}), untaken)


def _by_line(arcs: Iterable[tuple[int, int]], excluded: set[int]) -> dict[int, list[str]]:
    """Line -> the names of the branches that start there."""
    found: dict[int, list[str]] = {}
    for line, target in arcs:
        if line and target not in excluded:
            found.setdefault(line, []).append(str(target) if target >= 0 else "exit")
    return found


def _counts(
    executed: Mapping[int, list[str]], missing: Mapping[int, list[str]]
) -> dict[int, tuple[int, int]]:
    """Line -> (taken, possible)."""
    taken = {line: len(names) for line, names in executed.items()}
    return {
        line: (taken.get(line, 0), taken.get(line, 0) + len(missing.get(line, ())))
        for line in (*taken, *(line for line in missing if line not in taken))
    }


def _add_file(files: Files, path: str, value: object, where: str) -> None:
    entry = _mapping(value)
    if "executed_lines" not in entry or "missing_lines" not in entry:
        refuse(f"lacks the lines of {path[:100]!r}", where)
    executed = _lines(entry["executed_lines"], where)
    missing = _lines(entry["missing_lines"], where)
    files.line_zero += 0 in executed or 0 in missing
    covered = lines_to_bits(line for line in executed if line)
    executable = covered | lines_to_bits(line for line in missing if line)
    branches = _branches(entry, where)
    files.add(path, executable, covered, branches.counts, branches.untaken)


def _read_files(cursor: _Cursor, files: Files) -> dict[str, Mapping[str, object]]:
    """Read the whole document: the files into `files`; what else matters is returned."""
    rest: dict[str, Mapping[str, object]] = {}
    for key in cursor.members():
        if key == "files":
            rest[key] = {}
            for path in cursor.members():
                _add_file(files, path, cursor.value(), cursor.where)
        else:
            rest[key] = _mapping(cursor.value())
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
    files = Files(shown)
    rest = _read_files(_Cursor(text, shown), files)
    meta, totals = rest["meta"], rest.get("totals", {})
    has_branches = meta.get("branch_coverage") is True
    record = CoverageRecord(
        source=Source(shown, FORMAT, digest, "coverage.py", str(meta.get("version", ""))[:40]),
        files=files.finish(),
        has_branches=has_branches,
        stated=StatedTotals(
            _sums(totals, "covered_lines", "num_statements"),
            _sums(totals, "covered_branches", "num_branches") if has_branches else None,
        ),
    )
    return replace(record, source=replace(record.source, note=files.note(disagreement(record))))


READER = Reader(FORMAT, Kind.COVERAGE, matches, read)
