"""The work on one file: read it, parse it once, and show the tree to every engine that wants it."""

from __future__ import annotations

import enum
import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sluicegate.core.model import Finding, Problem
from sluicegate.engines import complexity, docs
from sluicegate.engines.bandit_config import BanditSettings
from sluicegate.engines.complexity import Compared
from sluicegate.engines.interface import read_source
from sluicegate.engines.known_findings import Versions
from sluicegate.engines.syntax import Parsed, too_deep
from sluicegate.evidence.analysed import PublicName

if TYPE_CHECKING:
    from sluicegate.engines.bandit_scan import Scanner

_COLLECT_AFTER = 1_500_000
"""Bytes of source after which marked trees, which refer to themselves, are collected: their
memory is bounded, and collections do not take half of the time."""


class BaseVersion(enum.Enum):
    """The version that a file is compared with."""

    NOTHING = enum.auto()  # there is no change
    ITSELF = enum.auto()  # the change does not touch it
    BASE = enum.auto()


@dataclass(frozen=True, slots=True)
class FileTask:
    """One file to look at.

    Attributes:
        path: relative to the root.
        base: its version in the base; None when the base has no such file.
        base_path: its path in the base.
        is_gone: the head has no such source any more.
    """

    path: str
    against: BaseVersion
    base: bytes | None = None
    base_path: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """Settings that every task of a run shares. `bandit` is None when bandit is not wanted."""

    root: Path
    complexity: bool
    docs: bool
    bandit: BanditSettings | None


@dataclass(slots=True)
class FileResult:
    """What the engines found in one file, or the problem that kept all of them from it.

    `digest` is the SHA-256 of the bytes that were looked at, in hexadecimal. Of a changed file, `failures`
    are those checks of bandit that failed on it, and `new_failures` how many more than on its base; its
    findings are in `versions`, with those of the base, and not in `issues`; `silenced` has what `# nosec`
    silences in both.
    """

    path: str
    problem: Problem | None = None
    digest: str = ""
    compared: Compared = field(default_factory=Compared)
    names: list[PublicName] = field(default_factory=list)
    issues: list[Finding] = field(default_factory=list)
    versions: Versions = field(default_factory=Versions)
    silenced: Versions = field(default_factory=Versions)
    failures: int = 0
    new_failures: int = 0


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Leave garbage to `Worker`, which knows when there is some.

    What exists already is frozen, so that a collection looks only at the trees.
    """
    enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


class Worker:
    """Looks at files, one after another. Call it within `quiet()` and `collecting_rarely()`.

    Raises:
        EngineError: bandit does not accept its settings.
    """

    def __init__(self, job: WorkerJob) -> None:
        self._job = job
        self._uncollected = 0
        self._scanner: Scanner | None = None
        if job.bandit is not None:
            from sluicegate.engines.bandit_scan import Scanner

            self._scanner = Scanner(job.bandit)

    def look(self, task: FileTask) -> FileResult:
        """Everything that is wanted of one file; any bytes give an outcome."""
        head = self._head(task)
        if isinstance(head, Problem):
            return FileResult(task.path, head)
        outcome = FileResult(task.path, digest=hashlib.sha256(head.data).hexdigest())
        try:
            base = self._base(head, task)
            if self._job.complexity:
                outcome.compared = complexity.compare(head, task.path, base, task.base_path)
            if self._job.docs:
                outcome.names = docs.records(head, task.path, base, task.base_path)
            if self._scanner is not None:
                self._find_issues(self._scanner, head, base, task, outcome)
        except (RecursionError, MemoryError):
            return FileResult(task.path, too_deep(task.path))
        finally:
            self._tidy(len(head.data))
        return outcome

    def _head(self, task: FileTask) -> Parsed | Problem:
        if task.is_gone:
            return Parsed.empty()
        data = read_source(self._job.root, task.path)
        return data if isinstance(data, Problem) else Parsed.of(data, task.path)

    def _base(self, head: Parsed, task: FileTask) -> Parsed | None:
        """What the file is compared with. A base that does not parse counts as empty."""
        if task.against is BaseVersion.NOTHING:
            return None
        if task.against is BaseVersion.ITSELF:
            return head
        base = Parsed.of(task.base, task.base_path) if task.base is not None else Parsed.empty()
        return Parsed.empty() if isinstance(base, Problem) else base

    def _find_issues(
        self, scanner: Scanner, head: Parsed, base: Parsed | None, task: FileTask, outcome: FileResult
    ) -> None:
        """The issues of the file; of one that the change touches, those of its base, too."""
        excludes = scanner.settings.excludes
        if excludes(task.path) and not task.is_gone:
            return
        if task.against is not BaseVersion.BASE or base is None:
            outcome.issues = scanner.scan(head, task.path)
            outcome.failures, scanner.failures = scanner.failures, 0
            return
        outcome.versions.head, outcome.silenced.head = scanner.locate(head, task.path)
        outcome.failures, scanner.failures = scanner.failures, 0
        if not excludes(task.base_path):
            self._tidy(len(base.data))
            outcome.versions.base, outcome.silenced.base = scanner.locate(base, task.base_path, task.path)
        outcome.new_failures = max(outcome.failures - scanner.failures, 0)
        scanner.failures = 0

    def _tidy(self, size: int) -> None:
        """Collect marked trees from time to time; without bandit there are none."""
        self._uncollected += size if self._scanner else 0
        if self._uncollected > _COLLECT_AFTER:
            gc.collect()
            self._uncollected = 0
