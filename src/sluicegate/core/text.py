"""Text from strangers made harmless, and text of ours without secrets: for a terminal, a log, a report."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\u115f\u1160\u3164\uffa0\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
"""The fillers of Hangul."""

_NAMED = r"(?:token|key|secret|sig|passw|pwd|auth|credential|jwt|session)"
_SECRETS = (
    (re.compile(r"(://)[^/?#\s'\"<>]*@"), r"\1***@"),
    (re.compile(rf"([?&;#][\w.~%-]*{_NAMED}[\w.~%-]*=)[^&#;\s'\"<>]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(?:gh[a-z]_|github_pat_|glpat-)[\w-]{16,}"), "***"),
    (
        re.compile(
            r"(authorization[\"']?\s*[:=]\s*[\"']?(?:(?:basic|bearer|token)\s)?)[^\s\"',]+", re.IGNORECASE
        ),
        r"\1***",
    ),
)
_SENTENCE = re.compile(r"[.!?](?=\s)")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Without control characters, terminal escapes, and characters that reorder or hide text.

    Tabs and line feeds stay; everything else is shown as `\\xNN`, `\\uNNNN` or `\\UNNNNNNNN`. Lone
    surrogates count as control characters: the result always encodes as UTF-8.
    """
    if text.isascii() and text.isprintable():  # nearly every text, and this is fast
        return text
    return _CONTROL.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def encodable(text: str) -> str:
    """The text without lone surrogates, which no UTF-8 reader accepts."""
    return _SURROGATE.sub("\ufffd", text)


def redact(text: str) -> str:
    """Without what may be a secret.

    That is: whoever is named in an address, what its query calls a token, key, password or signature,
    tokens of GitHub and GitLab, and the credentials of an `Authorization` header. A user name alone
    counts too: `https://TOKEN@github.com/` is how many hand a token over.
    """
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def has_words(text: str) -> bool:
    """Is a letter or a digit to be seen in it? Unicode counts four blank characters as letters."""
    from unicodedata import category

    return any(category(c)[0] in "LN" and c not in _BLANK_LETTERS for c in text)


def one_line(text: str) -> str:
    """Cleaned, with all white space folded to single spaces."""
    return " ".join(clean(text).split())


def cut(text: str, length: int) -> str:
    """At most `length` characters, with an ellipsis where something was cut."""
    return text if len(text) <= length else (text[: length - 1] + "…" if length > 0 else "")


def shortened(text: str, length: int) -> str:
    """At most `length` characters: whole sentences where one fits, else whole words, and an ellipsis."""
    if len(text) <= length:
        return text
    kept = text[: max(length - 2, 0)]
    ends = [m.end() for m in _SENTENCE.finditer(kept)]
    if ends and 2 * ends[-1] >= length:
        return f"{kept[: ends[-1]]} …"
    words = kept.rpartition(" ")[0]
    return f"{words} …" if 2 * len(words) >= length else cut(text, length)


def cut_middle(text: str, length: int) -> str:
    """At most `length` characters: the beginning and, three times as long, the end of a longer text."""
    head = length // 4
    return text if len(text) <= length else f"{text[:head]}…{text[len(text) - (length - head - 1) :]}"


def some(first: Sequence[str], total: int) -> str:
    """`a, b and 3 more`: the first of `total` names, and how many were left out."""
    left = total - len(first)
    return ", ".join(first) + (f" and {left:,} more" if left > 0 else "")


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 test`, `2 tests`; `many` for nouns that do not take an s."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
