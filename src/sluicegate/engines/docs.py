"""Which public names have a docstring.

The definition follows pydocstyle's and interrogate's notion of public:

- A module is public when no part of its path starts with an underscore, dunder names apart. One without any
  statement is not counted.
- A class or function of a public module, also in an `if`, `try`, `with` or loop, is public when `__all__`
  names it, or, without an `__all__` that is a plain literal, when its name has no leading underscore.
- So is a method or a class within a public class; dunder methods are not counted: the class documents them.
- Nested functions are not public. `@overload` and `@override` definitions, and the setters and deleters of a
  property, are not counted: another definition carries their documentation.

Modules that nobody imports have no public names: migrations of Django (a class `Migration` in a folder
`migrations`) and of Alembic (`revision`, `down_revision` and `upgrade`), and what lies below a folder
`examples`, or below `example`, `docs` or `doc` at the top.

A name that is defined more than once counts once, and is documented when one of its definitions is. The
caller decides which files are tests.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from sluicegate.engines.syntax import Definition, Parsed
from sluicegate.evidence.analysed import PublicName

DEFINITION = (
    "public modules, classes, functions and methods, as pydocstyle has it: no leading underscore in "
    "path or name, __all__ honoured; dunder methods, overloads, overrides, nested functions, migrations, "
    "examples and documentation are not counted"
)

_NOT_COUNTED = {"overload", "override", "setter", "deleter", "getter"}


def records(head: Parsed, path: str, base: Parsed | None, base_path: str) -> list[PublicName]:
    """The public names of a file, in the order of their lines.

    Args:
        head, path: the file, and its POSIX path.
        base, base_path: its version in the base; see `complexity.records`.
    """
    found = _public(head.tree, path)
    if base is None:
        return found
    known = found if base is head else _public(base.tree, base_path)
    before = {_identity(one): one.documented for one in known}
    marks = ((one, before.get(_identity(one))) for one in found)
    return [replace(one, new=was is None, before=was) for one, was in marks]


def _identity(found: PublicName) -> str:
    """What makes a name the same one as in the base; a renamed file is the same module."""
    return "" if found.kind == "module" else found.name


def module_name(path: str) -> str:
    """The dotted name of a module, without a leading `src`; the folder's for `__init__.py`."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[:1] == ["src"]:
        del parts[0]
    if parts[-1:] == ["__init__"] and len(parts) > 1:
        del parts[-1]
    return ".".join(parts)


def _public(tree: ast.Module, path: str) -> list[PublicName]:
    parts = PurePosixPath(path).with_suffix("").parts
    if not tree.body or not all(map(_is_public_part, parts)) or _is_shown_only(parts):
        return []
    if _is_migration(tree, parts):
        return []
    found: dict[str, PublicName] = {}
    for prefix, node in filter(lambda pair: _is_counted(pair[1]), _walk(tree)):
        _add(found, path, prefix, node)
    module = PublicName(path, module_name(path), "module", 1, _documented(tree))
    return [module, *sorted(found.values(), key=lambda one: one.line)]


def _walk(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef | Definition]]:
    """Public definitions of a module and of its public classes, each with the prefix of its name."""
    exported = _exported(tree)
    is_public = _is_public if exported is None else exported.__contains__
    pending = deque(("", node) for node in _definitions(tree.body) if is_public(node.name))
    while pending:
        prefix, node = pending.popleft()
        yield prefix, node
        if isinstance(node, ast.ClassDef):
            members = (member for member in _definitions(node.body) if _is_public(member.name))
            pending.extend((f"{prefix}{node.name}.", member) for member in members)


def _add(found: dict[str, PublicName], path: str, prefix: str, node: ast.ClassDef | Definition) -> None:
    name = prefix + node.name
    kind = "class" if isinstance(node, ast.ClassDef) else "method" if prefix else "function"
    known = found.setdefault(name, PublicName(path, name, kind, node.lineno, _documented(node)))
    if not known.documented:
        found[name] = replace(known, documented=_documented(node))


def _is_shown_only(parts: tuple[str, ...]) -> bool:
    return "examples" in parts[:-1] or parts[:-1][:1] in (("example",), ("docs",), ("doc",))


def _is_migration(tree: ast.Module, parts: tuple[str, ...]) -> bool:
    """Is it a migration of Django or of Alembic, by the names that these tools look for in one?"""
    named = {getattr(statement, "name", "") for statement in tree.body}
    if parts[-2:-1] == ("migrations",) and "Migration" in named:
        return True
    set_here = [name for name in ("revision", "down_revision") if any(_value(s, name) for s in tree.body)]
    return "upgrade" in named and len(set_here) == 2


def _is_public_part(name: str) -> bool:
    is_dunder = len(name) > 4 and name.startswith("__") and name.endswith("__")
    return is_dunder or _is_public(name)


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _documented(node: ast.Module | ast.ClassDef | Definition) -> bool:
    return bool((ast.get_docstring(node, clean=False) or "").strip())


def _is_counted(node: ast.ClassDef | Definition) -> bool:
    return isinstance(node, ast.ClassDef) or _NOT_COUNTED.isdisjoint(
        getattr(mark, "attr", getattr(mark, "id", "")) for mark in node.decorator_list
    )


def _definitions(body: list[ast.stmt]) -> Iterator[ast.ClassDef | Definition]:
    """Functions and classes of a body, those within compound statements too."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            continue
        for name in ("finalbody", "orelse", "handlers", "cases", "body"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                stack.extend(reversed(inner))


def _exported(tree: ast.Module) -> set[str] | None:
    """The names in `__all__`; None if it is missing or computed."""
    names: set[str] | None = None
    for statement in tree.body:
        value = _value(statement, "__all__")
        if value is None:
            continue
        literal = _strings(value)
        if literal is None:
            return None
        names = (names or set()) | literal if isinstance(statement, ast.AugAssign) else literal
    return names


def _value(statement: ast.stmt, name: str) -> ast.expr | None:
    """The value that a statement gives or adds to a name."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return None
    named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
    return statement.value if named else None


def _strings(value: ast.expr) -> set[str] | None:
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None
    found = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return set(found) if len(found) == len(value.elts) else None
