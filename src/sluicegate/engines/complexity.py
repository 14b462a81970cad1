"""Cyclomatic complexity of every function, equal to radon's number.

The count (radon 6, `radon.visitors.ComplexityVisitor`): a function starts at 1; its body adds

- 1 for `if`, `elif`, a conditional expression, `assert`,
- 1 for a loop, and 1 more for its `else`,
- 1 for each `except` handler (of `try`, not of `try` with `except*`), and 1 for the `else`,
- 1 less than the operands of each chain of `and` or `or`,
- 1 for each `for` and each `if` of a comprehension or generator expression,
- the number of `case` blocks, less 1 when one of them is `case _` or another bare name.

Code inside an `assert`, and in a function's decorators, annotations and defaults, is not
counted. A nested function or class adds nothing to the function around it; nested functions are
listed on their own, also the ones that radon leaves out (methods of a class within a function).
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sluicegate.engines.syntax import Definition, Parsed
from sluicegate.engines.tree_digest import tree_digest
from sluicegate.evidence.analysed import FunctionComplexity, FunctionState

DEFINITION = (
    "cyclomatic complexity as radon 6 counts it: decisions, boolean operators, comprehensions and "
    "asserts; a nested function is listed on its own and adds nothing to the one around it; stubs of "
    "@overload are left out"
)


@dataclass(slots=True)
class Function:
    """One function of a syntax tree. `name` is qualified like `__qualname__`."""

    name: str
    node: Definition
    complexity: int


def functions(tree: ast.Module) -> list[Function]:
    """Every function and method of a module, in the order of their lines.

    Iterative, so that no nesting that parses is too deep for it.
    """
    found: list[Function] = []
    pending: list[tuple[str, ast.Module | ast.ClassDef | Definition]] = [("", tree)]
    while pending:
        prefix, scope = pending.pop()
        complexity, inner = _count(scope.body)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(Function(prefix, scope, complexity))
            prefix += ".<locals>"
        pending.extend((f"{prefix}.{node.name}" if prefix else node.name, node) for node in inner)
    found.sort(key=lambda f: (f.node.lineno, f.node.col_offset))
    return found


def _count(body: list[ast.stmt]) -> tuple[int, list[ast.ClassDef | Definition]]:
    """Complexity of a body, and the functions and classes in it."""
    total = 1
    inner: list[ast.ClassDef | Definition] = []
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, _SCOPES):
            inner.append(node)
            continue
        kind = node.__class__
        weigh = _WEIGHTS.get(kind)
        if weigh is not None:
            total += weigh(node)
        for name in _FIELDS.get(kind, ()):
            value = getattr(node, name, None)
            if isinstance(value, list):
                stack.extend(value)
            elif value is not None:
                stack.append(value)
    return total, inner


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _cases(match: ast.Match) -> int:
    catches = any(getattr(case.pattern, "pattern", False) is None for case in match.cases)
    return len(match.cases) - catches


_WEIGHTS: dict[type[ast.AST], Callable[[Any], int]] = {
    **dict.fromkeys((ast.If, ast.IfExp, ast.Assert), lambda _: 1),
    **dict.fromkeys((ast.For, ast.AsyncFor, ast.While), lambda loop: 1 + bool(loop.orelse)),
    ast.Try: lambda node: len(node.handlers) + bool(node.orelse),
    ast.BoolOp: lambda node: len(node.values) - 1,
    ast.comprehension: lambda node: 1 + len(node.ifs),
    ast.Match: _cases,
}
"""What a node of each type adds."""

# Fields that hold no node, or none that could count: looking at them would take a third more time.
_BARREN = frozenset(
    {"ctx", "op", "ops", "id", "attr", "arg", "name", "names", "rest", "kwd_attrs"}
    | {"type_comment", "conversion", "is_async", "simple"}
)
_LEAVES = (ast.Constant, ast.Name, ast.Assert, ast.MatchSingleton, ast.Import, ast.ImportFrom)


def _node_types(base: type[ast.AST] = ast.AST) -> Iterator[type[ast.AST]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _node_types(kind)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    kind: () if issubclass(kind, _LEAVES) else tuple(f for f in kind._fields if f not in _BARREN)
    for kind in _node_types()
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A function of a changed file that may be the same one as a function elsewhere in the change.

    Attributes:
        path, line: its place.
        body: digest of its body's syntax tree; `text`: of its source lines, decorators and name included.
        row: of one in the head, its place among the file's functions; -1 of one in the base.
        holder: of one in the base, the function that has its name now, and another body; None where its name
            is gone.
    """

    path: str
    line: int
    body: bytes
    text: bytes
    complexity: int
    row: int = -1
    holder: Candidate | None = None


