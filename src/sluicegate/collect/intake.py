"""Taking files in: from a name, a pattern or a discovery to resolved records.

A file that the command line names must be readable, or the run ends (`EvidenceError`). One that
a pattern of the policy matched, or that was discovered, makes only its own gate ERROR.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from sluicegate.collect.discovery import Candidate, Found, PassedOver, Unreadable, look_at
from sluicegate.collect.ignored import resolve
from sluicegate.collect.places import MAX_FILES, matched_files, named_files
from sluicegate.engines.coverage_data import complete
from sluicegate.errors import EngineError, EvidenceError, UsageError
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import Reader, Record, sniff, superseded
from sluicegate.evidence.records import (
    BenchmarksRecord,
    CoverageRecord,
    FindingsRecord,
    Kind,
    TestsRecord,
)
from sluicegate.evidence.tests.places import place
from sluicegate.model import Notice, Problem, Source

GATES_OF: dict[Kind, tuple[str, ...]] = {
    Kind.COVERAGE: ("coverage",),
    Kind.TESTS: ("tests",),
    Kind.FINDINGS: ("security", "lint"),
    Kind.BENCHMARKS: ("performance",),
}
"""Which gates a kind of evidence speaks for."""

_FOREIGN = "not in a format that is read here"
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
    if not (path if separator else head).strip():
        raise UsageError("no path is given", where=f"--evidence {text}", remedy="Name a file or a folder.")
    if not separator or "/" in head or "\\" in head:
        return Named(None, "", text)
    return _of_kind(text, head, path)


def _of_kind(text: str, head: str, path: str) -> Named:
    """The argument whose part before `=` is `head`."""
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
        place: the folder in which patterns are matched and files are discovered.
        untrusted: nothing of the project may run.
        tracked: the files that git tracks; an interpreter that is one of them is not the project's.
        problems: by gate, or by `tests.SUITE`.
        named: the files that the command line named.
    """

    root: Path
    index: PathIndex
    place: Path | None = None
    untrusted: bool = False
    tracked: Sequence[str] = ()
    coverage: list[CoverageRecord] = field(default_factory=list)
    tests: list[TestsRecord] = field(default_factory=list)
    findings: list[FindingsRecord] = field(default_factory=list)
    benchmarks: list[BenchmarksRecord] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    _seen: set[tuple[Path, str]] = field(default_factory=set)
    _digests: dict[str, str] = field(default_factory=dict)

    def names_report_of(self, tool: str) -> bool:
        """Did the command line name a findings report of this tool?"""
        return any(
            r.source.path in self.named and tool in r.source.tool.lower().split(", ") for r in self.findings
        )

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

    @property
    def _place(self) -> Path:
        return self.place or self.root

    def take_named(self, named: Named) -> None:
        """Take a file, the files of a folder, or those of a glob, as the command line says.

        Raises:
            UsageError: there is no such file, or no report in it.
            EvidenceError: a file is not what it claims to be.
        """
        where = f"--evidence {named.path}"
        paths = named_files(self.root, named.path)
        readers = [(path, self._reader(path, named.kind)) for path in paths]
        if not any(reader for _, reader in readers):
            raise _no_reader(paths, named.kind, where)
        older = self._older(readers)
        for path, reader in readers:
            if reader is None:
                self.passed_over.append((self.shown(path), _FOREIGN))
            elif reason := _aside(self.shown(path), reader, older):
                self.passed_over.append((self.shown(path), reason))
            elif self._is_first(path, named.suite):
                self.named.add(self.shown(path))
                self.take(self.read(path, reader), named.suite)

    def _older(self, files: Sequence[tuple[Path, Reader | None]]) -> Mapping[str, str] | None:
        """Which of several files are earlier runs of another, with the reason; None for a file alone."""
        if len(files) == 1:
            return None
        return superseded((self.shown(path), reader) for path, reader in files if reader)

    def _is_first(self, path: Path, suite: str) -> bool:
        """Is the file not taken yet for this suite, under whatever name?"""
        key = (path.resolve(), suite)
        known = key in self._seen
        self._seen.add(key)
        return not known

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
            completed = complete(
                path.absolute(),
                self.shown(path),
                self.root.absolute(),
                untrusted=self.untrusted,
                tracked=self.tracked,
            )
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
            try:
                paths = matched_files(self._place, pattern)
            except OSError as error:
                problem = Problem(f"cannot be looked for: {error.strerror}", pattern, "Correct the pattern.")
                self.problems.setdefault(where, []).append(problem)
                continue
            if len(paths) > MAX_FILES:
                self.problems.setdefault(where, []).append(_too_many(pattern))
            older = self._older([(path, _counted(path, kind)) for path in paths])
            for path in paths[:MAX_FILES]:
                if self._is_first(path, suite):
                    self._take_matched(where, path, kind, suite, older)

    def _take_matched(
        self, gate: str, path: Path, kind: Kind, suite: str, older: Mapping[str, str] | None
    ) -> None:
        """Take one of the files of a pattern; `older` is None where it is the only one."""
        try:
            reader = self._reader(path, kind)
            if reader is None:
                raise _no_reader([path], kind, self.shown(path))
            if reason := _aside(self.shown(path), reader, older):
                self.passed_over.append((self.shown(path), reason))
                return
            self.take(self.read(path, reader), suite)
        except (EvidenceError, UsageError) as error:
            problem = Problem(error.what, self.shown(path), error.remedy)
            self.problems.setdefault(gate, []).append(problem)

    def take_discovered(self, candidates: Sequence[Candidate], kinds: Iterable[Kind]) -> None:
        """Look at candidates and take those of the given kinds, preferred formats first."""
        wanted = set(kinds)
        for kind in wanted if len(candidates) > MAX_FILES else ():
            self._problem(kind, _too_many("the search"))
        found = self._looked_at(candidates[:MAX_FILES], wanted)
        measured = max((self._time(f) for f in found if _is_data(f.reader)), default=0.0)
        older = superseded((f.path, f.reader) for f in found)
        self.passed_over.extend(older.items())
        for sighting in sorted(found, key=self._preference):
            if sighting.path not in older:
                self._take_found(sighting, measured)

    def _looked_at(self, candidates: Sequence[Candidate], wanted: set[Kind]) -> list[Found]:
        """The candidates to take; of the others it is kept what there is to say."""
        found: list[Found] = []
        for candidate in candidates:
            match look_at(self._place, candidate):
                case Found() as sighting if sighting.reader.kind in wanted:
                    found.append(sighting)
                case Unreadable(path, kind, reason) if kind in wanted:
                    self._problem(kind, Problem(reason, path, "Delete it, or mend what writes it."))
                case PassedOver(path, reason):
                    self.passed_over.append((path, reason))
                case _:
                    pass
        return found

    def _time(self, found: Found) -> float:
        return (self._place / found.path).stat().st_mtime

    def _problem(self, kind: Kind, problem: Problem) -> None:
        for gate in GATES_OF[kind]:
            self.problems.setdefault(gate, []).append(problem)

    def _preference(self, found: Found) -> tuple[int, str]:
        order = ("coveragepy-json", "cobertura", "lcov", coveragepy_data.READER.format)
        name = found.reader.format
        return (order.index(name) if name in order else 0, found.path)

    def _take_found(self, found: Found, measured: float) -> None:
        """Take one; `measured` is when the newest coverage.py data was written, in Unix seconds."""
        path = self._place / found.path
        try:
            reason = self._redundant(path, found)
            record = None if reason else self.read(path, found.reader)
        except EvidenceError as error:
            self._problem(found.reader.kind, Problem(error.what, found.path, error.remedy))
            return
        if record is not None:
            reason = self._repeated(record, self._time(found) + _STALE < measured)
        if record is None or reason:
            self.passed_over.append((found.path, reason))
        else:
            self.take(record)

    def _redundant(self, path: Path, found: Found) -> str:
        """Why coverage.py data need not be completed, which costs seconds; empty when it must be."""
        if not _is_data(found.reader) or not self.coverage:
            return ""
        executed = coveragepy_data.read_executed(path, found.path)
        ran = {self.index.resolve(name) for name in executed} - {None}
        for other in self.coverage:
            if 2 * len(ran & other.files.keys()) >= len(ran) > 0:
                return f"{other.source.path} is a report of it"
        return ""

    def _repeated(self, record: Record, is_older: bool) -> str:
        """Why a record that was found is not taken; empty when it is."""
        if record.source.tool == "Sluicegate":
            return "is sluicegate's own report"
        if digest := record.source.sha256:
            first = self._digests.setdefault(digest, record.source.path)
            if first != record.source.path:
                return f"is a copy of {first}"
        if isinstance(record, BenchmarksRecord):
            return self._same_readings(record)
        if not isinstance(record, CoverageRecord) or record.source.format == coveragepy_data.READER.format:
            return ""
        if is_older and "coverage" in record.source.tool:
            return "is older than the coverage.py data beside it"
        return self._same_run(record)

    def _same_readings(self, record: BenchmarksRecord) -> str:
        """Why the record is another's in another format: its samples would count twice; else empty."""
        same = (other.source.path for other in self.benchmarks if other.benchmarks == record.benchmarks)
        return next((f"has the same readings as {path}" for path in same), "")

    def _same_run(self, record: CoverageRecord) -> str:
        """Why the record repeats one of another format over mostly the same files; else empty."""
        for other in self.coverage:
            common = len(record.files.keys() & other.files.keys())
            if other.source.format != record.source.format and 2 * common >= len(record.files) > 0:
                return f"has the same files as {other.source.path}, which is preferred"
        return ""


