"""Which discovered reports repeat another one: each run counts once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from sluicegate.evidence.coverage.coveragepy_data import READER as DATA
from sluicegate.evidence.reader import Reader, Record
from sluicegate.evidence.records import BenchmarksRecord, CoverageRecord


def skip_reason(path: str, reader: Reader, older: Mapping[str, str] | None) -> str:
    """The reason to skip one of several files; empty to read it, and for a single file."""
    return "" if older is None else older.get(path) or reader.skip_reason(path)


def is_report_of(executed: Set[str], reports: Sequence[CoverageRecord]) -> str:
    """The reason to skip coverage.py data: a report covers half of its files; empty otherwise."""
    for report in reports:
        if 2 * len(executed & report.files.keys()) >= len(executed) > 0:
            return f"{report.source.path} is a report of it"
    return ""


def repeats(
    record: Record,
    coverage: Sequence[CoverageRecord],
    benchmarks: Sequence[BenchmarksRecord],
    *,
    is_older: bool,
) -> str:
    """The reason to skip a discovered record that repeats an earlier one; empty to use it.

    `coverage` and `benchmarks` were read before, preferred formats first. With `is_older` the file is older
    than the coverage.py data beside it.
    """
    if record.source.tool == "Sluicegate":
        return "is sluicegate's own report"
    match record:
        case BenchmarksRecord():  # samples in another format would count twice
            same = (other.source.path for other in benchmarks if other.benchmarks == record.benchmarks)
            return next((f"has the same readings as {path}" for path in same), "")
        case CoverageRecord() if record.source.format != DATA.format:
            if is_older and "coverage" in record.source.tool:
                return "is older than the coverage.py data beside it"
            return _same_run(record, coverage)
        case _:
            return ""


def more_exact(record: Record, others: Sequence[CoverageRecord]) -> CoverageRecord | None:
    """The report of the same run that `record` replaces; None where there is none.

    LCOV has all branches. Istanbul's Cobertura lacks those of lines without a statement: 17 of 22 for a
    module with default arguments (Vitest 3 with @vitest/coverage-istanbul 3).
    """
    if not isinstance(record, CoverageRecord):
        return None
    return next((other for other in others if _has_more_branches(record, other)), None)


def _has_more_branches(record: CoverageRecord, other: CoverageRecord) -> bool:
    """Do two reports of two formats agree in files and lines, and has the first all branches and more?"""
    if record.source.format == other.source.format or record.files.keys() != other.files.keys():
        return False
    pairs = [(file, other.files[path]) for path, file in record.files.items()]
    return (
        all((one.executable, one.covered) == (two.executable, two.covered) for one, two in pairs)
        and all(two.branches.items() <= one.branches.items() for one, two in pairs)
        and any(one.branches != two.branches for one, two in pairs)
    )


def _same_run(record: CoverageRecord, others: Sequence[CoverageRecord]) -> str:
    """A report of another format over mostly the same files is of the same run."""
    for other in others:
        common = len(record.files.keys() & other.files.keys())
        if other.source.format != record.source.format and 2 * common >= len(record.files) > 0:
            return f"has the same files as {other.source.path}, which is preferred"
    return ""