@dataclass(slots=True)
class Compared:
    """The functions of a file, and those that `moved_functions` may pair: new ones, and ones of the base."""

    functions: list[FunctionComplexity] = field(default_factory=list)
    arrived: list[Candidate] = field(default_factory=list)
    departed: list[Candidate] = field(default_factory=list)

    def replace(self, old: Candidate, new: Candidate) -> None:
        """Two functions of one name; where the bodies differ, the old one may be found elsewhere."""
        if old.body != new.body:
            self.departed.append(replace(old, holder=new))


def compare(head: Parsed, path: str, base: Parsed | None, base_path: str = "") -> Compared:
    """The functions of a file, each with its state against the base.

    A function is the same one as in the base when its qualified name and its place among the
    functions of that name agree; it is unchanged when its source lines are. Stubs of `@overload` are no
    functions of their own.

    Args:
        head, path: the file, and its POSIX path; `Parsed.empty()` for a deleted one.
        base, base_path: its version in the base, empty for a new file, `head` itself for an unchanged one;
            None when there is nothing to compare with.
    """
    before, compared = _before(head, base), Compared()
    for identity, function in _by_identity(head).items():
        old = before.pop(identity, None)
        known, state = _state(function, head, old, base)
        own = partial(_candidate, function, head, path, len(compared.functions))
        if state is FunctionState.NEW:
            compared.arrived.append(own())
        elif state is FunctionState.CHANGED and old is not None and base is not None:
            compared.replace(_candidate(old, base, base_path), own())
        compared.functions.append(_row(function, path, known, state))
    compared.departed += [_candidate(old, base or head, base_path) for old in before.values()]
    return compared


def _before(head: Parsed, base: Parsed | None) -> dict[tuple[str, int], Function]:
    """The functions of a base that is another version."""
    return {} if base is None or base is head else _by_identity(base)


def _row(
    function: Function, path: str, before: int | None, state: FunctionState | None
) -> FunctionComplexity:
    first, last = function.node.lineno, function.node.end_lineno or function.node.lineno
    return FunctionComplexity(path, function.name, first, last, function.complexity, before, state)


def _by_identity(parsed: Parsed) -> dict[tuple[str, int], Function]:
    seen: Counter[str] = Counter()
    result = {}
    for function in functions(parsed.tree):
        if _is_overload(function.node):
            continue
        result[function.name, seen[function.name]] = function
        seen[function.name] += 1
    return result


def _is_overload(node: Definition) -> bool:
    """Is it a signature for type checkers only: decorated with `overload`, and without any code?"""
    names = (d.attr if isinstance(d, ast.Attribute) else getattr(d, "id", "") for d in node.decorator_list)
    return "overload" in names and all(
        isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in node.body
    )


def _state(
    function: Function, head: Parsed, before: Function | None, base: Parsed | None
) -> tuple[int | None, FunctionState | None]:
    if base is None:
        return None, None
    if base is head:
        return function.complexity, FunctionState.SAME
    if before is None:
        return None, FunctionState.NEW
    same = head.segment(function.node) == base.segment(before.node)
    return before.complexity, FunctionState.SAME if same else FunctionState.CHANGED


def _candidate(function: Function, parsed: Parsed, path: str, row: int = -1) -> Candidate:
    node = function.node
    text = hashlib.blake2b(parsed.segment(node), digest_size=16).digest()
    return Candidate(path, node.lineno, tree_digest(node.body), text, function.complexity, row)
