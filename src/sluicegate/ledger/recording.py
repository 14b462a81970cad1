"""Recording: adds a report to the ledger and its baselines. Decides on views; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sluicegate.ledger.baselines import MAX_BASELINES, MAX_ENTRIES, MAX_ITEMS, Baselines, joined, latest, size
from sluicegate.ledger.documents import REPORT, Document, DocumentError, of_kind, parse_path, read_document
from sluicegate.ledger.fastimport import is_badge
from sluicegate.ledger.interface import Update, View
from sluicegate.ledger.record import Recorded, baselines_of
from sluicegate.ledger.wire import encode
from sluicegate.ledger.wire_read import decode
from sluicegate.report.badges import files
from sluicegate.report.document import report_of

WHERE = "baselines"

NEWEST = MAX_ENTRIES
"""Number of documents that a rebuild of the baselines reads."""

LATEST = "9999-12-31T23:59:59Z"
"""The latest time that the format of documents can express."""

MAX_VALUES = 3_000_000
"""Measures and names of test cases in rebuilt baselines, which hostile documents could unfold to."""

MAX_PROBLEMS = 1000
"""Documents that a rebuild leaves out before it stops."""


@dataclass(frozen=True, slots=True)
class Known:
    """The baselines, None when they cannot be read and must not be overwritten; and why what was left out."""

    baselines: Baselines | None
    problems: tuple[str, ...] = ()


def stored(view: View) -> tuple[Baselines | None, str]:
    """The baselines beside a ledger, None without; and why they cannot be read, empty where they can."""
    data = view.baselines
    try:
        return (None if data is None else decode(data, WHERE)), ""
    except DocumentError as error:
        return None, str(error)


def known(view: View, until: str = LATEST) -> Known:
    """The baselines of a view; rebuilt where documents exist without them."""
    found, why = stored(view)
    if why:
        return Known(None, (*view.lost, why))
    return rebuilt(view, until) if found is None and view.paths else Known(found or Baselines(), view.lost)


def rebuilt(view: View, until: str = LATEST) -> Known:
    """The baselines, rebuilt from the newest valid documents of the ledger, and the others' problems.

    A document with a time after `until` has a wrong clock, and would be the newest for years.
    """
    paths = of_kind(view.paths, REPORT)[::-1]
    late = [p for p in paths if is_late(p, until)]
    made = _Rebuild([*view.lost, *(future_problem(p) for p in late)])
    batches = (paths[n : n + NEWEST] for n in range(len(late), len(paths), NEWEST))
    for path, _, own in chain.from_iterable(read_checked(view, batch, until) for batch in batches):
        made.add(path, own)
        if made.count >= NEWEST or len(made.problems) >= MAX_PROBLEMS:
            break
    return Known(made.result, tuple(made.problems))


@dataclass(slots=True)
class _Rebuild:
    """Growing baselines, within what fits into memory."""

    problems: list[str]
    result: Baselines = field(default_factory=Baselines)
    count: int = 0

    def add(self, path: str, own: Baselines | str) -> None:
        if isinstance(own, str):
            self.problems.append(own)
            return
        more = joined(self.result, own)
        if sum(map(size, more.entries)) > MAX_VALUES:
            self.problems.append(f"{path}: is left out, since all have more than {MAX_VALUES:,} values")
            return
        self.result, self.count = more, self.count + 1


def is_late(path: str, until: str) -> bool:
    """Is the day in a document's path after this time?"""
    place = parse_path(path)
    return place is not None and place.day.isoformat() > until[:10]


def future_problem(path: str) -> str:
    """The problem of a document that is dated in the future."""
    return f"{path}: is dated in the future. It is left out; the clock that recorded it was wrong."


def checked(path: str, document: Document[Recorded], until: str = LATEST) -> Baselines | str:
    """The baselines of one recorded report alone, or its problem."""
    if document.at > until:
        return future_problem(path)
    try:
        return of_document(path, document)
    except DocumentError as error:
        return str(error)


def read_all(view: View, paths: Iterable[str]) -> Iterator[tuple[str, Document[Any] | None, str]]:
    """Each path with its document or its problem; one document is in memory at a time."""
    return ((path, *_read(path, data)) for path, data in view.read(paths))


def read_checked(
    view: View, paths: Iterable[str], until: str
) -> Iterator[tuple[str, Document[Recorded] | None, Baselines | str]]:
    """Each path of a report with its document, and the baselines of it alone or its problem."""
    for path, document, problem in read_all(view, paths):
        yield path, document, problem if document is None else checked(path, document, until)


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
        DocumentError: its body is not a report, or has what baselines cannot hold.
    """
    return decode(encode(baselines_of(path, document)), path)


def readable(baselines: Baselines) -> bytes:
    """The bytes of baselines, reduced to the limits of readers."""
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
    """The badges of a recorded report, by path; empty where a newer one of its folder is recorded.

    `own` are its baselines, `whole` those joined with all others.
    """
    (entry,) = own.entries
    if whole.of_scope(entry.scope)[-1].document != entry.document:
        return {}
    made = files(report_of(document.body.report, document.path))
    folder = f"{entry.scope}/" if entry.scope else ""
    return {f"{folder}{n}": text.encode() for n, text in made.items() if is_badge(f"{folder}{n}")}


@dataclass(slots=True)
class Recorder:
    """Decides what recording a report writes for a view, and what that leaves out.

    `make` builds the document from the recorded baselines, once; `until` as for `rebuilt`.
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
        """The recorded document."""
        if self._document is None:
            raise AssertionError("nothing was recorded yet")
        return self._document
