"""Writes a bundle: the evidence of one check, to be judged again elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import sluicegate
from sluicegate.bundle.layout import (
    ANALYSIS,
    BUNDLE,
    CHANGE,
    COMPLETED,
    COVERAGE,
    ENDINGS,
    EXTERNAL,
    MANIFEST,
    MAX_FILES,
    PARTS,
    PATHS,
    AnalysisPart,
    BundleFile,
    ChangePart,
    FileKind,
    Manifest,
    PathsPart,
    WorkflowRun,
    is_file_name,
    is_shard,
)
from sluicegate.core.change import Change
from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence.coverage import coveragepy_data
from sluicegate.evidence.findings.sarif_external import beside
from sluicegate.evidence.limits import CHUNK, open_regular
from sluicegate.evidence.reader import Record
from sluicegate.evidence.records import CoverageRecord, Evidence, FindingsRecord, TestsRecord
from sluicegate.runtime.files import refuse_links, write_whole

_MEANWHILE = "while it was copied to the bundle"
_ALONE = "Let no other process delete or write reports meanwhile."


@dataclass(frozen=True, slots=True)
class Shard:
    """The shard that writes the bundle.

    Attributes:
        name: of the shard, unique in its run.
        root: the folder that was judged.
        files: the repository's files.
        prefixes: spellings of `root` by tools of this machine.
        gates: that evidence was collected for.
        run: the workflow run and its attempt.
    """

    name: str
    root: Path
    files: Sequence[str]
    prefixes: Sequence[str]
    gates: Sequence[str]
    run: WorkflowRun


@dataclass(frozen=True, slots=True)
class _Item:
    """A record with a file of its own."""

    kind: FileKind
    record: Record

    @property
    def key(self) -> tuple[str, str, str]:
        source = self.record.source
        return self.kind, source.path, _suite(self.record)


def shard_name(folder: Path) -> str:
    """The name of the shard that writes to `folder`: the folder's own.

    Raises:
        UsageError: it is not valid for a shard.
    """
    name = folder.absolute().name
    if not is_shard(name):
        raise UsageError(
            f"'{cut(one_line(name), 60)}' cannot be the name of a shard",
            where="--bundle",
            remedy="Letters, digits and ._+@~- are allowed, for example --bundle bundles/py3.12.",
        )
    return name


def write_bundle(folder: Path, evidence: Evidence, shard: Shard) -> Manifest:
    """Write the bundle; an earlier one in the folder is replaced. Equal evidence gives equal bytes.

    Raises:
        UsageError: the folder holds something else, or there is too much evidence.
        WorldError: the disk failed, or a file changed while it was copied.
    """
    items = sorted(_items(evidence), key=lambda item: item.key)
    if len(items) + sum(len(_externals_of(item.record)) for item in items) > MAX_FILES - len(PARTS):
        raise UsageError(f"there are more than {MAX_FILES:,} files of evidence", where="--bundle",
                         remedy="Let the tools write fewer files, or split the shard.")  # fmt: skip
    try:
        _make(folder)
        return _fill(folder, evidence, items, shard)
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(folder)) from error


def _fill(folder: Path, evidence: Evidence, items: Sequence[_Item], shard: Shard) -> Manifest:
    """Write the files, the manifest last; after a failure delete them."""
    try:
        own = _own_path(folder, shard.root)
        parts = tuple(_part(folder, kind, data) for kind, data in _parts(evidence, shard, own))
        externals = list(_externals(folder, items, shard))
        files = tuple(_take(folder, n, item, shard, externals) for n, item in enumerate(items, 1))
        manifest = Manifest(
            shard=shard.name,
            gates=tuple(sorted(shard.gates)),
            files=(*parts, *files, *(file for _, _, file in externals)),
            version=sluicegate.__version__,
            run=shard.run,
            commit=evidence.commit,
            problems=evidence.problems,
            absent=evidence.absent,
            passed_over=evidence.discovery.passed_over,
            notices=evidence.notices,
        )
        write_whole(folder / MANIFEST, BUNDLE.encode(manifest))
    except (OSError, WorldError):
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        raise
    return manifest


def _make(folder: Path) -> None:
    """Create or empty the folder; only files of an earlier bundle are deleted."""
    refuse_links(folder / MANIFEST)
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(p.name for p in folder.iterdir())
    own = {name for name in names if is_file_name(name)} | {MANIFEST}
    foreign = [name for name in names if name not in own] or names * (MANIFEST not in names)
    if foreign:
        raise UsageError(
            f"the folder holds something else: {cut(one_line(foreign[0]), 60)}",
            where=f"--bundle {folder}",
            remedy="Name a folder that is empty or does not exist.",
        )
    for name in names:
        (folder / name).unlink()


def _own_path(folder: Path, root: Path) -> str:
    """The folder's path below the root with a slash; empty when it is elsewhere."""
    try:
        return folder.resolve().relative_to(root.resolve()).as_posix() + "/"
    except ValueError:
        return ""


