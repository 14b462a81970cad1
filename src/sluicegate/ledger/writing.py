"""Recording a report and pruning, on any store: what the commands and the Action's steps share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sluicegate import __version__
from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report
from sluicegate.git import Git
from sluicegate.ledger.baselines import Baselines, nearest
from sluicegate.ledger.documents import (
    Document,
    Paths,
    Pruning,
    is_over,
    kept,
    stamp,
    told_together,
)
from sluicegate.ledger.fetching import ancestors
from sluicegate.ledger.gitstore import GitStore
from sluicegate.ledger.interface import LedgerStore, Update, UpdateResult, View
from sluicegate.ledger.local import known_line, scope_of
from sluicegate.ledger.record import Recorded, cases_of, report_document
from sluicegate.ledger.recording import Recorder, readable, rebuilt

_MAX_PATHS = 500
_NO_FILES = ("040000", "160000")
_UNLINKED = 50
"""First parents to record where no report of them is recorded yet."""

_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The result of recording: the document, the update, and what was left out."""

    document: Document[Recorded]
    written: UpdateResult
    problems: tuple[str, ...]


def record(store: LedgerStore, git: Git, report: Report, now: Callable[[], datetime]) -> RecordResult:
    """Record a report of a commit that the clone has.

    Raises:
        UsageError: this clone does not have the commit.
        WorldError: as `LedgerStore.update`.
    """
    about = report.commit.tested
    moment = stamp(now().astimezone(UTC))

    def make(baselines: Baselines) -> Document[Recorded]:
        entries = baselines.of_scope(scope_of(git))
        line = _line(store, git, about, baselines)
        paths = {c.path for c in cases_of(report)}
        paths.update(c.path for e in entries for c in e.cases)
        return _document(report, git, line, paths, moment)

    recorder = Recorder(make, latest_time(now()))
    written = store.update(recorder)
    return RecordResult(recorder.document, written, tuple(recorder.problems))


def _document(
    report: Report, git: Git, line: Sequence[str], paths: Iterable[str], moment: str
) -> Document[Recorded]:
    """The document of a report, with the facts of its commit and the object names of these files in it."""
    about = report.commit.tested
    commit = git.commit(about) if about else ""
    if not commit:
        raise UsageError(
            "the commit of the report is not in this clone", where=about,
            remedy="Record where the commit was judged, with the checkout of that time.",
        )  # fmt: skip
    tree, _, committed = git.text("show", "--no-patch", "--format=%T %ct", commit, "--").partition(" ")
    wanted = sorted({p for p in paths if p and not p.startswith("/")})[:_MAX_PATHS]
    found = git.entries(commit, wanted).items()
    return report_document(
        report, commit, moment, tree=tree, committed=int(committed) if committed.isdigit() else 0, line=line,
        scope=scope_of(git), code={path: name for path, (mode, name) in found if mode not in _NO_FILES},
    )  # fmt: skip


def _line(store: LedgerStore, git: Git, commit: str, baselines: Baselines) -> tuple[str, ...]:
    """The first parents of a commit up to the nearest recorded one; missing ones are fetched."""
    recorded = {e.commit for e in baselines.entries} - {commit}
    found = known_line(git, commit, baselines.parents)
    distance = nearest(found.commits, recorded)
    if distance < 0 and recorded and not found.whole and isinstance(store, GitStore):
        more = ancestors(store, commit)
        found = more if len(more.commits) > len(found.commits) else found
        distance = nearest(found.commits, recorded)
    return found.commits[: distance + 1] if distance >= 0 else found.commits[: _UNLINKED + 1]


def latest_time(now: datetime) -> str:
    """The latest valid time of a document: clocks of recording machines differ by less than a day."""
    return stamp(now.astimezone(UTC) + timedelta(days=1))


def rebuild(store: LedgerStore, now: Callable[[], datetime]) -> tuple[UpdateResult, tuple[str, ...]]:
    """Rebuild the baselines from the documents; returns what was left out, too.

    Raises:
        WorldError: as `LedgerStore.update`.
    """
    problems: list[str] = []
    until = latest_time(now())

    def decide(view: View) -> Update | None:
        found = rebuilt(view, until)
        problems[:] = found.problems
        new = readable(found.baselines or Baselines())
        return None if new == view.baselines else Update({}, "rebuild the baselines", baselines=new)

    written = store.update(decide)
    return written, tuple(problems)


def parse_days(words: str) -> int:
    """`400d` as a number of days.

    Raises:
        UsageError: it is not a number of days.
    """
    match = _DAYS.fullmatch(words.strip())
    if match is None:
        raise UsageError("not a number of days", where=f"--keep {words[:40]}",
                         remedy="Write it with a d, for example --keep 400d.")  # fmt: skip
    return int(match[1])


@dataclass(frozen=True, slots=True)
class Pruned:
    """The result of pruning: numbers of removed and kept documents, the first day that is kept, and what
    could not be read, so that it is removed too."""

    removed: int
    kept: int
    first: date
    written: UpdateResult
    problems: tuple[str, ...] = ()


def _stay(view: View, first: date) -> Paths:
    """What pruning keeps: what is young, and all of a subject that is not over or has young documents."""
    young = kept(view.paths, first)
    stay = set(young)
    for (kind, _), paths in told_together(view.paths).items():
        if not young.isdisjoint(paths) or not is_over(kind, view.read(paths)):
            stay.update(paths)
    return frozenset(stay)


def prune(store: LedgerStore, days: int, now: Callable[[], datetime], *, dry: bool = False) -> Pruned:
    """Remove documents that were recorded more than `days` ago; those of an ended rollout together.

    A new chain starts with the kept documents and one that names the old tip. A concurrent writer
    writes again on the new chain: nothing of it is lost, and nothing pruned comes back. A dry run writes
    nothing, and is refused where the real one would be.

    Raises:
        WorldError: as `LedgerStore.update`.
    """
    moment = now().astimezone(UTC)
    first = moment.date() - timedelta(days=days)
    counts = [0, 0]
    lost: list[str] = []

    def decide(view: View) -> Update | None:
        lost[:] = view.lost
        stay = _stay(view, first)
        counts[:] = [len(view.paths) - len(stay), len(stay)]
        if len(stay) == len(view.paths):
            return None
        body = Pruning(view.tip, first, counts[0], counts[1])
        document = Document(view.tip or "0", stamp(moment), body, f"sluicegate {__version__}")
        message = f"prune {counts[0]} documents before {first}"
        return Update({document.path: document.data}, message, kept=stay)

    written = store.update(decide, dry=dry)
    return Pruned(counts[0], counts[1], first, written, tuple(lost))
