"""What messages of commits say: Conventional Commits, reverts, cherry-picks. Pure.

Source of the grammar: conventionalcommits.org, 1.0.0. Where it leaves a choice, the rules are those of
npm's `conventional-commits-parser` with its preset `conventionalcommits`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_HEADER = re.compile(r"(\w+)(?:\(([^()]*)\))?(!?): +(\S.*)", re.ASCII)
_NOTE = re.compile(r"(?:\*\s+)?BREAKING[ -]CHANGE:\s*(.*)", re.IGNORECASE)
_FOOTER = re.compile(r"[\w-]+(?::\s+|\s+#).+", re.ASCII)
_REVERTED = re.compile(r"\bThis reverts commits?((?:[ \t\n,]+(?:and )?[0-9a-f]{7,64}\b)+)")
_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{7,64})\)[ \t]*$", re.MULTILINE)
_SHA = re.compile(r"[0-9a-f]{7,64}")
_UNDOES = re.compile(r"(?:revert|reapply)\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?:revert:?|reapply) \"(.*)\"", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\(#(\d{1,9})\)$")


@dataclass(frozen=True, slots=True)
class Conventional:
    """The header of a conventional commit; `type` in lower case, `scope` empty without one."""

    type: str
    scope: str
    is_breaking: bool
    subject: str


def header_of(title: str) -> Conventional | None:
    """The header that a title is; None for any other title."""
    match = _HEADER.fullmatch(title.strip())
    return Conventional(match[1].lower(), match[2] or "", bool(match[3]), match[4]) if match else None


def breaking_notes(message: str) -> tuple[str, ...]:
    """Every footer BREAKING CHANGE of a message, each until the next footer or the end."""
    notes: list[list[str]] = []
    is_open = False
    for line in message.strip("\r\n").replace("\r\n", "\n").split("\n")[1:]:
        if match := _NOTE.match(line):
            notes.append([match[1]])
            is_open = True
        elif is_open and _FOOTER.match(line):
            is_open = False
        elif is_open:
            notes[-1].append(line)
    return tuple("\n".join(lines).strip("\n") for lines in notes)


def undoes(title: str) -> bool:
    """Does a title say that the change reverts something?"""
    return _UNDOES.match(title) is not None


def quoted_title(title: str) -> str:
    """The title that `Revert "…"` quotes; empty without one."""
    match = _QUOTED.match(title)
    return match[1] if match else ""


def reverted_commits(message: str) -> tuple[str, ...]:
    """The names of commits that a message says to revert."""
    return tuple(sha for found in _REVERTED.finditer(message) for sha in _SHA.findall(found[1]))


def picked_commits(message: str) -> tuple[str, ...]:
    """The names of commits that `git cherry-pick -x` wrote into a message."""
    return tuple(_PICKED.findall(message))


def numbered(title: str) -> tuple[str, int]:
    """A title without the number of the pull request at its end, and that number; 0 without one."""
    match = _NUMBER.search(title)
    return (title[: match.start()], int(match[1])) if match else (title, 0)


def first_paragraph(text: str) -> str:
    """The lines until the first blank one: squashes put other commits behind a footer."""
    kept: list[str] = []
    for line in text.strip().splitlines():
        if not line.strip():
            break
        kept.append(line)
    return "\n".join(kept)


def named(prefix: str, commits: Iterable[str]) -> str:
    """The one full name that begins with a prefix; empty for none or several."""
    found = [commit for commit in commits if commit.startswith(prefix)]
    return found[0] if len(found) == 1 else ""
