"""Cobertura XML of any tool: coverage.py, Istanbul, coverlet, gcovr, the original.

The format is Cobertura's own `coverage-04.dtd`. A class lists its lines, and its methods list
theirs again; tools differ in whether the second list adds some (Istanbul's does, and leaves them
out of its own sums). So the class's own list is the truth, and the methods' lists stand in only
for a class that has no list of its own. Classes of one file are united.

Streams: expat calls Python once an element start, ends are only counted, and lines are marked in
batches, so that memory is flat and the time stays near that of the bare parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sluicegate.errors import EvidenceError
from sluicegate.evidence.coverage.build import (
    MAX_BRANCHES,
    Files,
    HitMarks,
    LineNumbers,
    Marks,
    parse_count,
    refuse,
    shorten,
)
from sluicegate.evidence.coverage.summary import TARGETS, Untaken, disagreement, naming
from sluicegate.evidence.limits import CHUNK, MAX_DEPTH, feed_file, guarded_parser, opened, too_deep
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind, StatedTotals
from sluicegate.model import Source

FORMAT = "cobertura"

_NAMES = ("coverage.xml", "cobertura.xml", "cobertura-coverage.xml", "coverage.cobertura.xml")
_ROOT = re.compile(r"<coverage\b([^>]*)")
_CONDITION = re.compile(r"\(\s*(\d{1,9})\s*/\s*(\d{1,9})\s*\)")
_IN_ORDER = ["number", "hits", "branch", "condition-coverage"]
_MAX_ROOTS = 1_000
_CACHED = 10_000
_MAX_TEXT = 1 << 20
_MAX_TAG = 16 << 20


def matches(name: str, head: bytes) -> bool:
    """A Cobertura root; or, for what is no XML at all, an unmistakable name."""
    text = head.decode("utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "latin-1", "ignore")
    if not text.removeprefix("\xef\xbb\xbf").lstrip("\ufeff \t\r\n").startswith("<"):
        return name.lower() in _NAMES
    root = _ROOT.search(text)
    if root is None or "clover" in root[1]:
        return False
    marks = ("line-rate", "branch-rate", "lines-valid")
    return any(mark in root[1] for mark in marks) or "<packages" in text[root.end() :]


class _Conditions(dict[str, tuple[int, int]]):
    """`50% (1/2)` -> (1, 2), each text parsed once."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def __missing__(self, text: str) -> tuple[int, int]:
        match = _CONDITION.search(text[:100])
        if match is None:
            refuse(f"holds the condition coverage {shorten(text)}, without (taken/possible)", self._where)
        taken, possible = int(match[1]), int(match[2])
        if taken > possible or possible > MAX_BRANCHES:
            refuse(f"holds the condition coverage {shorten(text)}", self._where)
        if len(self) < _CACHED:
            self[text] = (taken, possible)
        return taken, possible


