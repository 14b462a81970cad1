"""A report in a format by name, with what a format needs from the disk beside the report."""

from __future__ import annotations

from pathlib import Path

from sluicegate.core.model import Report
from sluicegate.report.formats import FORMATS

NAMES = tuple(FORMATS)
"""The formats, as `--format` and `--output` name them."""

_MAX_FILES = 50
_MAX_BYTES = 2_000_000


def render(name: str, report: Report, root: Path) -> str:
    """The report in the format `name`; `root` is the folder that its paths are relative to."""
    if name != "html":
        return FORMATS[name](report)
    from sluicegate.report import compose, html

    return html.render(compose.document(report, sources=_sources(report, root)))


def _sources(report: Report, root: Path) -> dict[str, list[str]]:
    """The lines of the files with uncovered lines; unreadable ones are left out."""
    paths = [f.path for v in report.verdicts if v.gate == "coverage" for f in v.findings if f.line]
    sources: dict[str, list[str]] = {}
    for path in list(dict.fromkeys(paths))[:_MAX_FILES]:
        target = root / path
        try:
            if target.is_symlink() or target.stat().st_size > _MAX_BYTES:
                continue
            sources[path] = target.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            continue
    return sources
