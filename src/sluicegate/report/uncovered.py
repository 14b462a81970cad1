"""Coverage before and after the change, and the uncovered lines of the change with the source around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from sluicegate.core.change import bits_to_lines, bits_to_ranges, range_to_bits
from sluicegate.core.model import Finding, Verdict
from sluicegate.core.text import cut, plural
from sluicegate.report import values
from sluicegate.report.places import Link, nowhere
from sluicegate.report.sections import Code, CodeLine, Grid
from sluicegate.report.view import joined

CONTEXT = 2
"""Lines shown before and after an uncovered run."""

MAX_FILES, MAX_LINES = 30, 120
"""Files, and lines a file; more are counted, not shown."""

_OPEN = 3
"""Files that are not folded."""


_SHARES = ("total", "line", "branch", "patch.total", "patch.line", "patch.branch")


def compared(verdict: Verdict) -> Iterator[Grid]:
    """Coverage of the whole before and after the change, where a baseline is known."""
    rows = list(_compared_rows(verdict)) if verdict.gate == "coverage" else []
    if rows:
        columns = ("measure", "before", "after", "Δ")
        yield Grid("The whole, against the baseline", columns, rows, "lrrr")


def _compared_rows(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    for name in _SHARES:
        now, base = verdict.measures.get(name), verdict.before.get(name)
        if now is not None and now.value is not None and base is not None:
            delta = values.difference(now.value, base, now.unit, now.better)
            yield name, values.value_text(replace(now, value=base)), values.value_text(now), str(delta)


def uncovered_code(verdict: Verdict, sources: Mapping[str, list[str]], link: Link = nowhere) -> list[Code]:
    """The files of the coverage gate's findings whose source is at hand."""
    if verdict.gate != "coverage":
        return []
    by_path: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        if finding.line and finding.path in sources:
            by_path.setdefault(finding.path, []).append(finding)
    files = [_file(path, by_path[path], sources[path], link) for path in sorted(by_path)[:MAX_FILES]]
    return [replace(file, folded=n >= _OPEN) for n, file in enumerate(files)]


def _file(path: str, findings: Sequence[Finding], source: Sequence[str], link: Link) -> Code:
    last = len(source)
    uncovered = _bits(findings, "uncovered", last)
    partial = _bits(findings, "partial-branch", last) & ~uncovered
    wanted = 0
    for first, end in bits_to_ranges(uncovered | partial):
        wanted |= range_to_bits(max(first - CONTEXT, 1), min(end + CONTEXT, last))
    numbers = list(bits_to_lines(wanted))
    kinds = dict.fromkeys(bits_to_lines(partial), "partial")
    kinds |= dict.fromkeys(bits_to_lines(uncovered), "uncovered")
    shown, left = numbers[:MAX_LINES], len(numbers[MAX_LINES:])
    about = (
        plural(uncovered.bit_count(), "line") + " not covered" if uncovered else "",
        plural(partial.bit_count(), "branch", "branches") + " half taken" if partial else "",
        plural(left, "more line") if left else "",
    )
    lines: list[CodeLine] = []
    for number in shown:
        if lines and number > lines[-1].number + 1:
            lines.append(CodeLine(0, "", "gap"))
        text = cut(source[number - 1].rstrip("\r\n"), 300)
        lines.append(CodeLine(number, text, kinds.get(number, "context"), link(path, number, 0)))
    return Code(path, joined(about), lines, url=link(path, 0, 0))


def _bits(findings: Iterable[Finding], rule: str, last: int) -> int:
    ours = (f for f in findings if f.rule == rule)
    return reduce(or_, (range_to_bits(f.line, min(max(f.end_line, f.line), last)) for f in ours), 0)
