"""Turns the elements of Cobertura XML, as expat reports them, into the lines of files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.coverage import build
from sluicegate.evidence.coverage.build import LineMarks, ParsedTexts, ReportFiles, refuse, shorten
from sluicegate.evidence.coverage.summary import TARGETS, Untaken, naming
from sluicegate.evidence.limits import MAX_DEPTH, guarded_parser, too_deep

_WHOLE = re.compile(r"\s*100(?:[.,]0{1,20})?\s*%?\s*")
_CONDITION = re.compile(r"\(\s*(\d{1,9})\s*/\s*(\d{1,9})\s*\)")
_IN_ORDER = ["number", "hits", "branch", "condition-coverage"]
_MAX_ROOTS = 1_000
_CACHED = 10_000
_MAX_TEXT = 1 << 20


def _parse_condition(text: str, where: str) -> tuple[int, int] | None:
    """`50% (1/2)` -> (1, 2); None for 100% without the fraction."""
    match = _CONDITION.search(text[:100])
    if match is None and _WHOLE.fullmatch(text[:100]):
        return None
    if match is None:
        refuse(f"holds the condition coverage {shorten(text)}, without (taken/possible)", where)
    taken, possible = int(match[1]), int(match[2])
    if taken > possible or possible > build.MAX_BRANCHES:
        refuse(f"holds the condition coverage {shorten(text)}", where)
    return taken, possible


def _parse_untaken(key: tuple[tuple[int, int], str], _where: str) -> Untaken:
    """The branches that coverage.py lists as not taken: `missing-branches="12,exit"`."""
    return naming(key[0], TARGETS, key[1].split(","))


class CoberturaHandler:
    """The state of one pass. `ends` collects the names of closed elements, to be counted."""

    def __init__(self, where: str, encoding: str | None = None) -> None:
        self.where = where
        self.parser = guarded_parser(where, encoding)
        self.parser.ordered_attributes = True
        self.rows: list[list[str]] = []
        self.ends: list[str] = []
        self.parser.StartElementHandler = self.start_handler()
        self.parser.EndElementHandler = self.ends.append
        self.depth = 0
        self.in_method = False
        self.path: str | None = None
        self.own, self.of_methods = LineMarks(), LineMarks()
        self.target = self.own
        self.numbers = ParsedTexts[str, int](build.parse_line, where)
        self.hits = ParsedTexts[str, int](build.parse_hits, where)
        self.conditions = ParsedTexts(_parse_condition, where, _CACHED)
        self.untaken = ParsedTexts(_parse_untaken, where, _CACHED)
        self.files = ReportFiles(where)
        self.sources: list[list[str]] = []
        self.root: dict[str, str] | None = None
        self.any_branch = False
        self.tolerated: Counter[str] = Counter()
        self.unused: EvidenceError | None = None  # what is wrong with a list that may not be needed
        self.element = ""  # that is being read, where lines are taken one by one

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
            what = f"is XML with the root {shorten(name)}, not a Cobertura report"
            refuse(what, self.where, "Name a report that starts with <coverage>.")
        self.root = dict(zip(attributes[::2], attributes[1::2], strict=True))

    def open_source(self) -> None:
        """A source root opens: its text is collected until the next other element."""
        if len(self.sources) >= _MAX_ROOTS:
            refuse(f"names more than {_MAX_ROOTS:,} source roots", self.where)
        text: list[str] = []
        self.sources.append(text)
        self.parser.CharacterDataHandler = text.append

    def open_class(self, attributes: list[str]) -> None:
        """A class opens, and the one before it is complete."""
        self.finish_class()
        named = dict(zip(attributes[::2], attributes[1::2], strict=True))
        if "filename" not in named:
            refuse("holds a class without a file name", self.where)
        self.path = named["filename"]

    def finish_class(self) -> None:
        """Hand over the class's own lines, or its methods' when it has none."""
        used = self.own if any(self.own.buffer) else self.of_methods
        if self.unused and used is self.of_methods:
            raise self.unused
        if self.path == "" and not any(used.buffer):
            self.tolerated["classes without a file name and lines"] += 1
        elif self.path is not None:
            self.files.add_marks(self.path, used)
        self.unused = None
        self.own, self.of_methods = LineMarks(), LineMarks()
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
            except EvidenceError as error:
                self.pass_over(row, error)
        self.mark_branches([row for row in rows if len(row) > 4])
        self.depth += len(rows)
        rows.clear()

    def pass_over(self, row: list[str], error: EvidenceError) -> None:
        """A line of a method's list, which may not be needed, is not readable."""
        if self.target is self.own:
            raise error
        self.unused = self.unused or error
        self.tolerated["unreadable lines of methods whose class lists its own"] += 1
        row.clear()

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
                pair = conditions[condition] if condition else None
                if pair:
                    self.mark_condition(self.numbers[number], pair, row[8:10])
                elif condition:
                    self.tolerated["lines that state no number of branches"] += 1
                self.any_branch |= bool(pair) or not condition

    def mark_condition(self, line: int, pair: tuple[int, int], more: list[str]) -> None:
        """Keep the branches of one line; `more` is the attribute behind its own, if any."""
        if self.target.branches.setdefault(line, pair) != pair:
            self.target.branch(line, pair)
        if more and more[0] == "missing-branches" and (named := self.untaken[pair, more[1]]):
            self.target.leave_out(line, named)

    def after_chunk(self) -> None:
        """Empty the batches, and check what may not grow without end."""
        self.flush()
        self.close_method()
        if self.depth > MAX_DEPTH:
            raise too_deep(self.where)
        if self.sources and sum(map(len, self.sources[-1])) > _MAX_TEXT:
            refuse(f"holds a source root of more than {_MAX_TEXT:,} characters", self.where)

    def roots(self) -> tuple[str, ...]:
        """The source roots that are not empty."""
        return tuple(text for parts in self.sources if (text := "".join(parts).strip()))
