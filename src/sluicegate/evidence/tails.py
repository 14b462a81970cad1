"""Maps folders of another machine to folders of the repository. Pure.

That two paths end alike proves nothing alone: `/usr/src/zlib/lib/combinat.c` ends like `lib/combinat.c`, and
is another file. So the paths of one report are judged together, a pair (foreign folder, folder of the
repository) at a time. A pair counts when

- at least two paths of the report fit it (one, where the report has no other),
- at most one file in ten below its foreign folder is missing in the repository, apart from what is generated
  or belongs to dependencies (what a build generates has any name, and a foreign project shares far less),
- none of its files is claimed by another path of the report: by its exact name, or through another pair that
  at least as many paths fit. Two copies of one file, with the same executable lines, are no contradiction.

Several pairs are normal: containers, modules, several source roots.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

Segments = tuple[str, ...]
Same = Callable[[str, str], bool]
"""Do two paths of the report name copies of one file?"""

_MISSING_OF = 10
_SHARED = frozenset({"site-packages", "dist-packages"})
_DEPENDENCIES = frozenset(
    {
        "node_modules",
        "bower_components",
        "vendor",
        "third_party",
        "third-party",
        "external",
        "_deps",
        ".cargo",
    }
)
_GENERATED_FOLDERS = frozenset(
    {"gen", "generated", "__generated__", "build", "dist", "out", "target", "obj", "bazel-out", "CMakeFiles",
     ".next", ".nuxt"}
)  # fmt: skip
"""Folders into which builds write. Bazel names what it generates, and headers that it moves, by
`bazel-out/CONFIGURATION/bin/` (bazelbuild/bazel 6254, bazelbuild/rules_rust 4079)."""

_GENERATED_NAME = re.compile(
    r"<.*>|\[.*\]|_?version\.\w+|_version\w*\.py|config\.h|moc_.*|ui_.*|qrc_.*|lex\..*|.*\.tab\.\w+|"
    r".*(?:_pb2(?:_grpc)?\.pyi?|\.pb\.\w+|\.g\.\w+|\.gen\.\w+|[._]generated\.\w+|\.freezed\.dart|\.min\.js)"
)


@dataclass(frozen=True, slots=True)
class PathSegments:
    """A path in segments, without `.` and `..`; a drive letter is the first segment."""

    segments: Segments
    is_absolute: bool


@dataclass(frozen=True, slots=True)
class FolderPair:
    """A folder as the report spells it, and the folder of the repository that it may correspond to."""

    prefix: Segments
    folder: Segments
    is_absolute: bool


def pair_of(path: PathSegments, file: str, shared: int) -> FolderPair:
    """What a path and a file that end in `shared` equal segments do not share.

    The top of a file system and `site-packages` hold the folders of many projects: there the pair
    goes one folder deeper.
    """
    segments, folder = path.segments, tuple(file.split("/"))[:-shared]
    prefix = segments[:-shared]
    if path.is_absolute and shared > 1 and (not prefix or prefix[-1] in _SHARED):
        common = segments[len(prefix)]
        return FolderPair((*prefix, common), (*folder, common), True)
    return FolderPair(prefix, folder, path.is_absolute)


def _may_be_missing(rest: Segments) -> bool:
    """Is it a file of dependencies, or one that a build makes?"""
    folders = {*rest[:-1]}
    return bool(
        folders & (_DEPENDENCIES | _SHARED | _GENERATED_FOLDERS) or _GENERATED_NAME.fullmatch(rest[-1])
    )


@dataclass(slots=True, eq=False)
class _PairMatch:
    """A candidate pair: the report's paths that fit it, and those that it misses."""

    pair: FolderPair
    fits: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class FolderMatcher:
    """Finds the pairs that count.

    Attributes:
        files: the files of the repository.
        taken: file -> path of the report that names it exactly.
        same: are two paths of the report copies of one file?
        least: how many paths must fit a pair.
    """

    files: Set[str]
    taken: Mapping[str, str]
    same: Same
    least: int = 2

    def settle(
        self, readings: Mapping[str, Sequence[PathSegments]], pairs: Iterable[FolderPair]
    ) -> dict[str, str]:
        """The file for each path that a pair settles.

        Args:
            readings: path of the report -> the full paths that it can mean; only those that no file
                has exactly.
            pairs: candidates.
        """
        accepted = self._accepted(self._uncontradicted(self._sides(readings, pairs)))
        found: dict[str, str] = {}
        for side in sorted(accepted, key=_rank):
            new = {raw: file for raw, file in side.fits.items() if raw not in found}
            if len(new) >= self.least:
                found.update(new)
        return {raw: file for raw, file in found.items() if file not in self.taken}

    def _sides(
        self, readings: Mapping[str, Sequence[PathSegments]], pairs: Iterable[FolderPair]
    ) -> list[_PairMatch]:
        at = defaultdict[tuple[bool, Segments], list[_PairMatch]](list)
        for pair in dict.fromkeys(pairs):
            if _DEPENDENCIES.isdisjoint(pair.prefix):
                at[pair.is_absolute, pair.prefix].append(_PairMatch(pair))
        for raw, spelled in readings.items():
            for side, rest in _below(spelled, at):
                file = "/".join((*side.pair.folder, *rest))
                if file in self.files:
                    side.fits[raw] = file
                elif not _may_be_missing(rest):
                    side.missing.add(raw)
        return [side for sides in at.values() for side in sides]

    def _uncontradicted(self, sides: list[_PairMatch]) -> list[_PairMatch]:
        """The sides that enough paths fit and none contradicts; what a deeper one settles is not missing."""
        kept: list[_PairMatch] = []
        settled: set[str] = set()
        for side in sorted(sides, key=lambda side: -len(side.pair.prefix)):
            missing = len(side.missing - side.fits.keys() - settled)
            if len(side.fits) >= max(self.least, _MISSING_OF * missing) and not self._takes(side):
                kept.append(side)
                settled.update(side.fits)
        return kept

    def _takes(self, side: _PairMatch) -> bool:
        """Does it claim a file that another path names exactly, and that is no copy of it?"""
        return any(
            file in self.taken and not self.same(raw, self.taken[file]) for raw, file in side.fits.items()
        )

    def _accepted(self, sides: list[_PairMatch]) -> list[_PairMatch]:
        """Without those that another side contradicts: it has as many paths, and claims the same."""
        by_file = defaultdict[str, list[tuple[_PairMatch, str]]](list)
        by_path = defaultdict[str, list[tuple[_PairMatch, str]]](list)
        for side in sides:
            for raw, file in side.fits.items():
                by_file[file].append((side, raw))
                by_path[raw].append((side, file))
        rejected = set[_PairMatch]()
        for claims in by_path.values():
            rejected.update(_tied(_disputing(claims)))
        for claims in by_file.values():
            if any(not self.same(claims[0][1], raw) for _, raw in claims[1:]):
                rejected.update(_weaker(_disputing(claims)))
        return [side for side in sides if side not in rejected]


