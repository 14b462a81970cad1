"""Test cases of the baseline that are gone in this run, by name. Pure.

The cases of one parametrised test are compared by number: where there are as many as before, their names
have changed and none is gone (the names of parameters may hold addresses, times or seeds).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sluicegate.core.model import Finding, Measure, Severity, Table
from sluicegate.evidence.records import TestsRecord
from sluicegate.gates.measures import count, not_applicable, not_measured
from sluicegate.history.baseline import Before

MEASURE = "tests.removed"
RULE = "test-removed"

_SHOWN = 200
_UNNAMED = "the result files name no cases, or more than are compared"
_ROWS = 15


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone.

    Attributes:
        names: the cases, in order; None when they are unknown.
        before: the baseline's.
        reason: why they are unknown, where the baseline has them.
    """

    names: tuple[str, ...] | None
    before: Before
    reason: str = ""

    def measure(self, waived: int) -> Measure:
        """How many, without those that are waived."""
        if self.names is not None:
            return count(MEASURE, max(len(self.names) - waived, 0))
        if self.reason:
            return not_measured(MEASURE, self.reason)
        absent = not_applicable if self.before.absence == "not applicable" else not_measured
        return absent(MEASURE, self.before.reason)

    def findings(self) -> tuple[Finding, ...]:
        """One for each of the first, so that a waiver can accept it."""
        names = (self.names or ())[:_SHOWN]
        return tuple(Finding(RULE, Severity.LOW, f"{n} is gone", new=True, fingerprint=n) for n in names)

    def tables(self) -> tuple[Table, ...]:
        """Which they are."""
        names = self.names or ()
        if not names:
            return ()
        rows = tuple((name,) for name in names[:_ROWS])
        return (Table("Test cases that are gone", ("case",), rows, "l", len(names) - len(rows)),)


def names_of(records: Iterable[TestsRecord]) -> frozenset[str] | None:
    """The names of all cases; None when a file does not name them."""
    lists = [r.names for r in records]
    return None if None in lists else frozenset().union(*(names for names in lists if names))


def removed(here: frozenset[str] | None, before: Before) -> Removed:
    """The cases of the baseline that this run has not."""
    if before.names is None:
        return Removed(None, before)
    if here is None:
        return Removed(None, before, _UNNAMED)
    return Removed(tuple(_gone(before.names, here)), before)


def _gone(before: Sequence[str], here: frozenset[str]) -> list[str]:
    missing = sorted(name for name in set(before) if name not in here)
    short = Counter(map(_stem, set(before)))
    short.subtract(Counter(map(_stem, here)))
    gone = []
    for name in missing:
        if short[_stem(name)] > 0:
            short[_stem(name)] -= 1
            gone.append(name)
    return gone


def _stem(name: str) -> str:
    """The name without the parameters of a parametrised test: `suite::test` of `suite::test[1-a]`."""
    owner, separator, case = name.rpartition("::")
    return owner + separator + case.partition("[")[0]
