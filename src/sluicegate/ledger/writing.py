"""Recording a report and pruning, on any store: what the commands and the Action's steps share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sluicegate import __version__
from sluicegate.core.errors import UsageError
from sluicegate.core.model import Report
from sluicegate.git import Git
from sluicegate.ledger.baselines import Baselines, nearest
from sluicegate.ledger.documents import Document, Pruning, stamp
from sluicegate.ledger.facts import facts_of
from sluicegate.ledger.fetching import ancestors
from sluicegate.ledger.gitstore import GitStore
from sluicegate.ledger.interface import LedgerStore, Update, View, Written
from sluicegate.ledger.local import known_line, scope_of
from sluicegate.ledger.record import Recorded, cases_of, report_document
from sluicegate.ledger.recording import Recorder, made_anew, readable
from sluicegate.ledger.tree import kept

_UNLINKED = 50
"""First parents that are recorded where none of them is recorded yet."""

_DAYS: Final = re.compile(r"([1-9][0-9]{0,4})d")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of recording: the document, how often it had to be tried, and what was left out."""

    document: Document[Recorded]
    written: Written
    problems: tuple[str, ...]


def record(store: LedgerStore, git: Git, report: Report, now: Callable[[], datetime]) -> Done:
    """Record a report.

    Args:
        store: where to.
        git: in the judged folder, in a clone that has the commit.
        report: of a commit.
        now: the clock.

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
        return report_document(report, facts_of(git, about, line, paths), moment)

    recorder = Recorder(make, latest_time(now()))
    written = store.update(recorder)
    return Done(recorder.document, written, tuple(recorder.problems))


def _line(store: LedgerStore, git: Git, commit: str, baselines: Baselines) -> tuple[str, ...]:
    """The first parents of a commit up to the nearest that is recorded; asked for where they are missing."""
    recorded = {e.commit for e in baselines.entries} - {commit}
    found = known_line(git, commit, baselines.parents)
    distance = nearest(found.line, recorded)
    if distance < 0 and recorded and not found.whole and isinstance(store, GitStore):
        more = ancestors(store, commit)
        found = more if len(more.line) > len(found.line) else found
        distance = nearest(found.line, recorded)
    return found.line[: distance + 1] if distance >= 0 else found.line[: _UNLINKED + 1]


def latest_time(now: datetime) -> str:
    """The latest time that a document can be of: the clocks of those who record differ by less than a day."""
    return stamp(now.astimezone(UTC) + timedelta(days=1))


def rebuild(store: LedgerStore, now: Callable[[], datetime]) -> tuple[Written, tuple[str, ...]]:
    """Make the baselines anew from the documents; what was left out.

    Raises:
        WorldError: as `LedgerStore.update`.
    """
    problems: list[str] = []
    until = latest_time(now())

    def decide(view: View) -> Update | None:
        found = made_anew(view, until)
        problems[:] = found.problems
        new = readable(found.baselines or Baselines())
        return None if new == view.baselines else Update({}, "baselines made anew", baselines=new)

    written = store.update(decide)
    return written, tuple(problems)


def parse_days(words: str) -> int:
    """`400d` as a number of days.

    Raises:
        UsageError: it is none.
    """
    match = _DAYS.fullmatch(words.strip())
    if match is None:
        raise UsageError("not a number of days", where=f"--keep {words[:40]}",
                         remedy="Write it with a d, for example --keep 400d.")  # fmt: skip
    return int(match[1])


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of pruning: how many documents went and stayed, the first day that is kept, and what of the
    ledger could not be read, so that it goes too."""

    removed: int
    kept: int
    first: date
    written: Written
    problems: tuple[str, ...] = ()


def prune(store: LedgerStore, days: int, now: Callable[[], datetime], *, dry: bool = False) -> Pruned:
    """Take documents away that were recorded more than `days` ago.

    The ledger begins anew with what is kept, and with a document that names the old tip. Who writes
    at the same time writes again on the new beginning: nothing of theirs is lost, and nothing pruned
    comes back. Dry, nothing is written, and it is refused where the real one would be.

    Raises:
        WorldError: as `LedgerStore.update`.
    """
    moment = now().astimezone(UTC)
    first = moment.date() - timedelta(days=days)
    counts = [0, 0]
    lost: list[str] = []

    def decide(view: View) -> Update | None:
        lost[:] = view.lost
        stay = kept(view.paths, first)
        counts[:] = [len(view.paths) - len(stay), len(stay)]
        if len(stay) == len(view.paths):
            return None
        body = Pruning(view.tip, first, counts[0], counts[1])
        told = Document(view.tip, stamp(moment), body, f"sluicegate {__version__}")
        return Update({told.path: told.data}, f"prune {counts[0]} documents before {first}", kept=stay)

    written = store.update(decide, dry=dry)
    return Pruned(counts[0], counts[1], first, written, tuple(lost))
