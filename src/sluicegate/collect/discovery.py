"""Finding evidence that nobody named: where tools leave their output, by what files hold.

Candidates are files, usually git-ignored, that have a report's ending and either a report's name or
stand below an output folder. What a candidate is, its content decides; whether a tracked one counts,
`tracked` does. Dependency folders, links, submodules and other repositories are never entered.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from sluicegate.bundle.layout import MANIFEST, is_file_name
from sluicegate.collect.folders import OUTPUT_FOLDERS, Folders
from sluicegate.core.globs import matches_any
from sluicegate.evidence.reader import HEAD_BYTES, Reader, head_of, readers
from sluicegate.evidence.records import Kind
from sluicegate.evidence.unread import Format, recognise
from sluicegate.git.repository import is_repository

NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.COVERAGE: (".coverage", "coverage*.json", "coverage*.xml", "cobertura*.xml", "cov.xml", "lcov.info",
                    "*.lcov", "*-coverage.xml"),
    Kind.TESTS: ("junit*.xml", "TEST-*.xml", "test-results*.xml", "test_results*.xml", "test-report*.xml",
                 "pytest*.xml", "xunit*.xml", "results.xml", "report.xml", "*-junit.xml", "*.junit.xml"),
    Kind.FINDINGS: ("*.sarif", "*.sarif.json", "ruff*.json"),
    Kind.BENCHMARKS: ("bench*.json", "*-bench.json", "*_bench.json", "*-benchmark.json", "*_benchmark.json",
                      "bench*.txt", "hyperfine*.json", "jmh-result*.json", "k6*.json", "*_stats.csv"),
}  # fmt: skip
"""Telling names of each kind."""

UNREAD_NAMES = (
    "jacoco*.xml", "clover*.xml", "*.clover", "cover*.out", "coverage*.txt", "*.coverprofile",
    "c.out", "profile.cov", "profile.out", "*opencover*.xml", "dotcover*.xml",
    ".resultset.json", "scoverage.xml", "llvm-cov*.json", "*.gcov", "*.gcov.json", "*.trx", "TestResult*.xml",
    "nunit*.xml", "testng-results.xml", "mocha*.json", "rspec*.json", "jest*.json", "cucumber*.json",
    "playwright*.json", "test*.json", "go-test*.json", "gotest*.json", "report.json",
    "*.tap", "*eslint*.json", "*checkstyle*.xml", "pmd*.xml",
    "cpd*.xml", "spotbugs*.xml", "findbugs*.xml", "lint-results*.xml", "cppcheck*.xml", "pylint*", "flake8*",
    "golangci*.json",
    "gosec*.json", "semgrep*.json", "bandit*.json", "trivy*.json", "grype*.json", "gitleaks*.json",
    "rubocop*.json", "brakeman*.json", "stylelint*.json", "clippy*.json", "shellcheck*.json",
    "hadolint*.json",
    "gl-code-quality*.json", "codeclimate*.json", "jmh*.csv", "jmh*.txt", "hyperfine*.csv", "*.jtl",
)  # fmt: skip
"""Telling names of reports in formats that are not read; what such a file holds decides."""

_ENDINGS = (
    ".xml", ".json", ".sarif", ".info", ".lcov", ".txt", ".csv", ".out", ".trx", ".tap", ".clover", ".gcov",
    ".coverprofile", ".cov", ".jtl", ".log",
)  # fmt: skip
FOREIGN = "not in a format that is read here"
"""Why a file is passed over that no reader recognises."""

MAX_DEPTH = 100
"""How many folders deep a search goes."""

_BY_NAME = Folders()

MAX_ENTRIES = 1_000_000
"""Files that a search looks at the names of, beside those that the commit tracks."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be evidence: its POSIX path, and the kind that its name tells, if any."""

    path: str
    told: Kind | None


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate that a reader recognises."""

    path: str
    reader: Reader

    @property
    def kind(self) -> Kind:
        """What it is evidence of."""
        return self.reader.kind


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file with a telling name whose content is no report at all."""

    path: str
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A candidate that is not taken, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A report in a format that is known and not read."""

    path: str
    kind: Kind
    format: Format

    @property
    def reason(self) -> str:
        """Why it is not taken."""
        return f"is {self.format.name}, which is not read"


Sighting = Found | Unreadable | PassedOver | Unread


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        candidates: the files worth opening, by path.
        is_whole: False where the search ended after `MAX_ENTRIES`.
        links: links where results are written: with a telling name, or in the place of an output folder.
        repositories: submodules and other repositories.
        unreadable: folders that could not be looked into, each with the reason.
        deeper: folders below `MAX_DEPTH`, which were not looked into.
    """

    candidates: tuple[Candidate, ...]
    is_whole: bool
    links: tuple[Candidate, ...] = ()
    repositories: tuple[str, ...] = ()
    unreadable: tuple[PassedOver, ...] = ()
    deeper: tuple[str, ...] = ()


def search(
    root: Path, tracked: Iterable[str], folders: Folders = _BY_NAME, free: Iterable[str] = ()
) -> Search:
    """Look for files worth opening; bounded in depth and number.

    Args:
        root: where to look.
        tracked: files to leave out.
        folders: those that are entered whatever they are called.
        free: files that do not count among `MAX_ENTRIES`: a change may bring any number of them.
    """
    walk = _Walk(root, folders, frozenset(free), MAX_ENTRIES)
    known = set(tracked)
    worth = [c for path in walk.files() if path not in known and (c := _candidate(path))]
    modes = {c: _mode(root / c.path) for c in worth}
    return Search(
        candidates=tuple(sorted((c for c in worth if stat.S_ISREG(modes[c])), key=lambda c: c.path)),
        is_whole=walk.left >= 0,
        links=(*walk.links, *filter(_is_told_link(modes), worth)),
        repositories=tuple(walk.repositories),
        unreadable=tuple(walk.unreadable),
        deeper=tuple(walk.deeper),
    )


