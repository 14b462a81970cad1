"""Cobertura XML of any tool: coverage.py, Istanbul, coverlet, gcovr, the original.

The format is Cobertura's own `coverage-04.dtd`. A class lists its lines, and its methods theirs again;
whether the second list adds some differs (Istanbul's does, and leaves them out of its own sums). So the
class's own list counts, and the methods' lists only where there is none. Classes of one file are united.

Read with a note in place of a refusal, since no number is lost:

- A class without a file name and without lines (microsoft/onefuzz 2893 has one; Codecov passes over every
  class without a name, codecov/worker `services/report/languages/cobertura.py`).
- A line of a method's unused list without a number, Istanbul's `number="undefined"`: function maps of older
  instrumenters have no line (istanbuljs/babel-plugin-istanbul 12 and 20).
- A branch whose `condition-coverage` is `100%` without a fraction, the DTD's own default: how many branches
  it has is not known, and none is counted. Where the attribute is missing none is counted, either;
  Microsoft's tool leaves it out where all are covered (microsoft/codecoverage 104).

Streams: expat calls Python once an element start, ends are only counted, and lines are marked in
batches, so that memory is flat and the time stays near that of the bare parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Source
from sluicegate.evidence.coverage.build import parse_count
from sluicegate.evidence.coverage.cobertura_elements import CoberturaHandler
from sluicegate.evidence.limits import feed_file
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, Kind, StatedTotals
from sluicegate.evidence.xml_prolog import XmlProlog, prolog_of

_NAMES = ("coverage.xml", "cobertura.xml", "cobertura-coverage.xml", "coverage.cobertura.xml")
_ROOT = re.compile(r"<coverage\b([^>]*)")


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


def _stated(root: dict[str, str], covered: str, valid: str, where: str) -> tuple[int, int] | None:
    """The sum that the root states, when it states both numbers."""
    if not (root.get(covered) and root.get(valid)):
        return None
    return parse_count(root[covered], where), parse_count(root[valid], where)


def _tool(head: bytes) -> str:
    return next((tool for tool in ("coverage.py", "gcovr") if tool.encode() in head), "")


class _LineByLineHandler(CoberturaHandler):
    """Checks each line at once, so that the parser's position is that of an error."""

    def start_handler(self) -> Callable[[str, list[str]], None]:
        def start(name: str, attributes: list[str]) -> None:
            self.element = name
            if name == "line":
                self.rows.append(attributes)
                self.flush()
            else:
                self.open(name, attributes)

        return start


def _parsed(handler: CoberturaHandler, path: Path, shown: str, skip: int) -> str:
    """Read the whole file; the digest of its bytes."""
    digest = feed_file(handler.parser, path, shown, handler.after_chunk, skip)
    handler.flush()
    handler.finish_class()
    return digest


def _located(error: EvidenceError, path: Path, shown: str, prolog: XmlProlog) -> EvidenceError:
    """The error with the line and the element that it is about, and with what wrote the file."""
    place, handler = "", _LineByLineHandler(shown, prolog.encoding)
    try:
        _parsed(handler, path, shown, prolog.skip)
    except EvidenceError as found:
        error = found
        if handler.element and "at line" not in found.what:
            line = handler.parser.CurrentLineNumber + prolog.head[: prolog.skip].count(b"\n")
            place = f" at line {line:,}, in <{handler.element[:40]}>"
    tool = _tool(prolog.head)
    wrote = f"; {tool} wrote it" if tool else ""
    return EvidenceError(f"{error.what}{place}{wrote}", where=error.where, remedy=error.remedy)


def read(path: Path, shown: str) -> CoverageRecord:
    """Read one Cobertura file.

    Raises:
        EvidenceError: not well-formed, not Cobertura, over a limit, or with impossible numbers.
    """
    prolog = prolog_of(path, shown)
    handler = CoberturaHandler(shown, prolog.encoding)
    try:
        digest = _parsed(handler, path, shown, prolog.skip)
    except EvidenceError as error:
        raise _located(error, path, shown, prolog) from error
    return _record(handler, shown, digest, prolog)


def _record(handler: CoberturaHandler, shown: str, digest: str, prolog: XmlProlog) -> CoverageRecord:
    root = handler.root or {}
    branches = _stated(root, "branches-covered", "branches-valid", shown)
    has_branches = handler.any_branch or (branches is not None and branches[1] > 0)
    tool = _tool(prolog.head)
    lines = _stated(root, "lines-covered", "lines-valid", shown)
    record = CoverageRecord(
        source=Source(shown, "cobertura", digest, tool, root.get("version", "")[:40] if tool else ""),
        files=handler.files.by_path,
        has_branches=has_branches,
        roots=handler.roots(),
        stated=StatedTotals(lines, branches if has_branches else None),
    )
    passed_over = [f"passed over {what}: {number:,}" for what, number in handler.tolerated.items()]
    return handler.files.noted(record, *prolog.notes, *passed_over)


READER = Reader("cobertura", Kind.COVERAGE, matches, read)