def _counted(path: Path, kind: Kind) -> Reader | None:
    """The reader of a file of a kind whose tools keep earlier runs; None for others and unreadable ones."""
    with contextlib.suppress(OSError):
        return sniff(path, kind) if kind is Kind.BENCHMARKS else None
    return None


def _aside(path: str, reader: Reader, older: Mapping[str, str] | None) -> str:
    """Why a file of several is passed over; empty when it is taken, and for a file alone."""
    return "" if older is None else older.get(path) or reader.stands_aside(path)


def _is_data(reader: Reader) -> bool:
    return reader.format == coveragepy_data.READER.format


def _too_many(place: str) -> Problem:
    remedy = "Name fewer, with 'files' in the policy or with --evidence."
    return Problem(f"finds more than {MAX_FILES:,} files; the rest is not counted", place, remedy)


def _no_reader(paths: Sequence[Path], kind: Kind | None, where: str) -> EvidenceError:
    if all(path.stat().st_size == 0 for path in paths):
        return EvidenceError(
            "is empty", where=where, remedy="The tool that writes it probably crashed; see its log."
        )
    verb = "is" if len(paths) == 1 else "holds"
    what = f"no {kind.value} report" if kind else "no report"
    return EvidenceError(
        f"{verb} {what} in a format that is read here",
        where=where,
        remedy="Formats: coverage.py data, JSON and XML, Cobertura, LCOV; JUnit XML; SARIF 2.1.0, "
        "ruff JSON; benchmarks of the tools that `sluicegate explain performance` lists.",
    )
