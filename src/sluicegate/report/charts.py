"""The geometry of the page's charts: plain numbers for inline SVG, in user units.

Pure. Colours and strokes are up to the style sheet, words to the template.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate

from sluicegate.core.model import SEVERITY_ORDER, CriterionResult, Measure, Severity
from sluicegate.report import values
from sluicegate.report.figures import Bullet, Meter, Segment

WIDTH = 200
"""Of every chart, in user units; the page scales it."""


def bullet(result: CriterionResult) -> Bullet | None:
    """The bullet chart of a criterion; None when it has no value or no bound to draw.

    Only a percentage has a scale of its own: against a bound of zero any other bar would look alike.
    """
    criterion, bound = values.parsed(result), values.bound_of(result)
    if criterion is None or bound is None or result.actual is None or (bound == 0 and result.unit != "%"):
        return None
    top = _top(result.unit, [v for v in (result.actual, bound, result.baseline) if v is not None])
    mark = _position(bound, top)
    low, high = {">": (mark, WIDTH), "<": (0.0, mark)}.get(criterion.op.rstrip("="), (mark, mark))
    baseline = None if result.baseline is None else _position(result.baseline, top)
    return Bullet(_position(result.actual, top), mark, low, high, baseline)


def _top(unit: str, values: Iterable[Fraction]) -> Fraction:
    """The right end of the scale: 100 for percentages that fit, else a quarter beyond the largest."""
    largest = max(values)
    return (
        Fraction(100) if unit == "%" and largest <= 100 else max(largest, Fraction(1, 10**9)) * Fraction(5, 4)
    )


def _position(value: Fraction, top: Fraction) -> float:
    return round(float(min(max(value / top, Fraction(0)), Fraction(1))) * WIDTH, 1)


def severity_bar(counts: Iterable[tuple[Severity, int]]) -> list[Segment]:
    """A stacked bar of findings by severity, worst first; a kind that exists is never too thin to see."""
    ordered = sorted(((s, n) for s, n in counts if n > 0), key=lambda pair: SEVERITY_ORDER[pair[0]])
    total, least = sum(n for _, n in ordered), 6.0
    room = WIDTH - least * len(ordered)
    widths = [round(least + room * n / total, 1) for _, n in ordered]
    starts = accumulate(widths, initial=0.0)
    placed = zip(ordered, starts, widths, strict=False)
    return [Segment(str(severity), n, round(start, 1), width) for (severity, n), start, width in placed]


def meters(measures: Iterable[Measure]) -> list[Meter]:
    """The percentages of counts among the measures, as bars."""
    return [
        Meter(m.name, values.value_text(m), values.ratio_text(m.of), _position(m.value, Fraction(100)))
        for m in measures
        if m.unit == "%" and m.of and m.value is not None and 0 <= m.value <= 100
    ]
