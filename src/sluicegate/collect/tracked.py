"""The git status of evidence files: is one tracked, and can this run have written it?

A committed report is no evidence of the run that is judged. The commit counts, not the index, so neither
`git add` in a test run nor a bit of the index hides a file.

| the file where results are written | counts as |
| --- | --- |
| is not in the commit | evidence |
| differs from the commit | evidence, with a notice: tests may rewrite their fixtures |
| is identical to the commit, and the change does not touch it | a fixture |
| is identical to the commit, and the change adds or edits it | refused: a run may write the same bytes |
| is in a submodule or another repository inside of this one | not looked for; one that is named counts,
unless the change moves that submodule |
"""

from __future__ import annotations

import enum
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.collect.compare import ATTRIBUTES, MAX_COMPARED, CommittedFile, ContentMatch, compare
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import WorldError
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Commit, Notice, Problem
from sluicegate.core.text import some
from sluicegate.git import Git
from sluicegate.git.repository import is_marked

LINK, SUBMODULE = "120000", "160000"
"""The modes of links and submodules in git."""

_BLOBS = ("100", "120")  # how the modes of files and links begin


class GitStatus(enum.Enum):
    """The git status of an evidence file."""

    UNTRACKED = "untracked"
    REWRITTEN = "rewritten"
    FIXTURE = "fixture"
    POINTER = "pointer"  # a fixture that Git LFS keeps, and that is not what the commit names
    COMMITTED = "committed"  # by the change
    UNSEEN = "unseen"  # a fixture, or committed by a change that is not here
    EMBEDDED = "embedded"  # in another repository inside of this one


_UNTOUCHED = {
    ContentMatch.SAME: GitStatus.FIXTURE,
    ContentMatch.POINTER: GitStatus.POINTER,
    ContentMatch.UNKNOWN: GitStatus.REWRITTEN,
}
"""The status of an untouched file; one that cannot be compared must not hide a failure."""

_REASONS = {
    GitStatus.FIXTURE: "is tracked and identical to the commit: a fixture",
    GitStatus.POINTER: "is kept by Git LFS, so whether this run wrote it is not checked",
}
NOT_TAKEN = frozenset(_REASONS.values())
"""The reasons to skip tracked files."""

_TAKE_OUT = (
    "Remove it from git with 'git rm --cached', and add it to .gitignore; name the folder of a fixture under "
    "'source.fixtures' in the policy."
)
_REFUSED: Mapping[GitStatus, Problem] = {
    GitStatus.COMMITTED: Problem(
        "the change tracks a place where results are written: the file is identical to the commit, so this "
        "run may not have written it",
        remedy=_TAKE_OUT,
    ),
    GitStatus.UNSEEN: Problem(
        "is tracked and identical to the commit, and whether the change adds it is unknown",
        remedy="Set 'fetch-depth: 2' in actions/checkout, or remove the file from git.",
    ),
}


Entry = tuple[str, str]
"""Mode and object name."""


