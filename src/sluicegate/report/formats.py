"""The registry of output formats. A format's module is imported when it is first rendered, so
rich and jinja2 cost nothing where they are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sluicegate.core.model import Report

Render = Callable[[Report], str]

FILE_WIDTH = 100
"""Columns of the terminal format where there is no terminal."""


def _terminal(report: Report) -> str:
    from sluicegate.report import terminal

    return terminal.render(report, width=FILE_WIDTH, color=False)


def _markdown(report: Report) -> str:
    from sluicegate.report import markdown

    return markdown.render(report)


def _json(report: Report) -> str:
    from sluicegate.report import document

    return document.render(report)


def _sarif(report: Report) -> str:
    from sluicegate.report import sarif

    return sarif.render(report)


def _html(report: Report) -> str:
    from sluicegate.report import html

    return html.render(report, sources=None)


FORMATS: Mapping[str, Render] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "json": _json,
    "sarif": _sarif,
    "html": _html,
}
"""Every format by the name that `--format` and `--output` take, with its defaults: a caller that
has a terminal, a size limit or source lines calls the format's own `render`."""
