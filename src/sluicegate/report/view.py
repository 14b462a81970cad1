"""What every renderer says in the same way: bounds, differences, headlines, the verdict in words.

Pure. Nothing here is escaped yet: that is the business of the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sluicegate.core.change import UNTOUCHED
from sluicegate.core.errors import CriterionError
from sluicegate.core.model import Better, CriterionResult, Finding, Measure, Report, Verdict
from sluicegate.core.statuses import CriterionStatus, GateStatus, Otherwise, ReportStatus
from sluicegate.core.text import one_line, plural
from sluicegate.core.units import format_value
from sluicegate.criteria import Absolute, Criterion, MeasureSpec, Vocabulary, parse
from sluicegate.policy.catalogue import find_spec
from sluicegate.report.trusted import override_sentence

WORDS: Mapping[ReportStatus, str] = {
    ReportStatus.PASS: "passed",
    ReportStatus.WARN: "passed, with warnings",
    ReportStatus.CONDITIONAL: "passed, on conditions",
    ReportStatus.BLOCKED: "blocked",
}
"""The overall status, as the end of the sentence `Sluicegate: …`."""

DOCUMENTATION = frozenset(
    {
        "bandit.readthedocs.io",
        "codeql.github.com",
        "cwe.mitre.org",
        "docs.astral.sh",
        "docs.sonarsource.com",
        "eslint.org",
        "flake8.pycqa.org",
        "mypy.readthedocs.io",
        "nvd.nist.gov",
        "osv.dev",
        "owasp.org",
        "pylint.readthedocs.io",
        "staticcheck.dev",
        "typescript-eslint.io",
    }
)
"""Hosts of tools' own documentation, where no stranger writes: what a finding's help may link to."""

NOT_TOUCHED = "not touched by the change"
"""Why the gates of a component measured nothing that the change leaves alone."""

_HELP = re.compile(r"https://(?P<host>[a-z0-9.-]+)(?:/[\w./~%#?=&+:-]{0,300})?", re.ASCII)
_SHORT: Mapping[str, str] = {"suppressions.added": "suppressions", "new.undocumented": "undocumented"}
_STATISTICS: Mapping[str, str] = {"max_cyclomatic": "max", "mean_cyclomatic": "mean"}
_UNMET_ORDER = (CriterionStatus.FAIL, CriterionStatus.UNKNOWN, CriterionStatus.WARN)
_QUIET = (GateStatus.PASS, GateStatus.SKIPPED)
_STOPS = (GateStatus.FAIL, GateStatus.ERROR)
_DECIDES: Mapping[ReportStatus, tuple[GateStatus, ...]] = {
    ReportStatus.CONDITIONAL: (GateStatus.CONDITIONAL,),
    ReportStatus.WARN: (GateStatus.WARN, *_STOPS),
    ReportStatus.PASS: (GateStatus.PASS,),
}
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
    """The comparison behind a result, read back from its text; None for text of another grammar."""
    result = result.shown
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


def outcome(result: CriterionResult, verdict: Verdict) -> str:
    """What came of it, to follow the criterion: `is 78.4%, 1,568 of 2,000 lines and branches`."""
    if result.actual is None:
        return one_line(result.reason) or "was not measured"
    about = (ratio_of(result, verdict), worst_item(result), one_line(result.reason))
    return joined((f"is {actual_text(result)}", *about))


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
    return joined((text, nouns.get(match["name"].rpartition(".")[2], "")), " ")


def baselines(verdict: Verdict) -> dict[str, Fraction]:
    """The baseline of each plain measure that some criterion compares with it."""
    known: dict[str, Fraction] = {}
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
    """The measure that stands for the gate: of its worst unmet criterion, else as the catalogue says.

    For gates that say nothing of it, it is what their criteria ask about, in order.
    """
    spec = find_spec(verdict.gate)
    usual = spec.headlines if spec is not None else ()
    for name in (*_asked_for(unmet(verdict)), *(usual or _asked_about(verdict))):
        measure = verdict.measures.get(name)
        if measure is not None and measure.value is not None:
            return measure
    return None


def _asked_about(verdict: Verdict) -> list[str]:
    """The measures of the criteria, in order, then the others by name."""
    return [*_asked_for(verdict.criteria), *sorted(verdict.measures)]


def _asked_for(results: Iterable[CriterionResult]) -> list[str]:
    """The plain measures that the criteria are about, in order."""
    matches = (_SUBJECT.match(result.shown.expect) for result in results)
    return [match["name"] for match in matches if match and not match["kind"]]


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
    """The headline's value, with its name unless it is a percentage: `3 new`, `grown.max 13`."""
    measure = headline(verdict)
    if measure is None or measure.unit == "%":
        return value_text(measure) if measure else ""
    part, _, name = measure.name.rpartition(".")
    if name in _STATISTICS:
        return f"{joined((one_line(part), _STATISTICS[name]), '.')} {value_text(measure)}"
    return f"{value_text(measure)} {one_line(_SHORT.get(measure.name, measure.name))}"


