"""Whether a literal that bandit takes for a password looks like a real one. Pure."""

from __future__ import annotations

import re

RULES = frozenset({"B105", "B106", "B107"})
"""bandit's rules on passwords; it gives all of them the severity LOW."""

NOTE = "it has the shape of a real one"
"""Is in the message of a finding that is medium for its shape."""

_SHORTEST = 8
_TEXT = re.compile(r"Possible hardcoded password: '(?P<literal>.*)'\Z", re.DOTALL)
_LETTER_AND_DIGIT = re.compile(r"(?=.*[^\W\d_])(?=.*\d)", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://|www\.|mailto:", re.ASCII)
_WORD = r"(?:[^\W\d_]+\d{0,4}|\d{1,4})"
_WORDS = re.compile(rf"{_WORD}(?:[_\-.]{_WORD})+")
_ANY_WORDS = re.compile(rf"[_\-.]*(?:{_WORD}(?:[_\-.]+{_WORD})*)?[_\-.]*")
_ABSOLUTE = re.compile(r"[/~]|\.{1,2}[/\\]|[A-Za-z]:[/\\]|\\\\")
_SEPARATOR = re.compile(r"[/\\]")


def literal_of(message: str) -> str:
    """The literal that bandit's message quotes; empty where it quotes none."""
    match = _TEXT.match(message)
    return match["literal"] if match else ""


def is_like_a_password(literal: str) -> bool:
    """Letters and digits, eight characters or more, no blank; and no URL, no path and no joined words.

    `pbkdf2_sha256` and `oauth-2.0` are words, each with a short number at its end, joined by `_`, `-` or `.`.
    """
    return (
        len(literal) >= _SHORTEST
        and _LETTER_AND_DIGIT.match(literal) is not None
        and not any(map(str.isspace, literal))
        and not _URL.match(literal)
        and not _WORDS.fullmatch(literal)
        and not _is_path(literal)
    )


def _is_path(literal: str) -> bool:
    """An absolute path, one relative to a folder, or words between slashes."""
    parts = _SEPARATOR.split(literal)
    return _ABSOLUTE.match(literal) is not None or (len(parts) > 1 and all(map(_ANY_WORDS.fullmatch, parts)))
