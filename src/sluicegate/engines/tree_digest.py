"""Digests of syntax trees: equal where the trees are, wherever in the file they stand. Pure."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence

_IGNORED = frozenset({"kind", "type_comment", "type_ignores"})
"""Fields without a meaning at run time: the `u` before a string, and comments."""

_SIZE = 16


def tree_digest(tree: ast.AST | Sequence[ast.AST]) -> bytes:
    """A digest of a node, or of a sequence of nodes, without positions, comments and layout.

    Iterative, so that no nesting that parses is too deep for it. A node has a fixed number of fields and a
    list states its length, so the text that is hashed belongs to one tree only.
    """
    words: list[str] = []
    stack: list[object] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.AST):
            words.append(f"({item.__class__.__name__}")
            fields = [getattr(item, name, None) for name in item._fields if name not in _IGNORED]
            stack.extend(reversed(fields))
        elif isinstance(item, list | tuple):
            words.append(f"[{len(item)}")
            stack.extend(reversed(item))
        else:
            words.append(_leaf(item))
    text = "\n".join(words).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(text, digest_size=_SIZE).digest()


def _leaf(value: object) -> str:
    """A name or a constant in one line; long numbers have no decimal representation."""
    shown = hex(value) if type(value) is int else repr(value)
    return f"{value.__class__.__name__}:{shown}"
