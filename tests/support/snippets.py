"""The fenced blocks of the README and of the pages in `docs/`."""

from __future__ import annotations

import re

from support.workflows import ROOT

PAGES = ("README.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(language: str) -> dict[str, str]:
    """Every fenced block of a language, by page and line."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1] == language:
                found[f"{page}:{text[: match.start()].count(chr(10)) + 2}"] = match[2]
    return found


def is_workflow(document: object) -> bool:
    return isinstance(document, dict) and "jobs" in document
