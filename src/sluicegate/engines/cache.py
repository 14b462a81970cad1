"""What the engines found in files whose content has not changed since.

One file of results for each checkout and set of engines, below the user's own cache folder and never
below the checkout, where a pull request could write it. A result is found by path and SHA-256 of the bytes
that the engines read; the file's name is a digest of all else that decides it: engines, versions, settings,
checks. So a warm run gives what a cold one gives.

A file is replaced as a whole, so of concurrent runs the last wins. One that is damaged, foreign, unreadable
or no file, and a result of another shape, count as absent; a full disk costs only the speed. At most
`_MAX_FILES` of `_MAX_BYTES` each are kept, the most recently used ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeGuard

import sluicegate
from sluicegate.core.model import Finding, Problem, Severity
from sluicegate.engines.complexity import Compared
from sluicegate.engines.interface import read_source
from sluicegate.engines.own_rules import tool_of
from sluicegate.engines.worker import BaseVersion, FileResult, FileTask, WorkerJob
from sluicegate.evidence.analysed import FunctionComplexity, FunctionState, PublicName
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
        if task.against is BaseVersion.BASE or not _is_entry(entry):
            return None
        data = read_source(self.root, task.path)
        if isinstance(data, Problem) or hashlib.sha256(data).hexdigest() != entry[0]:
            return None
        return _outcome(task.path, entry, same=task.against is BaseVersion.ITSELF)

    def keep(self, outcomes: Iterable[FileResult], analysed: Sequence[FileTask]) -> None:
        """Keep the outcomes of untouched files, in place of what was kept; best effort.

        Args:
            outcomes: all of a run, recalled ones too.
            analysed: the tasks that were not recalled; rows of what the change touches speak of the base.
        """
        if self.path is None:
            return
        touched = {task.path for task in analysed if task.against is BaseVersion.BASE}
        kept = {o.path: _entry(o) for o in outcomes if o.path not in touched and not o.problem}
        if kept.keys().isdisjoint(map(attrgetter("path"), analysed)):
            return
        body = json.dumps(kept, separators=(",", ":")).encode()
        if len(body) <= _MAX_BYTES:
            _write(self.path, hashlib.sha256(body).hexdigest().encode() + body)


def _entry(outcome: FileResult) -> list[Any]:
    """An outcome as JSON, without its data about a base."""
    functions = [(f.name, f.line, f.end_line, f.complexity) for f in outcome.compared.functions]
    names = [(n.name, n.kind, n.line, n.documented) for n in outcome.names]
    issues = [
        (i.rule, i.severity, i.message, i.line, i.end_line, i.fingerprint, i.help) for i in outcome.issues
    ]
    return [outcome.digest, functions, names, issues, outcome.failures]


def _outcome(path: str, entry: list[Any], *, same: bool) -> FileResult:
    """The outcome of a file that is compared with itself (`same`), or with nothing."""
    digest, functions, names, issues, failures = entry
    state, new = (FunctionState.SAME, False) if same else (None, None)
    return FileResult(
        path,
        digest=digest,
        compared=Compared(
            [
                FunctionComplexity(path, name, line, end, value, value if same else None, state)
                for name, line, end, value in functions
            ]
        ),
        names=[
            PublicName(path, name, kind, line, known, new, known if same else None)
            for name, kind, line, known in names
        ],
        issues=[
            Finding(
                rule, Severity(level), what, path, line, end, fingerprint=mark, tool=tool_of(rule), help=url
            )
            for rule, level, what, line, end, mark, url in issues
        ],
        failures=failures,
    )


def _key(job: WorkerJob, checks: str) -> str:
    """A digest of everything but the sources that decides an outcome."""
    settings = job.bandit
    config = _content(settings.config_file) if settings and settings.config_file else ""
    versions = (sluicegate.__version__, sys.version, platform.machine(), version("bandit"), _code())
    parts = (os.path.realpath(job.root), job.complexity, job.docs, settings, config, checks, versions)
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


_FUNCTION = (str, int, int, int)
_NAME = (str, str, int, bool)
_ISSUE = (str, str, str, int, int, str, str)
_MOST = 10**9
"""No line, and no complexity, is as large."""


def _is_entry(entry: object) -> TypeGuard[list[Any]]:
    """Is it what `_entry` makes? A correct digest only shows that the file is complete."""
    match entry:
        case [str(), list(functions), list(names), list(issues), int(failures)]:
            return (
                _fits([failures], (int,))
                and all(_fits(row, _FUNCTION) for row in functions)
                and all(_fits(row, _NAME) for row in names)
                and all(_fits(row, _ISSUE) and row[1] in set(Severity) for row in issues)
            )
    return False


def _fits(row: object, types: tuple[type, ...]) -> TypeGuard[list[Any]]:
    if not isinstance(row, list) or tuple(map(type, row)) != types:
        return False
    return all(0 <= field < _MOST for field in row if type(field) is int)


def _write(path: Path, data: bytes) -> None:
    """Write a file, and delete all but the most recently used ones."""
    try:
        write_whole(path, data, 0o600)
        files = sorted(path.parent.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime_ns)
        for file in files[:-_MAX_FILES]:
            file.unlink(missing_ok=True)
    except OSError:
        return  # a full disk, or a folder that is not ours to write: the next run is a cold one
