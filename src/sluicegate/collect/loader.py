"""Reads evidence files that are named, matched or discovered, into resolved records.

A file that the command line names must be readable, or the run ends (`EvidenceError`). One that
a pattern of the policy matched, or that was discovered, makes only its own gate ERROR.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from sluicegate.collect.copies import is_report_of, more_exact, repeats, skip_reason
from sluicegate.collect.discovery import (
    FOREIGN,
    Candidate,
    RecognisedReport,
    SkippedFile,
    UnsupportedReport,
    look_at,
)
from sluicegate.collect.folders import Folders
from sluicegate.collect.ignored import resolve
from sluicegate.collect.named import NamedEvidence
from sluicegate.collect.places import MAX_FILES, matched_files, named_files
from sluicegate.collect.tracked import TrackedFilter
from sluicegate.collect.unrecognised import no_reader
from sluicegate.core.errors import EngineError, EvidenceError, UsageError
from sluicegate.core.model import Notice, Problem, Source
from sluicegate.engines.coverage_data import complete
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.findings import repeats as repeated_findings
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import Reader, Record, sniff, superseded
from sluicegate.evidence.records import BenchmarksRecord, CoverageRecord, FindingsRecord, Kind, TestsRecord
from sluicegate.evidence.tests.places import place
from sluicegate.evidence.tests.repeats import once
from sluicegate.policy.catalogue import gates_reading

_NO_LINE = "holds no executable line"
_NO_LINE_REMEDY = "Nothing was measured: check which sources its tool measures, and its log."
PREFERRED = ("coveragepy-json", "cobertura", "lcov", coveragepy_data.READER.format)
"""Formats of coverage, the most exact first: of several reports of one run the first counts."""

_STALE = 5.0  # seconds; a report is written right after its data
_LEAST_SECONDS = 5.0
"""The time for a coverage.py data file after earlier ones used up `_seconds`."""


@dataclass(slots=True)
class EvidenceLoader:
    """The evidence read so far; filled by the `take_*` methods.

    Attributes:
        root: the folder that paths are relative to.
        index: resolves paths of other machines to the repository's files.
        place: the folder in which patterns are matched and files are discovered.
        tracked: the files that git tracks; an interpreter that is one of them is not the project's.
        entered: folders that are entered regardless of their names.
        problems: by gate, or by `tests.SUITE`.
        named: the files that the command line named.
        unread: the reports found in unsupported formats.
    """

    root: Path
    index: PathIndex
    place: Path | None = None
    untrusted: bool = False
    tracked: Sequence[str] = ()
    tracked_filter: TrackedFilter = field(default_factory=TrackedFilter)
    entered: Folders = field(default_factory=Folders)
    coverage: list[CoverageRecord] = field(default_factory=list)
    tests: list[TestsRecord] = field(default_factory=list)
    findings: list[FindingsRecord] = field(default_factory=list)
    benchmarks: list[BenchmarksRecord] = field(default_factory=list)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    unread: list[UnsupportedReport] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _digests: dict[str, str] = field(default_factory=dict)
    _seconds: float = 600.0  # for all of coverage.py's data files together: a pattern in settings may not end

    def names_report_of(self, tool: str) -> bool:
        """Did the command line name a findings report of this tool?"""
        return any(
            r.source.path in self.named and tool in r.source.tool.lower().split(", ") for r in self.findings
        )

    @property
    def sources(self) -> list[Source]:
        """The sources of the records, in order of kind."""
        return [
            r.source for kind in (self.coverage, self.tests, self.findings, self.benchmarks) for r in kind
        ]

    def leave_out_repeats(self) -> None:
        """Remove files whose cases or findings are all in other files of the run; a notice says of cases."""
        findings, tests = repeated_findings.once(self.findings), once(self.tests)
        self.findings[:], self.tests[:] = findings.records, tests.records
        self.passed_over += [(record.source.path, why) for record, why in findings.left_out]
        self.passed_over.extend(tests.left_out.items())
        if tests.left_out:
            self.notices.append(Notice("info", "repeated-results", tests.text))

    def shown(self, path: Path) -> str:
        """The path as reports show it: POSIX, relative to the root where it lies below it."""
        real, root = Path(os.path.realpath(path)), Path(os.path.realpath(self.root))
        if real.is_relative_to(root):
            return real.relative_to(root).as_posix()
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path).as_posix()

    @property
    def folder(self) -> Path:
        """Where patterns are matched and files are discovered."""
        return self.place or self.root

    @property
    def folders(self) -> Folders:
        """The folders of `folder` that are entered regardless of their names."""
        return self.entered if self.place in (None, self.root) else self.entered.elsewhere()

    def take_named(self, named: NamedEvidence) -> None:
        """Read the file, the folder's files or the glob's matches that the command line names.

        Raises:
            UsageError: there is no such file, or no report in it.
            EvidenceError: a file is not what it claims to be.
        """
        known = self._unrefused(named)
        older = None if (self.root / named.path).is_file() else self._older(known)
        for path, reader in known:
            if reason := skip_reason(self.shown(path), reader, older):
                self.passed_over.append((self.shown(path), reason))
            elif self._is_first(path, named.suite):
                self.named.add(self.shown(path))
                record = self.read(path, reader)
                if isinstance(record, CoverageRecord) and not _has_lines(record):
                    self.problem([Kind.COVERAGE], Problem(_NO_LINE, record.source.path, _NO_LINE_REMEDY))
                self.take(record, named.suite)

    def _unrefused(self, named: NamedEvidence) -> list[tuple[Path, Reader]]:
        """The reports that the command line names and git's status does not exclude."""
        paths = named_files(self.root, named.path, self.entered)
        known: list[tuple[Path, Reader]] = []
        for path in paths:
            if reader := self._reader(path, named.kind):
                known.append((path, reader))
            else:
                self.passed_over.append((self.shown(path), FOREIGN))
        if not known:
            raise no_reader(paths, named.kind, f"--evidence {named.path}")
        self.tracked_filter.look(path for path, _ in known)
        return [(path, reader) for path, reader in known if not self._is_refused(path, reader, named)]

    def _is_refused(self, path: Path, reader: Reader, named: NamedEvidence) -> bool:
        keys = (f"tests.{named.suite}",) if named.suite else gates_reading(reader.kind)
        return self._is_kept_out(path, self.shown(path), keys, alone=(self.root / named.path).is_file())

    def _older(self, files: Sequence[tuple[Path, Reader | None]]) -> Mapping[str, str] | None:
        """The files that are earlier runs of others, each with the reason; None for a single file."""
        if len(files) == 1:
            return None
        return superseded((self.shown(path), reader) for path, reader in files if reader)

    def _is_first(self, path: Path, suite: str) -> bool:
        """Is this the first time that the file is read for this suite, under any name?"""
        key = (os.path.realpath(path), suite)
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
        """Complete coverage.py data with the executable lines; failures become problems."""
        start = time.monotonic()
        try:
            completed = complete(
                path.absolute(),
                self.shown(path),
                self.root.absolute(),
                untrusted=self.untrusted,
                tracked=self.tracked,
                timeout=max(self._seconds, _LEAST_SECONDS),
            )
        except EngineError as error:
            raise EvidenceError(error.what, where=error.where, remedy=error.remedy) from error
        finally:
            self._seconds -= time.monotonic() - start
        if completed.problems:
            self.problems.setdefault("coverage", []).extend(completed.problems)
        return completed.record

    def take(self, record: Record, suite: str = "") -> None:
        """Add a record; test results under the name of their suite."""
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
        """Read every file that a pattern of the policy matches; unreadable files become problems."""
        where = f"{gate}.{suite}" if suite else gate
        for pattern in patterns:
            try:
                paths = matched_files(self.folder, pattern, self.folders)
            except OSError as error:
                what = f"cannot be searched for: {error.strerror}"
                self._note(where, Problem(what, pattern, "Correct the pattern."))
                continue
            if len(paths) > MAX_FILES:
                self._note(where, _too_many(pattern))
            self._take_all(where, paths[:MAX_FILES], kind, suite)

    def _take_all(self, where: str, paths: Sequence[Path], kind: Kind, suite: str) -> None:
        self.tracked_filter.look(paths)
        left = [path for path in paths if not self._is_kept_out(path, self.shown(path), (where,))]
        older = self._older([(path, _counted(path, kind)) for path in left])
        for path in left:
            if self._is_first(path, suite):
                self._take_matched(where, path, kind, suite, older)

    def _take_matched(
        self, gate: str, path: Path, kind: Kind, suite: str, older: Mapping[str, str] | None
    ) -> None:
        """Read one of the files of a pattern; `older` is None for a single file."""
        try:
            reader = self._reader(path, kind)
            if reader is None:
                raise no_reader([path], kind, self.shown(path))
            if reason := skip_reason(self.shown(path), reader, older):
                self.passed_over.append((self.shown(path), reason))
                return
            self.take(self.read(path, reader), suite)
        except (EvidenceError, UsageError) as error:
            self._note(gate, Problem(error.what, self.shown(path), error.remedy))

    def take_discovered(self, candidates: Sequence[Candidate], kinds: Iterable[Kind]) -> None:
        """Classify candidates and read those of the given kinds, preferred formats first."""
        wanted = set(kinds)
        found = self._looked_at(candidates, wanted)
        if len(found) > MAX_FILES:
            self.problem(wanted, _too_many("the search"))
            del found[MAX_FILES:]
        measured = max((self._time(f) for f in found if _is_data(f.reader)), default=0.0)
        older = superseded((f.path, f.reader) for f in found)
        self.passed_over.extend(older.items())
        rank = {name: number for number, name in enumerate(PREFERRED)}
        for sighting in sorted(found, key=lambda f: (rank.get(f.reader.format, len(rank)), f.path)):
            if sighting.path not in older:
                self._take_found(sighting, measured)

    def _looked_at(self, candidates: Sequence[Candidate], wanted: set[Kind]) -> list[RecognisedReport]:
        """The candidates to read; the others are recorded as skipped or as problems."""
        sightings = [sighting for c in candidates if (sighting := look_at(self.folder, c))]
        self.tracked_filter.look(self.folder / sighting.path for sighting in sightings)
        found: list[RecognisedReport] = []
        for sighting in sightings:
            path = self.folder / sighting.path
            if isinstance(sighting, SkippedFile | UnsupportedReport):
                self._left(path, sighting, wanted)
                continue
            kind = sighting.kind
            if kind not in wanted or self._is_kept_out(path, sighting.path, gates_reading(kind)):
                continue
            if isinstance(sighting, RecognisedReport):
                found.append(sighting)
            else:
                remedy = "Delete it, or fix what writes it."
                self.problem((kind,), Problem(sighting.reason, sighting.path, remedy))
        return found

    def _left(self, path: Path, sighting: SkippedFile | UnsupportedReport, wanted: set[Kind]) -> None:
        """Record a file in an unsupported or unknown format, unless git tracks it."""
        if self.tracked_filter.is_untracked(path):
            self.passed_over.append((sighting.path, sighting.reason))
            if isinstance(sighting, UnsupportedReport) and sighting.kind in wanted:
                self.unread.append(sighting)

    def _is_kept_out(self, path: Path, shown: str, keys: Iterable[str], *, alone: bool = False) -> bool:
        """Does git's status exclude the file? Records why: for the gates of `keys` if it is refused."""
        why = self.tracked_filter.why_not(path, shown, alone=alone)
        if isinstance(why, str):
            self.passed_over.append((shown, why))
        elif why is not None:
            for key in keys:
                self._note(key, why)
        return why is not None

    def _note(self, key: str, problem: Problem) -> None:
        self.problems.setdefault(key, []).append(problem)

    def _time(self, found: RecognisedReport) -> float:
        """The modification time of the file, in Unix seconds; 0 if it no longer exists."""
        try:
            return (self.folder / found.path).stat().st_mtime
        except OSError:
            return 0.0

    def problem(self, kinds: Iterable[Kind], problem: Problem) -> None:
        """Record a problem of the evidence of these kinds."""
        for gate in (gate for kind in kinds for gate in gates_reading(kind)):
            self._note(gate, problem)

    def _take_found(self, found: RecognisedReport, measured: float) -> None:
        """Read one report; `measured` is the time of the newest coverage.py data, in Unix seconds."""
        path = self.folder / found.path
        try:
            reason = is_report_of(self._executed(path, found), self.coverage)
            record = None if reason else self.read(path, found.reader)
        except EvidenceError as error:
            self.problem((found.reader.kind,), Problem(error.what, found.path, error.remedy))
            return
        if record is not None and (other := more_exact(record, self.coverage)):
            self.coverage.remove(other)
            self.passed_over.append((other.source.path, f"has fewer branches than {found.path}"))
        if record is not None:
            older = self._time(found) + _STALE < measured
            reason = self._copy_of(record) or repeats(record, self.coverage, self.benchmarks, is_older=older)
        if record is None or reason:
            self.passed_over.append((found.path, reason))
        else:
            self.take(record)

    def _executed(self, path: Path, found: RecognisedReport) -> set[str]:
        """The files that coverage.py data measured, if a report of them may exist; else the empty set.

        Completing the data costs seconds.
        """
        if not _is_data(found.reader) or not self.coverage:
            return set()
        resolved = map(self.index.resolve, coveragepy_data.read_executed(path, found.path))
        return {name for name in resolved if name is not None}

    def _copy_of(self, record: Record) -> str:
        """The reason to skip a file with the same bytes as an earlier one; empty otherwise."""
        source = record.source
        first = self._digests.setdefault(source.sha256, source.path) if source.sha256 else source.path
        return "" if first == source.path else f"is a copy of {first}"


def _counted(path: Path, kind: Kind) -> Reader | None:
    """The reader of a file of a kind whose tools keep earlier runs; None for others and unreadable ones."""
    with contextlib.suppress(OSError):
        return sniff(path, kind) if kind is Kind.BENCHMARKS else None
    return None


def _has_lines(record: CoverageRecord) -> bool:
    return any(file.executable for file in record.files.values())


def _is_data(reader: Reader) -> bool:
    return reader.format == coveragepy_data.READER.format


def _too_many(place: str) -> Problem:
    remedy = "Name fewer, with 'files' in the policy or with --evidence."
    return Problem(f"finds more than {MAX_FILES:,} files; the rest is not counted", place, remedy)
