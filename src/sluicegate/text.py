"""Text from strangers made harmless: for a terminal, and cut to a bounded length."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def clean(text: str) -> str:
    """Without control characters, terminal escapes, and characters that reorder or hide text.

    Tabs and line feeds stay; everything else is shown as `\\xNN` or `\\uNNNN`.
    """
    return _CONTROL.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """Cleaned, with all white space folded to single spaces."""
    return " ".join(clean(text).split())


def cut(text: str, length: int) -> str:
    """At most `length` characters, with an ellipsis where something was cut."""
    return text if len(text) <= length else text[: max(length - 1, 0)] + "…"


def plural(count: int, noun: str, many: str = "") -> str:
    """`1 test`, `2 tests`; `many` for nouns that do not take an s."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"
