"""Each format of each named report, compared with the file that people have looked at.

Write the files again with `SLUICEGATE_GOLDEN=write pytest tests/report`, and look at the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sluicegate import __version__
from sluicegate.core.model import Report
from sluicegate.report import compose, document, html, markdown, sarif, terminal
from support import reports as r

GOLDEN = Path(__file__).with_name("golden")
BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "summary", "dt", "section", "title", "option", "a"}


class Text(HTMLParser):
    """The page's text, a line a block; hidden filters too, style and script left out."""

    def __init__(self) -> None:
        super().__init__()
        self.lines, self.skipping = [""], False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.skipping = tag in ("style", "script")
        if tag in BLOCKS:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        self.skipping = False

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.lines[-1] += data + " "


def page_text(report: Report) -> str:
    reader = Text()
    reader.feed(html.render(compose.page(report, sources=r.SOURCES)))
    lines = (" ".join(line.split()) for line in reader.lines)
    return "\n".join(line for line in lines if line) + "\n"


RENDERERS: dict[str, Callable[[Report], str]] = {
    "80.txt": lambda report: terminal.render(compose.page(report), width=80, color=False),
    "40.txt": lambda report: terminal.render(compose.page(report), width=40, color=False),
    "md": lambda report: markdown.render(compose.page(report)),
    "json": document.render,
    "sarif": lambda report: sarif.render(report).replace(f'"{__version__}"', '"VERSION"'),
    "html.txt": page_text,
}


@pytest.mark.parametrize("ending", RENDERERS)
@pytest.mark.parametrize("name", r.NAMED)
def test_it_is_as_people_have_seen_it(name: str, ending: str) -> None:
    report = r.blocked(extra=12) if name == "blocked" else r.NAMED[name]()
    text, path = RENDERERS[ending](report), GOLDEN / f"{name}.{ending}"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text
