"""Reads an untrusted bundle: any bytes give a bundle or an `EvidenceError`.

Nothing of it is executed or imported, no link is followed, and only files that the manifest lists,
with their sizes and digests, are opened. The installed readers read the formats that the bundle names.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from sluicegate.bundle import layout
from sluicegate.bundle.layout import REMEDY, BundleFile
from sluicegate.core.change import Change, NoChange
from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Discovery
from sluicegate.documents.codec import Codec
from sluicegate.evidence import records
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.coverage.build import MAX_BRANCHES, MAX_SPAN
from sluicegate.evidence.coverage.resolve import resolve_coverage
from sluicegate.evidence.coverage.summary import MAX_NAMED, Untaken, is_naming, taken_at_least
from sluicegate.evidence.findings.paths import resolve_findings
from sluicegate.evidence.limits import CHUNK, read_bytes
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.reader import Reader, Record, readers
from sluicegate.evidence.shards import brought_by
from sluicegate.evidence.tests.places import place

_KINDS = {"base-benchmarks": records.Kind.BENCHMARKS}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle with a valid manifest, and the manifest's SHA-256; `read_evidence` reads its files."""

    folder: Path
    manifest: layout.Manifest
    digest: str


@dataclass(slots=True)
class Cache:
    """Parts that many shards share, by digest, so that each is read and kept once."""

    parts: dict[tuple[str, str], Any] = field(default_factory=dict)

    def get(self, kind: str, digest: str, make: Callable[[], T]) -> T:
        """The part, created on first use."""
        key = (kind, digest)
        if key not in self.parts:
            self.parts[key] = make()
        return cast("T", self.parts[key])


def open_bundle(folder: Path) -> Bundle:
    """The manifest of a bundle, checked.

    Raises:
        EvidenceError: it is missing, damaged, or of another version.
    """
    where = f"{folder.name}/{layout.MANIFEST}"
    path = folder / layout.MANIFEST
    _regular(path, where)
    data, digest = read_bytes(path, where, limit=layout.BUNDLE.limit)
    manifest = layout.BUNDLE.decode(data, where)
    if wrong := next(_wrong(manifest.files), ""):
        raise EvidenceError(wrong, where=where, remedy=REMEDY)
    if sum(f.size for f in manifest.files) > layout.MAX_TOTAL:
        what = f"lists more than {layout.MAX_TOTAL:,} bytes"
        raise EvidenceError(what, where=where, remedy="Split the shard.")
    return Bundle(folder, manifest, digest)


def _wrong(files: Sequence[BundleFile]) -> Iterator[str]:
    names = [f.name for f in files]
    if len(set(names)) < len(names):
        yield "lists a file twice"
    if not _externals_listed(files):
        yield "refers to an external file that it does not list"
    parts = sorted((f.kind, f.name) for f in files if f.kind in layout.PARTS)
    if parts != [(part, f"{part}.json") for part in sorted(layout.PARTS)]:
        yield f"does not list {', '.join(layout.PARTS)} once"


def _externals_listed(files: Sequence[BundleFile]) -> bool:
    """Do the listed external files match those that reports refer to?"""
    listed = sorted(file.name for file in files if file.kind == layout.EXTERNAL)
    return listed == sorted(name for file in files for name in file.externals.values())


def _regular(path: Path, where: str) -> None:
    """Neither the folder nor the file is a link, and the file is a plain one."""
    try:
        if path.parent.is_symlink() or not stat.S_ISREG(path.lstat().st_mode):
            raise EvidenceError("is a link or not a regular file", where=where, remedy=REMEDY)
    except OSError as error:
        raise EvidenceError(f"cannot be read: {error.strerror}", where=where, remedy=REMEDY) from error


def _verify(bundle: Bundle, file: BundleFile) -> Path:
    """The file's path, after a check of its size and digest against the manifest."""
    path, where = bundle.folder / file.name, f"{bundle.folder.name}/{file.name}"
    _regular(path, where)
    digest, left = hashlib.sha256(), file.size
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as stream:
            while left >= 0 and (chunk := stream.read(CHUNK)):
                digest.update(chunk)
                left -= len(chunk)
    except OSError as error:
        raise EvidenceError(f"cannot be read: {error.strerror}", where=where, remedy=REMEDY) from error
    if left or digest.hexdigest() != file.sha256:
        raise EvidenceError("is not the file that the manifest lists", where=where, remedy=REMEDY)
    return path


def read_evidence(bundle: Bundle, cache: Cache | None = None) -> records.Evidence:
    """The evidence of a bundle, every source labelled with the shard's name.

    Raises:
        EvidenceError: a file is missing, changed, or does not match the manifest.
    """
    reading = _Reading(bundle, cache or Cache())
    manifest = bundle.manifest
    change = reading.part("change", layout.CHANGE)
    analysis = reading.part("analysis", layout.ANALYSIS)
    _refuse_waivers(analysis, manifest.shard)
    read = [(file.kind, reading.record(file)) for file in manifest.files if file.kind in layout.EVIDENCE]
    taken = tuple(record.source for kind, record in read if kind != "base-benchmarks")
    return records.Evidence(
        commit=manifest.commit,
        change=_change(change, manifest.shard),
        coverage=_of(read, "coverage", records.CoverageRecord),
        tests=_of(read, "tests", records.TestsRecord),
        findings=(*analysis.findings, *_of(read, "findings", records.FindingsRecord)),
        benchmarks=_of(read, "benchmarks", records.BenchmarksRecord),
        base_benchmarks=_of(read, "base-benchmarks", records.BenchmarksRecord),
        complexity=analysis.complexity,
        docs=analysis.docs,
        changes=analysis.changes,
        runs=analysis.runs,
        problems=manifest.problems,
        notices=manifest.notices,
        absent=manifest.absent,
        discovery=Discovery(taken, manifest.passed_over),
        files=reading.index().files,
    )


