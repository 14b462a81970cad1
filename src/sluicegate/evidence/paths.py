"""Finds the repository's file for a path as some tool on some machine wrote it. Pure.

In order of certainty:

1. A path below one of the given prefixes (the checkout's own root) is what is left after it: a file, or none.
2. A relative path, joined with a source root of the report, or as it is, names a file.
3. The longest run of trailing segments that the path shares with exactly one file: at least the file name and
   one folder. The file name alone suffices for a bare name that is unique in the repository, and for an
   absolute path whose file is at the repository's top.

Whatever is ambiguous has no answer. `resolve_all` learns from the paths of one report where its checkout
stood; that settles more, and corrects rule 3 where a folder is named like the repository. Coverage asks for
more, since the numbers of another file would pass for those of ours: see `evidence.coverage.resolve`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from sluicegate.evidence.tails import FolderPair, PathSegments, Segments, pair_of

_FILE_URI = re.compile(r"file:(?://[^/\\]*)?", re.IGNORECASE)
_OTHER_URI = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRIVE = re.compile(r"/?([A-Za-z]):(?=[/\\]|$)")
_AMBIGUOUS = ""


@dataclass(frozen=True, slots=True)
class _Match:
    """A file found; `prefix` and `folder` are what path and file do not share, where it is not certain."""

    path: str
    is_certain: bool
    prefix: Segments = ()
    folder: Segments = ()
    is_absolute: bool = False


@lru_cache(maxsize=1024)  # a path is looked at several times in a row
def spell(raw: str) -> PathSegments:
    """Take a path of any system, or a `file:` URI, apart."""
    uri = _FILE_URI.match(raw)
    text = unquote(raw[uri.end() :]) if uri else raw
    drive = _DRIVE.match(text)
    rest = text[drive.end() :] if drive else text
    rest = rest.replace("\\", "/")
    segments: list[str] = []
    for segment in rest.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    start = (f"{drive[1].upper()}:",) if drive else ()
    return PathSegments((*start, *segments), bool(drive) or rest.startswith("/"))


def is_address(raw: str) -> bool:
    """Is it a URI of something else than a file?"""
    return _OTHER_URI.match(raw) is not None


class PathIndex:
    """The repository's files, to find them by foreign paths.

    Args:
        files: POSIX paths relative to the repository.
        prefixes: absolute paths of the checkout on this machine, as tools may spell them.
    """

    def __init__(self, files: Iterable[str], prefixes: Sequence[str] = ()) -> None:
        self._files = frozenset(files)
        spelled = (spell(prefix) for prefix in prefixes)
        self._prefixes = tuple(dict.fromkeys(p.segments for p in spelled if p.is_absolute and p.segments))
        self._by_name: dict[str, list[str]] | None = None
        self._suffixes: dict[str, dict[str, str]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._files

    @property
    def files(self) -> Set[str]:
        """All of them."""
        return self._files

    def extended(self, files: Iterable[str]) -> PathIndex:
        """An index of these files too."""
        more = PathIndex(self._files.union(files))
        more._prefixes = self._prefixes
        return more

    def meant(self, raw: str, roots: Sequence[str] = ()) -> set[str]:
        """The paths in the repository that `raw` spells out, whether or not such a file is known."""
        spelled = spell(raw)
        readings = (*_readings(spelled, [spell(root) for root in roots]), spelled)
        return {path for reading in readings if (path := self.named(reading))}

    def resolve(self, raw: str, roots: Sequence[str] = ()) -> str | None:
        """The repository's file for a path or `file:` URI, or None without exactly one.

        `roots` are source roots that the report names, for its relative paths.
        """
        match = self._match(raw, [spell(root) for root in roots])
        return match.path if match else None

    def resolve_all(self, raws: Iterable[str], roots: Sequence[str] = ()) -> dict[str, str | None]:
        """The repository's file for every path of one report.

        The foreign folder that most of them need is taken for the report's checkout: a path
        below it is then settled by what follows, be it a file or none.
        """
        spelled_roots = [spell(root) for root in roots]
        matches = {raw: self._match(raw, spelled_roots) for raw in raws}
        learned = _most_common(matches.values())
        found: dict[str, str | None] = {}
        for raw, match in matches.items():
            path = match.path if match else None
            if learned and not (match and match.is_certain):
                path = self._below(learned, raw, spelled_roots, path)
            found[raw] = path
        return found

    def _below(
        self, learned: _Match, raw: str, roots: Sequence[PathSegments], otherwise: str | None
    ) -> str | None:
        """The file for `raw` if it is below the learned folder; else `otherwise`."""
        length = len(learned.prefix)
        readings = [r for r in _readings(spell(raw), roots) if r.segments[:length] == learned.prefix]
        below = {"/".join((*learned.folder, *reading.segments[length:])) for reading in readings}
        files = below & self._files
        if files:
            return files.pop() if len(files) == 1 else None
        return None if below and learned.prefix and not learned.folder else otherwise

    def _match(self, raw: str, roots: Sequence[PathSegments]) -> _Match | None:
        if not roots and raw in self._files:
            return _Match(raw, is_certain=True)
        if is_address(raw):
            return None
        match = self._match_spelled(spell(raw), roots)
        if match is None and "%" in raw:
            return self._match_spelled(spell(unquote(raw)), roots)
        return match

    def _match_spelled(self, spelled: PathSegments, roots: Sequence[PathSegments]) -> _Match | None:
        if not spelled.segments:
            return None
        readings = _readings(spelled, roots)
        for tier in (readings, [spelled]):
            exact = {self.named(reading) for reading in tier} & self._files
            if exact:
                path = exact.pop()
                return None if exact or path is None else _Match(path, is_certain=True)
        return self._longest([reading for reading in readings if not self.is_here(reading)])

    def is_here(self, spelled: PathSegments) -> bool:
        """Whether it is an absolute path below one of the prefixes."""
        return spelled.is_absolute and self._below_prefix(spelled) is not None

    def named(self, spelled: PathSegments) -> str | None:
        """The path in the repository that is meant; None for an absolute path below no prefix."""
        return self._below_prefix(spelled) if spelled.is_absolute else "/".join(spelled.segments)

    def shared_tail(self, spelled: PathSegments) -> int:
        """How many segments the path shares, at its end, with the file that shares most of them."""
        return self._longest_of(spelled)[0] if spelled.segments else 0

    def pair(self, readings: Sequence[PathSegments]) -> FolderPair | None:
        """The folders that the longest shared tail of one of these paths pairs, when it is one file's."""
        match = self._longest([reading for reading in readings if reading.segments])
        if match is None:
            return None
        shared = len(match.path.split("/")) - len(match.folder)
        reading = PathSegments((*match.prefix, *match.path.split("/")[-shared:]), match.is_absolute)
        return pair_of(reading, match.path, shared)

    def _below_prefix(self, spelled: PathSegments) -> str | None:
        """What follows one of the prefixes, or None for a path below none."""
        for prefix in self._prefixes:
            if spelled.segments[: len(prefix)] == prefix:
                return "/".join(spelled.segments[len(prefix) :])
        return None

    def _longest(self, readings: Sequence[PathSegments]) -> _Match | None:
        """The one file that shares the longest suffix with one of the readings."""
        best, found = 0, set[_Match]()
        for reading in readings:
            length, match = self._longest_of(reading)
            if length > best:
                best, found = length, set()
            if match and length == best:
                found.add(match)
        paths = {match.path for match in found}
        return min(found, key=lambda match: match.prefix) if len(paths) == 1 else None

    def _longest_of(self, spelled: PathSegments) -> tuple[int, _Match | None]:
        """Length of the longest shared suffix, and its file if the suffix identifies it."""
        segments = spelled.segments
        known = self._suffixes_of(segments[-1])
        length, path = 0, _AMBIGUOUS
        while length < len(segments):
            suffix = "/".join(segments[-length - 1 :])
            if suffix not in known:
                break
            length, path = length + 1, known[suffix]
        if path is _AMBIGUOUS:
            return length, None
        is_bare = len(segments) == 1
        is_at_top = spelled.is_absolute and path == segments[-1]
        if length < 2 and not (is_bare or is_at_top):
            return 0, None
        folder = tuple(path.split("/"))[:-length]
        return length, _Match(path, False, segments[:-length], folder, spelled.is_absolute)

    def _suffixes_of(self, name: str) -> Mapping[str, str]:
        """Suffix -> file, or `_AMBIGUOUS`, for all files of one name; made when first asked."""
        if self._by_name is None:
            self._by_name = {}
            for path in self._files:
                self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
        if name not in self._suffixes:
            suffixes: dict[str, str] = {}
            for path in self._by_name.get(name, ()):
                for suffix in _suffixes(path):
                    suffixes[suffix] = _AMBIGUOUS if suffix in suffixes else path
            self._suffixes[name] = suffixes
        return self._suffixes[name]


def _readings(spelled: PathSegments, roots: Sequence[PathSegments]) -> list[PathSegments]:
    """The full paths that a path can mean: itself, or below each root when it is relative."""
    if spelled.is_absolute or not roots:
        return [spelled]
    return [PathSegments(root.segments + spelled.segments, root.is_absolute) for root in roots]


def _suffixes(path: str) -> Iterable[str]:
    """`a/b/c.py` -> `a/b/c.py`, `b/c.py`, `c.py`."""
    yield path
    while "/" in path:
        path = path.partition("/")[2]
        yield path


def _most_common(matches: Iterable[_Match | None]) -> _Match | None:
    """The most frequent way to get from a foreign folder to ours; None for a tie or a single vote."""
    votes = Counter((m.prefix, m.folder) for m in matches if m and not m.is_certain)
    ranked = votes.most_common(2)
    if not ranked or ranked[0][1] < 2 or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    prefix, folder = ranked[0][0]
    return _Match("", is_certain=False, prefix=prefix, folder=folder)
