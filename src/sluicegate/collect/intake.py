"""Taking files in: from a name, a pattern or a discovery to resolved records.

A file that the command line names must be readable, or the run ends (`EvidenceError`). One that
a pattern of the policy matched, or that was discovered, makes only its own gate ERROR.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from sluicegate.collect.discovery import SKIPPED_FOLDERS, Candidate, Found, PassedOver, Unreadable, look_at
from sluicegate.collect.ignored import resolve
from sluicegate.engines.coverage_data import complete
from sluicegate.errors import EngineError, EvidenceError, UsageError
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import Reader, Record, sniff
from sluicegate.evidence.records import (
    BenchmarksRecord,
    CoverageRecord,
    FindingsRecord,
    Kind,
    TestsRecord,
)
from sluicegate.evidence.tests.places import place
from sluicegate.model import Problem, Source

GATES_OF: dict[Kind, tuple[str, ...]] = {
    Kind.COVERAGE: ("coverage",),
    Kind.TESTS: ("tests",),
    Kind.FINDINGS: ("security", "lint"),
    Kind.BENCHMARKS: ("performance",),
}
"""Which gates a kind of evidence speaks for."""

_MAX_FILES = 5_000
_STALE = 5.0  # seconds; a report is written right after its data


@dataclass(frozen=True, slots=True)
class Named:
    """`[KIND[.SUITE]=]PATH` of the command line."""

    kind: Kind | None
    suite: str
    path: str


def parse_named(text: str) -> Named:
    """An `--evidence` argument.

    Raises:
        UsageError: the kind does not exist, or a suite is given to another kind than tests.
    """
    head, separator, path = text.partition("=")
    if not separator or "/" in head or "\\" in head:
        return Named(None, "", text)
    word, _, suite = head.partition(".")
    if word not in [k.value for k in Kind]:
        known = ", ".join(k.value for k in Kind)
        raise UsageError(f"unknown kind of evidence '{word}'", where=f"--evidence {text}",
                         remedy=f"Kinds: {known}; or give the path alone.")  # fmt: skip
    if suite and word != Kind.TESTS.value:
        raise UsageError(f"only tests have suites, not '{word}'", where=f"--evidence {text}",
                         remedy=f"Write {word}={path}.")  # fmt: skip
    return Named(Kind(word), suite, path)


@dataclass(slots=True)
class Intake:
    """What has been taken in so far; filled in by the `take_*` methods, then read.

    Attributes:
        root: the folder that paths are relative to.
        index: resolves paths of other machines to the repository's files.
        problems: by gate, or by `tests.SUITE`.
    """

    root: Path
    index: PathIndex
    coverage: list[CoverageRecord] = field(default_factory=list)
    tests: list[TestsRecord] = field(default_factory=list)
    findings: list[FindingsRecord] = field(default_factory=list)
    benchmarks: list[BenchmarksRecord] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sources(self) -> list[Source]:
        """The files that were taken, in order of kind."""
        records: list[Record] = [*self.coverage, *self.tests, *self.findings, *self.benchmarks]
        return [r.source for r in records]

    def shown(self, path: Path) -> str:
        """The path as reports show it: POSIX, relative to the root where it lies below it."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return path.as_posix()

    def take_named(self, named: Named) -> None:
        """Take a file, the files of a folder, or those of a glob, as the command line says.

        Raises:
            UsageError: there is no such file, or no report in it.
            EvidenceError: a file is not what it claims to be.
        """
        where = f"--evidence {named.path}"
        paths = self._expand(named)
        for path in paths:
            reader = self._reader(path, named.kind)
            if reader is None and len(paths) > 1:
                self.passed_over.append((self.shown(path), "not in a format that is read here"))
            elif reader is None:
                raise _no_reader(path, named.kind, where)
            else:
                self.take(self.read(path, reader), named.suite)

    def _expand(self, named: Named) -> list[Path]:
        where = f"--evidence {named.path}"
        path = self.root / named.path
        if path.is_dir():
            return _files(path.rglob("*"), where, named.path)
        if glob.has_magic(named.path) and not path.exists():
            return _files(_glob(self.root, named.path), where, named.path)
        if not path.exists():
            raise UsageError("there is no such file", where=where, remedy="See whether the build wrote it.")
        return [path]

    def _reader(self, path: Path, kind: Kind | None) -> Reader | None:
        try:
            return sniff(path, kind)
        except OSError as error:
            raise EvidenceError(f"cannot be read: {error.strerror}", where=self.shown(path)) from error

    def read(self, path: Path, reader: Reader) -> Record:
        """Read and resolve one file.

        Raises:
            EvidenceError: the file is not what it claims to be.
        """
        record = self._completed(path) if _is_data(reader) else reader.read(path, self.shown(path))
        match record:
            case CoverageRecord():
                return resolve(record, self.index, self.root)
            case FindingsRecord():
                return resolve_findings(record, self.index)
            case TestsRecord():
                return replace(record, cases=tuple(place(c, self.index) for c in record.cases))
            case BenchmarksRecord():
                return record
            case _:
                assert_never(record)

    def _completed(self, path: Path) -> Record:
        """coverage.py's data with what could have run; what could not be analysed is a problem."""
        try:
            completed = complete(path.absolute(), self.shown(path), self.root.absolute())
        except EngineError as error:
            raise EvidenceError(error.what, where=error.where, remedy=error.remedy) from error
        if completed.problems:
            self.problems.setdefault("coverage", []).extend(completed.problems)
        return completed.record

    def take(self, record: Record, suite: str = "") -> None:
        """Keep a record; test results under the name of their suite."""
        match record:
            case CoverageRecord():
                self.coverage.append(record)
            case FindingsRecord():
                self.findings.append(record)
            case TestsRecord():
                self.tests.append(replace(record, suite=suite))
            case BenchmarksRecord():
                self.benchmarks.append(record)

    def take_pattern(self, gate: str, patterns: Iterable[str], kind: Kind, suite: str = "") -> None:
        """Take every file that a pattern of the policy matches; unreadable ones are problems."""
        where = f"{gate}.{suite}" if suite else gate
        for pattern in patterns:
            for path in sorted(_glob(self.root, pattern))[:_MAX_FILES]:
                self._take_matched(where, path, kind, suite)

    def _take_matched(self, gate: str, path: Path, kind: Kind, suite: str) -> None:
        try:
            reader = self._reader(path, kind)
            if reader is None:
                raise _no_reader(path, kind, self.shown(path))
            self.take(self.read(path, reader), suite)
        except (EvidenceError, UsageError) as error:
            problem = Problem(error.what, self.shown(path), error.remedy)
            self.problems.setdefault(gate, []).append(problem)

    def take_discovered(self, candidates: Sequence[Candidate], kinds: Iterable[Kind]) -> None:
        """Look at candidates and take those of the given kinds, preferred formats first."""
        wanted = set(kinds)
        found: list[Found] = []
        for candidate in candidates:
            match look_at(self.root, candidate):
                case Found() as sighting if sighting.reader.kind in wanted:
                    found.append(sighting)
                case Unreadable(path, kind, reason) if kind in wanted:
                    self._problem(kind, Problem(reason, path, "Delete it, or mend what writes it."))
                case PassedOver(path, reason):
                    self.passed_over.append((path, reason))
                case _:
                    pass
        measured = max((self._time(f) for f in found if _is_data(f.reader)), default=0.0)
        for sighting in sorted(found, key=self._preference):
            self._take_found(sighting, measured)

    def _time(self, found: Found) -> float:
        return (self.root / found.path).stat().st_mtime

    def _problem(self, kind: Kind, problem: Problem) -> None:
        for gate in GATES_OF[kind]:
            self.problems.setdefault(gate, []).append(problem)

    def _preference(self, found: Found) -> tuple[int, str]:
        order = ("coveragepy-json", "cobertura", "lcov", coveragepy_data.READER.format)
        name = found.reader.format
        return (order.index(name) if name in order else 0, found.path)

    def _take_found(self, found: Found, measured: float) -> None:
        """Take one; `measured` is when the newest coverage.py data was written, in Unix seconds."""
        path = self.root / found.path
        if found.reader.kind is Kind.COVERAGE and (reason := self._redundant(found, path)):
            self.passed_over.append((found.path, reason))
            return
        try:
            record = self.read(path, found.reader)
        except EvidenceError as error:
            self._problem(found.reader.kind, Problem(error.what, found.path, error.remedy))
            return
        reason = "is sluicegate's own report" if record.source.tool == "Sluicegate" else ""
        if isinstance(record, CoverageRecord) and not _is_data(found.reader):
            is_stale = "coverage" in record.source.tool and self._time(found) + _STALE < measured
            reason = "is older than the coverage.py data beside it" if is_stale else self._same_run(record)
        if reason:
            self.passed_over.append((found.path, reason))
        else:
            self.take(record)

    def _redundant(self, found: Found, path: Path) -> str:
        """Why `.coverage` data need not be analysed; empty when it must be."""
        if not _is_data(found.reader) or not self.coverage:
            return ""
        return f"{self.coverage[0].source.path} is a report of it, or newer"

    def _same_run(self, record: CoverageRecord) -> str:
        """Why the record repeats one of another format over mostly the same files; else empty."""
        for other in self.coverage:
            common = len(record.files.keys() & other.files.keys())
            if other.source.format != record.source.format and 2 * common >= len(record.files) > 0:
                return f"has the same files as {other.source.path}, which is preferred"
        return ""


