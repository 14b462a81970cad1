"""Judging parsed criteria on measures: pure and exact."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from sluicegate.core.globs import glob_matches
from sluicegate.core.model import Absence, Better, CriterionResult, Measure
from sluicegate.core.statuses import CriterionStatus, Otherwise
from sluicegate.criteria.language import Absolute, Bound, Criterion, Relative

_OPERATORS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

Items = Mapping[str, Mapping[str, Measure]]
"""Item name -> measure name -> measure."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a criterion is evaluated on: plain measures, and the items of each selector kind."""

    plain: Mapping[str, Measure] = field(default_factory=dict)
    items: Mapping[str, Items] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """Measures to compare with, or why they are missing.

    `absence` NOT_APPLICABLE (nothing recorded yet) gives SKIPPED; NOT_MEASURED (it should be
    there and could not be read) gives UNKNOWN. `note` is a remark on its values.
    """

    measures: Measures = field(default_factory=Measures)
    absence: Absence | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a statistical comparison of samples: proven or not, with the reason."""

    proven: bool
    text: str


Prove = Callable[[Measure, Measure], Proof]
"""Given the measure and its reference, both with samples: is the measure proven worse?"""


def evaluate(
    criterion: Criterion,
    measures: Measures,
    references: Mapping[str, Reference] | None = None,
    prove: Prove | None = None,
) -> CriterionResult:
    """Judge one criterion.

    Of several comparisons one must be satisfied. Without such a one the criterion is WARN, FAIL, UNKNOWN or
    SKIPPED, the first of these that a comparison is: what could not be measured never helps. The result
    shows the comparison nearest to its bound.

    A selector is satisfied when every matching item is; the result shows the worst item, and is `incomplete`
    when another could not be measured. Where both sides have samples, a violated comparison that guards
    against getting worse than the reference is only WARN when `prove` does not confirm it; one that demands
    an improvement is not excused. A value in doubt is only WARN where the suspected one does not satisfy.

    References are by name; one that is missing counts as not recorded yet.
    """
    references = references or {}
    results = [_compare(part, measures, references, prove) for part in criterion.comparisons]
    return _one_of(criterion, results) if criterion.parts else replace(results[0], id=criterion.id)


_BEST_FIRST = (
    CriterionStatus.PASS,
    CriterionStatus.WARN,
    CriterionStatus.FAIL,
    CriterionStatus.UNKNOWN,
    CriterionStatus.SKIPPED,
)


def _one_of(criterion: Criterion, results: Sequence[CriterionResult]) -> CriterionResult:
    """The result of a criterion that one of these satisfies; its parts are in order of nearness.

    Where the part that decides is not satisfied, the reason also says why others are not known.
    """
    pairs = sorted(zip(criterion.parts, results, strict=True), key=lambda pair: _distance(*pair))
    parts = tuple(sorted((r for _, r in pairs), key=lambda r: _BEST_FIRST.index(r.status)))
    first, reasons = parts[0], [parts[0].reason]
    if first.status in (CriterionStatus.WARN, CriterionStatus.FAIL):
        unknown = (part for part in parts if part.status is CriterionStatus.UNKNOWN)
        reasons += [f"{part.expect} is not known: {part.reason}" for part in unknown]
    reason = "; ".join(filter(None, reasons))
    return replace(first, id=criterion.id, expect=criterion.expect, parts=parts, reason=reason)


def _distance(criterion: Criterion, result: CriterionResult) -> Fraction:
    """How far a value is from its bound, as a part of the larger of both; 2 without a value."""
    if result.actual is None:
        return Fraction(2)
    bound = criterion.bound
    base = Fraction(0) if isinstance(bound, Absolute) or result.baseline is None else result.baseline
    limit = bound.value if isinstance(bound, Absolute) else bound.applied(base)
    size = max(abs(limit), abs(result.actual))
    return abs(result.actual - limit) / size if size else Fraction(0)


def _compare(
    criterion: Criterion, measures: Measures, references: Mapping[str, Reference], prove: Prove | None
) -> CriterionResult:
    if criterion.selector is None:
        return _judge(criterion, measures, references, prove)
    items = measures.items.get(criterion.selector.kind, {})
    matching = sorted(name for name in items if glob_matches(criterion.selector.glob, name))
    if not matching:
        return _absent(criterion, Absence.NOT_APPLICABLE, f"nothing matched {criterion.selector}")
    return _worst(criterion, [_judge(criterion, measures, references, prove, name) for name in matching])


def _find(criterion: Criterion, measures: Measures, item: str) -> Measure | None:
    """The criterion's measure among these: the plain one, or the item's behind a selector."""
    own, selector = measures.plain, criterion.selector
    if selector is not None:
        own = measures.items.get(selector.kind, {}).get(item, {})
    return own.get(criterion.measure.name)


_STATUS_ORDER = (
    CriterionStatus.SKIPPED,
    CriterionStatus.PASS,
    CriterionStatus.WARN,
    CriterionStatus.UNKNOWN,
    CriterionStatus.FAIL,
)


def _worst(criterion: Criterion, results: list[CriterionResult]) -> CriterionResult:
    lower_is_worse = criterion.op in (">", ">=") or (
        criterion.op in ("==", "!=") and criterion.measure.better is Better.HIGHER
    )

    def badness(result: CriterionResult) -> tuple[int, bool, Fraction]:
        no_ratio, excess = _excess(criterion.bound, result)
        return _STATUS_ORDER.index(result.status), no_ratio, -excess if lower_is_worse else excess

    worst = max(results, key=badness)
    if len(results) == 1 or worst.status in (CriterionStatus.PASS, CriterionStatus.SKIPPED):
        return worst
    same = [r.status for r in results].count(worst.status)
    unknown = [r.status for r in results].count(CriterionStatus.UNKNOWN)
    incomplete = unknown > 0 and worst.status is not CriterionStatus.UNKNOWN
    notes = (
        f"{same} of {len(results)} items",
        f"{unknown} could not be measured" if incomplete else "",
        worst.reason,
    )
    return replace(worst, reason="; ".join(filter(None, notes)), incomplete=incomplete)


def _excess(bound: Bound, result: CriterionResult) -> tuple[bool, Fraction]:
    """How far a value is up: against its own reference where there is one, else as it is.

    The first part is True where a ratio was asked for and the reference is not above zero.
    """
    value = result.actual if result.actual is not None else Fraction(0)
    if not isinstance(bound, Relative) or result.baseline is None:
        return False, value
    if not bound.proportional:
        return False, value - result.baseline
    return (True, value) if result.baseline <= 0 else (False, value / result.baseline)


def _absent(criterion: Criterion, absence: Absence | None, reason: str, subject: str = "") -> CriterionResult:
    skipped = absence is Absence.NOT_APPLICABLE
    status = CriterionStatus.SKIPPED if skipped else CriterionStatus.UNKNOWN
    return CriterionResult(
        criterion.id, criterion.expect, status, criterion.otherwise, unit=criterion.measure.unit,
        subject=subject, reason=reason or f"{criterion.measure.name} was not measured",
    )  # fmt: skip


def _judge(
    criterion: Criterion,
    measures: Measures,
    references: Mapping[str, Reference],
    prove: Prove | None,
    subject: str = "",
) -> CriterionResult:
    measure, bound = _find(criterion, measures, subject), criterion.bound
    if measure is None:
        return _absent(criterion, Absence.NOT_MEASURED, "", subject)
    if measure.value is None:
        return _absent(criterion, measure.absence, measure.reason, subject)
    base, note = None, ""
    if isinstance(bound, Absolute):
        limit = bound.value
    else:
        missing = Reference(absence=Absence.NOT_APPLICABLE, reason=f"no {bound.reference} recorded yet")
        reference = references.get(bound.reference, missing)
        base, note = _find(criterion, reference.measures, subject), reference.note
        if base is None or base.value is None:
            absence, reason = _no_reference(bound.reference, base, reference)
            return _absent(criterion, absence, reason, subject)
        limit = bound.applied(base.value)
    if _OPERATORS[criterion.op](measure.value, limit):
        status, reason = _satisfied(criterion, measure, limit)
    else:
        status, reason = _violated(criterion, measure, base, limit, prove)
        reason = reason or measure.reason
    return CriterionResult(
        criterion.id, criterion.expect, status, criterion.otherwise, measure.value, measure.unit,
        subject, measure.of, base.value if base else None, "; ".join(filter(None, (reason, note))),
    )  # fmt: skip


def _no_reference(name: str, base: Measure | None, reference: Reference) -> tuple[Absence | None, str]:
    if reference.absence is not None:
        return reference.absence, reference.reason
    if base is None:
        return Absence.NOT_APPLICABLE, f"not in the {name}"
    return base.absence, f"in the {name}: {base.reason}" if base.reason else f"not measured in the {name}"


def _satisfied(criterion: Criterion, measure: Measure, limit: Fraction) -> tuple[CriterionStatus, str]:
    """A value that satisfies is only WARN while it may be one that does not."""
    suspected = measure.suspected
    if not measure.doubt or (suspected is not None and _OPERATORS[criterion.op](suspected, limit)):
        return CriterionStatus.PASS, ""
    return CriterionStatus.WARN, measure.doubt


def _violated(
    criterion: Criterion, measure: Measure, base: Measure | None, limit: Fraction, prove: Prove | None
) -> tuple[CriterionStatus, str]:
    advisory = criterion.otherwise is Otherwise.WARN
    blocked = CriterionStatus.WARN if advisory else CriterionStatus.FAIL
    if prove is None or base is None or not measure.samples or not base.samples:
        return blocked, ""
    if not _guards_against_worse(criterion, base.value, limit):
        return blocked, ""
    proof = prove(measure, base)
    return (blocked if proof.proven else CriterionStatus.WARN), proof.text


def _guards_against_worse(criterion: Criterion, base: Fraction | None, limit: Fraction) -> bool:
    """Would staying as the reference satisfy it, so that only a change for the worse violates it?"""
    worse = ("<", "<=") if criterion.measure.better is Better.LOWER else (">", ">=")
    return criterion.op in worse and base is not None and _OPERATORS[criterion.op](base, limit)
