"""What the engines found in files whose content has not changed since.

One file of results for each checkout and set of engines, below the user's own cache folder and
never below the checkout, where a pull request could write it. A result is found again by the
path and the SHA-256 of the bytes that the engines read; the file's own name is a digest of all
else that decides a result: engines, versions, settings, checks. So nothing ever goes stale, and a
warm run gives what a cold one gives.

Concurrent runs are safe, because a file is replaced as a whole: the last one wins, and both are
right. A file that is damaged, foreign or unreadable, a link or no file, and a
result of another shape, count as absent, and a disk that is full
costs only the speed. At most `_MAX_FILES` of `_MAX_BYTES` each are kept, the least recently used
ones are deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sluicegate
from sluicegate.core.model import Problem
from sluicegate.engines import bandit, complexity, docs
from sluicegate.engines.interface import read_source
from sluicegate.engines.worker import BaseVersion, FileResult, FileTask, WorkerJob
from sluicegate.runtime.files import read_whole, write_whole

_MAX_BYTES = 64 * 1024**2
_MAX_FILES = 24
_SUFFIX = ".results"
_DIGEST_BYTES = 64


@dataclass(slots=True)
class CachedResults:
    """The kept results of one job. Make it with `load`."""

    root: Path
    path: Path | None
    kept: dict[str, list[Any]]

    @classmethod
    def load(cls, place: Path | None, job: WorkerJob, checks: str) -> CachedResults:
        """What earlier runs of the same job kept; nothing without a place.

        Args:
            place: the folder; None keeps nothing.
            job: its root, engines and settings are part of the key.
            checks: what bandit's checks are, in text; see `Scanner.signature`.
        """
        if place is None:
            return cls(job.root, None, {})
        path = place / (_key(job, checks) + _SUFFIX)
        return cls(job.root, path, _read(path))

    def recall(self, task: FileTask) -> FileResult | None:
        """The outcome of a task whose file has the content of an earlier run, else None.

        Files that the change touches are always looked at anew.
        """
        entry = self.kept.get(task.path)
        if entry is None or task.against is BaseVersion.BASE or not _is_entry(entry):
            return None
        data = read_source(self.root, task.path)
        if isinstance(data, Problem) or hashlib.sha256(data).hexdigest() != entry[0]:
            return None
        return _outcome(task, entry)

    def keep(self, outcomes: Iterable[FileResult], analysed: Iterable[FileTask]) -> None:
        """Keep the outcomes of untouched files, in place of what was kept; best effort.

        Args:
            outcomes: all of a run, recalled ones too.
            analysed: the tasks that were not recalled; rows of what the change touches speak of the base.
        """
        if self.path is None:
            return
        kept = {o.path: _entry(o) for o in _untouched(outcomes, analysed)}
        if all(self._digest(path) == entry[0] for path, entry in kept.items()):
            return
        body = json.dumps(kept, separators=(",", ":")).encode()
        if len(body) <= _MAX_BYTES:
            _write(self.path, hashlib.sha256(body).hexdigest().encode() + body)

    def _digest(self, path: str) -> str:
        """Of the file as an earlier run saw it; empty for one that it did not keep."""
        entry = self.kept.get(path)
        return str(entry[0]) if isinstance(entry, list) and entry else ""


def _untouched(outcomes: Iterable[FileResult], analysed: Iterable[FileTask]) -> Iterator[FileResult]:
    """The whole outcomes of files that the change does not touch."""
    touched = {task.path for task in analysed if task.against is BaseVersion.BASE}
    for outcome in outcomes:
        if outcome.path not in touched and outcome.digest and not outcome.problem:
            yield outcome


def _entry(outcome: FileResult) -> list[Any]:
    """An outcome as JSON, without its data about a base."""
    functions = [row[:4] for row in outcome.functions]
    names = [row[:4] for row in outcome.names]
    return [outcome.digest, functions, names, outcome.issues, outcome.failures]


def _outcome(task: FileTask, entry: list[Any]) -> FileResult:
    digest, functions, names, issues, failures = entry
    same = task.against is BaseVersion.ITSELF
    return FileResult(
        task.path,
        digest=digest,
        functions=[complexity.alone(*row, same=same) for row in functions],
        names=[docs.alone(*row, same=same) for row in names],
        issues=[(bandit.Issue(*issue), mark) for issue, mark in issues],
        failures=failures,
    )


def _key(job: WorkerJob, checks: str) -> str:
    """A digest of everything but the sources that decides an outcome."""
    settings = job.bandit
    config = _content(settings.config_file) if settings and settings.config_file else ""
    versions = (sluicegate.__version__, sys.version, platform.machine(), version("bandit"))
    parts = (
        os.path.realpath(job.root),
        job.complexity,
        job.docs,
        settings,
        config,
        checks,
        versions,
        _code(),
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _content(name: str) -> str:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _code() -> list[tuple[str, int, int]]:
    """Our own sources as they are now: in a clone they change without a new version."""
    own = Path(__file__).parent
    files = sorted((*own.glob("*.py"), *(own.parent / "evidence" / "findings").glob("*.py")))
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def _read(path: Path) -> dict[str, list[Any]]:
    """The entries of a file of results; none when it is not whole."""
    data = read_whole(path, _MAX_BYTES + _DIGEST_BYTES) or b""
    digest, body = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return {}
    try:
        kept = json.loads(body)
        os.utime(path)
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


_FUNCTION: tuple[type, ...] = (str, int, int, int)
_NAME: tuple[type, ...] = (str, str, int, bool)
_ISSUE: tuple[type, ...] = (str, str, str, int, str, str, int, int)
_SEVERITIES = frozenset({"HIGH", "MEDIUM", "LOW", "UNDEFINED"})
_MOST = 10**9
"""No line, and no complexity, is as large."""


def _is_entry(entry: object) -> bool:
    """Is it what `_entry` makes? A correct digest only shows that the file is complete."""
    match entry:
        case [str(), list(functions), list(names), list(issues), int(failures)]:
            return (
                0 <= failures < _MOST
                and all(_fits(row, _FUNCTION) for row in functions)
                and all(_fits(row, _NAME) for row in names)
                and all(map(_is_issue, issues))
            )
    return False


def _is_issue(pair: object) -> bool:
    match pair:
        case [[str(), str(severity), str(confidence), *_] as issue, str()]:
            return _fits(issue, _ISSUE) and severity in _SEVERITIES and confidence in _SEVERITIES
    return False


def _fits(row: object, types: tuple[type, ...]) -> bool:
    if not isinstance(row, list) or tuple(map(type, row)) != types:
        return False
    return all(0 <= field < _MOST for field in row if type(field) is int)


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data, 0o600)
        _prune(path.parent)
    except OSError:
        return  # a full disk, or a folder that is not ours to write: the next run is a cold one


def _prune(place: Path) -> None:
    """Delete all but the most recently used files."""
    files = sorted(place.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-_MAX_FILES]:
        file.unlink(missing_ok=True)
