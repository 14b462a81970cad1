"""Recording: reads the baselines beside the ledger, adds a report to both. Decides on views; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluicegate.ledger.baselines import (
    MAX_BASELINES,
    MAX_ENTRIES,
    MAX_ITEMS,
    Baselines,
    edges,
    joined,
    latest,
    size,
)
from sluicegate.ledger.documents import REPORT, Document, DocumentError, place_of, read_document
from sluicegate.ledger.fastimport import is_badge
from sluicegate.ledger.interface import Update, View
from sluicegate.ledger.record import NEWEST, Recorded, entry_of
from sluicegate.ledger.tree import newest_first
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode
from sluicegate.report.badges import files
from sluicegate.report.document import report_of

WHERE = "baselines"

LATEST = "9999-12-31T23:59:59Z"
"""The latest time that a document can name."""

MAX_VALUES = 3_000_000
"""Measures and names of test cases in baselines that are made anew: what hostile documents can unfold to."""

MAX_PROBLEMS = 1000
"""Documents that are left out before baselines that are made anew are taken as they are."""


@dataclass(frozen=True, slots=True)
class Known:
    """The baselines, and what is wrong with documents.

    Attributes:
        baselines: as read, or made anew; None when they cannot be read and must not be overwritten.
        problems: what was left out, and why.
    """

    baselines: Baselines | None
    problems: tuple[str, ...] = ()


def known(view: View, until: str = LATEST) -> Known:
    """The baselines of a view. Where there are none beside documents, they are made anew."""
    data = view.baselines
    if data is None:
        return made_anew(view, until) if view.paths else Known(Baselines(), view.lost)
    try:
        return Known(decode(data, WHERE), view.lost)
    except DocumentError as error:
        return Known(None, (*view.lost, str(error)))


def made_anew(view: View, until: str = LATEST) -> Known:
    """The baselines, from the newest sound documents of the ledger; what is wrong with others is told.

    Args:
        view: of the ledger.
        until: the latest time that a document can be of, as documents have it. A later one was recorded by
            nobody, and would be the newest for years.
    """
    paths = newest_first(view.paths, REPORT)
    late = [p for p in paths if is_late(p, until)]
    made = _Made([*view.lost, *(to_come(p) for p in late)])
    for path, document, problem in _in_turn(view, paths[len(late) :]):
        made.add(path, problem if document is None else checked(path, document, until))
        if made.count >= NEWEST or len(made.problems) >= MAX_PROBLEMS:
            break
    return Known(made.result, tuple(made.problems))


@dataclass(slots=True)
class _Made:
    """Baselines that grow, within what fits into memory."""

    problems: list[str]
    result: Baselines = field(default_factory=Baselines)
    count: int = 0

    def add(self, path: str, own: Baselines | str) -> None:
        """Add those of one report, or what is wrong with it."""
        if isinstance(own, str):
            self.problems.append(own)
            return
        more = joined(self.result, own)
        if sum(map(size, more.entries)) > MAX_VALUES:
            self.problems.append(f"{path}: is left out, since all have more than {MAX_VALUES:,} values")
            return
        self.result, self.count = more, self.count + 1


def _in_turn(view: View, paths: Sequence[str]) -> Iterator[tuple[str, Document[Any] | None, str]]:
    """As `read_all`, asking for no more than are likely needed at once."""
    for start in range(0, len(paths), NEWEST):
        yield from read_all(view, paths[start : start + NEWEST])


def is_late(path: str, until: str) -> bool:
    """Is a document, by its path, of a day after this time?"""
    place = place_of(path)
    return place is not None and place.day.isoformat() > until[:10]


def to_come(path: str) -> str:
    """The problem of a document of the future."""
    return f"{path}: is of a time to come. It is left out; no clock that recorded it was right."


def checked(path: str, document: Document[Recorded], until: str = LATEST) -> Baselines | str:
    """The baselines of one recorded report alone, or what is wrong with it."""
    if document.at > until:
        return to_come(path)
    try:
        return of_document(path, document)
    except DocumentError as error:
        return str(error)


def read_all(view: View, paths: Iterable[str]) -> Iterator[tuple[str, Document[Any] | None, str]]:
    """Each path with its document, or with what is wrong with it; one is in memory at a time."""
    return ((path, *_read(path, data)) for path, data in view.read(paths))


def _read(path: str, data: bytes | None) -> tuple[Document[Any] | None, str]:
    if data is None:
        return None, f"{path}: is missing, damaged, or too large. It is left out."
    try:
        return read_document(path, data), ""
    except DocumentError as error:
        return None, str(error)


def of_document(path: str, document: Document[Recorded]) -> Baselines:
    """The baselines of one recorded report alone, as they are read back.

    Raises:
        DocumentError: its body is none of a report, or says what baselines cannot hold.
    """
    return decode(encode(Baselines((entry_of(path, document),), edges(document.body.line))), path)


def readable(baselines: Baselines) -> bytes:
    """The bytes of baselines, with as much of them as is within the limits of who reads them."""
    for fewer in (baselines, latest(baselines, MAX_ENTRIES), latest(baselines, MAX_ITEMS)):
        data = encode(fewer)
        try:
            decode(data, WHERE)
        except DocumentError:
            continue
        if len(data) <= MAX_BASELINES:
            return data
    return encode(Baselines())


def _documents(baselines: Baselines) -> set[str]:
    return {e.document for e in baselines.entries}


def badges_of(document: Document[Recorded], own: Baselines, whole: Baselines) -> dict[str, bytes]:
    """The badges of a recorded report, by path; none where a newer one of its folder is recorded.

    Args:
        document: of the report.
        own: its baselines.
        whole: joined with those of all others.
    """
    (entry,) = own.entries
    if whole.of_scope(entry.scope)[-1].document != entry.document:
        return {}
    made = files(report_of(document.body.report, document.path))
    folder = f"{entry.scope}/" if entry.scope else ""
    return {f"{folder}{n}": text.encode() for n, text in made.items() if is_badge(f"{folder}{n}")}


@dataclass(slots=True)
class Recorder:
    """Decides what recording a report writes on a view.

    Attributes:
        make: from the commits that are recorded already to the document; called once.
        until: as for `made_anew`.
        problems: what was left out when it last decided.
    """

    make: Callable[[Baselines], Document[Recorded]]
    until: str = LATEST
    problems: Sequence[str] = field(default=())
    _document: Document[Recorded] | None = None

    def __call__(self, view: View) -> Update | None:
        """The update; None when the report is recorded already."""
        found = known(view, self.until)
        self.problems = found.problems
        if self._document is None:
            self._document = self.make(found.baselines or Baselines())
        document = self._document
        path, data = document.path, document.data
        own = of_document(path, document)
        baselines, badges = None, {}
        if found.baselines is not None and not _documents(own) <= _documents(found.baselines):
            whole = joined(found.baselines, own)
            baselines, badges = readable(whole), badges_of(document, own, whole)
        if path in view.paths and baselines is None:
            return None
        add = {} if path in view.paths else {path: data}
        return Update(add, f"report {document.key[:12]}", baselines=baselines, badges=badges)

    @property
    def document(self) -> Document[Recorded]:
        """What was recorded."""
        if self._document is None:
            raise AssertionError("nothing was recorded yet")
        return self._document
