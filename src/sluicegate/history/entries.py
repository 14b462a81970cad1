"""What was recorded of earlier commits, as series: measures, benchmarks, and the outcomes of tests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sluicegate.core.model import Measure
from sluicegate.core.readings import Reading

_LATEST = 4_102_444_800  # the year 2100: a commit's date is anybody's


@dataclass(frozen=True, slots=True)
class Case:
    """A test case that did not simply pass.

    Attributes:
        name: `suite::case`, as its finding is named.
        path: its file; empty where the results do not name one.
        outcome: `failed`, `error` or `flaky`.
    """

    name: str
    path: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded report.

    Attributes:
        document: the digest that names its document in the ledger.
        commit, tree: full object names.
        committed: seconds since 1970, the committer's date.
        at: when it was recorded, UTC.
        scope: the judged folder, from the top of the repository; empty for the top.
        status: of the report.
        measures: by verdict (`tests.unit`, `api/coverage`) and name; those without a value are left out.
        readings: of its benchmarks.
        cases: those that failed, erred or were flaky. Where the tests ran, all others passed or were
            skipped.
        code: by path of a test that failed at some time: the object name of the file in this commit.
        names: by verdict of the gate `tests`: the names of all test cases, in order; left out where they
            are not known, or the report is not one of the newest.
        failing: by verdict of the gate `tests`: how many failures each case has, by its name and result file.
    """

    document: str
    commit: str
    tree: str = ""
    committed: int = 0
    at: str = ""
    scope: str = ""
    status: str = ""
    measures: Mapping[str, Mapping[str, Measure]] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()
    cases: tuple[Case, ...] = ()
    code: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failing: Mapping[str, Mapping[tuple[str, str], int]] = field(default_factory=dict)

    @property
    def on(self) -> str:
        """The date of its commit, `YYYY-MM-DD`."""
        return datetime.fromtimestamp(min(max(self.committed, 0), _LATEST), UTC).date().isoformat()

    @property
    def order(self) -> tuple[int, str, str]:
        """Sorts entries whose ancestry is not known."""
        return self.committed, self.at, self.document

    @property
    def ran_tests(self) -> bool:
        """Did any tests run?"""
        return any("tests" in own for name, own in self.measures.items() if is_of_gate(name, "tests"))


@dataclass(frozen=True, slots=True)
class ReadingPoint:
    """A benchmark's reading in a commit."""

    commit: str
    committed: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class History:
    """The recorded reports before the change, oldest first; several may be of one commit."""

    entries: tuple[Entry, ...] = ()

    def latest(self) -> tuple[Entry, ...]:
        """One entry a commit: of several, the last one's measures and readings over the others'."""
        by_commit: dict[str, Entry] = {}
        for entry in self.entries:
            before = by_commit.get(entry.commit)
            by_commit[entry.commit] = entry if before is None else _over(before, entry)
        return tuple(by_commit.values())

    def names(self) -> dict[str, tuple[str, ...]]:
        """The measures that were ever recorded, by verdict."""
        found: dict[str, dict[str, None]] = {}
        for entry in self.entries:
            for verdict, own in entry.measures.items():
                found.setdefault(verdict, {}).update(dict.fromkeys(own))
        return {verdict: tuple(sorted(own)) for verdict, own in sorted(found.items())}

    def by_benchmark(self) -> dict[tuple[str, str], list[ReadingPoint]]:
        """The readings of each benchmark on each kind of machine, oldest first, every run of its own."""
        found: dict[tuple[str, str], list[ReadingPoint]] = {}
        for entry in self.entries:
            for reading in entry.readings:
                point = ReadingPoint(entry.commit, entry.committed, reading)
                found.setdefault((reading.benchmark, reading.machine), []).append(point)
        return found


def is_of_gate(verdict: str, gate: str) -> bool:
    """Is the verdict (`api/tests.unit`) one of this gate?"""
    name = verdict.rpartition("/")[2]
    return name == gate or name.startswith(f"{gate}.")


def entries_of(line: Iterable[str], entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries of the commits of a line (newest first), oldest first."""
    by_commit: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.order):
        by_commit.setdefault(entry.commit, []).append(entry)
    return tuple(entry for commit in reversed(list(line)) for entry in by_commit.get(commit, ()))


def _over(before: Entry, after: Entry) -> Entry:
    readings = {(r.benchmark, r.machine): r for r in (*before.readings, *after.readings)}
    return replace(
        after,
        measures={**before.measures, **after.measures},
        names={**{v: n for v, n in before.names.items() if v not in after.measures}, **after.names},
        failing={**{v: n for v, n in before.failing.items() if v not in after.measures}, **after.failing},
        readings=tuple(readings.values()),
    )
