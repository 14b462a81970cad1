"""Signs that a report is left over from an earlier run, or repeated; reported, never acted on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from sluicegate.core.change import Change, NoChange
from sluicegate.core.model import Notice
from sluicegate.core.text import plural, some
from sluicegate.evidence.records import BenchmarksRecord, CoverageRecord, TestsRecord

_ONE_RUN = 600.0  # seconds within which the files of one run are written
_SLACK = 1.0  # seconds; clocks of file systems are coarse


def freshness(
    root: Path, coverage: Sequence[CoverageRecord], tests: Sequence[TestsRecord], change: Change | NoChange
) -> tuple[Notice, ...]:
    """Notices from file times: reports older than the sources, and repeated results.

    Meant for a working tree that people edit: after a checkout every source is as old as the checkout.
    """
    return (*_older_than_sources(root, coverage, change), *_there_twice(root, tests))


def of_another_commit(benchmarks: Sequence[BenchmarksRecord], head: str) -> Iterator[Notice]:
    """Notices of measurements of a commit other than `head`; empty if either is unknown."""
    for record in benchmarks:
        if record.commit and head and record.commit != head:
            where = f"was measured at {record.commit[:10]}, and {head[:10]} is checked out"
            advice = "run `sluicegate bench` again, or delete what is left over"
            yield Notice("warning", "stale-report", f"{record.source.path} {where}: {advice}")


def _older_than_sources(
    root: Path, coverage: Sequence[CoverageRecord], change: Change | NoChange
) -> Iterator[Notice]:
    changed = change.files.keys() if isinstance(change, Change) else ()
    for record in coverage:
        made = _time(root / record.source.path)
        newer = [p for p in sorted(changed) if p in record.files and _time(root / p) > made + _SLACK]
        if made and newer:
            what = f"is older than {plural(len(newer), 'changed file')} that it covers"
            text = f"{record.source.path} {what}: {some(newer[:3], len(newer))}; run the tests again"
            yield Notice("warning", "stale-report", text)


def _there_twice(root: Path, tests: Sequence[TestsRecord]) -> Iterator[Notice]:
    alike: dict[tuple[int, int], set[str]] = {}
    for record in tests:
        if record.tests:
            alike.setdefault((record.tests, record.cases_key), set()).add(record.source.path)
    for (count, _), paths in alike.items():
        times = sorted((_time(root / path), path) for path in paths)
        for (then, old), (now, new) in pairwise(times):
            if now - then > _ONE_RUN:
                text = f"{old} is {_duration(now - then)} older than {new}"
                what = f"{text} and has the same {plural(count, 'case')}"
                advice = "both count: delete the one that is left over"
                yield Notice("warning", "repeated-results", f"{what}; {advice}")


def _time(path: Path) -> float:
    """When the file was written, in Unix seconds; 0 when it is not there."""
    try:
        return path.stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def _duration(seconds: float) -> str:
    hours = int(seconds // 3600)
    if hours >= 48:
        return plural(hours // 24, "day")
    return plural(hours, "hour") if hours else plural(int(seconds // 60), "minute")
