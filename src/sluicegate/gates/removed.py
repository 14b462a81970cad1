"""Test cases of the baseline that are gone in this run, by name. Pure.

The cases of one parametrised test are compared by number: where there are as many as before, their names
have changed and none is gone (the names of parameters may hold addresses, times or seeds).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sluicegate.core.model import Absence, Finding, Measure, Severity, Table
from sluicegate.evidence.records import TestsRecord
from sluicegate.gates.measures import count, not_applicable, not_measured, table
from sluicegate.history.baseline import Before

MEASURE = "tests.removed"
RULE = "test-removed"

_SHOWN = 200
_UNNAMED = "the result files name no cases, or more than are compared"


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone.

    Attributes:
        names: the cases, in order.
        unknown: the measure, with the reason, where they are not known.
    """

    names: tuple[str, ...]
    unknown: Measure | None = None

    def measure(self, waived: int) -> Measure:
        """How many, without those that are waived."""
        return self.unknown or count(MEASURE, max(len(self.names) - waived, 0))

    def findings(self) -> tuple[Finding, ...]:
        """One for each of the first, so that a waiver can accept it."""
        return tuple(
            Finding(RULE, Severity.LOW, f"{name} is gone", new=True, fingerprint=name)
            for name in self.names[:_SHOWN]
        )

    def tables(self) -> tuple[Table, ...]:
        """Which they are."""
        return table("Test cases that are gone", ("case",), "l", self.names, lambda name: (name,))


def names_of(records: Iterable[TestsRecord]) -> frozenset[str] | None:
    """The names of all cases; None when a file does not name them."""
    lists = [r.names for r in records]
    return None if None in lists else frozenset().union(*(names for names in lists if names))


def removed(here: frozenset[str] | None, before: Before) -> Removed:
    """The cases of the baseline that this run has not."""
    if before.names is None:
        absent = not_applicable if before.absence is Absence.NOT_APPLICABLE else not_measured
        return Removed((), absent(MEASURE, before.reason))
    if here is None:
        return Removed((), not_measured(MEASURE, _UNNAMED))
    return Removed(tuple(_gone(before.names, here)))


def _gone(before: Sequence[str], here: frozenset[str]) -> list[str]:
    short = Counter(map(_stem, set(before)))
    short.subtract(Counter(map(_stem, here)))
    gone = []
    for name in sorted(set(before) - here):
        if short[_stem(name)] > 0:
            short[_stem(name)] -= 1
            gone.append(name)
    return gone


def _stem(name: str) -> str:
    """The name without the parameters of a parametrised test: `suite::test` of `suite::test[1-a]`."""
    owner, separator, case = name.rpartition("::")
    return owner + separator + case.partition("[")[0]
