"""The tests of a file, each with its assertions. Pure.

Python is read from the syntax tree: functions `test*`, alone or in classes, as pytest and unittest collect
them. The assertions of a function in the same file that a test calls are the test's own, so that taking
them into a helper takes nothing out. Of other languages the titles of tests and the lines that assert are
read by pattern, and assertions are counted for the file as a whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath

from sluicegate.core.model import Problem
from sluicegate.engines.source_text import Decoded, decode, is_python
from sluicegate.engines.syntax import Definition, parse, quiet

WHOLE = ""
"""The name for the assertions of a file outside of named tests."""

_DEPTH = 2
_MOST_LINES = 200
_RAISES = frozenset({"raises", "warns", "deprecated_call", "fail"})
_WEB = "js jsx mjs cjs ts tsx mts cts vue svelte"
_JVM = "java kt kts scala groovy"
_CURRIED = r"(?:\((?:[^()]|\([^()]{0,200}\)){0,400}\))?\s*"  # `test.each([1, 2])('adds', …)`
_LANGUAGES = (
    (
        _WEB,
        r"(?<![.\w$])(?:it|test|specify)(?:\.\w+)*"
        + _CURRIED
        + r"\(\s*(?P<quote>['\"`])(?P<name>.{1,200}?)(?P=quote)",
        r"\bexpect\s*\(|\bassert\w*\s*[.(]|\.should\b",
    ),
    (
        "go",
        r"^func\s+(?P<name>(?:Test|Fuzz|Example)\w*)\(",
        r"\b[tbf]\.(?:Error|Fatal)f?\(|\b[tbf]\.Fail(?:Now)?\(|\b(?:assert|require)\.\w+\(",
    ),
    (
        _JVM,
        r"@(?:Test|ParameterizedTest|RepeatedTest)\b[^{;]{0,300}?\b(?:void|fun|def)\s+(?P<name>`[^`]+`|\w+)",
        r"\b(?:assert\w*|verify\w*|fail)\s*\(|\bshould\w*\b",
    ),
    ("rs", r"#\[(?:\w+::)?test\b[^{]{0,300}?\bfn\s+(?P<name>\w+)", r"\b(?:debug_)?assert\w*!|\bpanic!"),
    (
        "cs",
        r"\[(?:Test|Fact|Theory|TestMethod|TestCase)\b[^{]{0,300}?\b(?:void|Task)\s+(?P<name>\w+)\s*\(",
        r"\bAssert\.\w+|\.Should\b",
    ),
    (
        "rb",
        (
            r"^[ \t]*(?:(?:it|specify)[ \t]*\(?\s*(?P<quote>['\"])(?P<name>.{1,200}?)(?P=quote)"
            r"|def[ \t]+(?P<other>test_\w+))"
        ),
        r"\bexpect\b|\bassert\w*\b|\.should\b|\brefute\w*\b",
    ),
    ("php", r"function\s+(?P<name>test\w+)\s*\(", r"(?:->|::)assert\w+\(|->expect\w+\("),
)


@dataclass(frozen=True, slots=True)
class TestFunction:
    """One test.

    Attributes:
        name: `Class.test_name`, or its title.
        short: the name without its class.
        line: where it begins.
        assertions: how many it makes, those of helpers in the same file too.
        body: its first lines, without white space and without its name, to know it again under another name.
    """

    __test__ = False

    name: str
    short: str
    line: int
    assertions: int = 0
    body: tuple[str, ...] = field(default=(), repr=False)


def tests_of(data: bytes, path: str) -> dict[str, TestFunction]:
    """The tests of a file by name; for languages other than Python all assertions are under `WHOLE`.

    Raises:
        UndecodableError: the file is in an encoding that is not read.
    """
    text = decode(data, python=is_python(path, data))
    if is_python(path, data):
        with quiet():
            tree = parse(data, path)
        if isinstance(tree, Problem):
            return _by_pattern(text, _PYTHON_TEST, _PYTHON_ASSERT)
        return {test.name: test for test in _of_tree(tree, text.lines)}
    patterns = _patterns(PurePosixPath(path).suffix[1:].lower())
    return _by_pattern(text, *patterns) if patterns else {}


# --- Python -------------------------------------------------------------------------------------


def _of_tree(tree: ast.Module, lines: Sequence[str]) -> Iterator[TestFunction]:
    functions = dict(_functions(tree))
    counts = _counts(functions)
    for name, node in functions.items():
        if node.name.startswith("test"):
            own = lines[node.lineno : node.end_lineno][:_MOST_LINES]
            body = tuple("".join(line.split()) for line in own if line.strip())
            yield TestFunction(name, node.name, node.lineno, counts[name], body)


def _functions(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """The functions of a module and of its classes, those behind an `if` or a `try` too."""
    stack = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            stack.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))


def _counts(functions: Mapping[str, Definition]) -> dict[str, int]:
    """The assertions of each function, with those of the functions of the file that it calls."""
    by_short = {node.name: name for name, node in functions.items()}
    calls = {name: list(_calls(node)) for name, node in functions.items()}
    own = {name: sum(_asserts(c, by_short) for c in called) for name, called in calls.items()}
    counts = own
    for _ in range(_DEPTH):
        before = counts
        counts = {
            name: own[name] + sum(before[by_short[c]] for c in called if by_short.get(c, name) != name)
            for name, called in calls.items()
        }
    return counts


def _calls(node: Definition) -> Iterator[str]:
    """The names of what a function calls, and `assert` for a statement, unless it is `assert True`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
        elif isinstance(inner, ast.Assert):
            is_true = isinstance(inner.test, ast.Constant) and inner.test.value
            yield from () if is_true else ("assert",)


def _asserts(called: str, helpers: Mapping[str, str]) -> bool:
    """Is what is called an assertion by its name, and no function of the file?"""
    return called not in helpers and (called.lower().startswith("assert") or called in _RAISES)


_PYTHON_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(?P<name>test\w*)", re.MULTILINE)
_PYTHON_ASSERT = re.compile(
    r"^[ \t]*assert\b|\bself\.(?:assert\w+|fail)\(|\bpytest\.(?:raises|warns)\(", re.MULTILINE
)
"""For a source that this Python cannot parse."""


# --- other languages ----------------------------------------------------------------------------


@cache
def _patterns(ending: str) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    row = next((row for row in _LANGUAGES if ending in row[0].split()), None)
    return (re.compile(row[1], re.MULTILINE), re.compile(row[2])) if row else None


def _by_pattern(text: Decoded, name: re.Pattern[str], asserts: re.Pattern[str]) -> dict[str, TestFunction]:
    whole = text.text
    found: dict[str, TestFunction] = {}
    line, seen = 1, 0
    for match in name.finditer(whole):
        line, seen = line + whole.count("\n", seen, match.start()), match.start()
        title = next(v for k, v in match.groupdict().items() if v and k != "quote")
        found.setdefault(title, TestFunction(title, title, line))
    if found:
        found[WHOLE] = TestFunction(WHOLE, WHOLE, 0, sum(1 for _ in asserts.finditer(whole)))
    return found
