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
    from sluicegate.report import compose, terminal

    return terminal.render(compose.document(report), width=FILE_WIDTH, color=False)


def _markdown(report: Report) -> str:
    from sluicegate.report import compose, markdown

    return markdown.render(compose.document(report))


def _json(report: Report) -> str:
    from sluicegate.report import json_format

    return json_format.render(report)


def _sarif(report: Report) -> str:
    from sluicegate.report import sarif

    return sarif.render(report)


def _html(report: Report) -> str:
    from sluicegate.report import compose, html

    return html.render(compose.document(report))


FORMATS: Mapping[str, Render] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "json": _json,
    "sarif": _sarif,
    "html": _html,
}
"""Every format by the name that `--format` and `--output` take, with its defaults: a caller that
has a terminal, a size limit or source lines calls the format's own `render`."""
