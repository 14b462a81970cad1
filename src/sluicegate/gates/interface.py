"""The seam of the gates: one module a gate, each exposing one `GATE`.

A gate only measures: it draws measures, findings and remedies from evidence. Criteria, waivers
and statuses are the same for all gates and live in `gates.judge`. Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sluicegate.core.change import Change
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Absence, Finding, Measure, Problem, Source, Table
from sluicegate.criteria import Measures, Prove
from sluicegate.evidence.records import Evidence
from sluicegate.history.baseline import Before
from sluicegate.policy.model import GateSettings, Policy, Suite

Remeasure = Callable[[tuple[Finding, ...]], Measures]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a gate drew from its evidence.

    Attributes:
        summary: the headline in one line, `78.4 % of 2,000 lines`.
        absent: set when there is nothing of the gate's kind: what was looked for, in words.
        remeasure: for gates that judge findings: the measures over a part of the findings, so
            that waived ones can be left out.
        remedies: by measure name: what to do, naming file, line and next command.
        prove: the statistical comparison, for gates with samples.
        cases: the names of all test cases, or of the files that were measured, for later runs to be
            compared with; None where not known, and where no criterion asks for them.
        cautions: why the gate is at best WARN, whatever its criteria.
        advice: what to do about the cautions.
        incomparable: by measure name: why the baseline's value does not count.
        recorded: measures of items that later commits are shown beside theirs, as `file["src/a.py"].total`.
    """

    measures: Measures = field(default_factory=Measures)
    summary: str = ""
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    tables: tuple[Table, ...] = ()
    sources: tuple[Source, ...] = ()
    remedies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: str = ""
    remeasure: Remeasure | None = None
    prove: Prove | None = None
    cases: frozenset[str] | None = None
    cautions: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    incomparable: Mapping[str, str] = field(default_factory=dict)
    recorded: Mapping[str, Measure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """What a gate is given beside the evidence.

    Attributes:
        suite: set for one suite of the tests.
        before: the test cases of the baseline, or the files that it measured.
        baseline: the measures of the baseline; none where there is none.
        today: the date on which waivers are looked at.
    """

    policy: Policy
    settings: GateSettings
    suite: Suite | None = None
    before: Before = field(default_factory=Before)
    baseline: Measures = field(default_factory=Measures)
    today: date = date.max

    def excludes(self, path: str) -> bool:
        """Does the policy leave the file out, for all gates or for this one?"""
        return self.policy.source.is_excluded(path) or matches_any(self.settings.exclude, path)


def no_change_reason(evidence: Evidence) -> str:
    """Why there is no change to judge; empty when there is one."""
    return "" if isinstance(evidence.change, Change) else evidence.change.reason


def counting(problems: Iterable[Problem], context: Context) -> tuple[Problem, ...]:
    """The problems of an engine, without those of files that the gate leaves out."""
    exclude = context.settings.exclude
    return tuple(p for p in problems if not (p.path and matches_any(exclude, p.path)))


Measuring = Callable[[Evidence, Context], Measured]


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate.

    Attributes:
        name: in the catalogue.
        measure: draws measures from evidence.
        own_baseline: what the evidence itself brings to compare with, in place of what was recorded;
            None where it brings nothing.
    """

    name: str
    measure: Measuring
    own_baseline: Callable[[Evidence], Measures | None] = lambda evidence: None


def seeing(measure: Measuring) -> Measuring:
    """A gate's measuring, with what asks for a change that this clone does not show as not measured.

    This distinguishes a shallow clone of a pull request from a push, which has no change.
    """

    def measured(evidence: Evidence, context: Context) -> Measured:
        found = measure(evidence, context)
        if isinstance(evidence.change, Change) or not evidence.change.unseen:
            return found
        reason, remeasure = evidence.change.reason, found.remeasure
        return replace(
            found,
            measures=_unseen(found.measures, reason),
            remeasure=(lambda part: _unseen(remeasure(part), reason)) if remeasure else None,
        )

    return measured


def _unseen(measures: Measures, reason: str) -> Measures:
    """The measures with those that do not apply for this reason as not measured."""
    items = {
        kind: {item: _all_unseen(own, reason) for item, own in found.items()}
        for kind, found in measures.items.items()
    }
    return Measures(_all_unseen(measures.plain, reason), items)


def _all_unseen(measures: Mapping[str, Measure], reason: str) -> dict[str, Measure]:
    return {
        name: replace(m, absence=Absence.NOT_MEASURED) if m.value is None and m.reason == reason else m
        for name, m in measures.items()
    }