def _is_told_link(modes: Mapping[Candidate, int]) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.told is not None and stat.S_ISLNK(modes[candidate])


def _candidate(path: str) -> Candidate | None:
    """The file as a candidate; None where neither its name nor its place is a report's."""
    name = path.rpartition("/")[2]
    if not (name.endswith(_ENDINGS) or name == ".coverage"):
        return None
    kind = told(name)
    known = kind or matches_any(UNREAD_NAMES, name) or is_output(path.rpartition("/")[0])
    return Candidate(path, kind) if known else None


def is_output(folder: str) -> bool:
    """Is it, by a POSIX path, a folder into which tools write, or below one?"""
    return not OUTPUT_FOLDERS.isdisjoint(folder.split("/"))


def told(name: str) -> Kind | None:
    """The kind of evidence that a file's name tells."""
    return next((kind for kind, patterns in NAMES.items() if matches_any(patterns, name)), None)


def _mode(path: Path) -> int:
    """What kind of file it is, a link not followed; 0 for one that is gone."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


@dataclass(slots=True)
class _Walk:
    """A walk through the folders below a root, and what it did not enter."""

    root: Path
    entered: Folders
    free: frozenset[str]
    left: int
    links: list[Candidate] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)
    unreadable: list[PassedOver] = field(default_factory=list)
    deeper: list[str] = field(default_factory=list)

    def files(self) -> Iterator[str]:
        """Paths of files, until none is `left`; linked folders and other repositories are not entered."""
        for folder, folders, names in os.walk(self.root, onerror=self._failed):
            where = Path(folder).relative_to(self.root).as_posix()
            if where != "." and is_repository(folder, (*folders, *names)):
                self.repositories.append(where)
                folders[:] = []
                continue
            prefix = "" if where == "." else f"{where}/"
            self._see_links(prefix, folders)
            folders[:] = [f for f in folders if self._is_entered(prefix + f)]
            paths = [prefix + name for name in names]
            self.left -= len(paths) - len(self.free.intersection(paths))
            if self.left < 0:
                return
            yield from paths

    def _is_entered(self, path: str) -> bool:
        if not self.entered.enters(path):
            return False
        if path.count("/") >= MAX_DEPTH:
            self.deeper.append(path)
            return False
        return True

    def _see_links(self, prefix: str, folders: Iterable[str]) -> None:
        """Keep the links in the place of a folder into which tools write."""
        for path in (prefix + f for f in folders if f in OUTPUT_FOLDERS):
            if (self.root / path).is_symlink():
                self.links.append(Candidate(path, None))

    def _failed(self, error: OSError) -> None:
        """A folder that cannot be looked into; one that is gone meanwhile is none."""
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            path = Path(error.filename).relative_to(self.root).as_posix()
            self.unreadable.append(PassedOver(path, f"cannot be looked into: {error.strerror}"))


def look_at(root: Path, candidate: Candidate) -> Sighting | None:
    """What a candidate is.

    None for one that neither its name nor its content tells, and for an earlier run that a tool keeps
    beside the last one.
    """
    if _is_of_bundle(root / candidate.path):
        return PassedOver(candidate.path, "is a bundle's copy of a report")
    try:
        head = head_of(root / candidate.path)
    except OSError as error:
        kind = candidate.told or Kind.TESTS
        return Unreadable(candidate.path, kind, f"cannot be read: {error.strerror}")
    name = candidate.path.rpartition("/")[2]
    reader = next((r for r in readers() if r.matches(name, head)), None)
    if reader is not None:
        return None if reader.stands_aside(candidate.path) else Found(candidate.path, reader)
    return _in_no_format_read(candidate, name, head)


def _is_of_bundle(path: Path) -> bool:
    """Is it a copy that a shard took into a bundle in this checkout? `merge` judges those."""
    return is_file_name(path.name) and (path.parent / MANIFEST).is_file()


def _in_no_format_read(candidate: Candidate, name: str, head: bytes) -> Sighting | None:
    """What a candidate is that no reader recognises, by how it begins."""
    if (known := recognise(head)) is not None:
        return Unread(candidate.path, *known)
    if candidate.told is None:
        return None
    broken = _broken(name, head)
    if broken:
        return Unreadable(candidate.path, candidate.told, broken)
    return PassedOver(candidate.path, FOREIGN)


def _broken(name: str, head: bytes) -> str:
    """Why the content cannot be what the name says; empty for a well-formed stranger."""
    if not head.strip():
        return "is empty"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if name.endswith(".xml"):
        return "is not XML" if start != b"<" else _malformed(head)
    if name.endswith((".json", ".sarif")) and (start not in (b"{", b"[") or not _is_json(head)):
        return "is not JSON"
    return ""


def _is_json(head: bytes) -> bool:
    """Is a short file JSON? One that goes on may be."""
    try:
        return len(head) == HEAD_BYTES or json.loads(head) is not None
    except (ValueError, RecursionError):
        return False


def _malformed(head: bytes) -> str:
    """Why a short XML file is broken; empty for a good one, and for one that goes on."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(head, len(head) < HEAD_BYTES)
    except expat.ExpatError as error:
        return f"is not well-formed XML: {expat.ErrorString(error.code)} at line {error.lineno}"
    return ""
