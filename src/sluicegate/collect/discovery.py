"""Discovers evidence in the output folders of tools, by the content of files.

Candidates are files, usually git-ignored, that have a report's suffix and either a report's name or a
place below an output folder. The content decides the kind of a candidate; `tracked` decides whether a
tracked one counts. Dependency folders, links, submodules and other repositories are never entered.
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
from sluicegate.evidence.unread import UnsupportedFormat, recognise
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
"""File names that imply a kind of evidence."""

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
"""File names of reports in unsupported formats; the content decides."""

_ENDINGS = (
    ".xml", ".json", ".sarif", ".info", ".lcov", ".txt", ".csv", ".out", ".trx", ".tap", ".clover", ".gcov",
    ".coverprofile", ".cov", ".jtl", ".log",
)  # fmt: skip
FOREIGN = "not in a supported format"
"""The reason for a file that no reader recognises."""

MAX_DEPTH = 100
"""How many folders deep a search goes."""

_BY_NAME = Folders()

MAX_ENTRIES = 1_000_000
"""File names that a search visits, beside those that the commit tracks."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be evidence: its POSIX path, and the kind that its name implies, if any."""

    path: str
    named_kind: Kind | None


@dataclass(frozen=True, slots=True)
class RecognisedReport:
    """A candidate that a reader recognises."""

    path: str
    reader: Reader

    @property
    def kind(self) -> Kind:
        """The kind of evidence."""
        return self.reader.kind


@dataclass(frozen=True, slots=True)
class UnreadableReport:
    """A file that is named like a report and whose content is damaged."""

    path: str
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A candidate that is not used, and the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnsupportedReport:
    """A report in a known, unsupported format."""

    path: str
    kind: Kind
    format: UnsupportedFormat

    @property
    def reason(self) -> str:
        """The reason not to use it."""
        return f"is {self.format.name}, which is not supported"


Sighting = RecognisedReport | UnreadableReport | SkippedFile | UnsupportedReport


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search.

    Attributes:
        candidates: the files worth opening, by path.
        is_whole: False where the search ended after `MAX_ENTRIES`.
        links: links where results are written: named like a report, or like an output folder.
        repositories: submodules and other repositories.
        unreadable: folders that could not be opened, each with the reason.
        deeper: folders below `MAX_DEPTH`, which were not searched.
    """

    candidates: tuple[Candidate, ...]
    is_whole: bool
    links: tuple[Candidate, ...] = ()
    repositories: tuple[str, ...] = ()
    unreadable: tuple[SkippedFile, ...] = ()
    deeper: tuple[str, ...] = ()


def search(
    root: Path, tracked: Iterable[str], folders: Folders = _BY_NAME, free: Iterable[str] = ()
) -> SearchResult:
    """Look for files worth opening; bounded in depth and number.

    Args:
        root: where to look.
        tracked: files to leave out.
        folders: folders that are entered regardless of their names.
        free: files that do not count among `MAX_ENTRIES`: a change may bring any number of them.
    """
    walk = _FolderWalk(root, folders, frozenset(free), MAX_ENTRIES)
    known = set(tracked)
    worth = [c for path in walk.files() if path not in known and (c := candidate(path))]
    modes = {c: _mode(root / c.path) for c in worth}
    return SearchResult(
        candidates=tuple(sorted((c for c in worth if stat.S_ISREG(modes[c])), key=lambda c: c.path)),
        is_whole=walk.left >= 0,
        links=(*walk.links, *filter(_is_named_link(modes), worth)),
        repositories=tuple(walk.repositories),
        unreadable=tuple(walk.unreadable),
        deeper=tuple(walk.deeper),
    )


def _is_named_link(modes: Mapping[Candidate, int]) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.named_kind is not None and stat.S_ISLNK(modes[candidate])


def candidate(path: str) -> Candidate | None:
    """The file as a candidate; None if neither its name nor its folder is a report's."""
    name = path.rpartition("/")[2]
    if not (name.endswith(_ENDINGS) or name == ".coverage"):
        return None
    kind = kind_by_name(name)
    known = kind or matches_any(UNREAD_NAMES, name) or is_output(path.rpartition("/")[0])
    return Candidate(path, kind) if known else None