class _Handler:
    """The state of one pass. `ends` collects the names of closed elements, to be counted."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.parser = guarded_parser(where)
        self.parser.ordered_attributes = True
        self.rows: list[list[str]] = []
        self.ends: list[str] = []
        self.parser.StartElementHandler = self.start_handler()
        self.parser.EndElementHandler = self.ends.append
        self.depth = 0
        self.fed = 0
        self.in_method = False
        self.path: str | None = None
        self.own, self.of_methods = Marks(), Marks()
        self.target = self.own
        self.numbers: LineNumbers[str] = LineNumbers(where)
        self.hits: HitMarks[str] = HitMarks(where)
        self.conditions = _Conditions(where)
        self.untaken: dict[tuple[tuple[int, int], str], Untaken] = {}
        self.files = Files(where)
        self.sources: list[list[str]] = []
        self.root: dict[str, str] | None = None
        self.any_branch = False

    def start_handler(self) -> Callable[[str, list[str]], None]:
        """What expat calls: a line is kept for `flush`, everything else changes the state.

        A closure over two locals: it runs once a line, and attribute look-ups would show.
        """
        add_row, open_element = self.rows.append, self.open

        def start(name: str, attributes: list[str]) -> None:
            if name == "line":
                add_row(attributes)
            else:
                open_element(name, attributes)

        return start

    def open(self, name: str, attributes: list[str]) -> None:
        """An element that is no line opens."""
        self.depth += 1
        if self.root is None:
            self.open_root(name, attributes)
        elif name in {"conditions", "condition"}:
            return
        elif name == "source":
            self.open_source()
        else:
            self.parser.CharacterDataHandler = None
            self.flush()
            if name == "lines":
                self.close_method()
                self.target = self.of_methods if self.in_method else self.own
            elif name == "method":
                self.close_method()
                self.in_method = True
            elif name == "class":
                self.open_class(attributes)

    def open_root(self, name: str, attributes: list[str]) -> None:
        """The first element decides whether this is Cobertura at all."""
        if name != "coverage":
            raise EvidenceError(
                f"is XML with the root {shorten(name)}, no Cobertura report",
                where=self.where,
                remedy="Name a report that starts with <coverage>.",
            )
        self.root = dict(zip(attributes[::2], attributes[1::2], strict=True))

    def open_source(self) -> None:
        """A source root opens: its text is collected until the next element that is none."""
        if len(self.sources) >= _MAX_ROOTS:
            refuse(f"names more than {_MAX_ROOTS:,} source roots", self.where)
        text: list[str] = []
        self.sources.append(text)
        self.parser.CharacterDataHandler = text.append

    def open_class(self, attributes: list[str]) -> None:
        """A class opens, and the one before it is complete."""
        self.finish_class()
        named = dict(zip(attributes[::2], attributes[1::2], strict=True))
        if not named.get("filename"):
            refuse("holds a class without a file name", self.where)
        self.path = named["filename"]

    def finish_class(self) -> None:
        """Hand over the class's own lines, or its methods' when it has none."""
        if self.path is not None:
            self.files.add_marks(self.path, self.own if self.own.any() else self.of_methods)
        self.own, self.of_methods = Marks(), Marks()
        self.target, self.in_method, self.path = self.own, False, None

    def close_method(self) -> None:
        """See whether the open method has ended, and count the ends."""
        if self.in_method and "method" in self.ends:
            self.in_method = False
        self.depth -= len(self.ends)
        self.ends.clear()

    def flush(self) -> None:
        """Mark the lines collected since the last flush.

        Nearly all tools write the attributes in the order of the DTD, `number` and `hits` first;
        that case is inlined, because this loop is most of the reader's own time.
        """
        rows, buffer = self.rows, self.target.buffer
        numbers, hits = self.numbers, self.hits
        for row in rows:
            try:
                if row[0] == "number" and row[2] == "hits":
                    buffer[numbers[row[1]]] |= hits[row[3]]
                else:
                    self.mark_row(row)
            except IndexError:  # a line above the buffer, or a row without hits
                self.mark_row(row)
        self.mark_branches([row for row in rows if len(row) > 4])
        self.depth += len(rows)
        rows.clear()

    def mark_row(self, row: list[str]) -> None:
        """Mark one line, whatever the order of its attributes."""
        named = dict(zip(row[::2], row[1::2], strict=True))
        if "number" not in named:
            refuse("holds a line without a number", self.where)
        self.target.mark(self.numbers[named["number"]], self.hits[named.get("hits", "0")])

    def mark_branches(self, rows: list[list[str]]) -> None:
        """Keep the branches of the lines that have more attributes than number and hits."""
        conditions = self.conditions
        for row in rows:
            if row[:7:2] == _IN_ORDER:
                number, branch, condition = row[1], row[5], row[7]
            else:
                named = dict(zip(row[::2], row[1::2], strict=True))
                number, branch = named["number"], named.get("branch", "")
                condition = named.get("condition-coverage", "")
            if branch == "true" or branch.lower() == "true":
                self.any_branch = True
                line = self.numbers[number]
                if condition:
                    self.mark_condition(line, conditions[condition], row[8:10])

    def mark_condition(self, line: int, pair: tuple[int, int], more: list[str]) -> None:
        """Keep the branches of one line; `more` is the attribute behind its own, if any."""
        if self.target.branches.setdefault(line, pair) != pair:
            self.target.branch(line, pair)
        if more and more[0] == "missing-branches":
            self.leave_out(line, pair, more[1])

    def leave_out(self, line: int, pair: tuple[int, int], text: str) -> None:
        """Keep which branches coverage.py says were not taken: `missing-branches="12,exit"`."""
        named = self.untaken.get((pair, text))
        if named is None:
            named = naming(pair, TARGETS, text.split(","))
            if len(self.untaken) < _CACHED:
                self.untaken[pair, text] = named
        if named:
            self.target.leave_out(line, named)

    def after_chunk(self) -> None:
        """Empty the batches, and check what may not grow without end."""
        self.flush()
        self.close_method()
        if self.depth > MAX_DEPTH:
            raise too_deep(self.where)
        self.fed += CHUNK
        if self.fed - self.parser.CurrentByteIndex > _MAX_TAG + CHUNK:
            refuse(f"holds a tag of more than {_MAX_TAG:,} bytes", self.where)
        if self.sources and sum(map(len, self.sources[-1])) > _MAX_TEXT:
            refuse(f"holds a source root of more than {_MAX_TEXT:,} characters", self.where)


def _stated(root: dict[str, str], covered: str, valid: str, where: str) -> tuple[int, int] | None:
    """The sum that the root states, when it states both numbers."""
    if not (root.get(covered) and root.get(valid)):
        return None
    return parse_count(root[covered], where), parse_count(root[valid], where)


def _tool(head: bytes) -> str:
    return next((tool for tool in ("coverage.py", "gcovr") if tool.encode() in head), "")


def read(path: Path, shown: str) -> CoverageRecord:
    """Read one Cobertura file.

    Raises:
        EvidenceError: not well-formed, not Cobertura, over a limit, or with impossible numbers.
    """
    handler = _Handler(shown)
    digest = feed_file(handler.parser, path, shown, handler.after_chunk)
    handler.flush()
    handler.finish_class()
    root = handler.root or {}
    branches = _stated(root, "branches-covered", "branches-valid", shown)
    has_branches = handler.any_branch or (branches is not None and branches[1] > 0)
    with opened(path, shown) as stream:
        tool = _tool(stream.read(4096))
    record = CoverageRecord(
        source=Source(shown, FORMAT, digest, tool, root.get("version", "")[:40] if tool else ""),
        files=handler.files.finish(),
        has_branches=has_branches,
        roots=tuple(text for text in ("".join(parts).strip() for parts in handler.sources) if text),
        stated=StatedTotals(
            _stated(root, "lines-covered", "lines-valid", shown), branches if has_branches else None
        ),
    )
    return replace(record, source=replace(record.source, note=handler.files.note(disagreement(record))))


READER = Reader(FORMAT, Kind.COVERAGE, matches, read)
