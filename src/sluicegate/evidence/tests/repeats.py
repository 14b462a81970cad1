"""The same cases of one run in several files: an aggregate beside its parts, TestNG's beside its runner's.

Pure. Two suites are one where their cases agree in name, outcome and time, to the digit, and the suites in
their timestamp. Suites without a timestamp need times that differ among their cases: two shards of quick
tests may well say `0.001` everywhere. So the results of a matrix are never taken for repeats, nor are those
of two browsers (Karma names the browser in each class, and each has times of its own). And a file is an
aggregate where all its cases are just those of two or more others: junitparser's `merge` makes one suite of
those that have one name, as the shards of pytest have (source: junitparser 5 run over files of both).

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
from dataclasses import dataclass
from pathlib import PurePosixPath

from sluicegate.evidence.records import Outcome, TestsRecord
from sluicegate.evidence.shards import own_path
from sluicegate.evidence.tests.producers import TESTNG
from sluicegate.text import plural, some

MAX_SUITES = 50_000
"""A file with more suites is not compared."""

KEYS = 1 << 64
"""How many different sums of keys there are."""

_LARGEST = 20  # files that may be a sum of others

_BESIDE_NAME = re.compile(r"(?<=::)@\w+ |[\[(].*", re.DOTALL)
_OUTPUT = re.compile(r"(?:^|/)(?:test-results|junitreports)(?:/.*)?\Z")
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Once:
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


def once(records: Sequence[TestsRecord]) -> Once:
    """The records without those that repeat others; of different suites of the policy none are compared."""
    kept: list[TestsRecord] = []
    left_out: dict[str, str] = {}
    for suite in dict.fromkeys(record.suite for record in records):
        own = [record for record in records if record.suite == suite]
        found = repeats(own)
        kept += [record for record in own if record.source.path not in found]
        left_out |= found
    return Once(tuple(sorted(kept, key=records.index)) if left_out else tuple(records), left_out)


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
    timed = [record for record in records if record.names and record.duration]
    for whole in sorted(timed, key=lambda r: (-r.tests, r.source.path))[:_LARGEST]:
        parts = [r for r in records if r is not whole and r.names and r.names <= (whole.names or frozenset())]
        parts = [r for r in parts if r.source.path not in found]
        difference = sum(r.results_key for r in parts) - whole.results_key
        if len(parts) > 1 and difference % KEYS == 0:
            found[whole.source.path] = _which_count(r.source.path for r in parts)
    return found


def _suites(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of which every suite is in others, too."""
    own = [record for record in records if record.suite_keys and 0 not in record.suite_keys]
    return _copies({r.source.path: Counter(r.suite_keys) for r in own}) if len(own) > 1 else {}


def _copies(suites: Mapping[str, Counter[int]]) -> dict[str, str]:
    everywhere: Counter[int] = sum(suites.values(), Counter())
    kept, left_out = dict(suites), {}
    for path in sorted(sorted(suites, reverse=True), key=lambda p: -suites[p].total()):
        own = suites[path]
        if all(everywhere[key] >= 2 * count for key, count in own.items()):
            everywhere -= own
            del kept[path]
            left_out[path] = own
    return {path: _reason(own, kept) for path, own in left_out.items()}


def _reason(own: Counter[int], kept: Mapping[str, Counter[int]]) -> str:
    return _which_count(path for path, suites in kept.items() if suites.keys() & own.keys())


def _which_count(paths: Iterable[str]) -> str:
    names = sorted(paths)
    return f"holds the cases of {some(names[:2], len(names))}, which count"


# --- what TestNG writes beside its runner -------------------------------------------------------


def _of_testng(records: Sequence[TestsRecord]) -> dict[str, str]:
    """The files of TestNG's own reporters whose cases are in files that go before them."""
    found: dict[str, str] = {}
    for record in sorted(filter(_rank, records), key=lambda r: (-_rank(r), r.source.path)):
        others = [other for other in records if _rank(other) < _rank(record) and _is_beside(record, other)]
        if _adds_nothing(record, others):
            found[record.source.path] = _which_count(other.source.path for other in others)
    return found


def _rank(record: TestsRecord) -> int:
    """The lower one counts: the runner's own files, then TestNG's by class, then TestNG's by test."""
    if record.source.tool != TESTNG:
        return 0
    return 1 if PurePosixPath(own_path(record.source)).parent.name == "junitreports" else 2


def _is_beside(record: TestsRecord, other: TestsRecord) -> bool:
    """Is the file below the place where the writer of the other one writes?"""
    folder = PurePosixPath(own_path(other.source)).parent.as_posix()
    home = PurePosixPath(_OUTPUT.sub("", folder))
    return (
        record.source.shard == other.source.shard and home in PurePosixPath(own_path(record.source)).parents
    )


def _adds_nothing(record: TestsRecord, others: Sequence[TestsRecord]) -> bool:
    """Does the file name cases, no case that the others do not name, and no class that fails only here?"""
    named = [other.names for other in others if other.names is not None]
    if not record.names or not others or record.cases_dropped or len(named) < len(others):
        return False
    everywhere = _plain(frozenset[str]().union(*named))
    failing = frozenset[str]().union(*map(_failing, others))
    return _plain(record.names) <= everywhere and _failing(record) <= failing


def _plain(names: Iterable[str]) -> frozenset[str]:
    """The names without what only one writer adds: the row of a table, `@BeforeClass` of a set-up."""
    return frozenset(_BESIDE_NAME.sub("", name) for name in names)


def _failing(record: TestsRecord) -> frozenset[str]:
    return frozenset(case.suite for case in record.cases if case.outcome in _BAD)
