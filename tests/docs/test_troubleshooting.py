"""`docs/troubleshooting.md` has every message, and no other."""

from __future__ import annotations

import re

import pytest

from support.messages import ROOT, covers, messages

TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
OWN, GITHUB = TEXT.split("## What GitHub itself says", 1)
GITHUB, BUGS = GITHUB.split("## Bugs", 1)

UNSAID = (
    "Python \u2026, packages by \u2026, \u2026 s\n::endgroup::",
    "this passes under the new policy: it will pass once a person who may merge approves this commit",
)
"""Messages that are no trouble, or say what to do themselves."""


def quoted(text: str) -> list[str]:
    """The messages that headings, and first cells of tables, name."""
    lines = re.findall(r"^(?:### |\| )(`.+)$", text, re.MULTILINE)
    return [
        found for line in lines for found in re.findall(r"`([^`]+(?:`[^`, ]+`[^`]*)*)`", line.split(" | ")[0])
    ]


HEADINGS = [*quoted(OWN), *quoted(BUGS)]


def said() -> str:
    """The sources of the program, with strings that span lines joined, and what is in braces left out."""
    files = [ROOT / "action.yml", *sorted((ROOT / "src" / "sluicegate").rglob("*.py"))]
    text = "\n".join(f.read_text(encoding="utf-8") for f in files)
    text = text.replace('echo "::error title=Sluicegate::$what Put', "")
    return re.sub(r'"\s*\n\s*f?"', "", text)


SAID = said()


@pytest.mark.parametrize("message", messages())
def test_each_message_about_github_has_its_heading(message: str) -> None:
    assert message in UNSAID or [h for h in HEADINGS if covers(h, message)], message


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_heading_is_said(heading: str) -> None:
    for part in heading.split("\u2026"):
        assert part.strip() in SAID


def test_there_are_messages_of_each_kind() -> None:
    assert len(messages()) > 50
    assert len(HEADINGS) > 40
    assert "Resource not accessible by integration" in quoted(GITHUB)


def test_every_section_of_a_heading_says_what_to_do() -> None:
    sections = re.split(r"^### .+$", TEXT, flags=re.MULTILINE)[1:]
    assert [s for s in sections if len(s.split()) < 8] == []
