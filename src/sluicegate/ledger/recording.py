"""Recording: reads the baselines beside the ledger, adds a report to both. Decides on views; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sluicegate.ledger.baselines import Baselines, edges, joined
from sluicegate.ledger.documents import REPORT, Document, DocumentError, place_of, read_document
from sluicegate.ledger.interface import Update, View
from sluicegate.ledger.record import NEWEST, entry_of, line_of
from sluicegate.ledger.tree import newest_first
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_fields import decode

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


def read_all(view: View, paths: Iterable[str]) -> list[tuple[str, Document | None, str]]:
    """Each path with its document, or with what is wrong with it."""
    wanted = list(paths)
    content = view.read(wanted)
    return [(path, *_read(path, content.get(path))) for path in wanted]


def _read(path: str, data: bytes | None) -> tuple[Document | None, str]:
    if data is None:
        return None, f"{path}: is too large, or not there"
    try:
        return read_document(path, data), ""
    except DocumentError as error:
        return None, str(error)


def of_document(path: str, document: Document) -> Baselines:
    """The baselines of one recorded report alone.

    Raises:
        DocumentError: its body is none of a report.
    """
    return Baselines((entry_of(path, document),), edges(line_of(document)))


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
        place = place_of(path)
        if place is None:
            raise AssertionError("a document of ours has a path")
        in_baselines = found.baselines is None or any(
            e.document == place.digest for e in found.baselines.entries
        )
        if path in view.paths and in_baselines:
            return None
        baselines = None
        if found.baselines is not None:
            baselines = encode(joined(found.baselines, of_document(path, document)))
        add = {} if path in view.paths else {path: data}
        return Update(add, f"report {document.key[:12]}", baselines=baselines)

    @property
    def document(self) -> Document:
        """What was recorded."""
        if self._document is None:
            raise AssertionError("nothing was recorded yet")
        return self._document