@dataclass(slots=True)
class TrackedFiles:
    """The commit of a checkout, beside the files on the disk.

    Attributes:
        top: the top of the repository, links resolved.
        git: opened there.
        base: the base of the change; empty without a change.
        is_seen: False where there is a change, and this clone does not show it.
    """

    top: Path
    git: Git
    base: str = ""
    is_seen: bool = True
    _tops: dict[Path, Path] = field(default_factory=dict)
    _through: dict[Path, frozenset[str]] = field(default_factory=dict)
    _spelled: dict[str, str] | None = None

    @classmethod
    def of(cls, git: Git | None, commit: Commit, change: Change | NoChange) -> TrackedFiles | None:
        """Open the checkout; None without a repository, or without a commit."""
        if git is None or not commit.tested:
            return None
        unseen = isinstance(change, NoChange) and change.unseen
        return cls(Path(os.path.realpath(git.repository.top)), git.top, commit.base, is_seen=not unseen)

    def statuses(self, paths: Iterable[Path]) -> dict[Path, GitStatus]:
        """The git status of each file.

        Raises:
            WorldError: git failed.
        """
        own: dict[Path, str] = {}
        found: dict[Path, GitStatus] = {}
        for path in dict.fromkeys(paths):
            where = self._below(Path(os.path.realpath(path)))
            if where is None:
                found[path] = GitStatus.UNTRACKED
            elif isinstance(where, GitStatus):
                found[path] = where
            else:
                own[path] = where
        return found | self._of_own(own) | self._linked(found.keys() | own.keys())

    def adds(self, paths: Sequence[str]) -> list[str]:
        """The links and submodules among these paths, from the top, that the change puts there.

        Raises:
            WorldError: git failed.
        """
        now = {p: e for p, e in self.git.entries("HEAD", paths).items() if e[0] in (LINK, SUBMODULE)}
        before = self._at_base(now)
        return sorted(p for p, entry in now.items() if self._is_touched(before.get(p, ("",))[0], entry[0]))

    def from_top(self, path: Path) -> str:
        """The POSIX path from the top, the last link not followed; empty outside of the repository."""
        real = Path(os.path.realpath(path.parent), path.name)
        is_inside = self.top in real.parents
        return real.relative_to(self.top).as_posix() if is_inside else ""

    def _below(self, real: Path) -> str | GitStatus | None:
        """The path from the top; the status of a file in another repository; None outside of ours."""
        path = self.from_top(real)
        if not path:
            return None
        other = self._repository_of(real.parent)
        return path if other == self.top else self._embedded(self.from_top(other))

    def _repository_of(self, folder: Path) -> Path:
        """The top of the innermost repository that holds a folder below ours."""
        if folder not in self._tops:
            is_top = folder == self.top or is_marked(folder)
            self._tops[folder] = folder if is_top else self._repository_of(folder.parent)
        return self._tops[folder]

    def _embedded(self, folder: str) -> GitStatus:
        """The status of every file in a submodule, or in a clone inside of ours."""
        now = self.git.entries("HEAD", [folder]).get(folder)
        if now is None or now[0] != SUBMODULE:
            return GitStatus.EMBEDDED
        if not self.is_seen:
            return GitStatus.UNSEEN
        is_touched = self._is_touched(self._at_base([folder]).get(folder), now)
        return GitStatus.COMMITTED if is_touched else GitStatus.EMBEDDED

    def _at_base(self, paths: Iterable[str]) -> dict[str, Entry]:
        return self.git.entries(self.base, paths) if self.base else {}

    def _is_touched(self, before: object, now: object) -> bool:
        return bool(self.base) and before != now

    def _of_own(self, own: Mapping[Path, str]) -> dict[Path, GitStatus]:
        """The files of the repository itself, by path from the top."""
        spelled = {path: self._spelling(where) for path, where in own.items()}
        now = self.git.entries("HEAD", spelled.values())
        old = self._at_base(now)
        return {p: self._standing(p, where, now.get(where), old.get(where)) for p, where in spelled.items()}

    def _standing(self, path: Path, where: str, now: Entry | None, before: Entry | None) -> GitStatus:
        if now is None or not now[0].startswith(_BLOBS):
            return GitStatus.UNTRACKED
        same = self._compare(path, where, now[1])
        if same is ContentMatch.DIFFERENT:
            return GitStatus.REWRITTEN
        if not self.is_seen:
            return GitStatus.UNSEEN
        return GitStatus.COMMITTED if self._is_touched(before, now) else _UNTOUCHED[same]

    def _compare(self, path: Path, where: str, name: str) -> ContentMatch:
        git = self.git
        committed = CommittedFile(
            lambda: git.blob(name, MAX_COMPARED), lambda: git.attributes(where, ATTRIBUTES)
        )
        try:
            return compare(path, name, committed)
        except WorldError:  # a partial clone may lack the blob
            return ContentMatch.UNKNOWN

    def _linked(self, paths: Iterable[Path]) -> dict[Path, GitStatus]:
        """The files that are reached through a link that the change puts there."""
        through = {path: self._links(path.absolute()) for path in paths}
        links = sorted(frozenset().union(*through.values()))
        refused = set(self.adds(links) if self.is_seen else self.git.entries("HEAD", links))
        status = GitStatus.COMMITTED if self.is_seen else GitStatus.UNSEEN
        return {path: status for path, some in through.items() if some & refused}

    def _links(self, path: Path) -> frozenset[str]:
        """The links in our repository that a path leads through, from the top."""
        if path not in self._through:
            above = self._links(path.parent) if path != path.parent else frozenset()
            own = self.from_top(path) if path.is_symlink() else ""
            self._through[path] = above | {own} if own else above
        return self._through[path]

    def _spelling(self, path: str) -> str:
        """The path as the commit spells it: some file systems ignore case."""
        if self._spelled is None:
            self._spelled = {_folded(n): n for n in self.git.names("HEAD")} if _is_blind(self.top) else {}
        return self._spelled.get(_folded(path), path) if self._spelled else path


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _is_blind(top: Path) -> bool:
    """Does the file system ignore case in names?"""
    return os.path.lexists(top / ".GIT")


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
        if status in _REFUSED:
            return replace(_REFUSED[status], path=shown)
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
