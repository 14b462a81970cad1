"""The reports in a project, and the paths of those of its Python tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.collect.discovery import RecognisedReport, look_at, search
from sluicegate.collect.folders import OUTPUT_FOLDERS
from sluicegate.evidence.reader import head_of

JUNIT = "reports/junit.xml"
"""The default path of test results."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_MARKS: Mapping[str, bytes] = {"junit": b'name="pytest"', "cobertura": b"coverage.py", "coveragepy-json": b""}
"""By format: a text near the beginning of files by pytest or coverage.py."""

_COVERAGE: Mapping[str, tuple[str, str]] = {
    "cobertura": ("xml", "coverage.xml"),
    "coveragepy-json": ("json", "coverage.json"),
    "lcov": ("lcov", "coverage.lcov"),
}
"""By format: its name in pytest-cov, and its default path."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its POSIX path, its format, and whether pytest or coverage.py wrote it."""

    path: str
    format: str
    of_python: bool = False


def found_reports(root: Path, tracked: Iterable[str]) -> tuple[Report, ...]:
    """The reports that `check` would find in the folder, those nearest to its top first."""
    sightings = (look_at(root, candidate) for candidate in search(root, tracked).candidates)
    found = [_report(root, s) for s in sightings if isinstance(s, RecognisedReport)]
    return tuple(sorted(found, key=lambda r: (r.path.count("/"), r.path)))


def _report(root: Path, found: RecognisedReport) -> Report:
    mark = _MARKS.get(found.reader.format)
    try:
        of_python = mark is not None and mark in head_of(root / found.path)
    except OSError:
        of_python = False
    return Report(found.path, found.reader.format, of_python)


def junit_path(reports: Sequence[Report], *, only_python: bool) -> str:
    """The path of pytest's results: that of the existing report, else `JUNIT`.

    With `only_python` no other language is there, so that unmarked reports are Python's own.
    """
    return next((r.path for r in _own(reports, only_python) if r.format == "junit"), JUNIT)


def coverage_option(reports: Sequence[Report], *, only_python: bool) -> str:
    """The value of pytest-cov's `--cov-report`, for the existing report, else `xml`."""
    own = {r.format: r.path for r in reversed(list(_own(reports, only_python)))}
    for name, (word, usual) in _COVERAGE.items():
        if name in own:
            return word if own[name] == usual else f"{word}:{own[name]}"
    return "xml"


def _own(reports: Sequence[Report], only_python: bool) -> Iterable[Report]:
    """The reports with a usable path: at the top or in an output folder, with a plain name."""
    for report in reports:
        folder, _, below = report.path.partition("/")
        is_kept = not below or folder in OUTPUT_FOLDERS
        if is_kept and (report.of_python or only_python) and _PLAIN.fullmatch(report.path):
            yield report
