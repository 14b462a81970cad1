"""The suites of a JUnit file: what they state of the cases below them, and what of that is not listed. Pure.

Numbers are weaker than elements, since producers count different things (see `producers`), so they
are asked for two things only:

- A suite that states failures or errors, and below which nothing failed, broke, was run again or was
  flaky, holds one failing case that the file does not list (Karma writes so of a browser that it lost;
  source: `producers`).
- A suite that states more tests than are listed below it has unlisted tests. Those that its `skipped`,
  or that of a suite around it, explains were skipped (mocha-junit-reporter does not list pending tests).
  If that does not explain them all, the sum of the numbers is wrong: both are reported, and put the share
  of passed tests in doubt.

A suite without anything below it counts as the number of tests that it states, except those that the
total of a suite around it leaves out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.text import plural
from sluicegate.evidence.records import CaseOutcome, TestCase
from sluicegate.evidence.tests.attempts import CODES
from sluicegate.evidence.tests.case import count, full_name, identity
from sluicegate.evidence.tests.durations import all_seconds
from sluicegate.history.caselist import MAX_NAMES

UNLISTED = "that the file does not list"
"""The end of the name of a case that represents failures which a suite states."""

MAX_CASES = 500
"""Cases that a record names; `cases_dropped` counts the others."""

_VARIED = 3
"""Times of cases that differ, at the least, for a suite without a timestamp to be identified by them."""


@dataclass(frozen=True, slots=True)
class StatedCounts:
    """The numbers in the attributes of a suite; `tests` is None where it states none."""

    tests: int | None
    failures: int
    errors: int
    skipped: int

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> StatedCounts:
        """What the attributes state. Of `skipped`, `disabled` and `ignored` the largest counts."""
        get = attributes.get
        skipped = max(count(get(name)) or 0 for name in ("skipped", "disabled", "ignored"))
        return cls(count(get("tests")), count(get("failures")) or 0, count(get("errors")) or 0, skipped)

    @property
    def unlisted(self) -> str:
        """Its failures and errors, for people; empty for none."""
        counts = [(self.failures, "failure"), (self.errors, "error")]
        return " and ".join(plural(number, word) for number, word in counts if number)


@dataclass(slots=True)
class SuiteTally:
    """The counts below a suite.

    Attributes:
        listed: cases as written, each attempt for itself (Gradle counts them so), and those that empty
            suites state as failed or skipped.
        skipped: how many of them did not run.
        wrong: elements that state a failure, as written: attempts that were run again count, too.
        missing: tests that a suite states and that are neither listed nor explained.
        claimed: tests that empty suites state as passed.
    """

    listed: int = 0
    skipped: int = 0
    wrong: int = 0
    missing: int = 0
    claimed: int = 0

    def add(self, other: SuiteTally) -> None:
        """Add what is known below a suite inside this one."""
        self.listed += other.listed
        self.skipped += other.skipped
        self.wrong += other.wrong
        self.missing += other.missing
        self.claimed += other.claimed

    @property
    def is_empty(self) -> bool:
        """Is there no test below the suite?"""
        return not (self.listed or self.wrong or self.missing or self.claimed)

    def claim(self, stated: StatedCounts) -> None:
        """Count the tests that an empty suite states."""
        bad = stated.failures + stated.errors
        self.listed += bad + stated.skipped
        self.skipped += stated.skipped
        self.wrong += bad
        self.claimed += max((stated.tests or 0) - bad - stated.skipped, 0)

    def settle(self, stated: StatedCounts, *, explains: bool) -> int:
        """Compare with what the suite around all this states; how many tests its `skipped` explains.

        It may explain some that are not listed only where it counts tests (`explains`).
        """
        total = stated.tests
        if total is not None:
            self.missing = max(self.missing, total - self.listed - self.claimed)
        explained = self._explain(stated.skipped - self.skipped) if explains else 0
        if total is not None:
            self.claimed = min(self.claimed, max(total - self.listed, 0))
        return explained

    def _explain(self, spare: int) -> int:
        """Tests that were skipped: all that are missing, or none of them; and any that empty suites state."""
        spare = max(spare, 0)
        of_missing = self.missing if self.missing <= spare else 0
        of_claimed = min(spare - of_missing, self.claimed)
        self.missing -= of_missing
        self.claimed -= of_claimed
        self.listed += of_missing + of_claimed
        self.skipped += of_missing + of_claimed
        return of_missing + of_claimed


@dataclass(slots=True)
class SuiteElement:
    """One open `<testsuite>`, or the root.

    Attributes:
        tag: its element.
        depth: its depth; 1 for the root.
        keys, codes: identity and outcome of each of its own cases.
        pending: by identity the reported cases that are not settled yet.
        retried: by identity the seconds of a later attempt that passed.
        below: what is known below it.
        print: a sum over its cases that identifies one run of them.
        times: some different ones of its cases, as written.
    """

    ordinal: int
    attributes: Mapping[str, str]
    tag: str = ""
    depth: int = 0
    keys: array[int] = field(default_factory=lambda: array("q"))
    codes: bytearray = field(default_factory=bytearray)
    pending: dict[int, list[TestCase]] = field(default_factory=dict)
    retried: dict[int, float | None] = field(default_factory=dict)
    below: SuiteTally = field(default_factory=SuiteTally)
    print: int = 0
    times: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its name; empty for none."""
        return self.attributes.get("name", "")

    def note(self, keys: Sequence[int], times: Sequence[str | None], code: int) -> None:
        """Add cases of one outcome to the print of this run of the suite."""
        self.print += sum(hash((key, time, code)) for key, time in zip(keys, times, strict=True))
        if len(self.times) < _VARIED:
            self.times.update(time for time in times[:100] if time and time.strip("0.,"))

    def run_key(self, counts: Sequence[int]) -> int:
        """A key that only the same suite of the same run has; 0 if it cannot be identified.

        `counts` are its cases by outcome, attempts merged: a file that others were merged in may have lost
        who wrote them, and so whether two cases of one name are attempts.
        """
        stamp = self.attributes.get("timestamp", "")
        if not stamp and len(self.times) < _VARIED:
            return 0
        return hash((stamp, self.print, len(self.codes), *counts)) or 1

    def key(self, attributes: Mapping[str, str], position: int) -> int:
        """The identity of its case at a position (0-based); no other case shares that of a case apart.

        Apart are cases without a name, and those of no suite, directly in a `<testsuites>` root.
        """
        key = identity(attributes)
        if self.tag != "testsuite" or not (attributes.get("name") or attributes.get("id")):
            return hash((key, position))
        return key


