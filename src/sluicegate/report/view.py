"""What every renderer says in the same way: order, bounds, differences, headlines, places.

Pure. Nothing here is escaped yet: that is the business of the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.criteria import Absolute, Criterion, MeasureSpec, Vocabulary, parse
from sluicegate.errors import CriterionError
from sluicegate.model import (
    SEVERITY_ORDER,
    Better,
    CriterionResult,
    CriterionStatus,
    Finding,
    GateStatus,
    Measure,
    Otherwise,
    Report,
    ReportStatus,
    Severity,
    Source,
    Verdict,
)
from sluicegate.text import one_line, plural
from sluicegate.units import format_value

WORDS: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "passed",
    ReportStatus.WARN: "passed, with warnings",
    ReportStatus.CONDITIONAL: "passed, on conditions",
    ReportStatus.BLOCKED: "blocked",
}
"""The overall status, as the end of the sentence `Sluicegate: …`."""

HEADLINES: Mapping[str, tuple[str, ...]] = {
    "coverage": ("total", "line"),
    "tests": ("pass_rate", "tests"),
    "security": ("new", "findings"),
    "lint": ("new", "findings"),
    "complexity": ("grown.max_cyclomatic", "max_cyclomatic"),
    "docs": ("documented",),
    "performance": ("regression", "p95"),
    "changes": ("suppressions.added",),
}
"""The measures that stand for a gate, the first that has a value; other gates show their first."""

_UNMET_ORDER = (CriterionStatus.FAIL, CriterionStatus.UNKNOWN, CriterionStatus.WARN)
_QUIET = (GateStatus.PASS, GateStatus.SKIPPED)
_STOPS = (GateStatus.FAIL, GateStatus.ERROR)
_SUBJECT = re.compile(r"""(?:(?P<kind>\w+)\[(?P<quote>["'])[^"']*(?P=quote)\]\.)?(?P<name>[\w.-]+)\s""")


@dataclass(frozen=True, slots=True)
class Delta:
    """A difference to the baseline: `arrow` ▲, ▼ or =, `text` its size, `word` what it means.

    `word` is `better`, `worse`, `same`, or empty when the measure has no known direction.
    """

    arrow: str
    text: str
    word: str

    def __str__(self) -> str:
        return f"{self.arrow} {self.text} {self.word}".rstrip() if self.text else self.word


def parsed(result: CriterionResult) -> Criterion | None:
    """The criterion behind a result, read back from its text; None for text of another grammar."""
    match = _SUBJECT.match(result.expect)
    if match is None:
        return None
    specs = {match["name"]: MeasureSpec(match["name"], result.unit, Better.HIGHER)}
    selectors = {match["kind"]: specs} if match["kind"] else {}
    try:
        return parse(result.expect, Vocabulary(specs, selectors))
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
    """The measured value, never rounded into looking like its bound; `—` when there is none."""
    if result.actual is None:
        return "—"
    return one_line(format_value(result.actual, result.unit, against=bound_of(result)))


def outcome(result: CriterionResult) -> str:
    """What came of it, to follow the criterion: `is 78.4%, 1,568 of 2,000`."""
    if result.actual is None:
        return one_line(result.reason) or "was not measured"
    worst = f"worst: {one_line(result.subject)}" if result.subject else ""
    words = [f"is {actual_text(result)}", ratio_text(result.of), worst, one_line(result.reason)]
    return ", ".join(word for word in words if word)


def ratio_text(of: tuple[int, int] | None) -> str:
    """`1,568 of 2,000`, or empty."""
    return f"{of[0]:,} of {of[1]:,}" if of else ""


def baselines(verdict: Verdict) -> dict[str, Fraction]:
    """The baseline of each plain measure that some criterion compares with it."""
    known: dict[str, Fraction] = {}
    for result in verdict.criteria:
        match = _SUBJECT.match(result.expect)
        if match and not match["kind"] and result.baseline is not None:
            known[match["name"]] = result.baseline
    return known


def delta_of(result: CriterionResult, verdict: Verdict) -> Delta | None:
    """The difference of a result to its baseline, or to that of its measure."""
    match = _SUBJECT.match(result.expect)
    name = match["name"] if match else ""
    baseline = result.baseline
    if baseline is None and match and not match["kind"]:
        baseline = baselines(verdict).get(name)
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
    """The measure that stands for the gate; None when nothing was measured."""
    for name in HEADLINES.get(verdict.gate, tuple(verdict.measures)):
        measure = verdict.measures.get(name)
        if measure is not None and measure.value is not None:
            return measure
    return None


def headline_delta(verdict: Verdict) -> Delta | None:
    """The headline's difference to its baseline, where one is known."""
    measure = headline(verdict)
    baseline = baselines(verdict).get(measure.name) if measure else None
    if measure is None or measure.value is None or baseline is None:
        return None
    return difference(measure.value, baseline, measure.unit, measure.better)


def value_text(measure: Measure) -> str:
    """The value of a measure for people; `—` when there is none."""
    return "—" if measure.value is None else one_line(format_value(measure.value, measure.unit))


def headline_text(verdict: Verdict) -> str:
    """The headline's value with its name where a bare number would say nothing: `3 new`."""
    measure = headline(verdict)
    if measure is None:
        return ""
    if measure.unit == "" and verdict.gate in ("security", "lint"):
        return f"{value_text(measure)} {one_line(measure.name)}"
    return value_text(measure)


def title(verdict: Verdict) -> str:
    """The gate's name with its suite, and its component before it."""
    name = one_line(verdict.name)
    return f"{one_line(verdict.component)}/{name}" if verdict.component else name


def place(finding: Finding) -> str:
    """`src/a.py:3`, `src/a.py`, or empty."""
    path = one_line(finding.path)
    return f"{path}:{finding.line}" if path and finding.line else path


def short(sha: str) -> str:
    """The first ten characters of an object name."""
    return one_line(sha)[:10]


def unmet(verdict: Verdict) -> list[CriterionResult]:
    """Criteria that did not pass, the worst first, waived ones after those that block."""
    results = [c for c in verdict.criteria if c.status in _UNMET_ORDER]
    return sorted(results, key=lambda c: (c.waiver is not None, _UNMET_ORDER.index(c.status)))


def is_quiet(verdict: Verdict) -> bool:
    """Is there nothing to say about it beyond its line?"""
    return verdict.status in _QUIET


def stops(verdict: Verdict) -> bool:
    """Does this verdict alone block the report?"""
    return verdict.blocking and verdict.status in _STOPS


def order(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first: not waived, brought by the change, severity, then place."""
    return sorted(findings, key=finding_key)


def finding_key(finding: Finding) -> tuple[object, ...]:
    """The sort key of `order`; total, so that equal sets give equal texts."""
    return (
        finding.waiver is not None,
        {True: 0, None: 1, False: 2}[finding.new],
        SEVERITY_ORDER[finding.severity],
        finding.path,
        finding.line,
        finding.end_line,
        finding.rule,
        finding.tool,
        finding.message,
        finding.fingerprint,
    )


def severity_counts(findings: Iterable[Finding]) -> list[tuple[Severity, int]]:
    """How many findings each severity has, worst first, without zeros; waived ones left out."""
    counts = Counter(f.severity for f in findings if f.waiver is None)
    return [(s, counts[s]) for s in sorted(counts, key=SEVERITY_ORDER.__getitem__)]


def sentence(report: Report) -> str:
    """What decided the overall status, in one line of plain text."""
    judged = [v for v in report.verdicts if v.status is not GateStatus.SKIPPED]
    if not judged:
        return "no gate had anything to judge"
    match report.status:
        case ReportStatus.BLOCKED:
            names = [title(v) for v in report.verdicts if stops(v)]
            return f"{plural(len(names), 'gate')} of {len(judged)} {_verb(names)}: {', '.join(names)}"
        case ReportStatus.CONDITIONAL:
            names = [title(v) for v in report.verdicts if v.status is GateStatus.CONDITIONAL]
            return f"accepted by waivers: {', '.join(names)}"
        case ReportStatus.WARN:
            names = [title(v) for v in report.verdicts if v.status in (GateStatus.WARN, *_STOPS)]
            return f"look at: {', '.join(names)}" if names else "neither tests nor coverage were found"
        case ReportStatus.PASS:
            return f"{plural(len(judged), 'gate')} passed"


def _verb(names: list[str]) -> str:
    return "blocks" if len(names) == 1 else "block"


def asked(result: CriterionResult) -> str:
    """The criterion's text, with the value of a bound that follows the baseline: `… + 10% (12.1ms)`."""
    text = one_line(result.expect)
    bound = bound_of(result)
    if result.baseline is None or bound is None:
        return text
    return f"{text} ({one_line(format_value(bound, result.unit, against=result.actual))})"


def advisory(result: CriterionResult) -> bool:
    """Does the criterion only warn?"""
    return result.otherwise is Otherwise.WARN


def told_by_tables(verdict: Verdict) -> bool:
    """Do the gate's tables already name the places of its findings?"""
    return verdict.gate in ("coverage", "complexity") and bool(verdict.tables)


def source_line(source: Source) -> str:
    """`coverage.xml (cobertura, coverage.py 7.17.3)`."""
    path, form, note_text = one_line(source.path), one_line(source.format), one_line(source.note)
    tool = " ".join(one_line(w) for w in (source.tool, source.version) if w)
    words = [w for w in (form if form != path else "", tool, note_text) if w]
    return f"{path} ({', '.join(words)})" if words else path
