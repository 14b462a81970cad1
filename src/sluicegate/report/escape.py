"""Strangers' text for GitHub's Markdown: the same visible text, and nothing else.

Three things would otherwise happen to it. Markdown's own syntax: punctuation gets a backslash, or
an entity where a backslash is not enough (`<`, `&`, `|`). GitHub's filters that run over the
finished text (mentions `@user`, references `#12` and `GH-12`, autolinks `http://` and `www.`,
commit names, emoji codes `:tada:`): addresses and commits are shown as code, where no filter looks and
from where they can be copied; any other word gets a zero-width space, since no escape stops the filters.
Characters that a reader cannot see: `text.clean` shows them.

Results hold no line feed and no raw `|`, so each is safe in a paragraph, a list and a table cell.
"""

from __future__ import annotations

import re

from sluicegate.core.text import one_line

BREAK = "&#8203;"
"""A zero-width space: invisible, and it ends a word for every filter."""

_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "<>&|$"}
_PUNCTUATION = re.compile(r"[\\`*_\[\]#~]")
_LINE_START = re.compile(r"^(?:[-+]|\d{1,9}(?=[.)](?:\s|$))|=(?==*$))")
_SAFE_IN_HTML = frozenset(" .,;/()-+%?")
_WHOLE = re.compile(
    r"""((?:https?://|www\.)[^\s<>`|\\"'{}\ue000]*[\w/#=]    # an address
      | (?<![0-9A-Za-z_])[0-9a-f]{7,64}(?![0-9A-Za-z_]))  # a commit""",
    re.VERBOSE | re.IGNORECASE,
)
"""What is shown as code."""

_WORDS = re.compile(
    r"""@(?=\S)                                       # a mention, or a mail address
      | \#(?=\d)                                      # a reference
      | \bgh(?=-\d)                                   # the same, `GH-12`
      | :(?=//)                                       # a link of another kind
      | www(?=\.)                                     # the same
      | :(?=[\w+-]+:)                                 # an emoji""",
    re.VERBOSE | re.IGNORECASE,
)
_MARK = "\ue000"  # private use: replaces BREAK until the punctuation is escaped


def md(text: str) -> str:
    """Text for a paragraph, a list item or a heading, on one line."""
    first, *rest = _WHOLE.split(one_line(text))
    shown = [_LINE_START.sub(lambda m: f"\\{m[0]}" if m[0] in "-+=" else m[0] + BREAK, _plain(first))]
    return "".join([*shown, *(_plain(part) if n % 2 else md_code(part) for n, part in enumerate(rest))])


def _plain(line: str) -> str:
    escaped = _PUNCTUATION.sub(r"\\\g<0>", _marked(line))
    return escaped.translate(_ENTITIES).replace(_MARK, BREAK)


def md_prose(text: str) -> str:
    """Like `md`, and what is between backticks is shown as code: for remedies and messages."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(md_code(part) if n % 2 else md_spaced(part) for n, part in enumerate(parts))


def md_spaced(text: str) -> str:
    """`md` of a piece, with the spaces at its ends kept as one each."""
    inner, before, after = md(text), " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{before}{inner}{after}" if inner else before


def md_code(text: str) -> str:
    """Text as code, for paths, rules and criteria; empty for no text.

    Backticks where they can hold it; `<code>` with every punctuation mark as an entity for text
    with a pipe (which ends a table cell even inside backticks), with backticks, or with the
    beginning of a comment (which a publisher looks for to find its own).
    """
    line = one_line(text)
    if not line:
        return ""
    if "|" in line or "`" in line or "<!" in line or line.endswith("\\"):
        return _code(line)
    return f"`{line}`"


def _code(line: str) -> str:
    """The line in `<code>`, without a character that Markdown or a filter might take up."""
    escaped = "".join(c if c.isalnum() or ord(c) > 0x7F or c == " " else f"&#{ord(c)};" for c in line)
    return f"<code>{escaped}</code>"


def html_text(text: str) -> str:
    """Text between HTML tags inside Markdown (`<summary>`, `<code>`): marks are entities.

    GitHub's filters look into such text too, so it is treated as in `md`.
    """
    parts = _WHOLE.split(one_line(text))
    return "".join(_code(part) if n % 2 else _html(part) for n, part in enumerate(parts))


def _html(line: str) -> str:
    escaped = "".join(
        c if c.isalnum() or ord(c) > 0x7F or c in _SAFE_IN_HTML else f"&#{ord(c)};" for c in _marked(line)
    )
    return escaped.replace(_MARK, BREAK)


def _marked(line: str) -> str:
    """The line, with a mark in every word that a filter would take up."""
    return _WORDS.sub(lambda m: m[0] + _MARK, line.replace(_MARK, "\\ue000"))
