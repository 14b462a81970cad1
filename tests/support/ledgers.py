"""Small languages for ledgers: entries, documents, and repositories that hold one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from sluicegate.core.model import Better, Commit, Measure, PolicyRef, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.git import Git, open_repository
from sluicegate.git.remote import remote_of
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger.documents import Document, path_of, register
from sluicegate.ledger.gitstore import GitStore, open_git_store
from sluicegate.ledger.interface import Patience, Refs, Update, View
from sluicegate.ledger.record import Recorded, report_document
from support.pullrequest import git as run_git
from support.templates import copied, refresh

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AT = "2026-11-21T12:00:00Z"


def sha(name: object) -> str:
    """A full object name for a short one."""
    return hashlib.sha1(str(name).encode(), usedforsecurity=False).hexdigest()


def total(percent: float | Fraction) -> Measure:
    """Total coverage."""
    return Measure("total", Fraction(percent), "%", Better.HIGHER)


def entry(commit: str, *, at: int = 0, scope: str = "", failed: str = "", **totals: float) -> Entry:
    """A recorded report of the commit `sha(commit)`: the total of each verdict, and cases that failed."""
    return Entry(
        document=sha(("entry", commit, at, scope))[:16],
        commit=sha(commit),
        tree=sha(("tree", commit)),
        committed=at,
        at=AT,
        scope=scope,
        status="PASS",
        measures={verdict: {"total": total(value)} for verdict, value in totals.items()},
        cases=tuple(Case(f"t::{name}", "tests/test_a.py", "failed") for name in failed.split()),
    )


def report(coverage: float = 80, commit: str = "", status: ReportStatus = ReportStatus.PASS) -> Report:
    """A report with one measure."""
    verdict = Verdict("coverage", GateStatus.PASS, True, "fine", measures={"total": total(coverage)})
    return Report(status, Commit(commit, commit), date(2026, 11, 21), PolicyRef("head", "p", ""), (verdict,))


def recorded(commit: object, *, at: str = AT, coverage: float = 80) -> Document[Recorded]:
    """The document of a report of `sha(commit)`."""
    name, tree = sha(commit), sha(("tree", commit))
    return report_document(report(coverage, name), name, at, tree=tree, committed=1_700_000_000, line=(name,))


@dataclass(frozen=True, slots=True)
class Note:
    """The body of a document that says hardly anything."""

    n: int = 0
    words: str = ""


NOTES = register("note", Note)
"""A kind of document for tests."""


@dataclass(frozen=True)
class Raw:
    """Bytes at the path that is theirs, as anybody can push them."""

    path: str
    data: bytes


def spoilt(document: Document[Any], change: Mapping[str, object], key: str = "") -> Raw:
    """A document with other values in its body, and perhaps under another key."""
    value: dict[str, Any] = json.loads(document.data)
    value |= {"body": {**value["body"], **change}, "key": key or document.key}
    data = json.dumps(value).encode()
    return Raw(path_of(document.kind, value["key"], document.at, data), data)


def note(key: str, at: str = AT, **body: Any) -> Document[Note]:
    """A note."""
    return Document(key, at, Note(**body))


@dataclass(frozen=True)
class Place:
    """A bare repository, and a clone that names it `origin`."""

    remote: Path
    work: Path

    @property
    def git(self) -> Git:
        """Git in the clone."""
        found = open_repository(self.work)
        assert found is not None
        return found

    @contextmanager
    def store(self, *, whole: bool = False, seconds: float = 30, ref: str = "") -> Iterator[GitStore]:
        """The store on the remote."""
        refs = Refs(ref) if ref else Refs()
        remote = remote_of(self.git, "origin", os.environ)
        patience = Patience(seconds, sleep=lambda _s: None)
        with open_git_store(self.git, remote, refs, patience=patience, whole=whole) as store:
            yield store

    def add(self, *documents: Document[Any] | Raw, baselines: bytes | None = None) -> int:
        """Write documents; how many attempts it took."""
        with self.store() as store:
            return store.update(adding(*documents, baselines=baselines)).attempts

    def at_remote(self, *arguments: str) -> str:
        """Git in the bare repository."""
        return run_git(self.remote, *arguments)


class adding:  # noqa: N801 - reads as a verb: `store.update(adding(document))`
    """Decides to add documents that are not there yet; calls `before` first, to let others write."""

    def __init__(self, *documents: Document[Any] | Raw, baselines: bytes | None = None) -> None:
        self.documents, self.baselines = documents, baselines

    def __call__(self, view: View) -> Update | None:
        add = {d.path: d.data for d in self.documents if d.path not in view.paths}
        return Update(add, "add", baselines=self.baselines) if add else None


def place(root: Path, files: Mapping[str, str] | None = None, *documents: Document[Any]) -> Place:
    """A new place below `root`, with a first commit on `main`, and a ledger of the documents if any."""
    contents = files or {"a.txt": "1\n"}
    key = ("place", *contents.items(), *(d.path for d in documents))
    copied(key, root, lambda folder: _placed(folder, contents, documents))
    made = Place(root / "remote.git", root / "work")
    run_git(made.work, "remote", "set-url", "origin", made.remote.as_uri())
    refresh(made.work)
    return made


def _placed(root: Path, files: Mapping[str, str], documents: Sequence[Document[Any]]) -> None:
    remote, work = root / "remote.git", root / "work"
    work.mkdir(parents=True)
    run_git(root, "init", "--quiet", "--bare", str(remote))
    run_git(work, "init", "--quiet")
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text, encoding="utf-8")
    run_git(work, "remote", "add", "origin", remote.as_uri())
    commit(work, "begin")
    run_git(work, "push", "--quiet", "origin", "HEAD:refs/heads/main")
    run_git(work, "fetch", "--quiet", "origin")
    for document in documents:
        Place(remote, work).add(document)


def commit(work: Path, message: str) -> str:
    """Commit everything; the commit."""
    run_git(work, "add", "--all")
    run_git(work, "commit", "--quiet", "--allow-empty", "-m", message)
    return run_git(work, "rev-parse", "HEAD")
