"""What was found out about a release, by evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sluicegate.core.decision import DecisionEvidence
from sluicegate.core.model import Absence, Measure
from sluicegate.criteria import Items, MeasureSpec
from sluicegate.release.ticks import Tick


@dataclass(frozen=True, slots=True)
class Fact:
    """The measures of one piece of evidence.

    Attributes:
        measures: by their short names, `current`.
        items: of a selector, by item and measure.
        url: where a person sees it.
        remedy: the command, or the setting, that would measure what is not known; a sentence.
        evidence: what a decision names of it.
        conditions: why it lets the release go only conditionally, a line each.
        reason: why it has no items at all.
    """

    measures: Mapping[str, Measure] = field(default_factory=dict)
    items: Items = field(default_factory=dict)
    url: str = ""
    remedy: str = ""
    evidence: DecisionEvidence | None = None
    conditions: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LastRelease:
    """The release before a commit: its tag and its commit; both are empty for a first release."""

    tag: str = ""
    commit: str = ""

    def __str__(self) -> str:
        return self.tag or "the first commit"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a commit.

    Attributes:
        release, commit, tree, repository: what is decided on.
        now: seconds since 1970.
        evidence: by name; `report`, `gate` and `checklist` among them.
        moved: the head that the branch has by now; empty where it is still the commit.
        ticks: the ticked boxes of the checklists, and who ticked them.
    """

    release: str
    commit: str
    now: int
    tree: str = ""
    repository: str = ""
    evidence: Mapping[str, Fact] = field(default_factory=dict)
    moved: str = ""
    ticks: tuple[Tick, ...] = ()


def measured(spec: MeasureSpec, value: Fraction | int | bool, reason: str = "") -> Measure:
    """A value; `reason` is what a criterion that it violates says."""
    return Measure(spec.name, Fraction(value), spec.unit, spec.better, reason=reason)


def unmeasured(spec: MeasureSpec, reason: str) -> Measure:
    """What could not be measured, and why."""
    return Measure(spec.name, None, spec.unit, spec.better, absence=Absence.NOT_MEASURED, reason=reason)


def unknown(specs: Mapping[str, MeasureSpec], reason: str, remedy: str, url: str = "") -> Fact:
    """A fact of which nothing could be measured."""
    return Fact({name: unmeasured(spec, reason) for name, spec in specs.items()}, url=url, remedy=remedy)
