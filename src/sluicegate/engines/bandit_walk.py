"""A walk over a syntax tree that is parsed already, with bandit's checks at its nodes.

This module imports bandit; see `bandit_scan`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from sluicegate.engines.bandit_package import context as bandit_context
from sluicegate.engines.bandit_package import node_visitor
from sluicegate.engines.bandit_package import utils as bandit_utils

_OPERATORS = frozenset({"ctx", "op", "ops", "type_comment", "kind", "level", "conversion", "is_async"})

_LONG_DICTIONARY = 100

Test = Callable[..., Any]
Check = tuple[Test, bool]
"""A check with its settings bound, and whether it is one of bandit's own: those leave the context
as it is, so they share one."""

Node = Any
"""A node of a syntax tree, on which bandit leaves marks that `ast.AST` does not declare."""

_Plan = tuple[tuple[str, ...], Callable[[Node], None] | None]


class TreeWalk:
    """One walk over one tree, in the order of bandit's own visitor.

    Attributes:
        nodes: by issue in the tester's results, the node at which it was found; None for one of the text.
    """

    def __init__(self, visitor: node_visitor.BanditNodeVisitor, checks: dict[str, list[Check]]) -> None:
        self._visitor = visitor
        self._checks = checks
        self._tester = visitor.tester
        visitor.tester = self  # the visitor's own methods run checks through `run_tests`
        visitor.update_scores = lambda _: None  # sums of severities, which are not used here
        self._plans: dict[type[ast.AST], _Plan] = {}
        self.nodes: list[Node | None] = []

    def file(self, tree: ast.Module, *, text: bool) -> None:
        """Walk a file, then run the checks of its text.

        `text` is False when the file is pure ASCII: bandit's one check of the text looks for
        bidirectional control characters (B613).
        """
        self._children(tree)
        checks = self._checks.get("File", [])
        if text or len(checks) > 1:
            frame = {"filename": self._visitor.fname, "file_data": self._visitor.fdata}
            self.run_tests({**frame, "lineno": 0, "linerange": [0, 1], "col_offset": 0}, "File")
        self._visitor.tester = self._tester

    def run_tests(self, raw: dict[str, Any], kind: str) -> dict[str, list[int]]:
        """Run the checks for a kind of node; bandit's tester takes over at the first finding."""
        shared = bandit_context.Context(raw)
        for check, shares in self._checks.get(kind, ()):
            try:
                context = shared if shares else bandit_context.Context(raw.copy())
                found = check(context) is not None
            except Exception:  # whatever a plugin raises, bandit's tester deals with it
                found = True
            if found:
                self._tester.run_tests(raw, kind)
                self.nodes += [raw.get("node")] * (len(self._tester.results) - len(self.nodes))
                break
        return {"SEVERITY": [], "CONFIDENCE": []}

    def _children(self, node: Node) -> None:
        kind = node.__class__
        if kind is ast.Dict and len(node.keys) > _LONG_DICTIONARY:
            node.keys = _DictKeys(node.keys)
        plan = self._plans.get(kind) or self._plan(kind)
        for name in plan[0]:
            value = getattr(node, name, None)
            if isinstance(value, list):
                following = [*value[1:], None]
                for item, sibling in zip(value, following, strict=False):
                    if isinstance(item, ast.AST):
                        self._enter(item, node, sibling)
            elif isinstance(value, ast.AST):
                self._enter(value, node, None)

    def _enter(self, node: Node, parent: Node, sibling: Node) -> None:
        node._bandit_sibling = sibling
        node._bandit_parent = parent
        kind = node.__class__
        if kind is ast.Constant:
            self._constant(node, parent)
            return
        plan = self._plans.get(kind) or self._plan(kind)
        if plan[1] is not None:
            plan[1](node)
        if plan[0]:
            self._children(node)
            if kind is ast.FunctionDef or kind is ast.ClassDef:
                self._visitor.post_visit(node)

    def _plan(self, kind: type[ast.AST]) -> _Plan:
        """Which fields of a type of node hold nodes, and what to do at one."""
        visitor, name = self._visitor, kind.__name__
        visit = getattr(visitor, f"visit_{name}", None)

        def act(node: Node) -> None:
            context = self._context(node)
            if visit is None:
                self.run_tests(context, name)
            else:
                visitor.context = context
                visit(node)

        fields = tuple(field for field in kind._fields if field not in _OPERATORS)
        plan = self._plans[kind] = fields, act if visit is not None or name in self._checks else None
        return plan

    def _constant(self, node: ast.Constant, parent: Node) -> None:
        """A string or bytes literal that is no docstring; bandit places it at its parent's lines."""
        kind = "Str" if isinstance(node.value, str) else "Bytes" if isinstance(node.value, bytes) else ""
        if kind in self._checks and parent.__class__ is not ast.Expr:
            more = {kind.lower(): node.value, "linerange": _lines(parent)}
            self.run_tests({**self._context(node), **more}, kind)

    def _context(self, node: Node) -> dict[str, Any]:
        visitor = self._visitor
        context = {
            "imports": visitor.imports,
            "import_aliases": visitor.import_aliases,
            "node": node,
            "linerange": _lines(node),
            "filename": visitor.fname,
            "file_data": visitor.fdata,
        }
        for name in ("lineno", "col_offset", "end_col_offset"):
            if hasattr(node, name):
                context[name] = getattr(node, name)
        return context


class _DictKeys(list[Node]):
    """The keys of a long dictionary literal. bandit asks of every string in one whether it is
    among them (B105), which would take time quadratic in its length."""

    def __init__(self, keys: list[Node]) -> None:
        super().__init__(keys)
        self._places = {id(key): place for place, key in enumerate(keys)}

    def __contains__(self, key: object) -> bool:
        return id(key) in self._places


def _lines(node: Node) -> range | list[int]:
    """The lines of a node; bandit's own answer where a node has no line of its own.

    bandit asks for the lines of such a node twice, and means the second answer, which it takes
    from its cache.
    """
    if hasattr(node, "lineno"):
        return range(node.lineno, node.end_lineno + 1)
    bandit_utils.linerange(node)
    found: list[int] = bandit_utils.linerange(node)
    return found
