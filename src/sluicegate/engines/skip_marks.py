"""Marks in Python sources by which tests do not run, or may fail: read from the syntax tree.

`pytest.mark.skip`, `skipif` and `xfail`; `pytest.skip`, `xfail` and `importorskip`; `unittest.skip`,
`skipIf`, `skipUnless`, `expectedFailure` and `SkipTest`; `self.skipTest`; `__test__ = False`; and, in a
`conftest.py`, `collect_ignore` and `collect_ignore_glob`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_TEXT_LENGTH = 200
_HINT = re.compile(r"skip|xfail|expectedFailure|collect_ignore|__test__", re.IGNORECASE)
_LINE = re.compile(
    r"\bmark\.(?:skip|skipif|xfail)\b.*|\bpytest\.(?:skip|xfail|importorskip)\(.*|\.skipTest\(.*"
    r"|\bunittest\.(?:skip|expectedFailure|SkipTest).*|^\s*(?:collect_ignore(?:_glob)?\b|__test__\s*=\s*False).*"
)
_PYTEST_CALLS = frozenset({"skip", "xfail", "importorskip"})
_PYTEST_MARKS = frozenset({"skip", "skipif", "xfail"})
_UNITTEST = frozenset({"skip", "skipIf", "skipUnless", "expectedFailure", "SkipTest"})
_IGNORED = frozenset({"collect_ignore", "collect_ignore_glob"})
_MODULES = frozenset({"pytest", "unittest", "unittest.case"})


Mark = tuple[int, str]
"""The line of a mark, and its own text."""


def may_hold(text: str) -> bool:
    """A quick look: False where there is certainly no mark."""
    return _HINT.search(text) is not None


def of_lines(lines: Iterable[str]) -> Iterator[Mark]:
    """Marks of a source that this Python cannot parse, line by line."""
    for number, line in enumerate(lines, 1):
        if match := _LINE.search(line[: 4 * _TEXT_LENGTH]):
            yield number, _short(match[0])


def of_tree(tree: ast.Module, lines: list[str], *, conftest: bool) -> Iterator[Mark]:
    """Marks of a source that parses; the names `collect_ignore` mean something in a `conftest.py`."""
    for node in _outermost(tree, _imported(tree)):
        text = " ".join(line.strip() for line in lines[node.lineno - 1 : node.end_lineno])
        yield node.lineno, _short(text)
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and _ignores(statement, conftest):
            yield statement.lineno, _short(ast.unparse(statement))


def _short(text: str) -> str:
    return " ".join(text.split())[:_TEXT_LENGTH]


def _ignores(node: ast.stmt, conftest: bool) -> bool:
    """Does the statement keep pytest from collecting what it names?"""
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {getattr(target, "id", getattr(target, "attr", "")) for target in targets}
    if conftest and names & _IGNORED:
        return True
    return "__test__" in names and isinstance(node.value, ast.Constant) and not node.value.value


def _outermost(tree: ast.Module, names: dict[str, str]) -> Iterator[ast.expr]:
    """Calls and attributes that skip a test: the call of `pytest.mark.skip(…)`, not its function too."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        called = isinstance(node, ast.Call)
        name = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.expr) and _is_skip(_dotted(name, names), called=called):
            yield node
        else:
            stack.extend(ast.iter_child_nodes(node))


def _imported(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name, for what the module imports from pytest and unittest, wherever it does."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module in _MODULES:
            module = node.module.partition(".")[0]
            names |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}
    return names


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
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
    if owner in ("unittest", "unittest.case"):
        return last in _UNITTEST
    return called and ((owner == "pytest" and last in _PYTEST_CALLS) or last == "skipTest")
