"""Signs that a report is left over from an earlier run, or repeated; reported, never acted on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from pathlib import Path, PurePosixPath

from sluicegate.core.change import Change, NoChange
from sluicegate.core.endings import is_source
from sluicegate.core.model import Notice
from sluicegate.core.text import plural, some
from sluicegate.evidence.records import BenchmarksRecord, CoverageRecord, TestsRecord

_ONE_RUN = 600.0  # seconds within which the files of one run are written
_SLACK = 1.0  # seconds; clocks of file systems are coarse


def freshness(
    root: Path,
    coverage: Sequence[CoverageRecord],
    tests: Sequence[TestsRecord],
    change: Change | NoChange,
    is_test: Callable[[str], bool],
) -> tuple[Notice, ...]:
    """Notices from file times: reports older than the sources, results older than tests, repeated results.

    Meant for a working tree that people edit: after a checkout every source is as old as the checkout.
    """
    changed = sorted(change.files) if isinstance(change, Change) else ()
    test_files = [path for path in changed if is_source(path) and is_test(path)]
    return (
        *_older_than_sources(root, coverage, changed),
        *_older_than_tests(root, tests, test_files),
        *_there_twice(root, tests),
    )


def of_another_commit(benchmarks: Sequence[BenchmarksRecord], head: str) -> Iterator[Notice]:
    """Notices of measurements of a commit other than `head`; empty if either is unknown."""
    for record in benchmarks:
        if record.commit and head and record.commit != head:
            where = f"was measured at {record.commit[:10]}, and {head[:10]} is checked out"
            advice = "run `sluicegate bench` again, or delete what is left over"
            yield Notice("warning", "stale-report", f"{record.source.path} {where}: {advice}")


def _older_than_sources(
    root: Path, coverage: Sequence[CoverageRecord], changed: Sequence[str]
) -> Iterator[Notice]:
    for record in coverage:
        made = _time(root / record.source.path)
        newer = [p for p in changed if p in record.files and _time(root / p) > made + _SLACK]
        if made and newer:
            yield _stale(record.source.path, f"{plural(len(newer), 'changed file')} that it covers", newer)


def _older_than_tests(root: Path, tests: Sequence[TestsRecord], changed: Sequence[str]) -> Iterator[Notice]:
    """Result files older than changed tests: the newest of those that name a test's file, else of all."""
    if not changed:
        return
    times = {r.source.path: made for r in tests if (made := _time(root / r.source.path))}
    suites = {r.source.path: _suites(r) for r in tests if r.source.path in times}
    yield from _stale_results(root, times, suites, changed) if times else ()


def _stale_results(
    root: Path, times: Mapping[str, float], suites: Mapping[str, Set[str]], changed: Sequence[str]
) -> Iterator[Notice]:
    """The notices, of files with their times in Unix seconds and the suites that they name."""
    stale: dict[str, list[str]] = {}
    for path in changed:
        naming = [name for name, own in suites.items() if _holds(own, path)]
        newest = max(naming or times, key=lambda name: (times[name], name))
        if _time(root / path) > times[newest] + _SLACK:
            stale.setdefault(newest, []).append(path)
    for report, newer in sorted(stale.items()):
        yield _stale(report, plural(len(newer), "changed test file"), newer)


def _suites(record: TestsRecord) -> set[str]:
    return {f"{name.partition('::')[0]}." for name in record.names or ()}


def _holds(suites: Iterable[str], path: str) -> bool:
    """Is one of the suites a test's file, named by its path or as a module of Python?"""
    module = PurePosixPath(path).with_suffix("").as_posix().replace("/", ".")
    return any(suite.startswith((f"{path}.", f"{module}.")) for suite in suites)


def _stale(report: str, than: str, newer: Sequence[str]) -> Notice:
    text = f"{report} is older than {than}: {some(newer[:3], len(newer))}; run the tests again"
    return Notice("warning", "stale-report", text)


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
