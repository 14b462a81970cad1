"""The text of a page in HTML, for golden files."""

from __future__ import annotations

from html.parser import HTMLParser

BLOCKS = {"p", "div", "li", "tr", "h1", "h2", "h3", "summary", "dt", "section", "title", "option", "a",
          "figcaption", "desc"}  # fmt: skip


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


def page_text(html: str) -> str:
    """The text, a line a block."""
    reader = Text()
    reader.feed(html)
    lines = (" ".join(line.split()) for line in reader.lines)
    return "\n".join(line for line in lines if line) + "\n"
