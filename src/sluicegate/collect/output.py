"""What is no part of a change although it lies in the working tree: results of runs, and what builds leave.

Only files that git neither tracks nor ignores are looked at; what a commit holds is part of its change. Such
a file is output if

- it is a report by its content, was taken as evidence, or belongs to a bundle; or
- it lies below a folder that is named as tools name their output or caches, and in which nothing is tracked,
  and it is no source, or that folder holds evidence that was taken, or stands at the top or beside the
  manifest of a project: packages have such names, too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sluicegate.bundle.layout import MANIFEST
from sluicegate.collect.discovery import RecognisedReport, UnsupportedReport, candidate, look_at
from sluicegate.collect.folders import OUTPUT_FOLDERS, SKIPPED_FOLDERS
from sluicegate.collect.parallel_data import is_process_data
from sluicegate.core.change import Change, NoChange
from sluicegate.core.endings import is_source
from sluicegate.git import Git

_NAMES = (OUTPUT_FOLDERS | SKIPPED_FOLDERS | {"dist"}) - {"vendor"}
_MANIFESTS = frozenset(
    {
        "pyproject.toml", "setup.py", "setup.cfg", "package.json", "Cargo.toml", "go.mod", "pom.xml",
        "build.gradle", "build.gradle.kts", "CMakeLists.txt", "Gemfile", "composer.json", "Package.swift",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """The judged folder, its tracked files, and those that git neither tracks nor ignores."""

    root: Path
    tracked: Sequence[str]
    loose: Sequence[str]

    @classmethod
    def of(cls, root: Path, git: Git | None) -> WorkingTree:
        """The tree of a folder in which git was opened; without a repository it is empty.

        Raises:
            WorldError: git failed.
        """
        return cls(root, git.tracked(), git.untracked()) if git else cls(root, (), ())


def without_output(
    change: Change | NoChange, tree: WorkingTree, taken: Iterable[str] = ()
) -> Change | NoChange:
    """The change without output that lies about.

    Args:
        change: to the working tree, or between commits.
        tree: the working tree.
        taken: paths of files that were taken as evidence.
    """
    loose = sorted(change.files.keys() & set(tree.loose)) if isinstance(change, Change) else []
    if isinstance(change, NoChange) or not loose:
        return change
    results = frozenset(taken)
    look = _Look(tree.root, results, _folders(tree.tracked), _folders(results))
    output = set(filter(look.is_output, loose))
    kept = {path: file for path, file in change.files.items() if path not in output}
    if output and not kept:
        return NoChange("nothing differs but results of runs and output of builds")
    return Change(kept)


def _folders(paths: Iterable[str]) -> Set[str]:
    return frozenset(folder for path in paths for folder in _above(path))


def _above(path: str) -> Iterator[str]:
    """The folders above a file; evidence may have an absolute path."""
    yield from filter(None, map(str, PurePosixPath(path).parents[:-1]))


@dataclass(frozen=True, slots=True)
class _Look:
    """The working tree: its `tracked` folders, and those of evidence (`results`)."""

    root: Path
    taken: Set[str]
    tracked: Set[str]
    results: Set[str]

    def is_output(self, path: str) -> bool:
        return path in self.taken or self._is_report(path) or any(self._holds(f, path) for f in _above(path))

    def _is_report(self, path: str) -> bool:
        if (self.root / path).with_name(MANIFEST).is_file():
            return True
        if posixpath.basename(path).startswith(".coverage.") and is_process_data(self.root / path):
            return True
        found = candidate(path)
        sighting = look_at(self.root, found) if found else None
        return isinstance(sighting, RecognisedReport | UnsupportedReport)

    def _holds(self, folder: str, path: str) -> bool:
        """Is a folder above an untracked file one of output?"""
        if folder in self.tracked or posixpath.basename(folder) not in _NAMES:
            return False
        return not is_source(path) or folder in self.results or self._is_of_project(posixpath.dirname(folder))

    def _is_of_project(self, folder: str) -> bool:
        return not folder or any((self.root / folder / name).is_file() for name in _MANIFESTS)
