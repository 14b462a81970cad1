"""Which files of the repository a coverage report is about. Pure.

1. A path below the checkout's own root is what is left after the root: a file, or none.
2. A relative path, joined with a source root of the report, or as it is. A tool writes paths relative to the
   folder that it ran in, and its report below that: so the folders above the report are tried, the nearest
   first. What two of them have stays open, unless the nearest has every path of the report that is found at
   all.
3. All other paths are of another machine; `evidence.tails` judges them together. A path that follows a
   foreign source root is such a path too, when more of it than the path as written is found in the
   repository.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import unquote

from sluicegate.evidence.coverage.summary import unite
from sluicegate.evidence.paths import PathIndex, is_address, spell
from sluicegate.evidence.records import CoverageRecord, FileCoverage
from sluicegate.evidence.tails import FolderMatcher, FolderPair, PathSegments, pair_of

_EXPECTED_PAIRS = 8


def resolve_coverage(record: CoverageRecord, index: PathIndex, report: str = "") -> CoverageRecord:
    """The record with its files under the repository's paths.

    Two paths of the report that mean one file are united. A path that is no file of the
    repository is listed in `unresolved`, and its numbers stay, under the path as written (in
    angle brackets where that would be mistaken for a file of the repository).

    Args:
        record: as read.
        index: the files of the repository.
        report: the report's own path, relative to the repository; empty where it is not in it.
    """
    found = _Resolution(record, index, report).resolve()
    files: dict[str, FileCoverage] = {}
    unresolved: set[str] = set()
    for raw, file in record.files.items():
        path = found.get(raw)
        if path is None:
            path = f"<{raw}>" if raw in index else raw
            unresolved.add(path)
        new = replace(file, path=path)
        files[path] = unite(files[path], new) if path in files else new
    return replace(record, files=files, unresolved=tuple(sorted(unresolved)))


def expected(record: CoverageRecord, index: PathIndex, report: str = "") -> set[str]:
    """The paths in the repository that the report may mean, whether or not such a file is known."""
    resolution = _Resolution(record, index, report)
    resolution.resolve()
    paths = {path for raw in record.files for path in index.meant(raw, record.roots)}
    return paths | resolution.based() | resolution.below_pairs()


def may_mean(raw: str, path: str) -> bool:
    """May a path that was not resolved be this file of the repository?

    It may when both end in the same folder and name, or in the same name where one of them has
    no folder. A header that Bazel moved may be any of that name in its package.
    """
    raw = raw.removeprefix("<").removesuffix(">")
    ours, theirs = path.split("/"), spell(raw).segments
    if moved := _moved_header(raw):
        return path.startswith(moved.package) and ours[-1:] == list(theirs[-1:])
    least = min(2, len(ours), len(theirs))
    return least > 0 and tuple(ours[-least:]) == theirs[-least:]


class _MovedHeader(NamedTuple):
    """A header that Bazel links elsewhere: its package, with a slash, and the path that sources include."""

    package: str
    included: str


def _moved_header(raw: str) -> _MovedHeader | None:
    """What `bazel-out/CONFIGURATION/bin/PACKAGE/_virtual_includes/TARGET/PATH` is (bazelbuild/bazel 6254).

    The path is the header's own in its package, unless the target has an `include_prefix` or strips one.
    """
    built, _, rest = raw.rpartition("/_virtual_includes/")
    _, found, below = built.rpartition("bazel-out/")
    package = below.split("/", 2)[2:]
    included = rest.partition("/")[2]
    if not (found and included and f"{below}/".split("/")[1] == "bin"):
        return None
    return _MovedHeader(f"{package[0]}/" if package else "", included)


@dataclass(slots=True)
class _Resolution:
    """The paths of one report while they are resolved.

    Attributes:
        found: path as written -> file.
        foreign: path as written -> the full paths that it can mean, of another machine.
        relative: paths as written that are relative, and whose meaning the folders above decide.
        pairs: of folders that foreign paths and files have in common, with how many vote for each.
        folders: those above the report that hold files, the nearest first, without the top.
    """

    record: CoverageRecord
    index: PathIndex
    report: str
    found: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, list[PathSegments]] = field(default_factory=dict)
    relative: list[str] = field(default_factory=list)
    pairs: Counter[FolderPair] = field(default_factory=Counter)
    folders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.folders = tuple(_folders_above(self.report, self.index))

    def resolve(self) -> dict[str, str]:
        """The file for each path that has one."""
        for raw in self.record.files:
            if not is_address(raw) and spell(raw).segments:
                self._place(raw)
        self._place_relative()
        for readings in self.foreign.values():
            if pair := self.index.pair(readings):
                self.pairs[pair] += 1
        taken = {file: raw for raw, file in self.found.items()}
        judge = FolderMatcher(self.index.files, taken, self._same, least=min(2, len(self.record.files)))
        self.found |= judge.settle(self.foreign, self.pairs)
        return self.found

    def _same(self, one: str, two: str) -> bool:
        """Have both the same executable lines? Copies of one file do."""
        return self.record.files[one].executable == self.record.files[two].executable

    def _place(self, raw: str) -> None:
        """Settle a path that matches exactly, itself or below a source root; else sort it in."""
        if raw in self.index and not (self.record.roots or self.folders):
            self.found[raw] = raw
            return
        readings = [r for text in _spellings(raw) for r in self._absolute(text)]
        exact = {self.index.named(reading) or "" for reading in readings} & self.index.files
        if exact:
            self._settle(raw, exact)
        else:
            self._sort_in(raw, readings)

    def _sort_in(self, raw: str, readings: list[PathSegments]) -> None:
        foreign = [reading for reading in readings if not self.index.is_here(reading)]
        if not spell(raw).is_absolute:
            self.relative.append(raw)
        if foreign:
            self.foreign[raw] = foreign

    def _settle(self, raw: str, files: set[str]) -> None:
        if len(files) == 1:
            self.found[raw] = next(iter(files))

    def _absolute(self, raw: str) -> list[PathSegments]:
        """The absolute paths that it can mean."""
        path = spell(raw)
        if path.is_absolute:
            return [path]
        return [full for root in self.record.roots if (full := spell(f"{root}/{raw}")).is_absolute]

    def _place_relative(self) -> None:
        """Settle the relative paths from the folders above the report; the rest may be tails."""
        at = [self._found_at(folder) for folder in (*self.folders, "")]
        nearest = next(filter(None, at), {})
        decides = all(found.keys() <= nearest.keys() for found in at)
        for raw in self.relative:
            files = {file for found in ([nearest] if decides else at) for file in found.get(raw, ())}
            self._place_one(raw, files)

    def _place_one(self, raw: str, files: set[str]) -> None:
        """Settle a relative path that names these files, unless a foreign root says more of it."""
        if not files:
            roots = self._relative_roots() or [""]
            written = [spell(f"./{root}/{text}") for text in _spellings(raw) for root in roots]
            self.foreign.setdefault(raw, written)
        elif not self._is_longer(raw, files):
            self.foreign.pop(raw, None)
            self._settle(raw, files)

    def _found_at(self, folder: str) -> dict[str, set[str]]:
        """The files that the relative paths name from a folder, by path."""
        return {raw: files for raw in self.relative if (files := self._named_from(folder, raw))}

    def _named_from(self, folder: str, raw: str) -> set[str]:
        for roots in (self._relative_roots(), [""]):
            for text in _spellings(raw):
                paths = {"/".join(spell(f"{folder}/{root}/{text}").segments) for root in roots}
                if files := paths & self.index.files:
                    return files
        return set()

    def _relative_roots(self) -> list[str]:
        return [root for root in self.record.roots if not spell(root).is_absolute]

    def _is_longer(self, raw: str, files: set[str]) -> bool:
        """Is more of the path found behind a foreign root than it has itself? Then all of that counts."""
        written = spell(raw).segments
        longer = [r for r in self.foreign.get(raw, ()) if self.index.shared_tail(r) > len(written)]
        file = "/".join(written)
        if file in files:
            self.pairs.update(pair_of(reading, file, len(written)) for reading in longer)
        return bool(longer)

    def based(self) -> set[str]:
        """What the relative paths mean from each folder above the report."""
        roots = [*self._relative_roots(), ""]
        return {
            "/".join(spell(f"{folder}/{root}/{raw}").segments)
            for folder in self.folders
            for root in roots
            for raw in self.relative
        }

    def below_pairs(self) -> set[str]:
        """What the foreign paths mean if the pairs with the most votes count."""
        pairs = [pair for pair, votes in self.pairs.most_common(_EXPECTED_PAIRS) if votes > 1]
        return {path for pair in pairs for path in self._below(pair)}

    def _below(self, pair: FolderPair) -> Iterator[str]:
        length = len(pair.prefix)
        for readings in self.foreign.values():
            for reading in readings:
                if reading.is_absolute == pair.is_absolute and reading.segments[:length] == pair.prefix:
                    yield "/".join((*pair.folder, *reading.segments[length:]))


def _folders_above(report: str, index: PathIndex) -> Iterator[str]:
    parts = () if spell(report).is_absolute else report.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        folder = "/".join(parts[:length])
        if any(file.startswith(f"{folder}/") for file in index.files):
            yield folder


def _spellings(raw: str) -> Sequence[str]:
    """The path as written, as a URI that names no scheme, and of a header that Bazel moved its own."""
    if moved := _moved_header(raw):
        return (raw, moved.package + moved.included)
    return (raw, unquote(raw)) if "%" in raw else (raw,)
