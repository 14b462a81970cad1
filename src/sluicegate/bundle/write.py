"""Writes a bundle: the evidence of one check, to be judged again elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import sluicegate
from sluicegate.bundle import layout
from sluicegate.bundle.layout import BundleFile, FileKind, Manifest
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
        name: unique in its run.
        root: the folder that was judged.
        files: the repository's files.
        prefixes: spellings of `root` by tools of this machine.
        gates: that evidence was collected for.
    """

    name: str
    root: Path
    files: Sequence[str]
    prefixes: Sequence[str]
    gates: Sequence[str]
    run: layout.WorkflowRun


_Item = tuple[FileKind, Record]
"""A record with a file of its own, after the kind of the file."""


def shard_name(folder: Path) -> str:
    """The name of the shard that writes to `folder`: the folder's own.

    Raises:
        UsageError: it is not valid for a shard.
    """
    name = folder.absolute().name
    if not layout.is_shard(name):
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
    items = sorted(_items(evidence), key=lambda item: (item[0], item[1].source.path, _suite(item[1])))
    files = len(layout.PARTS) + len(items) + sum(len(_externals_of(record)) for _, record in items)
    if files > layout.MAX_FILES:
        raise UsageError(f"there are more than {layout.MAX_FILES:,} files of evidence", where="--bundle",
                         remedy="Let the tools write fewer files, or split the shard.")  # fmt: skip
    try:
        _make(folder)
        return _fill(folder, evidence, items, shard)
    except OSError as error:
        raise WorldError(f"cannot be written: {error.strerror}", where=str(folder)) from error


def _fill(folder: Path, evidence: Evidence, items: Sequence[_Item], shard: Shard) -> Manifest:
    """Write the files, the manifest last; after a failure delete them."""
    try:
        below, top = folder.resolve(), shard.root.resolve()
        own = f"{below.relative_to(top).as_posix()}/" if below.is_relative_to(top) else ""
        parts = [
            BundleFile(f"{kind}.json", kind, *_write(folder / f"{kind}.json", data))
            for kind, data in _parts(evidence, shard, own)
        ]
        externals = list(_externals(folder, items, shard))
        files = (_take(folder, n, item, shard, externals) for n, item in enumerate(items, 1))
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
        write_whole(folder / layout.MANIFEST, layout.BUNDLE.encode(manifest))
    except (OSError, WorldError):
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        raise
    return manifest


def _make(folder: Path) -> None:
    """Create or empty the folder; only files of an earlier bundle are deleted."""
    refuse_links(folder / layout.MANIFEST)
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(p.name for p in folder.iterdir())
    own = {name for name in names if layout.is_file_name(name)} | {layout.MANIFEST}
    foreign = [name for name in names if name not in own] or names * (layout.MANIFEST not in names)
    if foreign:
        raise UsageError(
            f"the folder holds something else: {cut(one_line(foreign[0]), 60)}",
            where=f"--bundle {folder}",
            remedy="Name a folder that is empty or does not exist.",
        )
    for name in names:
        (folder / name).unlink()


def _parts(evidence: Evidence, shard: Shard, own: str) -> Iterator[tuple[FileKind, bytes]]:
    change = evidence.change
    part = layout.ChangePart
    made = part(change) if isinstance(change, Change) else part(None, change.reason, change.unseen)
    yield "change", layout.CHANGE.encode(made)
    files = sorted({f for f in shard.files if not (own and f.startswith(own))})
    yield "paths", layout.PATHS.encode(layout.PathsPart(tuple(files), tuple(shard.prefixes)))
    named = {source.path for source in evidence.discovery.taken}
    analysis = layout.AnalysisPart(
        findings=tuple(r for r in evidence.findings if r.source.path not in named),
        complexity=evidence.complexity,
        docs=evidence.docs,
        changes=evidence.changes,
        runs=evidence.runs,
    )
    yield "analysis", layout.ANALYSIS.encode(analysis)


def _write(path: Path, data: bytes) -> tuple[str, int]:
    """Write a file; the SHA-256 and the number of its bytes."""
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest(), len(data)


def _items(evidence: Evidence) -> list[_Item]:
    named = {source.path for source in evidence.discovery.taken}
    groups: dict[FileKind, Iterable[Record]] = {
        "coverage": evidence.coverage,
        "tests": evidence.tests,
        "findings": (r for r in evidence.findings if r.source.path in named),
        "benchmarks": evidence.benchmarks,
        "base-benchmarks": evidence.base_benchmarks,
    }
    return [(kind, record) for kind, records in groups.items() for record in records]


def _suite(record: Record) -> str:
    return record.suite if isinstance(record, TestsRecord) else ""


_External = tuple[str, str, BundleFile]
"""The path of a report, the path by which it refers to a file, and that file in the bundle."""


def _externals(folder: Path, items: Sequence[_Item], shard: Shard) -> Iterator[_External]:
    wanted = ((r.source.path, *external) for _, r in items for external in sorted(_externals_of(r).items()))
    for number, (report, name, digest) in enumerate(wanted, 1):
        own = f"x{number:04d}.json"
        shown = (PurePosixPath(report).parent / name).as_posix()
        origin = beside(shard.root / report, name)
        if origin is None:
            raise WorldError(f"{shown} left its folder {_MEANWHILE}", where="--bundle", remedy=_ALONE)
        size = _copy(origin, folder / own, shown, digest)[1]
        yield report, name, BundleFile(own, layout.EXTERNAL, digest, size, shown)


def _externals_of(record: Record) -> Mapping[str, str]:
    return record.externals if isinstance(record, FindingsRecord) else {}


def _take(folder: Path, number: int, item: _Item, shard: Shard, externals: Iterable[_External]) -> BundleFile:
    kind, record = item
    source = record.source
    completed = source.format == coveragepy_data.READER.format
    format_ = layout.COMPLETED if completed else source.format
    name = f"e{number:04d}.{layout.ENDINGS.get(format_, 'json')}"
    if isinstance(record, CoverageRecord) and completed:
        written = _write(folder / name, layout.COVERAGE.encode(record))
    else:
        written = _copy(shard.root / source.path, folder / name, source.path, source.sha256)
    also: list[str] = []
    if isinstance(record, CoverageRecord) and not completed:  # it names files that git ignores
        also = sorted(record.files.keys() - set(record.unresolved) - set(shard.files))
    own = {as_referred: file.name for report, as_referred, file in externals if report == source.path}
    suite = _suite(record)
    return BundleFile(name, kind, *written, source.path, format_, suite, source.tool, tuple(also), own)


def _copy(origin: Path, target: Path, shown: str, expected: str) -> tuple[str, int]:
    """Copy a file of evidence; the SHA-256, which must be `expected` unless that is empty, and its bytes."""
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
    if expected and digest.hexdigest() != expected:
        raise WorldError(f"{shown} changed {_MEANWHILE}", where="--bundle", remedy=_ALONE)
    return digest.hexdigest(), size
