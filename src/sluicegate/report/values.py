"""Measured values in words: against their bounds, against the baseline, and the headline of a gate.

Pure. Nothing here is escaped yet: that is the business of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache

from sluicegate.core.errors import CriterionError
from sluicegate.core.model import Better, CriterionResult, Measure, Verdict
from sluicegate.core.text import one_line
from sluicegate.core.units import format_value
from sluicegate.criteria import Absolute, Criterion, MeasureSpec, Vocabulary, parse
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import view
from sluicegate.report.figures import Delta

_SHORT: Mapping[str, str] = {
    "suppressions.added": "suppressions",
    "suppressions.unsafe": "unsafe suppressions",
    "new.undocumented": "undocumented",
}
_STATISTICS: Mapping[str, str] = {"max_cyclomatic": "max", "mean_cyclomatic": "mean"}
_SUBJECT = re.compile(r"""(?:(?P<kind>\w+)\[(?P<quote>["'])[^"']*(?P=quote)\]\.)?(?P<name>[\w.-]+)\s""")


def parsed(result: CriterionResult) -> Criterion | None:
    """The comparison behind a result, read back from its text; None for text of another grammar."""
    return _parsed(result.shown.expect, result.shown.unit)


@lru_cache(maxsize=512)
def _parsed(text: str, unit: str) -> Criterion | None:
    """Each format asks for the same few."""
    match = _SUBJECT.match(text)
    if match is None:
        return None
    specs = {match["name"]: MeasureSpec(match["name"], unit, Better.HIGHER)}
    selectors = {match["kind"]: specs} if match["kind"] else {}
    try:
        return parse(text, Vocabulary(specs, selectors))
    except CriterionError:
        return None


def bound_of(result: CriterionResult) -> Fraction | None:
    """The value that the measure is compared with, in the unit of the result."""
    criterion = parsed(result)
    if criterion is None:
        return None
    if isinstance(criterion.bound, Absolute):
        return criterion.bound.value
    return None if result.baseline is None else criterion.bound.applied(result.baseline)


def actual_text(result: CriterionResult) -> str:
    """The measured value, never rounded up or down to its bound; `—` without a value."""
    if result.actual is None:
        return "—"
    return one_line(format_value(result.actual, result.unit, against=bound_of(result)))


def outcome(result: CriterionResult, verdict: Verdict) -> str:
    """What came of it, to follow the criterion: `is 78.4%, 1,568 of 2,000 lines and branches`."""
    if result.actual is None:
        return one_line(result.reason) or "was not measured"
    worst = f"worst: {one_line(result.subject)}" if result.subject else ""
    about = (ratio_of(result, verdict), worst, one_line(result.reason))
    return view.joined((f"is {actual_text(result)}", *about))


def short_outcome(result: CriterionResult) -> str:
    """The value alone, to follow the criterion: `is 78.4%`; why there is none, without one."""
    if result.actual is None:
        return one_line(result.reason) or "was not measured"
    return f"is {actual_text(result)}"


def ratio_text(of: tuple[int, int] | None) -> str:
    """`1,568 of 2,000`, or empty."""
    return f"{of[0]:,} of {of[1]:,}" if of else ""


def ratio_of(result: CriterionResult, verdict: Verdict) -> str:
    """The ratio behind a result, of coverage with what is counted: `4 of 9 lines and branches`."""
    text, match = ratio_text(result.of), _SUBJECT.match(result.shown.expect)
    if not text or match is None or verdict.gate != "coverage":
        return text
    branch = verdict.measures.get("branch")
    both = branch is not None and branch.value is not None
    nouns = {"total": "lines and branches" if both else "lines", "line": "lines", "branch": "branches"}
    return view.joined((text, nouns.get(match["name"].rpartition(".")[2], "")), " ")


def _baselines(verdict: Verdict) -> dict[str, Fraction]:
    """The baseline of each plain measure that has one."""
    known = dict(verdict.before)
    for result in verdict.criteria:
        for part in result.parts or (result,):
            match = _SUBJECT.match(part.expect)
            if match and not match["kind"] and part.baseline is not None:
                known[match["name"]] = part.baseline
    return known


def delta_of(result: CriterionResult, verdict: Verdict) -> Delta | None:
    """The difference of a result to its baseline, or to that of its measure."""
    match = _SUBJECT.match(result.shown.expect)
    name = match["name"] if match else ""
    baseline = result.baseline
    if baseline is None and match and not match["kind"]:
        baseline = _baselines(verdict).get(name)
    if baseline is None or result.actual is None:
        return None
    return difference(result.actual, baseline, result.unit, _better(result, verdict, name))


def _better(result: CriterionResult, verdict: Verdict, name: str) -> Better | None:
    if name in verdict.measures:
        return verdict.measures[name].better
    criterion = parsed(result)
    if criterion is None or criterion.op in ("==", "!="):
        return None
    return Better.HIGHER if criterion.op in (">", ">=") else Better.LOWER


def difference(value: Fraction, baseline: Fraction, unit: str, better: Better | None) -> Delta:
    """How a value differs from its baseline: points for percentages, else relative or absolute."""
    if value == baseline:
        return Delta("=", "", "same")
    size = abs(value - baseline)
    if unit == "%":
        text = format_value(size, "pp", against=Fraction(0))
    elif unit and baseline:
        text = format_value(size / abs(baseline) * 100, "%", against=Fraction(0))
    else:
        text = format_value(size, unit, against=Fraction(0))
    word = ""
    if better is not None:
        word = "better" if (value > baseline) == (better is Better.HIGHER) else "worse"
    return Delta("▲" if value > baseline else "▼", one_line(text), word)


def headline(verdict: Verdict) -> Measure | None:
    """The measure that represents the gate: of its worst unmet criterion, else as in the catalogue.

    For gates without one, it is the first of those in their criteria.
    """
    spec = find_spec(verdict.gate)
    usual = spec.headlines if spec is not None else ()
    others = usual or [*_plain_measures(verdict.criteria), *sorted(verdict.measures)]
    found = (verdict.measures.get(name) for name in (*_plain_measures(view.unmet(verdict)), *others))
    return next((m for m in found if m is not None and m.value is not None), None)


def _plain_measures(results: Iterable[CriterionResult]) -> list[str]:
    matches = (_SUBJECT.match(result.shown.expect) for result in results)
    return [match["name"] for match in matches if match and not match["kind"]]


def headline_base(verdict: Verdict) -> str:
    """The headline's value in the baseline; empty where none is known."""
    measure, base = headline(verdict), _headline_base(verdict)
    return "" if measure is None or base is None else one_line(format_value(base, measure.unit))


def headline_delta(verdict: Verdict) -> Delta | None:
    """The headline's difference to its baseline, where one is known."""
    measure, base = headline(verdict), _headline_base(verdict)
    if measure is None or measure.value is None or base is None:
        return None
    return difference(measure.value, base, measure.unit, measure.better)


def _headline_base(verdict: Verdict) -> Fraction | None:
    measure = headline(verdict)
    return _baselines(verdict).get(measure.name) if measure else None


def plain_measures(verdict: Verdict) -> list[Measure]:
    """The measures without those of items, which a report that was read back has, too."""
    return [m for name, m in verdict.measures.items() if '["' not in name]


def value_text(measure: Measure) -> str:
    """The value of a measure for people; `—` when there is none."""
    return "—" if measure.value is None else one_line(format_value(measure.value, measure.unit))


def headline_text(verdict: Verdict) -> str:
    """The headline's value with its name: `patch.total 4.76%`, `3 new`, `grown.max 13`."""
    measure = headline(verdict)
    if measure is None or measure.unit == "%":
        return f"{one_line(measure.name)} {value_text(measure)}" if measure else ""
    part, _, name = measure.name.rpartition(".")
    if name in _STATISTICS:
        return f"{view.joined((one_line(part), _STATISTICS[name]), '.')} {value_text(measure)}"
    return f"{value_text(measure)} {one_line(_SHORT.get(measure.name, measure.name))}"


def expected(result: CriterionResult) -> str:
    """The criterion's text, with the value of a bound that follows the baseline: `… + 10% (12.1ms)`.

    Of several comparisons the one that decides comes first.
    """
    if result.parts:
        return " or ".join(map(expected, result.parts))
    text = one_line(result.expect)
    bound = bound_of(result)
    if result.baseline is None or bound is None:
        return text
    return f"{text} ({one_line(format_value(bound, result.unit, against=result.actual))})"
