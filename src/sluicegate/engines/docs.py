"""Which public names have a docstring.

The definition follows pydocstyle's and interrogate's notion of public:

- A module is public when no part of its path starts with an underscore, dunder names such as
  `__init__` and `__main__` apart. A module without any statement is not counted.
- A class or function of a public module is public when `__all__` names it, or, without an
  `__all__` that is a plain literal, when its name does not start with an underscore. Names that
  are defined in an `if`, `try`, `with` or loop of the module count like the others.
- A method or a class within a public class is public when its name does not start with an
  underscore. `__init__` and the other dunder methods are not counted: the class documents them.
- Nested functions are not public. `@overload` and `@override` definitions, and the setters and
  deleters of a property, are not counted: another definition carries their documentation.

A name that is defined more than once (in the branches of an `if`) counts once, and is documented
when one of its definitions is. The caller decides which files are tests.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from pathlib import PurePosixPath

from sluicegate.engines.syntax import Definition, Parsed
from sluicegate.evidence.analysed import PublicName

DEFINITION = (
    "public modules, classes, functions and methods, as pydocstyle has it: no leading underscore in "
    "path or name, __all__ honoured; dunder methods, overloads and nested functions are not counted"
)

Row = tuple[str, str, int, bool, bool | None]
"""name, kind, line, documented, new: what travels between processes."""

_Public = tuple[str, str, int, bool]

_NOT_COUNTED = {"overload", "override", "setter", "deleter", "getter"}


def rows(head: Parsed, path: str, base: Parsed | None, base_path: str) -> list[Row]:
    """The public names of a file, in the order of their lines.

    Args:
        head: the file.
        path: its POSIX path.
        base: its version in the base, empty for a new file, `head` itself for an unchanged one;
            None when there is nothing to compare with.
        base_path: its path in the base.
    """
    found = _public(head.tree, path)
    if base is None:
        return [(*row, None) for row in found]
    if base is head:
        return [(*row, False) for row in found]
    before = {_identity(row) for row in _public(base.tree, base_path)}
    return [(*row, _identity(row) not in before) for row in found]


def alone(name: str, kind: str, line: int, documented: bool, *, same: bool) -> Row:
    """A row of a file that is compared with itself (`same`), or with nothing."""
    return (name, kind, line, documented, False if same else None)


def _identity(row: _Public) -> str:
    """What makes a name the same one as in the base; a renamed file is the same module."""
    name, kind, *_ = row
    return "" if kind == "module" else name


def records(path: str, found: list[Row]) -> Iterator[PublicName]:
    """The rows of one file as evidence."""
    for name, kind, line, documented, new in found:
        yield PublicName(path, name, kind, line, documented, new)


def module_name(path: str) -> str:
    """The dotted name of a module, without a leading `src`; the folder's for `__init__.py`."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[:1] == ["src"]:
        del parts[0]
    if parts[-1:] == ["__init__"] and len(parts) > 1:
        del parts[-1]
    return ".".join(parts)


def _public(tree: ast.Module, path: str) -> list[_Public]:
    if not tree.body or not _is_public_path(path):
        return []
    found: dict[str, _Public] = {}
    exported = _exported(tree)
    pending = deque(("", node) for node in _definitions(tree.body) if _exports(node.name, exported))
    while pending:
        prefix, node = pending.popleft()
        if _is_counted(node):
            _add(found, prefix, node)
        if isinstance(node, ast.ClassDef):
            pending.extend((f"{prefix}{node.name}.", member) for member in _members(node))
    module = (module_name(path), "module", 1, _documented(tree))
    return [module, *sorted(found.values(), key=lambda row: row[2])]


def _members(node: ast.ClassDef) -> Iterator[ast.ClassDef | Definition]:
    return (member for member in _definitions(node.body) if _is_public(member.name))


def _add(found: dict[str, _Public], prefix: str, node: ast.ClassDef | Definition) -> None:
    name = prefix + node.name
    function = "method" if prefix else "function"
    kind = "class" if isinstance(node, ast.ClassDef) else function
    if name not in found:
        found[name] = (name, kind, node.lineno, _documented(node))
    elif _documented(node):
        found[name] = (*found[name][:3], True)


def _is_public_path(path: str) -> bool:
    parts = PurePosixPath(path).with_suffix("").parts
    return all(_is_public(part) or _is_dunder(part) for part in parts)


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _is_dunder(name: str) -> bool:
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


def _exports(name: str, exported: set[str] | None) -> bool:
    return _is_public(name) if exported is None else name in exported


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
        value = _assigned(statement)
        if value is None:
            continue
        literal = _strings(value)
        if literal is None:
            return None
        names = (names or set()) | literal if isinstance(statement, ast.AugAssign) else literal
    return names


def _assigned(statement: ast.stmt) -> ast.expr | None:
    """The value that a statement gives or adds to `__all__`."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    else:
        return None
    named = any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
    return statement.value if named else None


def _strings(value: ast.expr) -> set[str] | None:
    if not isinstance(value, ast.List | ast.Tuple | ast.Set):
        return None
    found = [e.value for e in value.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return set(found) if len(found) == len(value.elts) else None
