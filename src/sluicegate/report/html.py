"""The report as one self-contained page: no network, light and dark, readable without scripts.

The page forbids itself everything but its own style and script, which the content security
policy names by hash; a script that strangers' text might bring would not run even if it got
through the escaping.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sluicegate.core.model import Report
from sluicegate.core.text import clean
from sluicegate.report.html_view import page

TEMPLATES = Path(__file__).with_name("templates")


def render(report: Report, *, sources: Mapping[str, list[str]] | None = None) -> str:
    """The page as HTML.

    Args:
        report: to render.
        sources: path -> its lines, for the files whose uncovered lines should be shown.
    """
    environment = _environment()
    return environment.get_template("report.html.j2").render(
        page=page(report, sources or {}),
        style_hash=_hash(environment.get_template("report.css").render()),
        script_hash=_hash(environment.get_template("report.js").render()),
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["prose"] = prose
    return environment


def prose(text: str) -> Markup:
    """Text in which what stands between backticks is code."""
    parts = clean(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


def _cleaned(value: object) -> object:
    """What a template prints: strangers' text without what hides or reorders, markup as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value
