"""The readiness matrix: every check of every dimension, judged on facts. Pure.

What could not be measured, or does not apply where it was asked for, is UNKNOWN, and never a pass.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sluicegate.core.model import CriterionResult, Measure
from sluicegate.core.statuses import CriterionStatus, Otherwise
from sluicegate.core.units import format_value
from sluicegate.criteria import Criterion, Items, Measures, evaluate
from sluicegate.release.facts import Fact, Facts
from sluicegate.release.settings import REMEDIES, SELECTORS, Check, Dimension, ReleaseSettings


class CheckStatus(enum.StrEnum):
    """Outcome of one check, from best to worst but for UNKNOWN and FAIL, which block alike."""

    PASS = "PASS"
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"


CHECK_ORDER = tuple(CheckStatus)
HEAD: Final = "head"
"""The check that the branch did not move during the evaluation."""
FREEZE: Final = "freeze"
"""What a waiver names to except a commit from the freeze. It is no check: it changes no decision."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A check that somebody accepted as it is.

    Attributes:
        until: the last day on which it counts.
    """

    check: str
    reason: str
    owner: str
    until: date
    url: str = ""
    id: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One check, judged.

    Attributes:
        dimension: the name of its dimension.
        actual: the value, for people; empty without one.
        reason: why it is not PASS.
        url: where the evidence is.
        remedy: what to do, a sentence.
        advisory: it never blocks.
        waivable: may it be accepted as it is? A rejection may not.
        waiver: by whom it was.
        conditions: why a PASS is only a conditional one.
    """

    dimension: str
    id: str
    expect: str
    status: CheckStatus
    actual: str = ""
    reason: str = ""
    url: str = ""
    remedy: str = ""
    advisory: bool = False
    waivable: bool = True
    waiver: Acceptance | None = None
    conditions: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Would it block, if nobody accepted it?"""
        return not self.advisory and self.status in (CheckStatus.FAIL, CheckStatus.UNKNOWN)

    @property
    def blocks(self) -> bool:
        """Does it keep the release from going?"""
        return self.is_bad and self.waiver is None

    @property
    def is_conditional(self) -> bool:
        """Does it let the release go only on a condition?"""
        return self.waiver is not None or bool(self.conditions)

    @property
    def line(self) -> str:
        """`staging: 0, and staging.current == 1 is required`."""
        why = self.reason or (f"{self.actual}, and {self.expect} is required" if self.actual else self.status)
        return f"{self.id}: {why}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """All checks, by dimension in the order of the policy."""

    dimensions: tuple[Dimension, ...]
    rows: tuple[Row, ...]

    def of(self, dimension: str) -> tuple[Row, ...]:
        """The checks of a dimension."""
        return tuple(row for row in self.rows if row.dimension == dimension)

    @property
    def blocking(self) -> tuple[Row, ...]:
        """The checks that keep the release from going, failures first."""
        found = [row for row in self.rows if row.blocks]
        return tuple(sorted(found, key=lambda row: row.status is not CheckStatus.FAIL))


PEOPLE: Final = Dimension("sign-offs", "Sign-offs")


def judge(settings: ReleaseSettings, facts: Facts, roles: Sequence[Row] = ()) -> Matrix:
    """The matrix.

    Args:
        settings: of the policy.
        facts: on the commit.
        roles: the rows of the roles that sign off, as `signoffs.role_rows` makes them.
    """
    measures = _measures(facts)
    rows = [
        _row(dimension.name, check, measures, facts)
        for dimension in settings.dimensions
        for check in dimension.checks
    ]
    rows += [_moved(facts.moved)] if facts.moved else []
    dimensions = (*settings.dimensions, PEOPLE) if roles or facts.moved else settings.dimensions
    return Matrix(dimensions, (*rows, *roles))


def _moved(head: str) -> Row:
    what = f"the head of the pull request is {head[:12]} by now"
    remedy = "Look again: `sluicegate release status`."
    return Row(
        PEOPLE.name, HEAD, "the head is the commit", CheckStatus.UNKNOWN, "", what, "", remedy, waivable=False
    )


def accepted(matrix: Matrix, waivers: Iterable[Acceptance], today: date) -> Matrix:
    """The matrix with the checks accepted that somebody accepts today; the longest acceptance is shown."""
    counting = sorted((w for w in waivers if w.until >= today), key=lambda w: (w.until, w.owner, w.url))
    by_check = {waiver.check: waiver for waiver in counting}
    rows = tuple(
        replace(row, waiver=by_check[row.id]) if row.is_bad and row.waivable and row.id in by_check else row
        for row in matrix.rows
    )
    return replace(matrix, rows=rows)


def _measures(facts: Facts) -> Measures:
    plain: dict[str, Measure] = {}
    items: dict[str, Items] = {}
    for name, fact in facts.evidence.items():
        if name in SELECTORS:
            items[name] = fact.items
        else:
            plain |= {f"{name}.{short}": measure for short, measure in fact.measures.items()}
    return Measures(plain, items)


def _row(dimension: str, check: Check, measures: Measures, facts: Facts) -> Row:
    result = evaluate(check.criterion, measures)
    fact = _fact_of(check.criterion, result, facts)
    status = _status(result)
    unknown = status is CheckStatus.UNKNOWN
    return Row(
        dimension, check.id, check.criterion.expect, status,
        actual=_actual(result),
        reason=_reason(check, result, fact) if status is not CheckStatus.PASS else "",
        url=fact.url,
        remedy=(fact.remedy if unknown else "") or check.remedy or _mend(check.criterion),
        advisory=check.criterion.otherwise is Otherwise.WARN,
        conditions=fact.conditions if status is CheckStatus.PASS else (),
    )  # fmt: skip


def _mend(criterion: Criterion) -> str:
    """What to do about a check that has no remedy of its own."""
    return REMEDIES.get(criterion.comparisons[0].measure.name.rpartition(".")[2], "")


def _status(result: CriterionResult) -> CheckStatus:
    if result.status is CriterionStatus.SKIPPED:
        return CheckStatus.UNKNOWN
    return CheckStatus(result.status)


def _reason(check: Check, result: CriterionResult, fact: Fact) -> str:
    if result.status is CriterionStatus.SKIPPED and check.evidence in SELECTORS:
        return fact.reason or f"there is no {check.evidence} of that name: {result.reason}"
    return result.reason


def _actual(result: CriterionResult) -> str:
    return "" if result.actual is None else format_value(result.actual, result.unit)


def _fact_of(criterion: Criterion, result: CriterionResult, facts: Facts) -> Fact:
    """The fact that decides: of several comparisons, the one that the result shows."""
    shown = next(
        (part for part in criterion.comparisons if part.expect == result.shown.expect),
        criterion.comparisons[0],
    )
    name = shown.selector.kind if shown.selector else shown.measure.name.rpartition(".")[0]
    return facts.evidence.get(name, Fact())


def statuses(rows: Iterable[Row]) -> Mapping[str, CheckStatus]:
    """The status of every check, by its name."""
    return {row.id: row.status for row in rows}


def rows_worst_first(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows: what blocks, then what is accepted, then what warns, then the rest."""
    yield from sorted(rows, key=lambda r: (not r.blocks, not r.is_bad, -CHECK_ORDER.index(r.status)))
