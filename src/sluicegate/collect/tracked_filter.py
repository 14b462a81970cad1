"""Decides which found or named files may count, by their git status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.collect.tracked import FIXTURE, POINTER, GitStatus, TrackedFiles, refusal
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Notice, Problem
from sluicegate.core.text import some

_NOTICES = {
    GitStatus.REWRITTEN: "tracked and different from the commit, so taken as results of this run: {}; "
    "name fixtures that tests rewrite under 'source.fixtures' in the policy",
    GitStatus.FIXTURE: "tracked and identical to the commit, so nothing shows that this run wrote it: {}; "
    "add it to .gitignore",
    GitStatus.POINTER: "kept by Git LFS and different from what the commit names, so not taken: {}; "
    "remove it from git, and add it to .gitignore",
    GitStatus.EMBEDDED: "in a submodule or another repository, so it is unknown whether git tracks it: {}; "
    "write results into a folder of this repository",
}
_REASONS = {GitStatus.FIXTURE: FIXTURE, GitStatus.POINTER: POINTER}
NOT_TAKEN = frozenset(_REASONS.values())
"""The reasons to skip tracked files."""


@dataclass(slots=True)
class TrackedFilter:
    """Excludes files that this run may not have written, and collects the notices.

    Attributes:
        tracked: the commit; None without a commit.
        fixtures: globs of the policy, of files that are never results.
    """

    tracked: TrackedFiles | None = None
    fixtures: tuple[str, ...] = ()
    _statuses: dict[Path, GitStatus] = field(default_factory=dict)
    _noticed: dict[GitStatus, dict[str, None]] = field(default_factory=dict)

    def look(self, paths: Iterable[Path]) -> None:
        """Get the git status of all these files at once.

        Raises:
            WorldError: git failed.
        """
        if self.tracked is not None:
            self._statuses |= self.tracked.statuses(p for p in paths if p not in self._statuses)

    def is_untracked(self, path: Path) -> bool:
        """Is a file, after `look`, absent from the commit?"""
        return self._statuses.get(path, GitStatus.UNTRACKED) is GitStatus.UNTRACKED

    def why_not(self, path: Path, shown: str, *, alone: bool = False) -> Problem | str | None:
        """Why a file, after `look`, is not used: a problem if refused, a reason if skipped, None if used.

        Args:
            path: as given to `look`.
            shown: as reports show it.
            alone: the command line names this one file.
        """
        if not alone and matches_any(self.fixtures, shown):
            return "is named under 'source.fixtures' in the policy"
        status = self._statuses.get(path, GitStatus.UNTRACKED)
        if problem := refusal(status, shown):
            return problem
        reason = "" if alone and status is GitStatus.FIXTURE else _REASONS.get(status, "")
        if not reason or status is GitStatus.POINTER:
            self._noticed.setdefault(status, {})[shown] = None
        return reason or None

    def notices(self) -> Iterator[Notice]:
        """The notices of tracked files."""
        for status, paths in self._noticed.items():
            if text := _NOTICES.get(status):
                names = some(list(paths)[:3], len(paths))
                yield Notice("warning", "tracked-evidence", text.format(names))