def _change(part: layout.ChangePart, where: str) -> Change | NoChange:
    if part.change is None:
        return NoChange(part.reason or "the shard recorded no change", part.unseen)
    wrong = [path for path, file in part.change.files.items() if path != file.path]
    if wrong:
        raise EvidenceError("lists a changed file under another name", where=where, remedy=REMEDY)
    return part.change


def _refuse_waivers(analysis: layout.AnalysisPart, where: str) -> None:
    """Waivers are applied where evidence is judged, so a bundle must not contain one."""
    lists = [part for r in analysis.findings for part in (r.security, r.lint, r.suppressed)]
    lists += [r.findings for r in analysis.runs.values()]
    if any(finding.waiver for found in lists for finding in found):
        raise EvidenceError(
            "contains a finding with a waiver, which only the judging run may apply",
            where=where,
            remedy=REMEDY,
        )


def _of(read: Iterable[tuple[str, Record]], wanted: str, kind: type[T]) -> tuple[T, ...]:
    return tuple(record for name, record in read if name == wanted and isinstance(record, kind))


@dataclass(frozen=True, slots=True)
class _Reading:
    bundle: Bundle
    cache: Cache

    def part(self, kind: str, codec: Codec[T]) -> T:
        file = next(f for f in self.bundle.manifest.files if f.kind == kind)
        path = _verify(self.bundle, file)
        where = f"{self.bundle.folder.name}/{file.name}"

        def make() -> T:
            return codec.decode(read_bytes(path, where, limit=codec.limit)[0], where)

        return self.cache.get(kind, file.sha256, make)

    def index(self) -> PathIndex:
        """The repository's files in the shard's checkout."""
        digest = next(f.sha256 for f in self.bundle.manifest.files if f.kind == "paths")

        def make() -> PathIndex:
            part = self.part("paths", layout.PATHS)
            return PathIndex(part.files, prefixes=part.prefixes)

        return self.cache.get("index", digest, make)

    def record(self, file: BundleFile) -> Record:
        path = _verify(self.bundle, file)
        shard = self.bundle.manifest.shard
        shown = f"{shard}: {file.path}"
        if file.format == layout.COMPLETED and file.kind == "coverage":
            record: Record = _completed(path, shown)
        else:
            record = self._resolved(self._read(_reader(file, shown), path, shown, file.externals), file)
        source = brought_by(replace(record.source, path=file.path, shard=""), shard)
        if file.kind == "base-benchmarks":
            source = replace(source, note="baseline")
        return replace(record, source=source)

    def _read(self, reader: Reader, path: Path, shown: str, externals: Mapping[str, str]) -> Record:
        if reader.read_placed is None:
            return reader.read(path, shown)
        listed = {other.name: other for other in self.bundle.manifest.files}
        placed = {name: _verify(self.bundle, listed[own]) for name, own in externals.items()}
        return reader.read_placed(path, shown, placed)

    def _resolved(self, record: Record, file: BundleFile) -> Record:
        match record:
            case records.CoverageRecord():
                index = self.index()
                index = index.extended(file.also) if file.also else index
                return resolve_coverage(record, index, file.path)
            case records.FindingsRecord():
                return resolve_findings(record, self.index())
            case records.TestsRecord():
                cases = tuple(place(c, self.index()) for c in record.cases)
                return replace(record, cases=cases, suite=file.suite)
            case _:
                return record


def _completed(path: Path, shown: str) -> records.CoverageRecord:
    record = layout.COVERAGE.decode(read_bytes(path, shown, limit=layout.COVERAGE.limit)[0], shown)
    if problem := _inconsistent(record):
        raise EvidenceError(problem, where=shown, remedy=REMEDY)
    return record


def _reader(file: BundleFile, shown: str) -> Reader:
    """The reader of the file's format, if it reads files of its kind."""
    wanted = _KINDS.get(file.kind) or records.Kind(file.kind)
    if file.format != coveragepy_data.READER.format:  # it needs sources to be completed
        for reader in readers():
            if reader.format == file.format and reader.kind is wanted:
                return reader
    raise EvidenceError(
        f"has a format that no installed reader reads as {wanted.value}", where=shown,
        remedy="Join bundles where the shard's version of Sluicegate, with its plugins, is installed.",
    )  # fmt: skip


def _inconsistent(record: records.CoverageRecord) -> str:
    """Why a coverage document is impossible; empty for a valid one."""
    if sum(f.executable.bit_length() for f in record.files.values()) > MAX_SPAN:
        return f"describes more than {MAX_SPAN:,} lines"
    stated = (record.stated.lines, record.stated.branches)
    if any(pair is not None and not 0 <= pair[0] <= pair[1] for pair in stated):
        return "states impossible totals"
    return next(filter(None, (_impossible(path, file) for path, file in record.files.items())), "")


def _impossible(path: str, file: records.FileCoverage) -> str:
    if file.path != path or file.covered & ~file.executable:
        return "covers lines that cannot run"
    possible = all(0 <= taken <= all_of <= MAX_BRANCHES for taken, all_of in file.branches.values())
    named = all(_is_named(untaken, file.branches.get(line)) for line, untaken in file.untaken.items())
    return "" if possible and named else "counts impossible branches"


def _is_named(untaken: Untaken, pair: tuple[int, int] | None) -> bool:
    """Do the names of branches not taken fit the numbers of branches?"""
    known = all(is_naming(key) and len(names) <= MAX_NAMED for key, names in untaken.items())
    return known and pair is not None and taken_at_least(untaken) <= pair[0]
