"""Locations of findings on GitHub: paths from the top of the repository, lines of the head.

Annotations belong to the head, but the build saw the test merge; newer commits of the base move
lines. The map comes from `git diff -U0 --no-renames --no-color HEAD^2 HEAD`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluicegate.core.fields import OBJECT_NAME
from sluicegate.core.model import Report
from sluicegate.git import open_repository
from sluicegate.git.diff import Hunk, hunks
from sluicegate.github.event import EventContext
from sluicegate.report.places import Blobs, Link, MapLine, nowhere, same_line

LineMap = MapLine
"""`(POSIX path from the top, 1-based line in the tested tree) -> line in the head`; None for a line that
the head lacks."""

_SHA = re.compile(OBJECT_NAME)


@dataclass(slots=True)
class _File:
    """Hunks of one file: first line after the hunk in the tested file, and the offset from there.

    `inserted` holds the inclusive ranges of lines that the head lacks.
    """

    starts: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    inserted: list[tuple[int, int]] = field(default_factory=list)
    absent: bool = False

    def add(self, hunk: Hunk) -> None:
        if hunk.added:
            self.inserted.append((hunk.new, hunk.new + hunk.added - 1))
        after = hunk.new + (hunk.added or 1)
        self.starts.append(after)
        self.offsets.append(hunk.old + (hunk.removed or 1) - after)

    def line(self, line: int) -> int | None:
        """The line in the head; None for a line that it lacks."""
        near = bisect_right(self.inserted, (line, line))
        around = self.inserted[max(near - 1, 0) : near + 1]
        if self.absent or any(first <= line <= last for first, last in around):
            return None
        index = bisect_right(self.starts, line) - 1
        return line + self.offsets[index] if index >= 0 else line


def line_map(diff: bytes) -> LineMap:
    """The map of a `-U0` diff from the head to the tested commit.

    Files that the diff does not name are equal in both. Text that is not a diff gives the identity, so a
    wrong diff can misplace an annotation but never lose the verdict.
    """
    files: dict[str, _File] = defaultdict(_File)
    for old, new, hunk in hunks(diff):
        file = files[new[2:].decode("utf-8", "surrogateescape")]
        file.absent = old == b"/dev/null"
        file.add(hunk)
    return lambda path, line: files[path].line(line) if path in files else line


@dataclass(frozen=True, slots=True)
class Places:
    """Where what lies below a folder is on GitHub.

    Attributes:
        prefix: the folder from the top of its repository, with a final slash; empty for the top.
        map_line: from lines of the test merge to the head's; the identity where the head was tested.
    """

    prefix: str = ""
    map_line: LineMap = same_line


def places_below(root: Path, event: EventContext) -> Places:
    """The places of what lies below a folder, which may be in no repository."""
    git = open_repository(root)
    if git is None:
        return Places()
    if git.parents("HEAD")[1:] != [event.head_sha]:
        return Places(git.prefix)
    shape = ("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
    diff = git.run("diff", "-U0", "--no-renames", "--no-relative", *shape, "HEAD^2", "HEAD", check=False)
    return Places(git.prefix, line_map(diff))


def links_of(report: Report, event: EventContext, places: Callable[[], Places]) -> Link:
    """The addresses of files and lines of the report's commit, where server and repository are known.

    Paths are relative to the folder of `places`, and lines those of the tested tree.
    """
    if not event.repository or not _SHA.fullmatch(report.commit.head):
        return nowhere
    url, there = blob_url(event.server_url, event.repository, report.commit.head), places()
    return Blobs(url, there.prefix, there.map_line)


def blob_url(server: str, repository: str, commit: str) -> str:
    """The address of the files of a commit: `https://github.com/acme/app/blob/SHA`."""
    return f"{server}/{repository}/blob/{commit}"


def with_prefix(report: Report, prefix: str) -> Report:
    """The report with a folder before the paths of its findings and problems."""
    if not prefix:
        return report
    verdicts = (
        replace(
            verdict,
            findings=tuple(replace(f, path=prefix + f.path if f.path else "") for f in verdict.findings),
            problems=tuple(replace(p, path=prefix + p.path if p.path else "") for p in verdict.problems),
        )
        for verdict in report.verdicts
    )
    return replace(report, verdicts=tuple(verdicts))