def title(verdict: Verdict) -> str:
    """The gate's name with its suite, and its component before it."""
    name = one_line(verdict.name)
    return f"{one_line(verdict.component)}/{name}" if verdict.component else name


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


def judged(report: Report) -> list[Verdict]:
    """The verdicts of gates that had something to judge."""
    return [v for v in report.verdicts if v.status is not GateStatus.SKIPPED]


def skipped(report: Report) -> list[Verdict]:
    """The verdicts of gates that measured something and had nothing to judge."""
    return [v for v in report.verdicts if v.status is GateStatus.SKIPPED and not is_absent(v)]


def absent(report: Report) -> list[Verdict]:
    """The verdicts of gates that measured nothing: nothing of their kind, or a component left alone."""
    return [v for v in report.verdicts if is_absent(v)]


def is_absent(verdict: Verdict) -> bool:
    """Was it skipped before anything was measured?"""
    return verdict.status is GateStatus.SKIPPED and not verdict.criteria and not verdict.measures


def absences(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Why gates measured nothing, and whom each reason is about: titles of gates, or components."""
    left_alone: dict[str, None] = {}  # in the order of the report
    nothing: list[str] = []
    for verdict in absent(report):
        if verdict.component and verdict.summary.startswith(UNTOUCHED):
            left_alone[one_line(verdict.component)] = None
        else:
            nothing.append(title(verdict))
    if nothing:
        yield f"nothing of {'its' if len(nothing) == 1 else 'their'} kind here", nothing
    if left_alone:
        yield NOT_TOUCHED, list(left_alone)


def skip_text(verdict: Verdict) -> str:
    """`security not judged: nothing differs from main`: a skipped gate with the reason."""
    summary = one_line(verdict.summary)
    return f"{title(verdict)} {'' if summary.startswith('not judged') else 'skipped: '}{summary}"


def help_url(finding: Finding) -> str:
    """The finding's help when it is a page of `DOCUMENTATION`, safe in Markdown and HTML; else empty."""
    match = _HELP.fullmatch(finding.help)
    return finding.help if match and match["host"] in DOCUMENTATION else ""


def sentence(report: Report) -> str:
    """What decided the overall status, in one line of plain text."""
    if report.override is not None:
        return override_sentence(report.override)
    count, names = len(judged(report)), _deciding(report)
    if not count:
        return "no gate had anything to judge"
    match report.status:
        case ReportStatus.BLOCKED:
            return f"{plural(len(names), 'gate')} of {count} {_verb(names)}: {', '.join(names)}"
        case ReportStatus.CONDITIONAL:
            return f"accepted by waivers: {', '.join(names)}"
        case ReportStatus.WARN:
            return f"look at: {', '.join(names)}" if names else "neither tests nor coverage were found"
        case ReportStatus.PASS:
            return f"{plural(count, 'gate')} passed"


def _deciding(report: Report) -> list[str]:
    """The names of the gates that gave the report its status."""
    if report.status is ReportStatus.BLOCKED:
        return [title(v) for v in report.verdicts if stops(v)]
    return [title(v) for v in report.verdicts if v.status in _DECIDES[report.status]]


def _verb(names: list[str]) -> str:
    return "blocks" if len(names) == 1 else "block"


def joined(words: Iterable[str], separator: str = ", ") -> str:
    """The words that are not empty, joined."""
    return separator.join(filter(None, words))


def shown_status(result: CriterionResult) -> str:
    """The status to show: a failure that is waived is CONDITIONAL."""
    waived = result.status is CriterionStatus.FAIL and result.waiver is not None
    return "CONDITIONAL" if waived else str(result.status)


def worst_item(result: CriterionResult) -> str:
    """`worst: src/a.py` for a selector's criterion, else empty."""
    return f"worst: {one_line(result.subject)}" if result.subject else ""


def asked(result: CriterionResult) -> str:
    """The criterion's text, with the value of a bound that follows the baseline: `… + 10% (12.1ms)`.

    Of several comparisons the one that decides comes first.
    """
    if result.parts:
        return " or ".join(map(asked, result.parts))
    text = one_line(result.expect)
    bound = bound_of(result)
    if result.baseline is None or bound is None:
        return text
    return f"{text} ({one_line(format_value(bound, result.unit, against=result.actual))})"


def advisory(result: CriterionResult) -> bool:
    """Does the criterion only warn?"""
    return result.otherwise is Otherwise.WARN
