"""The log and reports of a ledger, as data and as lines for people. Pure but for reading the view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report
from sluicegate.core.text import plural
from sluicegate.history.entries import Entry
from sluicegate.ledger.documents import REPORT, Document, DocumentError, DocumentPath, of_kind, parse_path
from sluicegate.ledger.interface import View
from sluicegate.ledger.record import Recorded
from sluicegate.ledger.recording import LATEST, read_checked, stored
from sluicegate.ledger.verify import Verified
from sluicegate.ledger.writing import RecordResult
from sluicegate.report.document import report_of

MAX_READ = 100
"""Documents that the log reads itself, of those that the baselines lack."""


@dataclass(frozen=True, slots=True)
class Row:
    """One document of the log."""

    day: str
    kind: str
    key: str
    at: str = ""
    status: str = ""
    scope: str = ""

    @property
    def line(self) -> str:
        """`2026-11-21T12:00:00Z  report  4f1c2d9e0a12  PASS  services/api`."""
        words = (self.at or self.day, self.kind, self.key[:12], self.status, self.scope)
        return "  ".join(w for w in words if w)

    def as_json(self) -> dict[str, str]:
        """The same as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Log:
    """The newest documents, newest first, their total number, and what was left out and why."""

    rows: tuple[Row, ...]
    total: int
    problems: tuple[str, ...]


def log(view: View, limit: int, until: str = LATEST) -> Log:
    """The newest documents. Those that the baselines lack are read, the newest `MAX_READ` of them.

    No document can have a time after `until`.

    Raises:
        UnreachableError: documents could not be fetched.
    """
    recorded, why = stored(view)
    problems = [*view.lost, *filter(None, [why])]
    known = _by_document(recorded.entries if recorded else ())
    places = sorted(filter(None, map(parse_path, view.paths)), key=lambda p: (p.day, p.path), reverse=True)
    unknown = [p.path for p in places[: limit + MAX_READ] if p.digest not in known and p.kind == REPORT]
    bad: set[str] = set()
    for path, _, own in read_checked(view, unknown[:MAX_READ], until):
        if isinstance(own, str):
            problems.append(own)
            bad.add(path)
        else:
            known.update(_by_document(own.entries))
    rows = [_row(p, known.get(p.digest)) for p in places if p.path not in bad]
    rows.sort(key=lambda r: (r.day, r.at, r.key), reverse=True)
    return Log(tuple(rows[:limit]), len(rows), tuple(problems))


def _row(place: DocumentPath, entry: Entry | None) -> Row:
    about = (entry.at, entry.status, entry.scope) if entry else ()
    return Row(place.day.isoformat(), place.kind, place.key, *about)


def _by_document(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {e.document: e for e in entries}


@dataclass(frozen=True, slots=True)
class FoundReport:
    """A recorded report, its path, and the number of others of the same commit."""

    path: str
    report: Report
    others: int


def report_about(view: View, key: str, scope: str, until: str = LATEST) -> FoundReport:
    """The last recorded report of a commit, of this scope if possible.

    Raises:
        UsageError: none is recorded, or several commits begin with the name.
        DocumentError: the recorded ones cannot be read.
    """
    paths = of_kind(view.paths, REPORT, key) if len(key) >= 4 else []
    keys = {p.key for p in map(parse_path, paths) if p is not None}
    if len(keys) > 1:
        raise UsageError(f"{len(keys)} recorded commits begin with it", where=key, remedy="Write more of it.")
    if not paths:
        raise UsageError(
            "no report of this commit is recorded", where=key[:64],
            remedy="`sluicegate ledger log` lists what is.",
        )  # fmt: skip
    path, document = _last(view, paths, scope, until)
    return FoundReport(path, report_of(document.body.report, path), len(paths) - 1)


def _last(view: View, paths: list[str], scope: str, until: str) -> tuple[str, Document[Recorded]]:
    """The newest valid document, of this scope if possible.

    Raises:
        DocumentError: no document is valid.
    """
    good: list[tuple[str, Document[Recorded]]] = []
    why = ""
    for path, document, own in read_checked(view, paths, until):
        if document is None or isinstance(own, str):
            why = str(own)
        else:
            good.append((path, document))
    if not good:
        raise DocumentError(why.rstrip("."))
    own_scope = [d for d in good if d[1].body.scope == scope] or good
    return max(own_scope, key=lambda d: (d[1].at, d[0]))


def recorded_line(done: RecordResult, store: str) -> str:
    """The result of recording, for people."""
    tries = f" after {done.written.attempts} attempts" if done.written.attempts > 1 else ""
    return f"recorded the report of {done.document.key[:12]} in {store}{tries}"


def verified_line(result: Verified) -> str:
    """The result of verifying, for people."""
    commits = f"{plural(result.commits, 'commit')}, " if result.commits else ""
    times = plural(len(result.pruned), "time")
    pruned = f"; pruned {times}, last at {result.pruned[-1][:12]}" if result.pruned else ""
    verdict = plural(len(result.problems), "problem") if result.problems else "all is well"
    return f"{commits}{plural(result.documents, 'document')}{pruned}: {verdict}"
