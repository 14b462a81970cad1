"""Which files of a change a finding may be about, by the path that its tool wrote. Pure.

The one who makes a change chooses the names of its files, and a tool may spell a name otherwise than
git does: in another encoding, with slashes for backslashes, relative to the folder that it ran in, or through
a link. So a path that is no file of the repository tells nothing until it is held against every changed file.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, unquote

from sluicegate.core.change import Change, FileChange
from sluicegate.core.text import one_line

MAX_PATH = 4000
"""Characters of a path, or of a URI, that the readers of findings keep."""

_MOST_CERTAIN = MAX_PATH // 2  # so that the folder of a checkout may come before it

_NOT_PLAIN = re.compile(r"[^a-z0-9._/-]+")


class ChangedPaths:
    """The files of a change, to find them by the paths of one report.

    Args:
        change: that is judged.
        report: the path of the report, relative to the repository; empty where it has none.
        unresolved: the paths in it that are no file of the repository.
    """

    def __init__(self, change: Change, report: str = "", unresolved: Iterable[str] = ()) -> None:
        self._files = change.files
        self._folders = () if report.startswith(("/", "../")) else tuple(_folders_above(report))
        self._unresolved = frozenset(unresolved)
        self._known: dict[str, tuple[FileChange, ...]] = {}
        self._odd = [file for file in change.files.values() if _is_odd(file.path)]
        self._spelled: dict[str, list[FileChange]] = {}
        for file in self._odd:
            self._spelled.setdefault(_spelled(file.path), []).append(file)
        self._ends: dict[str, list[FileChange]] = {}
        for file in change.files.values() if self._unresolved else ():
            for end in _ends(file.path):
                self._ends.setdefault(end, []).append(file)

    def of(self, path: str) -> tuple[FileChange, ...]:
        """The changed files that a path of the report may mean.

        A file of the repository means itself, a changed file whose name may be spelled so, and the file
        of that path below a folder above the report, where a tool that ran there names it so. Any other
        path means each changed file that ends like it, and each whose name tools may spell in ways that
        are not known.
        """
        if path not in self._known:
            found = self._loose(path) if path in self._unresolved else self._exact(path)
            self._known[path] = tuple({file.path: file for file in (*found, *self._above(path))}.values())
        return self._known[path]

    def _exact(self, path: str) -> Iterator[FileChange]:
        below = (f"{folder}/{path}" for folder in self._folders)
        yield from (self._files[name] for name in (path, *below) if name in self._files)
        yield from self._spelled.get(_spelled(path), ())

    def _loose(self, path: str) -> Iterator[FileChange]:
        yield from self._odd
        for end in _sought(path):
            yield from self._ends.get(end, ())

    def _above(self, path: str) -> Iterator[FileChange]:
        """What git holds as one thing and a tool goes into, a link or a submodule: no line of it is known."""
        for folder in _folders_above(path):
            file = self._files.get(folder)
            if file is not None and (file.submodule or not file.deleted):
                yield replace(file, unaligned=True)


def _folders_above(path: str) -> Iterator[str]:
    """The folders above a path, the nearest first, without the top."""
    folder = posixpath.dirname(path)
    while folder not in {"", "/"}:
        yield folder
        folder = posixpath.dirname(folder)


def _spelled(path: str) -> str:
    """As the readers of findings spell it, be it a path or a URI."""
    return one_line(unquote(path).replace("\\", "/"))


@lru_cache(maxsize=100_000)  # a change is held against each of many reports
def _is_odd(path: str) -> bool:
    """May a tool, or a reader, spell the path otherwise than git has it?

    A letter of another alphabet alone makes none odd: tools that write JSON write UTF-8 (RFC 8259, 8.1).
    """
    if _spelled(path) != path or ":" in path or unicodedata.normalize("NFC", path) != path:
        return True
    is_text = not any("\ud800" <= char <= "\udfff" for char in path)  # git's names are bytes: else surrogates
    return not is_text or len(quote(path, errors="replace")) > _MOST_CERTAIN


def _plain(path: str) -> list[str]:
    """The segments of a path, without what tools garble: letters of other alphabets, blanks, capitals."""
    plain = _NOT_PLAIN.sub("?", unquote(path).replace("\\", "/").casefold())
    return [part for part in plain.split("/") if part not in {"", "."}]


def _ends(path: str) -> Iterator[str]:
    """By what a changed file is found: its folder and name, and its name alone."""
    if parts := _plain(path):
        yield "/".join(parts[-2:])
        yield f"*/{parts[-1]}"


def _sought(path: str) -> Iterator[str]:
    """What a path that a tool wrote is like: folder and name, or the name where one has no folder."""
    if parts := _plain(path):
        yield "/".join(parts[-2:]) if len(parts) > 1 else f"*/{parts[-1]}"
        yield parts[-1]
