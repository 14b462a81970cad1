"""The uncovered lines of the change with the source around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sluicegate.core.change import bits_to_lines, bits_to_ranges, range_to_bits
from sluicegate.core.model import Finding, Verdict
from sluicegate.core.text import cut, plural
from sluicegate.report.sections import Code, CodeLine

CONTEXT = 2
"""Lines shown before and after an uncovered run."""

MAX_FILES, MAX_LINES = 30, 120
"""Files, and lines a file; more are counted, not shown."""

_OPEN = 3
"""Files that are not folded."""

_UNCOVERED, _PARTIAL = "uncovered", "partial-branch"


def uncovered_code(verdict: Verdict, sources: Mapping[str, list[str]]) -> list[Code]:
    """The files of the coverage gate's findings whose source is at hand."""
    if verdict.gate != "coverage":
        return []
    by_path: dict[str, list[Finding]] = {}
    for finding in verdict.findings:
        if finding.line and finding.path in sources:
            by_path.setdefault(finding.path, []).append(finding)
    files = [_file(path, by_path[path], sources[path]) for path in sorted(by_path)[:MAX_FILES]]
    return [replace(file, folded=n >= _OPEN) for n, file in enumerate(files)]


def _file(path: str, findings: Sequence[Finding], source: Sequence[str]) -> Code:
    last = len(source)
    uncovered = _bits(findings, _UNCOVERED, last)
    partial = _bits(findings, _PARTIAL, last) & ~uncovered
    wanted = 0
    for first, end in bits_to_ranges(uncovered | partial):
        wanted |= range_to_bits(max(first - CONTEXT, 1), min(end + CONTEXT, last))
    numbers = list(bits_to_lines(wanted))
    kinds = dict.fromkeys(bits_to_lines(partial), "partial")
    kinds |= dict.fromkeys(bits_to_lines(uncovered), "uncovered")
    about = _about(uncovered.bit_count(), partial.bit_count(), len(numbers) - len(numbers[:MAX_LINES]))
    return Code(path, about, list(_lines(numbers[:MAX_LINES], kinds, source)))


def _about(uncovered: int, partial: int, left: int) -> str:
    words = (
        plural(uncovered, "line") + " not covered" if uncovered else "",
        plural(partial, "branch", "branches") + " half taken" if partial else "",
        plural(left, "more line") if left else "",
    )
    return ", ".join(filter(None, words))


def _lines(numbers: Sequence[int], kinds: Mapping[int, str], source: Sequence[str]) -> Iterator[CodeLine]:
    before = 0
    for number in numbers:
        if before and number > before + 1:
            yield CodeLine(0, "", "gap")
        text = cut(source[number - 1].rstrip("\r\n"), 300)
        yield CodeLine(number, text, kinds.get(number, "context"))
        before = number


def _bits(findings: Sequence[Finding], rule: str, last: int) -> int:
    bits = 0
    for finding in findings:
        if finding.rule == rule:
            bits |= range_to_bits(finding.line, min(max(finding.end_line, finding.line), last))
    return bits
