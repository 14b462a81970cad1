"""Coverage reports in a mini-language, written in every format.

A file's coverage is a text such as `1+ 2- 5+1/2`: line 1 ran, line 2 did not, line 5 ran and took
one of its two branches.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

from sluicegate.core.change import lines_to_bits
from sluicegate.evidence.records import FileCoverage
from support import needs

Line = tuple[int, bool, tuple[int, int] | None]


def parse(text: str) -> list[Line]:
    """The lines of a file: number, whether it ran, branches (taken, possible)."""
    lines: list[Line] = []
    for word in text.split():
        number, mark, branches = word.replace("-", "+-").partition("+")
        ran = not branches.startswith("-")
        taken, _, possible = branches.removeprefix("-").partition("/")
        assert mark, f"{word} lacks a + or -"
        lines.append((int(number), ran, (int(taken), int(possible)) if possible else None))
    return lines


def file_coverage(path: str, text: str) -> FileCoverage:
    """What a reader must make of a file."""
    lines = parse(text)
    return FileCoverage(
        path,
        lines_to_bits(number for number, _, _ in lines),
        lines_to_bits(number for number, ran, _ in lines if ran),
        {number: branches for number, _, branches in lines if branches},
    )


def files_of(report: Mapping[str, str]) -> dict[str, FileCoverage]:
    """What a reader must make of a whole report."""
    return {path: file_coverage(path, text) for path, text in report.items()}


def unnamed(files: Mapping[str, FileCoverage]) -> dict[str, FileCoverage]:
    """The files without the names of branches: how many were taken is all that counts."""
    return {path: replace(file, untaken={}) for path, file in files.items()}


def cobertura(report: Mapping[str, str], *, sources: tuple[str, ...] = (), attributes: str = "") -> str:
    """The report as Cobertura XML, as coverage.py writes it."""
    roots = "".join(f"<source>{source}</source>" for source in sources)
    classes = "".join(
        f'<class name="c" filename={quoteattr(path)} line-rate="0"><methods/>{cobertura_lines(text)}</class>'
        for path, text in report.items()
    )
    return (
        f'<?xml version="1.0"?><coverage line-rate="0" {attributes}><sources>{roots}</sources>'
        f'<packages><package name="p"><classes>{classes}</classes></package></packages></coverage>'
    )


def cobertura_lines(text: str) -> str:
    """A `<lines>` element."""
    return f"<lines>{''.join(map(_cobertura_line, parse(text)))}</lines>"


def _cobertura_line(line: Line) -> str:
    number, ran, branches = line
    if branches is None:
        return f'<line number="{number}" hits="{int(ran)}"/>'
    taken, possible = branches
    rate = f"{100 * taken // possible}% ({taken}/{possible})"
    return f'<line number="{number}" hits="{int(ran)}" branch="true" condition-coverage="{rate}"/>'


def lcov(report: Mapping[str, str]) -> str:
    """The report as an LCOV tracefile."""
    return "".join(_lcov_record(path, parse(text)) for path, text in report.items())


def _lcov_record(path: str, lines: list[Line]) -> str:
    words = ["TN:", f"SF:{path}"]
    for number, _, branches in lines:
        taken, possible = branches or (0, 0)
        words += [f"BRDA:{number},0,{index},{int(index < taken) or '-'}" for index in range(possible)]
    words += [f"DA:{number},{int(ran)}" for number, ran, _ in lines]
    return "\n".join([*words, "end_of_record", ""])


def coverage_json(report: Mapping[str, str], *, branches: bool = True) -> str:
    """The report as coverage.py's JSON."""
    return json.dumps(
        {
            "meta": {"format": 3, "version": "7.10.0", "branch_coverage": branches},
            "files": {path: _json_file(parse(text)) for path, text in report.items()},
            "totals": {},
        }
    )


def _json_file(lines: list[Line]) -> dict[str, object]:
    taken, missed = _json_arcs(lines)
    return {
        "executed_lines": [number for number, ran, _ in lines if ran],
        "missing_lines": [number for number, ran, _ in lines if not ran],
        "excluded_lines": [],
        "executed_branches": taken,
        "missing_branches": missed,
    }


def _json_arcs(lines: list[Line]) -> tuple[list[list[int]], list[list[int]]]:
    """Arcs that were taken, written as exits, and those that were not, as jumps."""
    taken: list[list[int]] = []
    missed: list[list[int]] = []
    for number, _, branches in lines:
        ran, possible = branches or (0, 0)
        taken += [[number, -(index + 1)] for index in range(ran)]
        missed += [[number, index + 1000] for index in range(ran, possible)]
    return taken, missed


def sample(relative: str) -> Path:
    """A real sample file; without the folder the test is skipped, or fails in CI."""
    folder = os.environ.get("SLUICEGATE_SAMPLES")
    if not folder:
        needs.missing("set SLUICEGATE_SAMPLES to the folder of real sample files to run this test")
    return Path(folder, relative)
