"""The failing cases of a run, and whose each is: the change's, the base's, a flaky one, or quarantined. Pure.

A case is known where it failed in the newest run of the base, too, in the same result file and as often: what
a change mends, in one test or in one job of a matrix, never makes up for what it breaks in another. A flaky
case counts as new where it did not fail there, since nobody accepted it. So does a failure that cannot be
compared: of a case that is not listed, or whose name was cut.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sluicegate.core.model import Finding, Measure, Severity
from sluicegate.core.text import cut_middle, plural, redact
from sluicegate.evidence.records import CaseOutcome, TestCase, TestsRecord
from sluicegate.evidence.tests.case import MAX_TEXT
from sluicegate.evidence.tests.suites import UNLISTED
from sluicegate.gates.interface import Context
from sluicegate.gates.measures import count, not_measured
from sluicegate.gates.quarantine import KnownFlaky, identity
from sluicegate.history.baseline import Before
from sluicegate.history.failing import Failing, by_name, is_broken
from sluicegate.policy.waivers import matching

NEW, KNOWN = "new.failed", "known.failed"

_BAD = {CaseOutcome.FAILED: "failed", CaseOutcome.ERROR: "broke"}
_RULES = frozenset(f"test-{outcome.value}" for outcome in _BAD)
_TRACED, _LINES, _CHARACTERS = 20, 30, 2000
_MESSAGE = 240
_WHERE = " + where "
"""What pytest puts behind the comparison that failed: where its values come from. The trace shows it."""
_NOTHING = "no test ran to its end"
_SHARED = (
    "Most tests failed: look first for what they share, such as a service that is missing or a module that "
    "cannot be imported."
)


class Whose(enum.StrEnum):
    """Whose a failure is, the change's first."""

    NEW = "new"
    FLAKY = "flaky"
    KNOWN = "known from the base"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing case, its finding, and whose it is."""

    case: TestCase
    finding: Finding
    whose: Whose

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts failures whatever the order of their files."""
        where = (self.finding.fingerprint, self.finding.source)
        return [*Whose].index(self.whose), *where, self.case.message, self.case.details


@dataclass(frozen=True, slots=True)
class Failures:
    """The failures of a run.

    Attributes:
        listed: of the cases that the result files list, in their order.
        failed: how many failed or broke, listed or not.
        passed: how many passed.
        known: the cases among them that fail on the base, by name.
        unknown: why none can be known; empty where the failures of the base are.
    """

    listed: tuple[Failure, ...]
    failed: int
    passed: int
    known: dict[str, Failing]
    unknown: str

    @property
    def is_broken(self) -> bool:
        """Did most of the tests fail?"""
        return is_broken(self.failed, self.passed)

    def findings(self) -> tuple[Finding, ...]:
        """One for each; the first, by whose they are, show the end of their traces."""
        order = sorted(range(len(self.listed)), key=lambda n: self.listed[n].order)
        traced = frozenset(order[:_TRACED])
        return tuple(
            replace(f.finding, trace=_end(f.case.details)) if n in traced else f.finding
            for n, f in enumerate(self.listed)
        )

    def measures(self, part: Sequence[Finding], failed: int) -> tuple[Measure, Measure]:
        """How many are new and known, from the findings that are not waived and the failures that are not."""
        if not self.failed + self.passed:
            return not_measured(NEW, _NOTHING), not_measured(KNOWN, _NOTHING)
        known = sum(f.new is False for f in part if f.rule in _RULES)
        new = max(failed - known, 0)
        reason = f"every failure counts as new: {self.unknown}" if self.unknown and new else ""
        return replace(count(NEW, new), reason=reason), count(KNOWN, known)

    def summary(self) -> str:
        """How many are whose, and that the run is broken; empty where there is nothing to say."""
        counts = Counter(f.whose for f in self.listed)
        counts[Whose.NEW] += max(self.failed - len(self.listed), 0)
        words = {whose: f"{counts[whose]:,} {whose}" for whose in Whose if counts[whose]}
        if Whose.NEW in words:
            words[Whose.NEW] = "" if self.unknown else plural(counts[Whose.NEW], "new failure")
        broken = "most tests failed, so the run is broken" if self.is_broken else ""
        return "; ".join(filter(None, (", ".join(filter(None, words.values())), broken)))

    def remedies(self) -> dict[str, tuple[str, ...]]:
        """What to do first where the run is broken, and about the failures of the base."""
        names = sorted(self.known)
        more = f", and {len(names) - 1:,} more" if names[1:] else ""
        fix = [f"Fix on the default branch: {n} {self.known[n].words}{more}." for n in names[:1]]
        shared = (_SHARED,) if self.is_broken else ()
        return {NEW: shared, KNOWN: (*shared, *fix)}


