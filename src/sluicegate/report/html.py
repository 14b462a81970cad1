"""A page in HTML, self-contained: no network, light and dark, readable without scripts.

It allows nothing but its own style and script, which the content security
policy names by hash; a script that strangers' text might bring would not run even if it got
through the escaping.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sluicegate.core.text import clean
from sluicegate.report.room import left_out
from sluicegate.report.sections import FindingRow, Findings, Page

MAX_FINDINGS = 2_000
"""Rows of the table of all findings; the worst are kept."""

TEMPLATES = Path(__file__).with_name("templates")


def render(page: Page) -> str:
    """The page as HTML."""
    environment = _environment()
    blocks = ((s.title, b) for s in page.sections for b in s.blocks if isinstance(b, Findings))
    rows = [(title, row) for title, block in blocks for row in (*block.rows, *block.older)]
    rows.sort(key=lambda pair: _order(pair[1]))
    return environment.get_template("report.html.j2").render(
        page=page,
        judged=[s for s in page.sections if not s.skipped],
        findings=rows[:MAX_FINDINGS],
        findings_left=len(rows[MAX_FINDINGS:]),
        style_hash=_hash(environment.get_template("report.css").render()),
        script_hash=_hash(environment.get_template("report.js").render()),
    )


def _order(row: FindingRow) -> tuple[object, ...]:
    """Worst first: not waived, brought by the change, severity, then place."""
    newness = {True: 0, None: 1, False: 2}[row.new]
    return (row.waived, newness, row.order, row.path, row.line, row.rule, row.message)


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
    environment.filters["left_out"] = lambda rows: left_out(rows, "older finding")
    environment.filters["kind"] = lambda block: type(block).__name__
    return environment


def prose(text: str) -> Markup:
    """Text, with code where it is between backticks."""
    parts = clean(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


def _cleaned(value: object) -> object:
    """What a template prints: strangers' text without what hides or reorders, markup as it is."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
