"""Comments and marks that switch a check off, in the lines that the change adds.

In Python sources only real comments count (a string that merely holds the words does not), and
test skips are read from the syntax tree: `pytest.mark.skip`, `skipif` and `xfail`, `pytest.skip`,
`xfail` and `importorskip`, `unittest.skip`, `skipIf`, `skipUnless` and `expectedFailure`, and
`self.skipTest`. Other languages are read line by line.

A suppression counts as added when it stands on an added line and the file has more of the same
kind and text than its version in the base: moving a line, or editing the code beside the comment,
adds nothing.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from sluicegate.change import FileChange
from sluicegate.engines.syntax import Parsed, parse, quiet
from sluicegate.evidence.records import Suppression
from sluicegate.model import Problem

_TEXT_LENGTH = 200
_LINE_LENGTH = 4_000
"""Longer lines are cut before they are searched: minified code has lines of megabytes."""

_PYTHON: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("noqa", re.compile(r"#\s*(?:(?:flake8|ruff)\s*[:=]\s*)?noqa\b[^#]*", re.IGNORECASE)),
    ("nosec", re.compile(r"#\s*nosec\b[^#]*")),
    ("no-cover", re.compile(r"#\s*pragma:?\s*no\s*cover\b[^#]*", re.IGNORECASE)),
    ("no-branch", re.compile(r"#\s*pragma:?\s*no\s*branch\b[^#]*", re.IGNORECASE)),
    ("type-ignore", re.compile(r"#\s*(?:type|pyright|mypy|ty):\s*ignore\b[^#]*")),
    ("pylint-disable", re.compile(r"#\s*pylint:\s*(?:disable|skip-file)\b[^#]*")),
)

_OTHER: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("eslint-disable", re.compile(r"(?://|/\*|<!--)\s*eslint-disable\b.*")),
    ("istanbul-ignore", re.compile(r"(?://|/\*)\s*(?:istanbul|c8|v8)\s+ignore\b.*")),
    ("type-ignore", re.compile(r"(?://|/\*)\s*@ts-(?:ignore|nocheck|expect-error)\b.*")),
    ("nolint", re.compile(r"(?://|/\*|#)\s*NOLINT(?:NEXTLINE|BEGIN)?\b.*|//\s*nolint\b.*")),
    ("nosec", re.compile(r"(?://|/\*|#)\s*#?nosec\b.*")),
    ("no-sonar", re.compile(r"(?://|/\*|#)\s*NOSONAR\b.*")),
)

_PYTHON_HINT = re.compile(rb"(?i)#\s*(?:noqa|nosec|pragma|type:|pyright|mypy|ty:|pylint|flake8|ruff)")
_SKIP_HINT = re.compile(rb"(?i)skip|xfail|expectedFailure")

_PYTEST_CALLS = frozenset({"skip", "xfail", "importorskip"})
_PYTEST_MARKS = frozenset({"skip", "skipif", "xfail"})
_UNITTEST = frozenset({"skip", "skipIf", "skipUnless", "expectedFailure"})


class Found(NamedTuple):
    """One suppression in a file. `key` is its own text: what makes two of them the same."""

    line: int
    kind: str
    key: str


def added(head: bytes, base_text: Callable[[], bytes | None], file: FileChange) -> list[Suppression]:
    """The suppressions that a change adds to one file, in the order of their lines.

    Args:
        head: the file's bytes; any bytes at all.
        base_text: gives its bytes in the base, None for a new file; asked when it matters.
        file: the change.
    """
    everything = find(head, file.path)
    candidates = [found for found in everything if file.added >> found.line & 1]
    if not candidates:
        return []
    base = base_text() or b""
    budget = _count(everything) - _count(find(base, file.old_path or file.path))
    lines, old_lines = _lines(head), set(_lines(base))
    result = []
    for found in sorted(candidates, key=lambda f: (_text(lines, f.line) in old_lines, f)):
        if budget[found[1:]] > 0:
            budget[found[1:]] -= 1
            text = _text(lines, found.line)[:_TEXT_LENGTH]
            result.append(Suppression(file.path, found.line, found.kind, text))
    return sorted(result, key=lambda suppression: (suppression.line, suppression.kind))


def _count(found: Iterable[Found]) -> Counter[tuple[str, str]]:
    return Counter((one.kind, one.key) for one in found)


def find(data: bytes, path: str) -> list[Found]:
    """Every suppression of a file. Total: any bytes give a list."""
    if b"\0" in data[:8192]:
        return []  # not a text
    if PurePosixPath(path).suffix in {".py", ".pyi", ".pyw"}:
        return [*_comments(data), *_skips(data)]
    return list(_scan(_lines(data), _OTHER))


def _lines(data: bytes) -> list[str]:
    return [line.decode("utf-8", "replace").strip() for line in data.splitlines()]


def _text(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _scan(lines: Iterable[str], patterns: tuple[tuple[str, re.Pattern[str]], ...]) -> Iterator[Found]:
    for number, line in enumerate(lines, 1):
        yield from _matches(line[:_LINE_LENGTH], number, patterns)


def _matches(text: str, number: int, patterns: tuple[tuple[str, re.Pattern[str]], ...]) -> Iterator[Found]:
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            yield Found(number, kind, " ".join(match[0].split()))


def _comments(data: bytes) -> list[Found]:
    """Suppressing comments of a Python source; line by line where it cannot be tokenized."""
    if not _PYTHON_HINT.search(data):
        return []
    found: list[Found] = []
    try:
        with quiet():
            for token in tokenize.tokenize(io.BytesIO(data).readline):
                if token.type == tokenize.COMMENT:
                    found.extend(_matches(token.string[:_LINE_LENGTH], token.start[0], _PYTHON))
    except (tokenize.TokenError, SyntaxError, ValueError, LookupError):
        return list(_scan(_lines(data), _PYTHON))
    return found


def _skips(data: bytes) -> Iterator[Found]:
    """Skipped and expectedly failing tests of a Python source that parses."""
    if not _SKIP_HINT.search(data):
        return
    with quiet():
        tree = parse(data, "")
    if isinstance(tree, Problem):
        return
    parsed = Parsed(data, tree, data.splitlines())
    names = _imported(tree)
    for node in _outermost(tree, names):
        text = parsed.text(node.lineno, node.end_lineno or node.lineno).decode("utf-8", "replace")
        yield Found(node.lineno, "test-skip", " ".join(text.split())[:_TEXT_LENGTH])


def _outermost(tree: ast.Module, names: dict[str, str]) -> Iterator[ast.expr]:
    """Calls and attributes that skip a test: the call of `pytest.mark.skip(…)`, not its function too."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        called = isinstance(node, ast.Call)
        name = node.func if isinstance(node, ast.Call) else node
        if isinstance(name, ast.Attribute | ast.Name) and _is_skip(_dotted(name, names), called=called):
            if isinstance(node, ast.expr):
                yield node
        else:
            stack.extend(ast.iter_child_nodes(node))


def _imported(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name, for what the module's top imports from pytest and unittest."""
    names: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module in {"pytest", "unittest"}:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    """`pytest.mark.skip` for such an expression; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def _is_skip(name: str, *, called: bool) -> bool:
    owner, _, last = name.rpartition(".")
    if owner == "pytest.mark":
        return last in _PYTEST_MARKS
    if owner == "unittest":
        return last in _UNITTEST
    return called and (
        (owner == "pytest" and last in _PYTEST_CALLS) or (owner == "self" and last == "skipTest")
    )
