"""The same cases of one run in several files: an aggregate beside its parts, TestNG's beside its runner's.

Pure. Two suites are one where their cases agree in name, outcome and time, to the digit, and the suites in
their timestamp. Suites without a timestamp need times that differ among their cases: two shards of quick
tests may well state `0.001` everywhere. So the results of a matrix are never taken for repeats, nor are those
of two browsers (Karma names the browser in each class, and each has times of its own). And a file is an
aggregate where all its cases are just those of two or more others: junitparser's `merge` makes one suite of
those that have one name, as the shards of pytest have, and so does junit-report-merger (sources: junitparser
5.0.3 and junit-report-merger 9.0.4 run over `tests/evidence/tests/written`).

TestNG's own reporters write a file a class (`junitreports/TEST-*.xml`) and one a test (`SUITE/TEST.xml`)
beside those of the runner that called it, with times of their own. So theirs is a repeat where it is below
the place where the runner writes, names no case that the runner's files do not name, and fails in no class
in which those do not fail: then no failure gets lost. The three name a set-up that failed, and what failed
with it, each in its own way; and Surefire 3 adds the row to the name. (Sources: Surefire 2.22.3 and TestNG
6.9.12 run over projects of our own, `tests/evidence/tests/written`; apache/maven-surefire,
`TestNGReporter.java`, `testName`.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import PurePosixPath

from sluicegate.core.text import plural, some
from sluicegate.evidence.records import CaseOutcome, TestsRecord
from sluicegate.evidence.shards import own_path
from sluicegate.evidence.tests.producers import TESTNG

MAX_SUITES = 50_000
"""A file with more suites is not compared."""

KEYS = 1 << 64
"""How many different sums of keys there are."""

_LARGEST = 20  # files that may be a sum of others

_BESIDE_NAME = re.compile(r"(?<=::)@\w+ |[\[(].*", re.DOTALL)
_OUTPUT = re.compile(r"(?:^|/)(?:test-results|junitreports)(?:/.*)?\Z")
_BAD = frozenset({CaseOutcome.FAILED, CaseOutcome.ERROR})


@dataclass(frozen=True, slots=True)
class DistinctResults:
    """Result files of one run, the cases of each counted once.

    Attributes:
        records: those that count, in their order.
        left_out: the paths of the others, each with the reason.
    """

    records: tuple[TestsRecord, ...]
    left_out: Mapping[str, str]

    @property
    def text(self) -> str:
        """What was left out, for people; empty for nothing."""
        paths = sorted(self.left_out)
        if not paths:
            return ""
        first = f"{paths[0]} {self.left_out[paths[0]]}"
        more = f"; so do {some(paths[1:3], len(paths) - 1)}" if len(paths) > 1 else ""
        return f"{plural(len(paths), 'result file')} left out, counted once: {first}{more}"


def once(records: Sequence[TestsRecord]) -> DistinctResults:
    """The records without those that repeat others; of different suites of the policy none are compared."""
    suites = dict.fromkeys(record.suite for record in records)
    found = {suite: repeats([r for r in records if r.suite == suite]) for suite in suites}
    kept = (record for record in records if record.source.path not in found[record.suite])
    return DistinctResults(
        tuple(kept), {path: why for reasons in found.values() for path, why in reasons.items()}
    )


def repeats(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of which every case is in others, too, each with the reason not to count it.

    The largest is left out first: an aggregate whose parts are all there; else the parts that it holds.

    Args:
        records: those of one run and one suite.
    """
    found: dict[str, str] = {}
    for look in (_sums, _suites, _of_testng):
        found |= look([record for record in records if record.source.path not in found])
    return found


