"""The output formats by name, and what a format needs from the disk beside the report.

A format's module is imported when it is first rendered, so rich and jinja2 cost nothing where they are
not used.
"""

from __future__ import annotations

from pathlib import Path

from sluicegate.core.model import Report
from sluicegate.report.places import Link, nowhere

NAMES = ("terminal", "markdown", "json", "sarif", "html")
"""The formats, as `--format` and `--output` name them."""

FILE_WIDTH = 100
"""Columns of the terminal format where there is no terminal."""

_MAX_FILES, _MAX_BYTES = 50, 2_000_000


def render(name: str, report: Report, root: Path | None = None, link: Link = nowhere) -> str:
    """The report in the format `name`, one of `NAMES`, with the format's defaults.

    A caller that has a terminal or a limit of size calls the format's own `render`. `root` is the folder
    that the report's paths are relative to, for a page with source lines; `link` gives addresses of files.
    """
    if name == "json":
        from sluicegate.report import document

        return document.render(report)
    if name == "sarif":
        from sluicegate.report import sarif

        return sarif.render(report)
    from sluicegate.report import compose

    match name:
        case "terminal":
            from sluicegate.report import terminal

            return terminal.render(compose.page(report), width=FILE_WIDTH, color=False)
        case "markdown":
            from sluicegate.report import markdown

            return markdown.render(compose.page(report, link=link))
        case _:
            from sluicegate.report import html

            sources = _sources(report, root) if root else {}
            return html.render(compose.page(report, sources=sources, link=link))


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
