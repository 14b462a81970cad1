"""Files that git ignores and coverage reports name all the same: the modules that a build generates."""

from __future__ import annotations

from pathlib import Path

from sluicegate.collect.folders import SKIPPED_FOLDERS
from sluicegate.evidence.coverage.resolve import expected, resolve_coverage
from sluicegate.evidence.paths import PathIndex
from sluicegate.evidence.records import CoverageRecord


def resolve(record: CoverageRecord, index: PathIndex, root: Path) -> CoverageRecord:
    """The record under the repository's paths, with those of ignored files that stand below `root`.

    The index holds the files that git does not ignore. Files of dependency folders stay unresolved: they are
    not this project's.
    """
    report = record.source.path
    resolved = resolve_coverage(record, index, report)
    if not resolved.unresolved:
        return resolved
    meant = expected(record, index, report)
    own = {path for path in meant if path not in index and SKIPPED_FOLDERS.isdisjoint(path.split("/"))}
    there = {path for path in own if _is_file(root / path)}
    return resolve_coverage(record, index.extended(there), report) if there else resolved


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
