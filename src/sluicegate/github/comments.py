"""The parser of commands in comments: `/sluicegate NAME WORDS because REASON`. Pure.

A command is the first line of a comment that is not blank. Quotes, code and later lines are not commands,
so quoting a comment does not repeat its command.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from sluicegate.core.text import cut, has_words, one_line

PREFIX = "/sluicegate"
MAX_REASON = 300
"""Characters of a reason that are kept."""

_LINES = re.compile(r"\r\n|\r|\n")
_MAX_INDENT = 3
_STARTS = re.compile(rf"{PREFIX}\b", re.IGNORECASE | re.ASCII)
_COMMAND = re.compile(
    rf"{PREFIX}[ \t]+(?P<name>[a-z][a-z-]*)(?![^ \t])"
    r"(?P<words>(?:[ \t]+(?!because\b)[^ \t]+)*)"
    r"(?:[ \t]+because\b(?P<reason>.*))?[ \t]*",
    re.IGNORECASE | re.ASCII,
)
_UNSEEN = re.compile(
    r"<!--.*?-->|</?[a-z][a-z0-9-]*(?:\s[^<>]*)?/?>|(?<=\])\([^()]*\)", re.IGNORECASE | re.ASCII
)
"""What Markdown does not show: HTML comments, tags, addresses of links."""


@dataclass(frozen=True, slots=True)
class Command:
    """The command of a comment.

    Attributes:
        name: in lower case, for example `override`.
        words: between the name and `because`, as they were written.
        reason: after `because`, on one line and cut; empty where Markdown would not show a word of it.
    """

    name: str
    words: tuple[str, ...] = ()
    reason: str = ""


def command_line(body: str) -> str:
    """The command that a comment begins with, without the space around it; empty without one.

    Only the first line that is not blank can be a command, unless Markdown shows it as code: a line that
    is indented by four spaces or a tab ("Indented code blocks" in CommonMark).
    """
    line = next((line for line in _LINES.split(body) if line.strip(" \t")), "")
    text = line.lstrip(" ")
    if len(line) - len(text) > _MAX_INDENT or not _STARTS.match(text):
        return ""
    return text.rstrip(" \t")


def has_several(body: str) -> bool:
    """Does a comment give several commands? Then it is followed in none of them."""
    return sum(bool(command_line(line)) for line in _LINES.split(body)) > 1


def flaw_of(body: str) -> str:
    """Why a comment that speaks of commands gives none; empty where it gives one."""
    if not command_line(body):
        return "a command in a quote, in code, or behind other text does nothing"
    return "a comment with several commands does nothing" if has_several(body) else ""


def parse_command(body: str) -> Command | None:
    """The command of a comment; None without one, or for one without a name."""
    match = _COMMAND.fullmatch(command_line(body))
    if match is None:
        return None
    reason = match["reason"] or ""
    shown = has_words(html.unescape(_UNSEEN.sub(" ", reason)))
    return Command(
        match["name"].lower(),
        tuple(match["words"].split()),
        cut(one_line(reason), MAX_REASON) if shown else "",
    )
