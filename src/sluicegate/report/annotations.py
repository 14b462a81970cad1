"""Findings as GitHub's workflow commands: `::error file=…,line=…,title=…::message`.

GitHub shows ten errors, ten warnings and ten notices of a step, so the worst come first and the
last of a full level has the number of those beyond it. Escaping follows the toolkit's rules
(`%`, CR and LF everywhere; `:` and `,` in properties too), so no text can begin a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sluicegate.core.model import SEVERITY_ORDER, Finding, Report, Severity, Verdict
from sluicegate.core.statuses import CriterionStatus
from sluicegate.core.text import cut, one_line
from sluicegate.report import listing, values, view
from sluicegate.report.modes import AnnotationMode
from sluicegate.report.places import MapLine

MAX_PER_LEVEL = 10
"""Of each level, for one step."""

LEVELS = ("error", "warning", "notice")
"""From worst to mildest."""

_ADVICE = (Severity.LOW, Severity.INFO)
_MESSAGE, _TITLE = 800, 120


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation: `level` is error, warning or notice; `line` is in the head's file, or 0.

    `rank` orders annotations of one level, lowest first; `count` is the number of findings in it.
    """

    level: str
    title: str
    message: str
    path: str = ""
    line: int = 0
    end_line: int = 0
    rank: tuple[int, ...] = ()
    count: int = 1


def log_commands(
    report: Report, *, map_line: MapLine, mode: AnnotationMode = AnnotationMode.NEW
) -> list[str]:
    """The commands for unwaived findings and unmet criteria, worst first, each without its line feed.

    A finding whose line the head lacks is shown on the file alone.
    """
    found = annotate(report, map_line=map_line, mode=mode)
    by_level = ([a for a in found if a.level == level] for level in LEVELS)
    return [command(a) for ours in by_level for a in capped(ours, MAX_PER_LEVEL)]


def annotate(
    report: Report, *, map_line: MapLine, mode: AnnotationMode = AnnotationMode.NEW
) -> list[Annotation]:
    """All annotations of the mode, those of one level together, worst first.

    Criteria that are not satisfied and files that could not be read are shown in every mode but `OFF`.
    """
    if mode is AnnotationMode.OFF:
        return []
    found = [a for v in listing.unrepeated(report.verdicts) for a in _of_verdict(v, map_line, mode)]
    ordered: list[Annotation] = []
    for level in LEVELS:
        ours = _merged(sorted((a for a in found if a.level == level), key=_place))
        ordered += sorted(ours, key=lambda a: (a.rank, _place(a)))
    return ordered


def capped(found: Sequence[Annotation], limit: int) -> list[Annotation]:
    """The first `limit`; the last of them has the number of findings beyond it."""
    shown, left = list(found[:limit]), found[limit:]
    if left:
        more = sum(a.count for a in left)
        shown[-1] = replace(shown[-1], message=f"{shown[-1].message} (and {more:,} more)")
    return shown


def command(annotation: Annotation) -> str:
    """One workflow command."""
    a, properties = annotation, {}
    if a.path:
        properties["file"] = a.path
    if a.path and a.line:
        properties |= {"line": str(a.line), "endLine": str(max(a.line, a.end_line))}
    properties["title"] = cut(one_line(a.title), _TITLE)
    inside = ",".join(
        f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in properties.items()
    )
    return f"::{a.level} {inside}::{_data(cut(a.message, _MESSAGE + 40))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _of_verdict(verdict: Verdict, map_line: MapLine, mode: AnnotationMode) -> Iterator[Annotation]:
    title, worst = view.title(verdict), "error" if view.stops(verdict) else "warning"
    for result in view.unmet(verdict):
        if result.waiver is None:
            level = "warning" if result.status is CriterionStatus.WARN else worst
            message = cut(f"{values.expected(result)}: {values.outcome(result, verdict)}", _MESSAGE)
            yield Annotation(level, title, message, rank=(0,))
    for problem in verdict.problems:
        message = view.joined((one_line(problem.message), one_line(problem.remedy)), " ")
        yield Annotation(worst, f"{title}: not measured", message, one_line(problem.path), rank=(0,))
    for finding in _shown(verdict, mode):
        yield _finding(title, worst, finding, map_line)


def _shown(verdict: Verdict, mode: AnnotationMode) -> Iterator[Finding]:
    """The findings to show. One that may be new is shown by default where a criterion is not satisfied."""
    failed = any(c.waiver is None for c in view.unmet(verdict))
    for finding in verdict.findings:
        brought = failed if finding.new is None else finding.new
        if finding.waiver is None and (brought or mode is AnnotationMode.ALL):
            yield finding


def _finding(title: str, worst: str, finding: Finding, map_line: MapLine) -> Annotation:
    line = (map_line(finding.path, finding.line) if finding.path and finding.line else None) or 0
    length = max(finding.end_line - finding.line, 0)
    rule = one_line(finding.rule)
    # An error where the gate blocks and the finding is serious; a low one is never more than a notice.
    level = "warning" if finding.new is False else worst
    return Annotation(
        "notice" if finding.severity in _ADVICE else level,
        f"{title}: {rule}" if rule else title,
        cut(one_line(finding.message), _MESSAGE),
        one_line(finding.path),
        line,
        line + length if line else 0,
        ({True: 1, None: 2, False: 3}[finding.new], SEVERITY_ORDER[finding.severity]),
    )


def _place(a: Annotation) -> tuple[str, int, int, str, str]:
    """Orders by place, so that neighbours meet; criteria, which have none, keep to their gate."""
    return a.path, a.line, a.end_line, a.title, a.message


def _merged(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Annotations of one file and rule on touching lines become one."""
    merged: list[Annotation] = []
    for this in annotations:
        last = merged[-1] if merged else this
        same = (last.path, last.title) == (this.path, this.title) and bool(this.path and this.line)
        if not merged or not same or this.line > last.end_line + 1:
            merged.append(this)
            continue
        message = last.message
        if this.message not in message:
            message = cut(f"{message}; {this.message}", _MESSAGE)
        end, rank = max(last.end_line, this.end_line), min(last.rank, this.rank)
        merged[-1] = replace(last, end_line=end, message=message, rank=rank, count=last.count + 1)
    return merged
