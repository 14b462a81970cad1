"""Path globs, one meaning everywhere: `*` and `?` stay within a folder, `**` crosses folders.

`src/**` is everything below `src`; `**/x.py` is `x.py` in any folder, the top one too;
`[abc]` and `[!abc]` are classes; `{a,b}` are alternatives. Names without folders (benchmarks,
rules) match by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_MAX_LENGTH = 500


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """The regular expression of a glob; linear in its length, and total: any text compiles."""
    out: list[str] = []
    i, depth = 0, 0
    text = pattern[:_MAX_LENGTH]
    while i < len(text):
        piece, i = _translate(text, i, depth)
        depth += {"(?:": 1, ")": -1}.get(piece, 0)
        out.append(piece)
    return re.compile("".join(out) + ")" * depth, re.DOTALL)


def _translate(text: str, i: int, depth: int) -> tuple[str, int]:
    if text.startswith("**/", i) and (i == 0 or text[i - 1] == "/"):
        end = i + 3
        while text.startswith("**/", end):  # "**/**/" means the same, and would backtrack
            end += 3
        return "(?:[^/]+/)*", end
    if text.startswith("**", i):
        return ".*", i + 2
    char = text[i]
    if char == "[":
        return _character_class(text, i)
    if char == "{" and "}" in text[i:]:
        return "(?:", i + 1
    if depth and char in ",}":
        return {",": "|", "}": ")"}[char], i + 1
    return {"*": "[^/]*", "?": "[^/]"}.get(char, re.escape(char)), i + 1


def _character_class(text: str, i: int) -> tuple[str, int]:
    end = text.find("]", i + 2)
    if end < 0:
        return re.escape("["), i + 1
    body = text[i + 1 : end]
    negated = body.startswith("!")
    body = re.sub(r"([\\\[\]^&~|])", r"\\\1", body[1:] if negated else body)
    candidate = f"[{'^/' if negated else ''}{body}]"
    try:
        re.compile(candidate)
    except re.error:
        return re.escape("["), i + 1
    return candidate, end + 1


def glob_matches(pattern: str, name: str) -> bool:
    """Does the whole name match?"""
    return compile_glob(pattern).fullmatch(name) is not None


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Does the name match one of the patterns?"""
    return any(glob_matches(p, name) for p in patterns)
