"""What the commands say of a ledger, as data and as lines. Pure but for the view that is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sluicegate.errors import UsageError
from sluicegate.evidence.json_file import mapping, text
from sluicegate.ledger.documents import REPORT, Document, DocumentError, place_of
from sluicegate.ledger.interface import View
from sluicegate.ledger.recording import WHERE, read_all
from sluicegate.ledger.tree import about
from sluicegate.ledger.verify import Verified
from sluicegate.ledger.wire_fields import decode
from sluicegate.ledger.writing import Recorded
from sluicegate.text import plural


@dataclass(frozen=True, slots=True)
class Row:
    """One document of the log; what only the baselines know is empty beyond their end."""

    day: str
    kind: str
    key: str
    at: str
    status: str
    scope: str

    @property
    def line(self) -> str:
        """`2026-11-21T12:00:00Z  report  4f1c2d9e0a12  PASS  services/api`."""
        words = (self.at or self.day, self.kind, self.key[:12], self.status, self.scope)
        return "  ".join(w for w in words if w)

    def as_json(self) -> dict[str, str]:
        """The same as JSON values."""
        return {"day": self.day, "kind": self.kind, "key": self.key, "at": self.at, "status": self.status,
                "scope": self.scope}  # fmt: skip


def rows(view: View, limit: int) -> list[Row]:
    """The newest documents, newest first."""
    known = {}
    try:
        known = {e.document: e for e in decode(view.baselines, WHERE).entries} if view.baselines else {}
    except DocumentError:
        known = {}
    found = []
    for place in filter(None, map(place_of, view.paths)):
        entry = known.get(place.digest)
        at, status, scope = (entry.at, entry.status, entry.scope) if entry else ("", "", "")
        found.append(Row(place.day.isoformat(), place.kind, place.key, at, status, scope))
    return sorted(found, key=lambda r: (r.day, r.at, r.key), reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class Found:
    """A recorded report, where it stands, and how many others are of the same commit."""

    path: str
    report: Mapping[str, object]
    others: int


def report_about(view: View, key: str, scope: str) -> Found:
    """The report that was recorded last of a commit; of this scope, where there is one.

    Raises:
        UsageError: none is recorded, or the name begins several.
        DocumentError: those that are cannot be read.
    """
    paths = about(view.paths, REPORT, key) if len(key) >= 4 else []
    keys = {p.key for p in map(place_of, paths) if p is not None}
    if len(keys) > 1:
        raise UsageError(f"{len(keys)} recorded commits begin with it", where=key, remedy="Write more of it.")
    if not paths:
        raise UsageError(
            "no report of this commit is recorded", where=key[:64],
            remedy="`sluicegate ledger log` lists what is.",
        )  # fmt: skip
    path, document = _last(view, paths, scope)
    return Found(path, mapping(document.body.get("report")), len(paths) - 1)


def _last(view: View, paths: list[str], scope: str) -> tuple[str, Document]:
    """The newest readable document; of this scope, where there is one."""
    read = list(read_all(view, paths))
    good = [(path, document) for path, document, _ in read if document is not None]
    if not good:
        raise DocumentError(read[-1][2])
    own = [d for d in good if text(d[1].body.get("scope")) == scope] or good
    return max(own, key=lambda d: (d[1].at, d[0]))


def recorded_line(done: Recorded, store: str) -> str:
    """What was recorded."""
    tries = f" after {done.written.attempts} attempts" if done.written.attempts > 1 else ""
    return f"recorded the report of {done.document.key[:12]} in {store}{tries}"


def verified_line(result: Verified) -> str:
    """What was verified."""
    commits = f"{plural(result.commits, 'commit')}, " if result.commits else ""
    pruned = (
        f"; pruned {plural(len(result.pruned), 'time')}, last at {result.pruned[-1][:12]}"
        if result.pruned
        else ""
    )
    verdict = plural(len(result.problems), "problem") if result.problems else "all is well"
    return f"{commits}{plural(result.documents, 'document')}{pruned}: {verdict}"
