"""The SQL that calls of a migration are given, of literals and what is joined to them; any language. Pure.

What is no literal (a variable, a call, the value in an interpolation) has the mark `VALUE` in its place, with
the line feeds that it was written with, so that lines stay what they were.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sluicegate.release.impact.code_text import Literal, Source
from sluicegate.release.impact.data import UnreadableError
from sluicegate.release.impact.sql import VALUE

_PREFIX = re.compile(r"\$+(?=@?\")|~[sS](?=\")|[\w.$]++\s*+(?=`)")
"""The prefix of a literal: C#'s `$`, Elixir's sigil, the tag of a template."""
_MAX_EXPRESSION = 1_000
MAX_OPERANDS = 20_000
"""Literals and expressions in the calls of one file."""
_MAX_LINES = 200
"""Line feeds of one value that are kept."""


@dataclass(frozen=True, slots=True)
class _Joining:
    """How a language joins texts: `operator` between two, `value` within those that begin with `opens`."""

    operator: re.Pattern[str]
    value: re.Pattern[str]
    opens: re.Pattern[str] = re.compile("")


_HASH = re.compile(r"#\{[^}\n]{0,300}+\}")
_JOINING: Mapping[str, _Joining] = {
    "ruby": _Joining(re.compile(r"[ \t]*+(?:\+|\\\n)\s*+"), _HASH, re.compile(r"[\"<%]")),
    "elixir": _Joining(re.compile(r"\s*+<>\s*+"), _HASH),
    "php": _Joining(
        re.compile(r"\s*+\.\s*+"),
        re.compile(r"\{\$[^}\n]{0,300}+\}|\$\{[^}\n]{0,300}+\}|\$[A-Za-z_]\w*+(?:->\w++|\[[^\]\n]{0,100}+\])?+"),
        re.compile(r"\"|<<<[ \t]*+(?!')"),
    ),
    "csharp": _Joining(
        re.compile(r"\s*+\+\s*+"), re.compile(r"\{+[^{}\n]{1,300}+\}+"), re.compile(r"\$|@\$")
    ),
    "script": _Joining(re.compile(r"\s*+\+\s*+"), re.compile(r"(?!)")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Executed:
    """What a call executes: its text, with marks, and where that begins in the source."""

    start: int
    sql: str


def executed(source: Source, language: str, ends: Iterable[tuple[int, bool]]) -> Iterator[Executed]:
    """What calls execute.

    Args:
        source: of the migration.
        language: of the source.
        ends: where the argument of each call begins, and whether it counts if it begins with no literal.

    Raises:
        UnreadableError: there are more than `MAX_OPERANDS`.
    """
    arguments = _Arguments(source, language)
    for start, counts in ends:
        at = arguments.skipped(start)
        if counts or arguments.literal_at(at) is not None:
            yield arguments.sql(at)


class _Arguments:
    """Reads the arguments of calls in one source."""

    def __init__(self, source: Source, language: str) -> None:
        self._source = source
        self._joining = _JOINING[language]
        self._literals = {literal.start: literal for literal in source.literals}
        self._next = dict(self._pieces())
        self._operands = 0

    def skipped(self, at: int) -> int:
        """Behind blanks and comments."""
        text = self._source.uncommented
        while at < len(text) and text[at].isspace():
            at += 1
        return at

    def literal_at(self, at: int) -> Literal | None:
        """The literal that begins here, or behind its prefix."""
        if at not in self._literals and (prefix := _PREFIX.match(self._source.uncommented, at)):
            at = prefix.end()
        return self._literals.get(at)

    def sql(self, start: int) -> Executed:
        """The text of the argument that begins here."""
        literal = self.literal_at(start)
        parts, at = [], start
        while True:
            value, end = self._operand(at)
            parts.append(value)
            joined = self._joining.operator.match(self._source.uncommented, end)
            if joined is None or joined.end() == len(self._source.text):
                return Executed(literal.inner if literal else start, "".join(parts))
            parts.append("\n" * joined[0].count("\n"))
            at = joined.end()

    def _operand(self, at: int) -> tuple[str, int]:
        """One operand, and where it ends."""
        self._operands += 1
        if self._operands > MAX_OPERANDS:
            raise UnreadableError(f"its calls execute more than {MAX_OPERANDS:,} texts")
        literal = self.literal_at(at)
        if literal is None:
            end = self._expression_end(at)
            return self._mark(at, end), end
        if self._is_open(literal):
            return self._template(literal)
        head = self._source.text[min(at, literal.start) : literal.inner]
        if self._joining.opens.match(head):
            return self._joining.value.sub(VALUE, literal.value), literal.end
        return literal.value, literal.end

    def _mark(self, start: int, end: int) -> str:
        lines = self._source.line(end) - self._source.line(start)
        return VALUE + "\n" * min(lines, _MAX_LINES)

    def _is_open(self, literal: Literal) -> bool:
        """Is a literal a piece of a template, behind which a value begins?"""
        text = self._source.text
        return text[literal.start] in "`}" and text.endswith("${", literal.inner, literal.end)

    def _pieces(self) -> Iterator[tuple[int, Literal]]:
        """By the start of each piece of a template: the next one."""
        opened: list[int] = []
        for literal in self._source.literals:
            if self._source.text[literal.start] == "}" and opened:
                yield opened.pop(), literal
            if self._is_open(literal):
                opened.append(literal.start)

    def _template(self, first: Literal) -> tuple[str, int]:
        """The pieces of a template of JavaScript, with marks for the values between them."""
        parts, last = [first.value], first
        while (piece := self._next.get(last.start)) is not None:
            parts += [self._mark(last.end, piece.start), piece.value]
            last = piece
        return "".join(parts), last.end

    def _expression_end(self, start: int) -> int:
        """Where an expression ends that is no literal."""
        code = self._source.code
        depth = 0
        limit = min(len(code), start + _MAX_EXPRESSION)
        for at in range(start, limit):
            char = code[at]
            depth += (char in "([{") - (char in ")]}")
            if depth < 0 or (depth == 0 and (char in ",;\n" or self._is_operator(at, start))):
                return at
        return limit

    def _is_operator(self, at: int, start: int) -> bool:
        """Does an operator begin here, that does not begin the expression?"""
        code = self._source.code
        return at > start and not code[at].isspace() and self._joining.operator.match(code, at) is not None
