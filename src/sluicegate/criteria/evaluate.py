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

    Of several comparisons one must be satisfied. Without such a one the criterion is WARN, FAIL,
    UNKNOWN or SKIPPED, the first of these that a comparison is: what could not be measured
    never helps. The result shows the comparison nearest to its bound.

    A selector is satisfied when every matching item is; the result shows the worst item, and is
    `incomplete` when another could not be measured. Where both sides have samples, a comparison
    that guards against getting worse than the reference, and is violated, is only WARN when
    `prove` does not confirm it. A criterion that demands an improvement is not excused. A value
    that satisfies, but that is in doubt, is only WARN where the suspected one would not.

    Args:
        criterion: as parsed.
        measures: what was measured.
        references: by name; one that is missing counts as not recorded yet.
        prove: the statistical comparison, where the gate has one.
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
    """The result of a criterion that one of these satisfies; its parts are in order of nearness."""
    pairs = sorted(zip(criterion.parts, results, strict=True), key=lambda pair: _distance(*pair))
    parts = tuple(sorted((r for _, r in pairs), key=lambda r: _BEST_FIRST.index(r.status)))
    return replace(
        parts[0], id=criterion.id, expect=criterion.expect, parts=parts, reason=_reason_of_one(parts)
    )


def _reason_of_one(parts: Sequence[CriterionResult]) -> str:
    """The reason of the part that decides; where it is not satisfied, also why others are not known."""
    unknown = [part for part in parts[1:] if part.status is CriterionStatus.UNKNOWN]
    if parts[0].status not in (CriterionStatus.WARN, CriterionStatus.FAIL):
        unknown = []
    return "; ".join(
        filter(None, (parts[0].reason, *(f"{p.expect} is not known: {p.reason}" for p in unknown)))
    )


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
    """Judge a single comparison."""
    if criterion.selector is None:
        measure = measures.plain.get(criterion.measure.name)
        reference = _plain_reference(criterion, references)
        return _judge(criterion, measure, reference, prove)
    items = measures.items.get(criterion.selector.kind, {})
    matching = sorted(name for name in items if glob_matches(criterion.selector.glob, name))
    if not matching:
        return _result(criterion, CriterionStatus.SKIPPED, reason=f"nothing matched {criterion.selector}")
    results = [
        _judge(
            criterion,
            items[name].get(criterion.measure.name),
            _item_reference(criterion, references, name),
            prove,
            name,
        )
        for name in matching
    ]
    return _worst(criterion, results)


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


def _plain_reference(
    criterion: Criterion, references: Mapping[str, Reference]
) -> tuple[Measure | None, Reference] | None:
    if not isinstance(criterion.bound, Relative):
        return None
    reference = _reference(criterion.bound.reference, references)
    return reference.measures.plain.get(criterion.measure.name), reference


def _item_reference(
    criterion: Criterion, references: Mapping[str, Reference], item: str
) -> tuple[Measure | None, Reference] | None:
    if not isinstance(criterion.bound, Relative) or criterion.selector is None:
        return None
    reference = _reference(criterion.bound.reference, references)
    items = reference.measures.items.get(criterion.selector.kind, {})
    return items.get(item, {}).get(criterion.measure.name), reference


def _reference(name: str, references: Mapping[str, Reference]) -> Reference:
    missing = Reference(absence=Absence.NOT_APPLICABLE, reason=f"no {name} recorded yet")
    return references.get(name, missing)


def _result(
    criterion: Criterion, status: CriterionStatus, *, reason: str, subject: str = ""
) -> CriterionResult:
    return CriterionResult(
        criterion.id, criterion.expect, status, criterion.otherwise, unit=criterion.measure.unit,
        subject=subject, reason=reason or f"{criterion.measure.name} was not measured",
    )  # fmt: skip


def _absent(criterion: Criterion, absence: Absence | None, reason: str, subject: str) -> CriterionResult:
    skipped = absence is Absence.NOT_APPLICABLE
    status = CriterionStatus.SKIPPED if skipped else CriterionStatus.UNKNOWN
    return _result(criterion, status, reason=reason, subject=subject)


def _judge(
    criterion: Criterion,
    measure: Measure | None,
    reference: tuple[Measure | None, Reference] | None,
    prove: Prove | None,
    subject: str = "",
) -> CriterionResult:
    if measure is None:
        return _absent(criterion, Absence.NOT_MEASURED, "", subject)
    if measure.value is None:
        return _absent(criterion, measure.absence, measure.reason, subject)
    base: Measure | None = None
    if reference is not None:
        base = reference[0]
        if base is None or base.value is None:
            return _no_reference(criterion, base, reference[1], subject)
    bound = _bound_value(criterion.bound, base)
    status, reason = _satisfied(criterion, measure, bound)
    if not _OPERATORS[criterion.op](measure.value, bound):
        status, reason = _violated(criterion, measure, base, prove)
    note = reference[1].note if reference else ""
    return CriterionResult(
        criterion.id, criterion.expect, status, criterion.otherwise, measure.value, measure.unit,
        subject, measure.of, base.value if base else None, "; ".join(filter(None, (reason, note))),
    )  # fmt: skip


def _satisfied(criterion: Criterion, measure: Measure, bound: Fraction) -> tuple[CriterionStatus, str]:
    """A value that satisfies is only WARN while it may be one that does not."""
    suspected = measure.suspected
    if not measure.doubt or (suspected is not None and _OPERATORS[criterion.op](suspected, bound)):
        return CriterionStatus.PASS, ""
    return CriterionStatus.WARN, measure.doubt


def _no_reference(
    criterion: Criterion, base: Measure | None, reference: Reference, subject: str
) -> CriterionResult:
    name = criterion.bound.reference if isinstance(criterion.bound, Relative) else "baseline"
    if reference.absence is not None:
        return _absent(criterion, reference.absence, reference.reason, subject)
    if base is None:
        return _absent(criterion, Absence.NOT_APPLICABLE, f"not in the {name}", subject)
    reason = f"in the {name}: {base.reason}" if base.reason else f"not measured in the {name}"
    return _absent(criterion, base.absence, reason, subject)


def _bound_value(bound: Bound, base: Measure | None) -> Fraction:
    if isinstance(bound, Absolute):
        return bound.value
    if base is None or base.value is None:
        raise AssertionError("a relative bound is evaluated only with its reference")
    return bound.applied(base.value)


def _violated(
    criterion: Criterion, measure: Measure, base: Measure | None, prove: Prove | None
) -> tuple[CriterionStatus, str]:
    advisory = criterion.otherwise is Otherwise.WARN
    blocked = CriterionStatus.WARN if advisory else CriterionStatus.FAIL
    if prove is None or base is None or not measure.samples or not base.samples:
        return blocked, ""
    if not _guards_against_worse(criterion, base):
        return blocked, ""
    proof = prove(measure, base)
    return (blocked if proof.proven else CriterionStatus.WARN), proof.text


def _guards_against_worse(criterion: Criterion, base: Measure) -> bool:
    """Would staying as the reference satisfy it, so that only a change for the worse violates it?"""
    worse = ("<", "<=") if criterion.measure.better is Better.LOWER else (">", ">=")
    unchanged = base.value is not None and _OPERATORS[criterion.op](
        base.value, _bound_value(criterion.bound, base)
    )
    return criterion.op in worse and unchanged
