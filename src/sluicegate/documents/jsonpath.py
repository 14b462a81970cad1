"""JSONPath: of RFC 9535 what names values, without slices, descendants and functions. Pure.

    $.data.rows[0].value     $['with space']     $.rows[*].count     $.rows[?@.name == "on"].count

A filter compares one path below `@` with one literal, by `==` or `!=`; several are joined by `&&`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Step = Callable[[object], Iterator[object]]
"""From a value to the values that a step of a path names in it."""

_NAME = re.compile(r"\.([A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*)")
_WILDCARD = re.compile(r"\.\*|\[\s*\*\s*\]")
_INDEX = re.compile(r"\[\s*(-?(?:0|[1-9][0-9]{0,8}))\s*\]")
_QUOTED = re.compile(r"""\[\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\]""")
_FILTER = re.compile(r"\[\s*\?\s*")
_AND = re.compile(r"\s*&&\s*")
_END = re.compile(r"\s*\]")
_LITERAL = re.compile(
    r"""\s*(==|!=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|true|false|null)"""
)
_LONGEST = 500


class PathError(ValueError):
    """A text that is no such path; the message says where."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path.

    Attributes:
        text: as it was written.
    """

    text: str
    _steps: tuple[Step, ...]

    def find(self, value: object) -> list[object]:
        """The values that it names in a parsed JSON value, in the order of the document."""
        found: Iterable[object] = [value]
        for step in self._steps:
            found = [below for each in found for below in step(each)]
        return list(found)

    def first(self, value: object) -> object:
        """The first of them; None for none, and for `null`."""
        return next(iter(self.find(value)), None)


def parse_path(text: str) -> JsonPath:
    """The path that a text writes.

    Raises:
        PathError: it writes none.
    """
    if len(text) > _LONGEST or not text.startswith("$"):
        raise PathError("a JSONPath begins with '$', and has at most 500 characters")
    steps, end = _steps(text, 1)
    if end != len(text):
        raise PathError(f"cannot be read from character {end + 1}: {text[end : end + 20]!r}")
    return JsonPath(text, steps)


def _steps(text: str, at: int) -> tuple[tuple[Step, ...], int]:
    """The steps that begin at a character, and where they end."""
    steps: list[Step] = []
    while (found := _step(text, at)) is not None:
        steps.append(found[0])
        at = found[1]
    return tuple(steps), at


def _step(text: str, at: int) -> tuple[Step, int] | None:
    if match := _WILDCARD.match(text, at):
        return _all, match.end()
    if match := _NAME.match(text, at):
        return _member(match[1]), match.end()
    if match := _QUOTED.match(text, at):
        return _member(_unquoted(match[1])), match.end()
    if match := _INDEX.match(text, at):
        return _element(int(match[1])), match.end()
    if match := _FILTER.match(text, at):
        return _filter(text, match.end())
    return None


def _filter(text: str, at: int) -> tuple[Step, int] | None:
    tests: list[Callable[[object], bool]] = []
    while text[at : at + 1] == "@":
        steps, at = _steps(text, at + 1)
        literal = _LITERAL.match(text, at)
        if literal is None:
            return None
        tests.append(_comparison(JsonPath("@", steps), literal[1] == "==", _value(literal[2])))
        at = literal.end()
        if end := _END.match(text, at):
            return _where(tests), end.end()
        joined = _AND.match(text, at)
        at = joined.end() if joined else len(text)
    return None


def _comparison(path: JsonPath, equal: bool, wanted: object) -> Callable[[object], bool]:
    def holds(value: object) -> bool:
        found = path.find(value)
        same = (
            len(found) == 1 and found[0] == wanted and isinstance(found[0], bool) == isinstance(wanted, bool)
        )
        return same == equal

    return holds


def _value(text: str) -> object:
    return _unquoted(text) if text[0] in "\"'" else json.loads(text)


def _unquoted(text: str) -> str:
    """The text in quotes; in single quotes, `\\'` is an apostrophe and `"` is itself."""
    if text[0] == "'":
        text = '"' + re.sub(r"\\'|\"", lambda m: "'" if m[0] == "\\'" else '\\"', text[1:-1]) + '"'
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise PathError(f"holds a name that is no text: {text[:40]}") from error


def _all(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _member(name: str) -> Step:
    def step(value: object) -> Iterator[object]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _element(index: int) -> Step:
    def step(value: object) -> Iterator[object]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _where(tests: list[Callable[[object], bool]]) -> Step:
    def step(value: object) -> Iterator[object]:
        yield from (below for below in _all(value) if all(test(below) for test in tests))

    return step
