"""The changes record of two commits, without a checkout."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.change import Change
from sluicegate.core.model import Problem
from sluicegate.engines import changes
from sluicegate.engines.gate_files import roots
from sluicegate.engines.interface import MAX_SOURCE_BYTES, Workspace
from sluicegate.evidence.analysed import ChangesRecord
from sluicegate.git import Git

AT_ONCE = 50
"""Files in memory at the same time, each of at most `MAX_SOURCE_BYTES`: the author of the change chooses
how many there are."""


@dataclass(slots=True)
class CommitBlobs:
    """Files of a commit, read on demand, in the order of `paths`."""

    git: Git
    commit: str
    paths: list[str]
    _held: dict[str, bytes | None] = field(default_factory=dict)

    def get(self, path: str) -> bytes | None:
        """The bytes of a file; None for one that is not there, or is too large."""
        if path not in self._held:
            start = bisect_left(self.paths, path)
            following = self.paths[start : start + AT_ONCE] if path in self.paths[start : start + 1] else []
            some = list(dict.fromkeys([path, *following]))
            sizes = self.git.sizes_at(self.commit, some)
            small = [p for p in some if sizes.get(p, MAX_SOURCE_BYTES + 1) <= MAX_SOURCE_BYTES]
            self._held = {**dict.fromkeys(some), **self.git.files_at(self.commit, small)}
        return self._held[path]


@dataclass(frozen=True, slots=True)
class _CommitWorkspace(Workspace):
    """A workspace whose files are those of a commit."""

    blobs: CommitBlobs = field(kw_only=True)

    def read(self, path: str, *, limit: int = MAX_SOURCE_BYTES) -> bytes | Problem:
        data = self.blobs.get(path)
        if data is None or len(data) > limit:
            return Problem(f"is not a file of at most {limit:,} bytes", path)
        return data

    def listing(self, folder: str) -> list[str]:
        return self.blobs.git.listed_at(self.blobs.commit, folder)


def changes_between(git: Git, base: str, head: str, change: Change) -> ChangesRecord:
    """The record of the change between two commits that `git` holds.

    Raises:
        WorldError: git failed.
    """
    before = CommitBlobs(git, base, sorted({f.old_path for f in change.files.values() if f.old_path}))
    present = {p for p, f in change.files.items() if not f.deleted}
    after = CommitBlobs(git, head, sorted(present.union(roots(lambda folder: git.listed_at(head, folder)))))
    return changes.record(_CommitWorkspace(Path(), (), change, before.get, blobs=after))
