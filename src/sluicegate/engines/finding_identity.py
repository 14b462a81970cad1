"""What a finding of bandit is about: its statement, its function, and the call that was flagged. Pure.

Two findings of one rule are the same one where their statements are equal as syntax trees, or where the same
call stands in the same function: see `known_findings`. The trees have the marks that bandit leaves on them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluicegate.engines.own_rules import UNCHECKED_TLS
from sluicegate.engines.tree_digest import tree_digest

Node = Any
"""A node of a syntax tree, on which bandit left marks that `ast.AST` does not declare."""

_SHELL = frozenset({"shell"})
_NOTHING: frozenset[str] = frozenset()

LOOKS_AT: Mapping[str, frozenset[str]] = {
    "B102": _NOTHING,
    "B103": _NOTHING,
    "B113": frozenset({"timeout"}),
    "B201": frozenset({"debug"}),
    "B202": frozenset({"filter", "members"}),
    "B324": frozenset({"usedforsecurity", "name", "salt", "method"}),
    "B501": frozenset({"verify"}),
    "B502": frozenset({"ssl_version", "method"}),
    "B504": frozenset({"ssl_version"}),
    "B505": frozenset({"key_size", "bits", "curve"}),
    "B506": frozenset({"Loader"}),
    "B507": _NOTHING,
    "B508": frozenset({"mpModel"}),
    "B509": _NOTHING,
    "B601": _NOTHING,
    **dict.fromkeys(("B602", "B603", "B604", "B605", "B606", "B607", "B609"), _SHELL),
    "B610": frozenset({"select", "where", "params", "tables", "order_by", "select_params"}),
    "B611": frozenset({"sql", "params"}),
    "B612": frozenset({"verify"}),
    "B614": frozenset({"weights_only"}),
    "B615": frozenset({"revision", "commit_id"}),
    "B701": frozenset({"autoescape"}),
    "B702": _NOTHING,
    "B704": _NOTHING,
    UNCHECKED_TLS: frozenset({"cert_reqs", "check_hostname"}),
}
"""The keywords of a flagged call that each rule of bandit 1 reads. Of a rule that is not here, all count."""

_BLACKLISTED = re.compile(r"B[34]\d\d\Z", re.ASCII)
_OF_BLACKLISTS = frozenset({"name"})
"""bandit's lists of calls and imports read the callee, and of `importlib.import_module` the name."""

_ARGUMENT_RULES = frozenset({"B107", "B503"})
"""Rules that flag a function for its defaults alone."""

_COMPOUND = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
_PARTS_OF_HEADS = (ast.ExceptHandler, ast.match_case, ast.withitem, ast.arg)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a finding is about.

    Attributes:
        statement: digest of its statement; of an expression in the head of a compound statement, its own.
        function: qualified name of the function or class around it; empty at the top of a module.
        call: digest of the flagged call without `optional`: its callee, positional arguments and keywords; or
            of the imported module, or of the entry of a dictionary that a flagged text is in. Empty for
            anything else.
        optional: the call's keywords with constant values that the rule does not read: name and digest.
    """

    statement: bytes
    function: str = ""
    call: bytes = b""
    optional: Mapping[str, bytes] = field(default_factory=dict)

    def is_same_call(self, other: Identity) -> bool:
        """Does it flag the same call in the same function? Optional keywords that both have must be equal."""
        common = self.optional.keys() & other.optional.keys()
        return (
            self.call == other.call != b""
            and self.function == other.function
            and all(self.optional[name] == other.optional[name] for name in common)
        )


class Identities:
    """Identities of the findings of one tree, each statement and each dictionary looked at once."""

    def __init__(self) -> None:
        self._statements: dict[int, bytes] = {}
        self._entries: dict[int, dict[int, list[ast.expr]]] = {}

    def of(self, rule: str, node: Node | None, text: str, imported: str = "") -> Identity:
        """The identity of a finding.

        Args:
            rule: of bandit.
            node: at which bandit found it; None where it looked at the text of the file.
            text: stands for the statement where there is no node.
            imported: the name that an import was flagged for.
        """
        if node is None:
            return Identity(text.encode("utf-8", "replace"))
        anchor = node.args if rule in _ARGUMENT_RULES else _statement(node)
        statement = self._statements.get(id(anchor))
        if statement is None:
            statement = self._statements[id(anchor)] = tree_digest(anchor)
        call, optional = self._call(rule, node, imported)
        return Identity(statement, _function(node), call, optional)

    def _call(self, rule: str, node: Node, imported: str) -> tuple[bytes, Mapping[str, bytes]]:
        """Digest of what was flagged, and the optional keywords; see `Identity`."""
        match node:
            case ast.Import():
                return b"import " + imported.encode(), {}
            case ast.ImportFrom():
                return b"import " + (node.module or imported).encode() + b"." * node.level, {}
            case ast.Call():
                return _of_call(rule, node)
            case ast.Constant() if isinstance(node._bandit_parent, ast.Dict):  # type: ignore[attr-defined]
                return tree_digest(self._entry(node, node._bandit_parent)), {}  # type: ignore[attr-defined]
        return b"", {}

    def _entry(self, node: ast.Constant, display: ast.Dict) -> list[ast.expr]:
        """The key and the value of the entry of a dictionary display that a text is in."""
        known = self._entries.get(id(display))
        if known is None:
            known = self._entries[id(display)] = {}
            for key, value in zip(display.keys, display.values, strict=True):
                pair = [part for part in (key, value) if part is not None]
                known |= dict.fromkeys(map(id, pair), pair)
        return known[id(node)]


def _statement(node: Node) -> Node:
    """The innermost statement, or the expression of its head, that a node is in; the node has marks."""
    while not isinstance(node, ast.stmt | ast.ExceptHandler):
        parent = getattr(node, "_bandit_parent", None)
        if parent is None or isinstance(parent, _COMPOUND + _PARTS_OF_HEADS) or _is_of_definition(parent):
            return node
        node = parent
    return node


def _is_of_definition(node: Node) -> bool:
    """Are these the arguments of a function that is a statement?"""
    parent = getattr(node, "_bandit_parent", None)
    return isinstance(node, ast.arguments) and not isinstance(parent, ast.Lambda)


def _function(node: Node) -> str:
    names: list[str] = []
    while (parent := getattr(node, "_bandit_parent", None)) is not None:
        if isinstance(parent, _DEFINITIONS) and isinstance(node, ast.stmt):
            names.append(parent.name)
        node = parent
    return ".".join(reversed(names))


def _of_call(rule: str, node: ast.Call) -> tuple[bytes, Mapping[str, bytes]]:
    firm, optional = [], {}
    for keyword in node.keywords:
        if keyword.arg is not None and _is_optional(rule, keyword):
            optional[keyword.arg] = tree_digest(keyword.value)
        else:
            firm.append(keyword)
    firm.sort(key=lambda keyword: keyword.arg or "")
    return tree_digest([node.func, *node.args]) + tree_digest(firm), optional


def _is_optional(rule: str, keyword: ast.keyword) -> bool:
    if not isinstance(keyword.value, ast.Constant):
        return False
    if rule == "B106":  # any text may be a password
        return not isinstance(keyword.value.value, str)
    read = _OF_BLACKLISTS if _BLACKLISTED.match(rule) else None
    read = LOOKS_AT.get(rule, read)
    return read is not None and keyword.arg not in read
