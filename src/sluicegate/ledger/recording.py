"""Recording: reads the baselines beside the ledger, adds a report to both. Decides on views; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sluicegate.ledger.baselines import (
    MAX_BASELINES,
    MAX_ENTRIES,
    MAX_ITEMS,
    Baselines,
    edges,
    joined,
    latest,
)
from sluicegate.ledger.documents import REPORT, Document, DocumentError, read_document
from sluicegate.ledger.fastimport import is_badge
from sluicegate.ledger.interface import Update, View
from sluicegate.ledger.record import NEWEST, entry_of, line_of
from sluicegate.ledger.tree import newest_first
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_fields import decode
from sluicegate.report.badges import files
from sluicegate.report.reading import report_of

WHERE = "baselines"


@dataclass(frozen=True, slots=True)
class Known:
    """The baselines, and what is wrong with documents.

    Attributes:
        baselines: as read, or made anew; None when they cannot be read and must not be overwritten.
        problems: what was left out, and why.
    """

    baselines: Baselines | None
    problems: tuple[str, ...] = ()


def known(view: View) -> Known:
    """The baselines of a view. Where there are none beside documents, they are made anew."""
    data = view.baselines
    if data is None:
        return made_anew(view) if view.paths else Known(Baselines())
    try:
        return Known(decode(data, WHERE))
    except DocumentError as error:
        return Known(None, (str(error),))


def made_anew(view: View) -> Known:
    """The baselines, from the newest documents of the ledger."""
    paths = newest_first(view.paths, REPORT)[:NEWEST]
    result, problems = Baselines(), []
    for path, document, problem in read_all(view, paths):
        if document is None:
            problems.append(problem)
            continue
        try:
            result = joined(result, of_document(path, document))
        except DocumentError as error:
            problems.append(str(error))
    return Known(result, tuple(problems))


def read_all(view: View, paths: Iterable[str]) -> Iterator[tuple[str, Document | None, str]]:
    """Each path with its document, or with what is wrong with it; one is in memory at a time."""
    return ((path, *_read(path, data)) for path, data in view.read(paths))


def _read(path: str, data: bytes | None) -> tuple[Document | None, str]:
    if data is None:
        return None, f"{path}: is too large, or not there"
    try:
        return read_document(path, data), ""
    except DocumentError as error:
        return None, str(error)


def of_document(path: str, document: Document) -> Baselines:
    """The baselines of one recorded report alone, as they are read back.

    Raises:
        DocumentError: its body is none of a report, or says what baselines cannot hold.
    """
    return decode(encode(Baselines((entry_of(path, document),), edges(line_of(document)))), path)


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


def badges_of(document: Document, own: Baselines, whole: Baselines) -> dict[str, bytes]:
    """The badges of a recorded report, by path; none where a newer one of its folder is recorded.

    Args:
        document: of the report.
        own: its baselines.
        whole: joined with those of all others.
    """
    (entry,) = own.entries
    if whole.of_scope(entry.scope)[-1].document != entry.document:
        return {}
    made = files(report_of(document.body.get("report"), where=document.path))
    folder = f"{entry.scope}/" if entry.scope else ""
    return {f"{folder}{n}": text.encode() for n, text in made.items() if is_badge(f"{folder}{n}")}


@dataclass(slots=True)
class Recorder:
    """Decides what recording a report writes on a view.

    Attributes:
        make: from the commits that are recorded already to the document; called once.
        problems: what was left out when it last decided.
    """

    make: Callable[[Baselines], Document]
    problems: Sequence[str] = field(default=())
    _document: Document | None = None

    def __call__(self, view: View) -> Update | None:
        """The update; None when the report is recorded already."""
        found = known(view)
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
    def document(self) -> Document:
        """What was recorded."""
        if self._document is None:
            raise AssertionError("nothing was recorded yet")
        return self._document