def _sums(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files whose cases are just those of two or more others, whatever the suites."""
    found: dict[str, str] = {}
    timed = sorted(filter(attrgetter("duration"), records), key=lambda r: (-r.tests, r.source.path))
    for whole in timed[:_LARGEST]:
        parts = [r for r in records if r.source.path not in found and _may_be_part(r, whole)]
        if len(parts) > 1 and _is_sum(whole, parts):
            found[whole.source.path] = _which_count(r.source.path for r in parts)
    return found


def _may_be_part(record: TestsRecord, whole: TestsRecord) -> bool:
    """Does another file name only cases that the whole names?"""
    return record is not whole and bool(record.listed) and record.listed <= whole.listed


def _is_sum(whole: TestsRecord, parts: Sequence[TestsRecord]) -> bool:
    """Has the file just the cases of these, and no failure more?

    It may have fewer: who wrote the parts is known better, and so what two cases of one name are.
    """
    difference = sum(r.results_key for r in parts) - whole.results_key
    failures = sum(r.failed + r.errors for r in parts)
    return difference % KEYS == 0 and whole.failed + whole.errors <= failures


def _suites(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of which every suite is in others, too."""
    suites = {r.source.path: Counter(r.suite_keys) for r in records if r.suite_keys and 0 not in r.suite_keys}
    left_out = _held_twice(suites)
    holders: dict[int, set[str]] = {}
    for path in suites.keys() - left_out:
        for key in suites[path]:
            holders.setdefault(key, set()).add(path)
    return {path: _which_count(set[str]().union(*(holders[k] for k in suites[path]))) for path in left_out}


def _held_twice(suites: Mapping[str, Counter[int]]) -> set[str]:
    """The files, the largest first, each of whose suites the rest holds as often as they do."""
    everywhere: Counter[int] = Counter()
    for own in suites.values():
        everywhere.update(own)
    left_out: set[str] = set()
    for path in sorted(sorted(suites, reverse=True), key=lambda p: -suites[p].total()):
        own = suites[path]
        if all(everywhere[key] >= 2 * count for key, count in own.items()):
            everywhere.subtract(own)
            left_out.add(path)
    return left_out


def _which_count(paths: Iterable[str]) -> str:
    names = sorted(paths)
    return f"holds the cases of {some(names[:2], len(names))}, which count"


@dataclass(slots=True)
class _ResultFolder:
    """What the files of one rank that are written into one folder hold.

    Attributes:
        holders: by the name of a case the paths of those files that name it.
        failing: the classes in which something failed.
        is_known: each file names all its cases and failures.
    """

    holders: dict[str, set[str]] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    is_known: bool = True

    def add(self, record: TestsRecord) -> None:
        """Add a file."""
        for name in _plain(record.listed):
            self.holders.setdefault(name, set()).add(record.source.path)
        self.failing |= _failing(record)
        self.is_known &= _names_all(record)


def _of_testng(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of TestNG's own reporters whose cases are in files that go before them."""
    own = [record for record in records if _rank(record)]
    places: dict[tuple[int, str, str], _ResultFolder] = {}
    for record in records if own else ():
        folder = PurePosixPath(own_path(record.source)).parent.as_posix()
        home = PurePosixPath(_OUTPUT.sub("", folder)).as_posix()
        places.setdefault((_rank(record), record.source.shard, home), _ResultFolder()).add(record)
    held = {record.source.path: _holders(record, places) for record in own}
    found = {path: paths for path, paths in held.items() if paths}
    return {path: _which_count(paths - found.keys()) for path, paths in found.items()}


def _holders(record: TestsRecord, places: Mapping[tuple[int, str, str], _ResultFolder]) -> set[str]:
    """The files that hold all of one of TestNG's; empty where that has a case or a failing class alone."""
    above = [parent.as_posix() for parent in PurePosixPath(own_path(record.source)).parents]
    keys = ((rank, record.source.shard, folder) for rank in range(_rank(record)) for folder in above)
    found = [places[key] for key in keys if key in places]
    if not _is_known(record, found):
        return set()
    holders = [_holding(name, found) for name in _plain(record.listed)]
    return set[str]().union(*holders) if all(holders) else set()


def _is_known(record: TestsRecord, places: Sequence[_ResultFolder]) -> bool:
    """Are all cases named, here and in these places, and does nothing fail here alone?"""
    failing = _failing(record).difference(*(place.failing for place in places))
    return not failing and _names_all(record) and all(place.is_known for place in places)


def _holding(name: str, places: Iterable[_ResultFolder]) -> set[str]:
    """The files in these places that name a case."""
    return set[str]().union(*(place.holders.get(name, ()) for place in places))


def _rank(record: TestsRecord) -> int:
    """The lower one counts: the runner's own files, then TestNG's by class, then TestNG's by test."""
    if record.source.tool != TESTNG:
        return 0
    return 1 if PurePosixPath(own_path(record.source)).parent.name == "junitreports" else 2


def _names_all(record: TestsRecord) -> bool:
    return record.names is not None and not record.cases_dropped


def _failing(record: TestsRecord) -> frozenset[str]:
    return frozenset(case.suite for case in record.cases if case.outcome in _BAD)


def _plain(names: Iterable[str]) -> frozenset[str]:
    """The names without what only one writer adds: the row of a table, `@BeforeClass` of a set-up."""
    return frozenset(_BESIDE_NAME.sub("", name) for name in names)