@dataclass(slots=True)
class FileTotals:
    """The totals of the whole file.

    Attributes:
        duration: seconds, of the cases that state one.
        timed: some case states one, or there is no case.
        untimed: some case states a time that is no duration.
        listed: the names of cases, as long as they are not too many.
        nameless: there are tests, too, that the file does not name.
        many: there are too many names to be compared.
        stated: how many tests the file states and how many it lists, where it states more.
    """

    counts: list[int] = field(default_factory=lambda: [0] * CODES)
    duration: float = 0.0
    timed: bool = False
    untimed: bool = False
    suites: int = 0
    stated: tuple[int, int] | None = None
    failing: list[TestCase] = field(default_factory=list)
    flaky: list[TestCase] = field(default_factory=list)
    skipped: list[TestCase] = field(default_factory=list)
    unnamed: set[tuple[int, int]] = field(default_factory=set)
    merged: int = 0
    cases_key: int = 0
    results_key: int = 0
    suite_keys: list[int] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    nameless: bool = False
    many: bool = False

    def name(self, cases: Iterable[Mapping[str, str]], suite: str) -> None:
        """Keep the names of cases, until there are too many to be compared."""
        if not self.many:
            self.listed.update(full_name(each, suite) for each in cases)
            if len(self.listed) > MAX_NAMES:
                self.many = True
                self.listed.clear()

    def spend(self, texts: Sequence[str | None]) -> list[float | None]:
        """Add the durations of cases, and give each in seconds; an invalid one makes the sum unknown."""
        durations = all_seconds(texts)
        timed = [duration for duration in durations if duration is not None]
        self.duration += sum(timed)
        self.untimed |= len(timed) < len(durations)
        self.timed = self.timed or any(texts)
        return durations

    def keep(self, found: TestCase) -> None:
        """Keep a case for the record, unless there are enough of its kind."""
        lists = {CaseOutcome.FLAKY: self.flaky, CaseOutcome.SKIPPED: self.skipped}
        kept = lists.get(found.outcome, self.failing)
        if len(kept) < MAX_CASES:
            kept.append(found)