def _parts(evidence: Evidence, shard: Shard, own: str) -> Iterator[tuple[FileKind, bytes]]:
    change = evidence.change
    if isinstance(change, Change):
        yield "change", CHANGE.encode(ChangePart(change))
    else:
        yield "change", CHANGE.encode(ChangePart(None, change.reason, change.unseen))
    files = sorted({f for f in shard.files if not (own and f.startswith(own))})
    yield "paths", PATHS.encode(PathsPart(tuple(files), tuple(shard.prefixes)))
    named = _file_paths(evidence)
    analysis = AnalysisPart(
        findings=tuple(r for r in evidence.findings if r.source.path not in named),
        complexity=evidence.complexity,
        docs=evidence.docs,
        changes=evidence.changes,
        runs=evidence.runs,
    )
    yield "analysis", ANALYSIS.encode(analysis)


def _part(folder: Path, kind: FileKind, data: bytes) -> BundleFile:
    name = f"{kind}.json"
    (folder / name).write_bytes(data)
    return BundleFile(name, kind, hashlib.sha256(data).hexdigest(), len(data))


def _file_paths(evidence: Evidence) -> set[str]:
    """The paths of the records that were read from files."""
    return {source.path for source in evidence.discovery.taken}


def _items(evidence: Evidence) -> Iterator[_Item]:
    named = _file_paths(evidence)
    for coverage in evidence.coverage:
        yield _Item("coverage", coverage)
    for tests in evidence.tests:
        yield _Item("tests", tests)
    for findings in evidence.findings:
        if findings.source.path in named:
            yield _Item("findings", findings)
    for benchmarks in evidence.benchmarks:
        yield _Item("benchmarks", benchmarks)
    for base in evidence.base_benchmarks:
        yield _Item("base-benchmarks", base)


def _suite(record: Record) -> str:
    return record.suite if isinstance(record, TestsRecord) else ""


_External = tuple[str, str, BundleFile]
"""The path of a report, the path by which it refers to a file, and that file in the bundle."""


def _externals(folder: Path, items: Sequence[_Item], shard: Shard) -> Iterator[_External]:
    """Copy the external files of reports."""
    wanted = ((item.record, name) for item in items for name in sorted(_externals_of(item.record)))
    for number, (record, name) in enumerate(wanted, 1):
        report = record.source.path
        yield report, name, _external(folder, f"x{number:04d}.json", record, name, shard)


def _external(folder: Path, own: str, record: Record, name: str, shard: Shard) -> BundleFile:
    report = record.source.path
    shown = (PurePosixPath(report).parent / name).as_posix()
    origin = beside(shard.root / report, name)
    if origin is None:
        raise WorldError(f"{shown} left its folder {_MEANWHILE}", where="--bundle", remedy=_ALONE)
    digest, size = _copy(origin, folder / own, shown)
    if digest != _externals_of(record)[name]:
        raise WorldError(f"{shown} changed {_MEANWHILE}", where="--bundle", remedy=_ALONE)
    return BundleFile(own, EXTERNAL, digest, size, shown)


def _externals_of(record: Record) -> Mapping[str, str]:
    return record.externals if isinstance(record, FindingsRecord) else {}


def _take(folder: Path, number: int, item: _Item, shard: Shard, externals: Iterable[_External]) -> BundleFile:
    record, source = item.record, item.record.source
    completed = source.format == coveragepy_data.READER.format
    format_ = COMPLETED if completed else source.format
    name = f"e{number:04d}.{ENDINGS.get(format_, 'json')}"
    if isinstance(record, CoverageRecord) and completed:
        data = COVERAGE.encode(record)
        (folder / name).write_bytes(data)
        digest, size = hashlib.sha256(data).hexdigest(), len(data)
    else:
        digest, size = _copy(shard.root / source.path, folder / name, source.path)
        if source.sha256 and source.sha256 != digest:
            raise WorldError(f"{source.path} changed {_MEANWHILE}", where="--bundle", remedy=_ALONE)
    also = () if completed else _also(record, shard.files)
    own = {as_referred: file.name for report, as_referred, file in externals if report == source.path}
    return BundleFile(
        name, item.kind, digest, size, source.path, format_, _suite(record), source.tool, also, own
    )


def _also(record: Record, files: Iterable[str]) -> tuple[str, ...]:
    """The resolved files that a coverage report names although git ignores them."""
    if not isinstance(record, CoverageRecord):
        return ()
    return tuple(sorted(record.files.keys() - set(record.unresolved) - set(files)))


def _copy(origin: Path, target: Path, shown: str) -> tuple[str, int]:
    """Copy a file of evidence; returns the SHA-256 and the number of its bytes.

    Raises:
        WorldError: the file is missing, or no longer regular.
        OSError: the copy cannot be written.
    """
    digest, size = hashlib.sha256(), 0
    try:
        source = open_regular(origin)
    except OSError as error:
        what = f"{shown} became unreadable {_MEANWHILE}: {error.strerror}"
        raise WorldError(what, where="--bundle", remedy=_ALONE) from error
    with source, target.open("wb") as copy:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            copy.write(chunk)
    return digest.hexdigest(), size
