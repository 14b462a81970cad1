"""Source text of other languages: what is code, what is a comment, and what is a literal. Pure.

No grammar: a scanner that knows how comments and texts begin and end. Comments and the contents of literals
are replaced by spaces, so that every place stays where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluicegate.release.impact.lines import Lines

_C = r"(?P<comment>//[^\n]*+|/\*.*?(?:\*/|\Z))"
_HASH = r"(?P<comment>\#[^\n]*+)"
_DOUBLE = r'"(?:[^"\\\n]|\\.)*+"?+'
_DOUBLE_LONG = r'"(?:[^"\\]|\\.)*+"?+'
_SINGLE = r"'(?:[^'\\\n]|\\.)*+'?+"
_SINGLE_LONG = r"'(?:[^'\\]|\\.)*+'?+"
_CHAR = r"'(?:[^'\\\n]|\\[^\n]{1,9}?)'"
_TRIPLE = r'"""(?:.*?)(?:"""|\Z)'
_HEREDOC = (
    r"<<(?:[~-]['\"`]?|['\"]?(?=[A-Z]))(?P<tag>[A-Za-z_]\w{0,60})['\"`]?[^\n]*+(?:\n|\Z)"
    r"(?:.*?)(?:^[ \t]*+(?P=tag)\b|\Z)"
)
_PHP_HEREDOC = (
    r"<<<[ \t]*+['\"]?(?P<tag>[A-Za-z_]\w{0,60})['\"]?[^\n]*+(?:\n|\Z)(?:.*?)(?:^[ \t]*+(?P=tag)\b|\Z)"
)

_FORMS: Mapping[str, str] = {
    "ruby": r"(?P<comment>\#[^\n]*+|^=begin\b.*?(?:^=end\b|\Z))"
    rf"|(?P<text>{_HEREDOC}|{_DOUBLE_LONG}|{_SINGLE_LONG}"
    r"|%[qQ]?\((?:[^()\\]|\\.)*+\)?+)",
    "php": rf"(?P<comment>//[^\n]*+|\#(?!\[)[^\n]*+|/\*.*?(?:\*/|\Z))"
    rf"|(?P<text>{_PHP_HEREDOC}|{_DOUBLE_LONG}|{_SINGLE_LONG})",
    "csharp": rf'{_C}|(?P<text>{_TRIPLE}|\$?@\$?"(?:[^"]|"")*+"?+|{_DOUBLE}|{_CHAR})',
    "elixir": rf"{_HASH}|(?P<text>{_TRIPLE}|{_DOUBLE_LONG}|~[sS]\((?:[^()\\]|\\.)*+\)?+|{_SINGLE})",
    "go": rf"{_C}|(?P<text>`[^`]*+`?+|{_DOUBLE}|{_CHAR})",
    "java": rf"{_C}|(?P<text>{_TRIPLE}|{_DOUBLE}|{_CHAR})",
    "rust": rf'{_C}|(?P<text>r\#"(?:.*?)(?:"\#|\Z)|{_DOUBLE_LONG}|{_CHAR})',
    "proto": rf"{_C}|(?P<text>{_DOUBLE}|{_SINGLE})",
    "graphql": rf"{_HASH}|(?P<text>{_TRIPLE}|{_DOUBLE})",
    "shell": rf"(?P<comment>(?:^|(?<=\s))\#[^\n]*+)|(?P<text>{_DOUBLE_LONG}|'[^']*+'?+)",
}
_SCANNERS: dict[str, re.Pattern[str]] = {}

_SCRIPT = re.compile(
    rf"""(?P<comment>//[^\n]*+|/\*.*?(?:\*/|\Z))
       | (?P<text>{_DOUBLE}|{_SINGLE})
       | (?P<tick>`)
       | (?P<open>\{{)
       | (?P<close>\}})
       | (?P<slash>/)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,200}+\])++/[a-z]*+")
_CHUNK = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*+", re.DOTALL)
_BEFORE_REGEX = re.compile(
    r"(?:^|[(,=:\[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|throw))\s*$"
)
_LOOK_BACK = 40


@dataclass(frozen=True, slots=True)
class Literal:
    """A text of the source: `start` is where it begins in the source, `inner` where its value does."""

    start: int
    end: int
    inner: int
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source: `code` has spaces for comments and for the contents of literals, `text` has all.

    `uncommented` has spaces for comments alone.
    """

    text: str
    code: str
    uncommented: str
    literals: tuple[Literal, ...]
    lines: Lines

    def is_code(self, position: int) -> bool:
        """Is the character at a position code, and not in a comment or a literal?"""
        return not self.code[position : position + 1].isspace()

    def line(self, position: int) -> int:
        """The 1-based line of a position."""
        return self.lines.at(position)


def scan(text: str, language: str) -> Source:
    """Read a source.

    Args:
        text: the source.
        language: `script` for JavaScript and TypeScript, or a name of `_FORMS`.
    """
    parts = _script(text) if language == "script" else _by_form(text, language)
    code, bare, literals, at = [], [], [], 0
    for kind, start, end, inner, value in parts:
        plain = text[at:start]
        blank = _blank(text[start:end])
        code += [plain, blank]
        bare += [plain, blank if kind == "comment" else text[start:end]]
        if kind == "text":
            literals.append(Literal(start, end, inner, value))
        at = end
    code.append(text[at:])
    bare.append(text[at:])
    return Source(text, "".join(code), "".join(bare), tuple(literals), Lines(text))


_Part = tuple[str, int, int, int, str]


def _blank(text: str) -> str:
    """Spaces, with the line feeds where they are."""
    return re.sub(r"[^\n]", " ", text)


def _by_form(text: str, language: str) -> Iterator[_Part]:
    if language not in _SCANNERS:
        _SCANNERS[language] = re.compile(_FORMS[language], re.DOTALL | re.MULTILINE)
    for match in _SCANNERS[language].finditer(text):
        if match.lastgroup == "comment" or match["text"] is None:
            yield "comment", match.start(), match.end(), match.start(), ""
        else:
            inner, value = _inside(match[0])
            yield "text", match.start(), match.end(), match.start() + inner, value


_OPENINGS = re.compile(r'<<<?[^\n]*\n|"""|r#"|\$?@\$?"|%[qQ]?\(|~[sS]\(|["\'`]')
_CLOSINGS = re.compile(r'("""|"#|\n[ \t]*\w+|[)"\'`])\Z')


def _inside(text: str) -> tuple[int, str]:
    """Where the value of a literal begins in it, and the value as it is written."""
    opening = _OPENINGS.match(text)
    start = opening.end() if opening else 0
    heredoc = text.startswith("<<")
    closing = _CLOSINGS.search(text, start)
    if closing is None or (heredoc and closing[0] in ")\"'`"):
        return start, text[start:]
    return start, text[start : closing.start()]


# --- JavaScript and TypeScript -----------------------------------------------------------------


def _script(text: str) -> Iterator[_Part]:
    """Comments and literals; the code in `${…}` of a template is code."""
    depths: list[int] = []  # of braces, by open template
    at = 0
    while (match := _SCRIPT.search(text, at)) is not None:
        part = _part(text, match, depths)
        at = match.end() if part is None else part[2]
        if part is not None:
            yield part


def _part(text: str, match: re.Match[str], depths: list[int]) -> _Part | None:
    """The comment or literal that begins at a match; None for a brace or a slash of code."""
    start, end = match.span()
    match match.lastgroup:
        case "comment":
            return "comment", start, end, end, ""
        case "text":
            return "text", start, end, start + 1, match[0][1:-1]
        case "slash":
            end = _slash_end(text, start)
            return ("comment", start, end, end, "") if end > start + 1 else None
        case "tick":
            return _chunk(text, start, depths)
        case _:
            return _brace(text, match, depths)


def _brace(text: str, match: re.Match[str], depths: list[int]) -> _Part | None:
    """What a brace does: one that closes a `${` begins the next piece of the template."""
    if not depths:
        return None
    if match[0] == "}" and depths[-1] == 0:
        depths.pop()
        return _chunk(text, match.start(), depths)
    depths[-1] += 1 if match[0] == "{" else -1
    return None


def _chunk(text: str, start: int, depths: list[int]) -> _Part:
    """A piece of a template: to its end, or to a `${`."""
    found = _CHUNK.match(text, start + 1)
    end = found.end() if found else start + 1
    inner = text[start + 1 : end]
    if text.startswith("${", end):
        depths.append(0)
        return "text", start, end + 2, start + 1, inner
    return "text", start, min(end + 1, len(text)), start + 1, inner


def _slash_end(text: str, start: int) -> int:
    """Behind a regular expression that begins here; behind the slash where it divides."""
    before = text[max(0, start - _LOOK_BACK) : start]
    found = _REGEX.match(text, start) if _BEFORE_REGEX.search(before) else None
    return found.end() if found else start + 1
