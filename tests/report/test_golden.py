"""Each format of each named report, compared with the file that people have looked at.

Write the files again with `SLUICEGATE_GOLDEN=write pytest tests/report`, and look at the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate import __version__
from sluicegate.core.model import Report
from sluicegate.report import compose, document, html, markdown, sarif, terminal
from support import reports as r
from support.page_text import page_text

GOLDEN = Path(__file__).with_name("golden")
RENDERERS: dict[str, Callable[[Report], str]] = {
    "80.txt": lambda report: terminal.render(compose.page(report), width=80, color=False),
    "40.txt": lambda report: terminal.render(compose.page(report), width=40, color=False),
    "md": lambda report: markdown.render(compose.page(report)),
    "json": document.render,
    "sarif": lambda report: sarif.render(report).replace(f'"{__version__}"', '"VERSION"'),
    "html.txt": lambda report: page_text(html.render(compose.page(report, sources=r.SOURCES))),
}


@pytest.mark.parametrize("ending", RENDERERS)
@pytest.mark.parametrize("name", r.NAMED)
def test_it_is_as_people_have_seen_it(name: str, ending: str) -> None:
    report = r.blocked(extra=12) if name == "blocked" else r.NAMED[name]()
    text, path = RENDERERS[ending](report), GOLDEN / f"{name}.{ending}"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text