def failures(records: Sequence[TestsRecord], context: Context, flaky: KnownFlaky) -> Failures:
    """The failures in these result files."""
    cases = [(c, record.source.path) for record in records for c in record.cases if c.outcome in _BAD]
    known = _known(cases, context.before, {record.source.path for record in records})
    unknown = "" if context.before.failing is not None else context.before.reason
    return Failures(
        tuple(_failure(*pair, known.get(identity(pair[0])), unknown, flaky, context) for pair in cases),
        sum(r.failed + r.errors for r in records),
        sum(r.passed for r in records),
        known,
        unknown,
    )


def _known(
    cases: Sequence[tuple[TestCase, str]], before: Before, files: Collection[str]
) -> dict[str, Failing]:
    """The cases that fail on the base, and not in more files or more often here."""
    base = before.failing or {}
    here = by_name(Counter((identity(case), file) for case, file in cases if _has_own_name(case)))
    return {n: base[n] for n, places in here.items() if n in base and base[n].covers(places, files)}


def _has_own_name(case: TestCase) -> bool:
    """Is the case named, and its name not cut, so that it is not another's?"""
    return not case.name.endswith(UNLISTED) and max(len(case.name), len(case.suite)) < MAX_TEXT


def _failure(
    case: TestCase, file: str, base: Failing | None, unknown: str, known_flaky: KnownFlaky, context: Context
) -> Failure:
    finding = Finding(
        rule=f"test-{case.outcome.value}",
        severity=Severity.HIGH,
        message="",
        path=case.path,
        line=case.line,
        end_line=case.line,
        fingerprint=identity(case),
        new=None if unknown else base is None,
        source=file,
    )
    flaky = known_flaky.of(case)
    waiver = matching(finding, "tests", context.policy.waivers, context.today)
    kinds = {
        Whose.QUARANTINED: f"quarantined until {waiver.expires.isoformat()}" if waiver else "",
        Whose.KNOWN: base.words if base else "",
        Whose.NEW: "new" if finding.new else "",
        Whose.FLAKY: f"known to be flaky: {flaky.rate}" if flaky else "",
    }
    words = list(filter(None, kinds.values()))
    whose = next((w for w in (Whose.QUARANTINED, Whose.KNOWN, Whose.FLAKY) if kinds[w]), Whose.NEW)
    return Failure(case, replace(finding, message=_message(case, words)), whose)


def _message(case: TestCase, words: Sequence[str]) -> str:
    about = f" ({'; '.join(words)})" if words else ""
    text = case.message.partition(_WHERE)[0]
    said = f": {cut_middle(text, _MESSAGE)}" if text else ""
    return f"{case_name(case)} {_BAD[case.outcome]}{about}{said}"


def case_name(case: TestCase) -> str:
    """The case's name with its suite, as a person would look for it."""
    return ".".join(filter(None, (case.suite, case.name)))


def _end(text: str) -> str:
    """The end of a trace, without what may be a secret."""
    lines = redact(text).strip("\n").splitlines()[-_LINES:]
    return "\n".join(lines)[-_CHARACTERS:]