def _disputing(claims: Sequence[tuple[_PairMatch, str]]) -> list[_PairMatch]:
    """The sides, where they claim different things; none where one side alone claims any."""
    sides = list(dict.fromkeys(side for side, _ in claims))
    return sides if len(sides) > 1 and len({value for _, value in claims}) > 1 else []


def _below(
    spelled: Sequence[PathSegments], at: Mapping[tuple[bool, Segments], list[_PairMatch]]
) -> Iterator[tuple[_PairMatch, Segments]]:
    """The sides whose folder is above a path, each with the rest of the path."""
    for reading in spelled:
        segments = reading.segments
        for length in range(len(segments)):
            for side in at.get((reading.is_absolute, segments[:length]), ()):
                yield side, segments[length:]


def _weaker(sides: Iterable[_PairMatch]) -> list[_PairMatch]:
    """All but the one that most paths fit; all where several are first."""
    ranked = sorted(sides, key=lambda side: -len(side.fits))
    is_tie = len(ranked) > 1 and len(ranked[0].fits) == len(ranked[1].fits)
    return ranked if is_tie else ranked[1:]


def _tied(sides: Iterable[_PairMatch]) -> list[_PairMatch]:
    """Those that read one path as different files, where none of them is first."""
    ranked = sorted(sides, key=_rank)
    tied = [side for side in ranked if _rank(side) == _rank(ranked[0])]
    return tied if len(tied) > 1 else []


def _rank(side: _PairMatch) -> tuple[int, int]:
    """Most paths first, then what has more of a path in common with the repository."""
    return -len(side.fits), len(side.pair.prefix)
