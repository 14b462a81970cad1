"""Which folders a search for results enters: names identify dependencies and caches. Pure.

A name is a guess, and the author of a change chooses the names of its folders. So a folder that the
commit tracks is entered regardless of its name, and so are output folders in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sluicegate.core.change import Change, NoChange

SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", "node_modules", ".venv", "venv", "env", ".env", "virtualenv",
        "site-packages", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache",
        ".hypothesis", "bower_components", "vendor", ".gradle", ".m2", ".cargo", ".eggs", ".idea",
        ".terraform", ".yarn", ".pnpm-store", ".cache", ".sluicegate",
    }
)  # fmt: skip
"""Folders of dependencies and caches: whatever lies there is not this project's evidence."""

OUTPUT_FOLDERS = frozenset(
    {
        "reports", "report", "build", "target", "coverage", "test-results", "test_results",
        "test-reports", "out", "output", "results", "htmlcov", "artifacts", "surefire-reports",
        "failsafe-reports", ".benchmarks", "junit", "TestResults",
        "BenchmarkDotNet.Artifacts",
    }
)  # fmt: skip
"""Output folders of tools; a report below one may have any name."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders at and below those with a skipped name that the commit tracks.

    Attributes:
        tracked: all of them, as POSIX paths.
        older: those that the base has, too: what else is in them may be of a package manager.
        names: the skipped names among theirs, where paths are relative to some other folder; else None.
    """

    tracked: frozenset[str] = frozenset()
    older: frozenset[str] = frozenset()
    names: frozenset[str] | None = None

    @classmethod
    def of(cls, tracked: Iterable[str], change: Change | NoChange) -> Folders:
        """The folders of a commit.

        Args:
            tracked: its files.
            change: that is judged; without one every folder is older.
        """
        files = change.files if isinstance(change, Change) else {}
        all_of_them: set[str] = set()
        older: set[str] = set()
        for path in tracked:
            folders = list(_skipped(path))
            all_of_them.update(folders)
            file = files.get(path)
            before = path if file is None else file.old_path
            older.update(folder for folder in folders if before.startswith(f"{folder}/"))
        return cls(frozenset(all_of_them), frozenset(older))

    def elsewhere(self) -> Folders:
        """The same for artifacts of the project, where only the folder names are known."""
        names = {part for folder in self.tracked for part in folder.split("/")}
        return replace(self, names=SKIPPED_FOLDERS & names)

    def enters(self, path: str) -> bool:
        """Is a folder entered if its parent was?

        Of an older folder with a skipped name only what the commit tracks and the folders into which
        tools write: `vendor/bundle` beside a tracked `vendor/.keep` holds other people's code.
        """
        above, _, name = path.rpartition("/")
        if name in SKIPPED_FOLDERS:
            return path in self.tracked if self.names is None else name in self.names
        return above not in self.older or path in self.tracked or name in OUTPUT_FOLDERS

    def matches(self, path: str) -> bool:
        """Is a folder entered for a glob that names one with a skipped name itself?"""
        return path.rpartition("/")[2] not in SKIPPED_FOLDERS or path in self.tracked


def _skipped(path: str) -> Iterator[str]:
    """The folders above a file at or below one with a skipped name."""
    parts = path.split("/")[:-1]
    if SKIPPED_FOLDERS.isdisjoint(parts):
        return
    first = next(n for n, part in enumerate(parts) if part in SKIPPED_FOLDERS)
    yield from ("/".join(parts[:n]) for n in range(first + 1, len(parts) + 1))
