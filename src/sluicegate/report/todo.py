"""What to do first: the few lines that a report begins with, what blocks before what only warns. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import chain, islice, zip_longest

from sluicegate.core.model import CriterionResult, Finding, Report, Verdict
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.core.text import one_line
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import listing, values, view
from sluicegate.report.places import Link, nowhere
from sluicegate.report.sections import Task

MOST = 5
"""Lines at the most."""

_RUNNERS: Mapping[str, str] = {
    "pytest": "pytest {}",
    "ruff": "ruff check {}",
    "flake8": "flake8 {}",
    "mypy": "mypy {}",
    "pylint": "pylint {}",
    "eslint": "npx eslint {}",
    "vitest": "npx vitest run {}",
    "jest": "npx jest {}",
    "mocha": "npx mocha {}",
}
"""Commands that look at one file again, by the name of the tool that wrote the evidence."""


_MAXIMUM = re.compile(r"\b(?:max_\w+|increase)\b")
_NUMBER = re.compile(r"[\d.,]*\d")


def tasks(report: Report, link: Link = nowhere) -> list[Task]:
    """At most `MOST` lines: of each gate the first that blocks, then their others, then what warns.

    Waived findings and criteria are no tasks.
    """
    verdicts = [v for v in listing.unrepeated(report.verdicts) if v.status in _BAD]
    found = [list(_of_verdict(v, link)) for v in verdicts]
    rounds = chain(zip_longest(*map(_blocking, verdicts, found)), zip_longest(*found))
    every = filter(None, chain.from_iterable(rounds))
    return list(islice(dict.fromkeys(every), MOST))


_BAD = (GateStatus.WARN, GateStatus.FAIL, GateStatus.ERROR)


def _blocking(verdict: Verdict, found: list[Task]) -> list[Task]:
    return [t for t in found if t.status != GateStatus.WARN] if view.stops(verdict) else []


def _of_verdict(verdict: Verdict, link: Link) -> Iterator[Task]:
    """Files that could not be read, then what does not satisfy a criterion, the worst first."""
    title, status = view.title(verdict), str(verdict.status)
    for problem in verdict.problems:
        text = view.joined((_sentence(problem.message), one_line(problem.remedy)), " ")
        yield Task(status, title, text, one_line(problem.path), "", _judge_again(verdict))
    named: list[Finding] = []
    for result in view.unmet(verdict):
        if result.waiver is None:
            level = status if result.status is not CriterionStatus.WARN else str(GateStatus.WARN)
            yield from _of_criterion(verdict, result, level, link, named)


def _of_criterion(
    verdict: Verdict, result: CriterionResult, status: str, link: Link, named: list[Finding]
) -> Iterator[Task]:
    """The findings that do not satisfy it, each with the criterion, without those that are named already.

    Of a gate that measures a whole, and without any finding, it is the criterion with what to do.
    """
    title, spec, asked = view.title(verdict), find_spec(verdict.gate), f"`{values.expected(result)}`"
    found = list(filter(listing.counting(result, verdict), listing.order(verdict.findings)))
    is_whole = spec is not None and not spec.waives_findings
    if is_whole or not found or result.status is CriterionStatus.UNKNOWN:
        place, url = _placed(found[0], link) if found else (result.subject, link(result.subject, 0, 0))
        text = view.joined((f"{asked} {values.short_outcome(result)}", _remedy(verdict, result)), ". ")
        yield Task(status, title, text, place, url, _judge_again(verdict))
        return
    for finding in _unnamed(_worst(found, result), named):
        text = f"{asked}: {_about(finding, with_rule=listing.is_graded(verdict))}"
        yield Task(status, title, text, *_placed(finding, link), _command(verdict, finding))


def _unnamed(found: list[Finding], named: list[Finding]) -> list[Finding]:
    """Those that are not named yet; they are from now on."""
    rest = [finding for finding in found if finding not in named]
    named += rest
    return rest


def _worst(found: list[Finding], result: CriterionResult) -> list[Finding]:
    """All findings; of a criterion on a maximum the one that has this value."""
    if not _MAXIMUM.search(result.shown.expect):
        return found
    value = values.actual_text(result)
    return sorted(found, key=lambda f: value not in _NUMBER.findall(f.message))[:1]


def _placed(finding: Finding, link: Link) -> tuple[str, str]:
    """Where it is, and the address of that."""
    place = listing.place(finding)
    return place, link(finding.path, finding.line, finding.end_line) if place else ""


def _remedy(verdict: Verdict, result: CriterionResult) -> str:
    """What to do about a criterion: in the catalogue's words, else the first that the gate says."""
    spec, comparison = find_spec(verdict.gate), values.parsed(result)
    known = spec.remedies.get(comparison.measure.name, "") if spec and comparison else ""
    return one_line(known or next(iter(verdict.remedies), ""))


def _about(finding: Finding, *, with_rule: bool) -> str:
    """Its message, after the rule unless that says the kind of finding alone, which the message says too."""
    message = one_line(finding.message).replace("`", "'")
    return view.joined((one_line(finding.rule) * with_rule, message), " ")


def _sentence(text: str) -> str:
    line = one_line(text)
    return line if not line or line.endswith((".", "!", "?")) else f"{line}."


def _command(verdict: Verdict, finding: Finding) -> str:
    """The command that shows a finding mended: of the tool that found it, else of the gate."""
    tools = [finding.tool, *(source.tool for source in verdict.sources)]
    known = next((_RUNNERS[t.lower()] for t in tools if t.lower() in _RUNNERS), "")
    path = one_line(finding.path)
    if known and path and path == finding.path and not path.startswith("-"):
        return known.format(shlex.quote(path))
    return _judge_again(verdict)


def _judge_again(verdict: Verdict) -> str:
    """The command that judges the gate again; empty for one of the run, which no other place can judge."""
    spec = find_spec(verdict.gate)
    if spec is not None and spec.of_run:
        return ""
    return f"sluicegate check --gate {shlex.quote(one_line(verdict.gate))}"
