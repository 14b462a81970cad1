"""The reports that lie in a project now, and where its Python tests write theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.collect.discovery import RecognisedReport, look_at, search
from sluicegate.collect.folders import OUTPUT_FOLDERS
from sluicegate.evidence.reader import head_of

JUNIT = "reports/junit.xml"
"""Where test results go in a project that has no place for them."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_TELLING: Mapping[str, bytes] = {
    "junit": b'name="pytest"',
    "cobertura": b"coverage.py",
    "coveragepy-json": b"",
}
"""By format: what the beginning holds when pytest or coverage.py wrote it."""

_COVERAGE: Mapping[str, tuple[str, str]] = {
    "cobertura": ("xml", "coverage.xml"),
    "coveragepy-json": ("json", "coverage.json"),
    "lcov": ("lcov", "coverage.lcov"),
}
"""By format: how pytest-cov calls it, and where it goes by default."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its POSIX path, its format, and whether pytest or coverage.py wrote it."""

    path: str
    format: str
    of_python: bool = False


def found_reports(root: Path, tracked: Iterable[str]) -> tuple[Report, ...]:
    """What `check` would find in the folder now, the files nearest to its top first."""
    sightings = (look_at(root, candidate) for candidate in search(root, tracked).candidates)
    found = [_report(root, s) for s in sightings if isinstance(s, RecognisedReport)]
    return tuple(sorted(found, key=lambda r: (r.path.count("/"), r.path)))


def _report(root: Path, found: RecognisedReport) -> Report:
    telling = _TELLING.get(found.reader.format)
    try:
        of_python = telling is not None and telling in head_of(root / found.path)
    except OSError:
        of_python = False
    return Report(found.path, found.reader.format, of_python)


def junit_path(reports: Sequence[Report], *, only_python: bool) -> str:
    """Where pytest writes its results: where they lie now, else `JUNIT`.

    Args:
        reports: what was found.
        only_python: no other language could have written a report that does not say who did.
    """
    return next((r.path for r in _own(reports, only_python) if r.format == "junit"), JUNIT)


def coverage_option(reports: Sequence[Report], *, only_python: bool) -> str:
    """The value of pytest-cov's `--cov-report`, for the report that lies there now, else `xml`."""
    own = {r.format: r.path for r in reversed(list(_own(reports, only_python)))}
    for name, (word, usual) in _COVERAGE.items():
        if name in own:
            return word if own[name] == usual else f"{word}:{own[name]}"
    return "xml"


def _own(reports: Sequence[Report], only_python: bool) -> Iterable[Report]:
    """The reports whose place may be kept: at the top or in an output folder, with a plain name."""
    for report in reports:
        folder, _, below = report.path.partition("/")
        is_kept = not below or folder in OUTPUT_FOLDERS
        if is_kept and (report.of_python or only_python) and _PLAIN.fullmatch(report.path):
            yield report
