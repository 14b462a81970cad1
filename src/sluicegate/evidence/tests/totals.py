"""What is known of a whole JUnit file while it streams by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.evidence.records import CaseOutcome, TestCase
from sluicegate.evidence.tests import case
from sluicegate.evidence.tests.attempts import CODES
from sluicegate.evidence.tests.durations import all_seconds
from sluicegate.history.caselist import MAX_NAMES

MAX_CASES = 500
"""Cases that a record names; `cases_dropped` counts the others."""


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
            self.listed.update(case.full_name(each, suite) for each in cases)
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