def is_output(folder: str) -> bool:
    """Is the folder with this POSIX path an output folder of tools, or below one?"""
    return not OUTPUT_FOLDERS.isdisjoint(folder.split("/"))


def kind_by_name(name: str) -> Kind | None:
    """The kind of evidence that a file's name implies."""
    return next((kind for kind, patterns in NAMES.items() if matches_any(patterns, name)), None)


def _mode(path: Path) -> int:
    """The file mode, links not followed; 0 for a file that no longer exists."""
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


@dataclass(slots=True)
class _FolderWalk:
    """A walk through the folders below a root, and what it did not enter."""

    root: Path
    entered: Folders
    free: frozenset[str]
    left: int
    links: list[Candidate] = field(default_factory=list)
    repositories: list[str] = field(default_factory=list)
    unreadable: list[SkippedFile] = field(default_factory=list)
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
            self._see_links(prefix, OUTPUT_FOLDERS.intersection(folders))
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

    def _see_links(self, prefix: str, outputs: Iterable[str]) -> None:
        paths = (prefix + folder for folder in outputs)
        self.links += [Candidate(path, None) for path in paths if (self.root / path).is_symlink()]

    def _failed(self, error: OSError) -> None:
        """Record a folder that cannot be opened, unless it no longer exists."""
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            path = Path(error.filename).relative_to(self.root).as_posix()
            self.unreadable.append(SkippedFile(path, f"cannot be opened: {error.strerror}"))


def look_at(root: Path, candidate: Candidate) -> Sighting | None:
    """Classify a candidate by its content.

    None for a file that neither its name nor its content identifies, and for an earlier run that a tool
    keeps beside the last one.
    """
    path = root / candidate.path
    if is_file_name(path.name) and (path.parent / MANIFEST).is_file():  # a shard's, which `merge` judges
        return SkippedFile(candidate.path, "is a bundle's copy of a report")
    try:
        head = head_of(path)
    except OSError as error:
        kind = candidate.named_kind or Kind.TESTS
        return UnreadableReport(candidate.path, kind, f"cannot be read: {error.strerror}")
    reader = next((r for r in readers() if r.matches(path.name, head)), None)
    if reader is not None:
        return None if reader.skip_reason(candidate.path) else RecognisedReport(candidate.path, reader)
    return _in_no_format_read(candidate, path.name, head)


def _in_no_format_read(candidate: Candidate, name: str, head: bytes) -> Sighting | None:
    """Classify a candidate that no reader recognises, by its first bytes."""
    if (known := recognise(head)) is not None:
        return UnsupportedReport(candidate.path, *known)
    if candidate.named_kind is None:
        return None
    if broken := _broken(name, head):
        return UnreadableReport(candidate.path, candidate.named_kind, broken)
    return SkippedFile(candidate.path, FOREIGN)


def _broken(name: str, head: bytes) -> str:
    """Why the content does not match the name; empty for a well-formed file of an unknown format."""
    if not head.strip():
        return "is empty"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if name.endswith(".xml"):
        return "is not XML" if start != b"<" else _malformed(head)
    if name.endswith((".json", ".sarif")) and (start not in (b"{", b"[") or not _is_json(head)):
        return "is not JSON"
    return ""


def _is_json(head: bytes) -> bool:
    """Is a short file JSON? A longer one may be."""
    try:
        return len(head) == HEAD_BYTES or json.loads(head) is not None
    except (ValueError, RecursionError):
        return False


def _malformed(head: bytes) -> str:
    """Why a short XML file is not well-formed; empty for a good file, and for one that continues."""
    parser = expat.ParserCreate()
    try:
        parser.Parse(head, len(head) < HEAD_BYTES)
    except expat.ExpatError as error:
        return f"is not well-formed XML: {expat.ErrorString(error.code)} at line {error.lineno}"
    return ""