def _is_data(reader: Reader) -> bool:
    return reader.format == coveragepy_data.READER.format


def _glob(root: Path, pattern: str) -> list[Path]:
    anchor = Path(pattern).anchor
    base = Path(anchor) if anchor else root
    return [p for p in base.glob(pattern[len(anchor) :]) if p.is_file()]


def _files(paths: Iterable[Path], where: str, name: str) -> list[Path]:
    files = sorted(p for p in paths if p.is_file() and SKIPPED_FOLDERS.isdisjoint(p.parts))
    if not files:
        raise UsageError(
            "there is no file in it", where=where, remedy=f"See whether the build wrote to {name}."
        )
    if len(files) > _MAX_FILES:
        raise UsageError(f"has more than {_MAX_FILES:,} files", where=where, remedy="Name fewer.")
    return files


def _no_reader(path: Path, kind: Kind | None, where: str) -> EvidenceError:
    if path.stat().st_size == 0:
        return EvidenceError(
            "is empty", where=where, remedy="The tool that writes it probably crashed; see its log."
        )
    what = f"no {kind.value} report" if kind else "no report"
    return EvidenceError(
        f"is {what} in a format that is read here",
        where=where,
        remedy="Formats: coverage.py data, JSON and XML, Cobertura, LCOV; JUnit XML; SARIF 2.1.0, "
        "ruff JSON; pytest-benchmark JSON.",
    )
