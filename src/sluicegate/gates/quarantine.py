"""The test cases that earlier runs show to be flaky. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sluicegate.core.model import Better, Finding, Measure, Severity, Table, Waiver
from sluicegate.evidence.records import CaseOutcome, Evidence, TestCase
from sluicegate.gates.interface import Context
from sluicegate.gates.measures import count, not_applicable, table
from sluicegate.history.flaky import Flaky, flaky_cases

RULE = "test-known-flaky"
"""Of the findings about cases that did not fail in this run."""

_MEASURE = "flaky.known"


def identity(case: TestCase) -> str:
    """What names the case in waivers and in the ledger: `suite::case`."""
    return f"{case.suite}::{case.name}"


@dataclass(frozen=True, slots=True)
class KnownFlaky:
    """The cases known to be flaky.

    Attributes:
        recorded: whether any run was recorded.
        cases: those of the suite or component that is judged, worst first.
    """

    recorded: bool
    cases: tuple[Flaky, ...]

    def of(self, case: TestCase) -> Flaky | None:
        """The record of a case; None when it is not known to be flaky."""
        return next((f for f in self.cases if f.name == identity(case)), None)

    def measure(self, waived: int) -> Measure:
        """How many there are, without those that are quarantined."""
        if not self.recorded:
            return not_applicable(_MEASURE, "no run of the tests is recorded", "", Better.LOWER)
        return count(_MEASURE, max(len(self.cases) - waived, 0))

    def findings(self, cases: Sequence[TestCase], waivers: Sequence[Waiver]) -> tuple[Finding, ...]:
        """One for each quarantined case that did not fail here, so that its waiver is not unused."""
        here = {identity(c) for c in cases if c.outcome is not CaseOutcome.SKIPPED}
        named = {w.fingerprint for w in waivers if w.gate == "tests" and w.fingerprint}
        words = "is known to be flaky"
        return tuple(
            Finding(RULE, Severity.INFO, f"{f.name} {words}: {f.rate}", f.path, fingerprint=f.name)
            for f in self.cases
            if f.name in named - here
        )

    def tables(self) -> tuple[Table, ...]:
        """Which they are, with their rates."""
        columns = ("case", "rate", "because it")
        return table("Flaky tests", columns, "lll", self.cases, lambda f: (f.name, f.rate, f.why), 10)

    def remedies(self, broken: Sequence[TestCase]) -> tuple[str, ...]:
        """What to do about those that fail now."""
        found = [f for f in map(self.of, broken) if f]
        return tuple(
            f"{f.name} is known to be flaky ({f.rate}; it {f.why}): fix it, or quarantine it with a "
            f"waiver of the gate tests with `fingerprint: {f.name}` and an expiry."
            for f in found[:2]
        )


def known(evidence: Evidence, context: Context, cases: Sequence[TestCase]) -> KnownFlaky:
    """The flaky cases among those recorded; for one suite, those that it lists."""
    entries = evidence.history.entries
    found = flaky_cases(entries)
    if context.suite is not None:
        here = {identity(c) for c in cases}
        found = tuple(f for f in found if f.name in here)
    return KnownFlaky(any(e.ran_tests for e in entries), found)
