"""Dangerous operations of Django's and Alembic's migrations, by the syntax tree; nothing is run. Pure."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.text import cut, one_line
from sluicegate.release.impact import rules
from sluicegate.release.impact.model import Danger
from sluicegate.release.impact.sql import MAX_SHOWN, VALUE, dangers_of_marked


class UnparsedError(Exception):
    """The text does not parse as Python; the message is the reason."""


def parse_python(text: str) -> ast.Module:
    """The syntax tree.

    Raises:
        UnparsedError: it does not parse.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError as error:
            raise UnparsedError(f"line {error.lineno or 1} does not parse as Python") from None
        except (ValueError, RecursionError, MemoryError):
            raise UnparsedError("it does not parse as Python") from None


def name_of(node: ast.expr) -> str:
    """The dotted name of an expression, `migrations.AddField`; empty for another."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _argument(call: ast.Call, index: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[index] if 0 <= index < len(call.args) else None


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _text(node: ast.expr | None) -> str:
    value = _constant(node)
    return value if isinstance(value, str) else ""


def _sql_text(node: ast.expr | None) -> str:
    """The SQL of a literal; `VALUE` for anything else: a variable, a call, a value in an f-string."""
    match node:
        case None:
            return ""
        case ast.JoinedStr(values=values):
            return "".join(map(_sql_text, values))
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            return _sql_text(left) + _sql_text(right)
        case ast.Call() if _last(node) == "dedent" and node.args:
            return _sql_text(node.args[0])
        case ast.Constant(value=value):
            return value if isinstance(value, str) else ""
        case _:
            return VALUE


@dataclass(slots=True)
class _Found:
    """What is found in one migration."""

    dangers: list[Danger] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    def add(self, rule: str, node: ast.AST, text: str) -> None:
        self.dangers.append(Danger(rule, getattr(node, "lineno", 1), cut(one_line(text), MAX_SHOWN)))

    def add_sql(self, node: ast.expr | None) -> None:
        """The statements of SQL in a literal; anything else is not judged."""
        dangers, unjudged = dangers_of_marked(_sql_text(node), self.created)
        self.unjudged += unjudged
        first = getattr(node, "lineno", 1)
        for danger in dangers:
            self.dangers.append(Danger(danger.rule, first + danger.line - 1, danger.text))


# --- Django ------------------------------------------------------------------------------------

_SAFE = frozenset(
    {
        "CreateModel", "AlterModelOptions", "AlterModelManagers", "RemoveConstraint", "RemoveIndex",
        "RenameIndex",
        "AddIndexConcurrently", "RemoveIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint",
        "AlterModelTableComment", "AlterUniqueTogether", "AlterOrderWithRespectTo", "AlterIndexTogether",
    }
)  # fmt: skip
_NO_COLUMN = ("ManyToManyField", "AutoField", "BigAutoField", "GeneratedField", "TaggableManager")


def django_dangers(_path: str, text: str) -> tuple[list[Danger], list[str]]:
    """What is dangerous in a migration of Django.

    Raises:
        UnparsedError: it does not parse.
    """
    found = _Found()
    operations = list(_operations(parse_python(text)))
    for call in operations:
        if _last(call) == "CreateModel":
            found.created.add(_text(_argument(call, 0, "name")).lower())
    for call in operations:
        _django(found, call)
    return found.dangers, found.unjudged


def _last(call: ast.Call) -> str:
    return name_of(call.func).rpartition(".")[2]


def _operations(tree: ast.Module) -> Iterator[ast.Call]:
    """The calls in `operations` of the class `Migration`; of those that are split, what the database gets."""
    for klass in tree.body:
        if isinstance(klass, ast.ClassDef):
            for node in klass.body:
                if _assigns(node) == "operations" and isinstance(node, ast.Assign | ast.AnnAssign):
                    yield from _calls(node.value)


def _assigns(node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""


def _calls(node: ast.expr | None) -> Iterator[ast.Call]:
    stack = [node]
    while stack:
        match stack.pop():
            case ast.List(elts=items) | ast.Tuple(elts=items):
                stack += reversed(items)
            case ast.BinOp(left=left, right=right):
                stack += [right, left]
            case ast.Call() as call if _last(call) == "SeparateDatabaseAndState":
                stack.append(_argument(call, 0, "database_operations"))
            case ast.Call() as call:
                yield call


def _django(found: _Found, call: ast.Call) -> None:
    kind = _last(call)
    model = _text(_argument(call, 0, "model_name")) or _text(_argument(call, 0, "name"))
    if kind in _BY_CODE:
        _BY_CODE[kind](found, call)
    elif model.lower() in found.created or kind in _SAFE:
        return
    elif kind in _DJANGO_RULES:
        names = [_text(_argument(call, n, name)) for n, name in enumerate(_DJANGO_NAMES[kind])]
        found.add(_DJANGO_RULES[kind], call, f"{kind} {'.'.join(filter(None, names))}")
    elif kind == "AddField":
        _django_field(found, call, model)
    else:
        found.unjudged.append(kind)


def _run_python(found: _Found, call: ast.Call) -> None:
    if _argument(call, 1, "reverse_code") is None:
        code = _argument(call, 0, "code")
        name = name_of(code) if code is not None else ""
        found.add(rules.IRREVERSIBLE, call, f"RunPython {name} without reverse_code")
    found.unjudged.append("RunPython")


_DJANGO_RULES: Mapping[str, str] = {
    "DeleteModel": rules.DROP_TABLE,
    "RemoveField": rules.DROP_COLUMN,
    "RenameModel": rules.RENAME_TABLE,
    "AlterModelTable": rules.RENAME_TABLE,
    "RenameField": rules.RENAME_COLUMN,
    "AddIndex": rules.INDEX,
}
_DJANGO_NAMES: Mapping[str, Sequence[str]] = {
    "DeleteModel": ("name",),
    "RemoveField": ("model_name", "name"),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name",),
}


def _django_field(found: _Found, call: ast.Call, model: str) -> None:
    """A new column: Django keeps no default in the database, but that of `db_default` (since 5.0)."""
    made = _argument(call, 2, "field")
    if not isinstance(made, ast.Call) or _last(made) in _NO_COLUMN:
        return
    keywords = {k.arg: k.value for k in made.keywords if k.arg}
    if _constant(keywords.get("null")) is True or "db_default" in keywords:
        return
    found.add(
        rules.NOT_NULL,
        call,
        f"AddField {model}.{_text(_argument(call, 1, 'name'))} without null or db_default",
    )


def _run_sql(found: _Found, call: ast.Call) -> None:
    sql = _argument(call, 0, "sql")
    items = sql.elts if isinstance(sql, ast.List | ast.Tuple) else [sql]
    for item in items:
        found.add_sql(item.elts[0] if isinstance(item, ast.List | ast.Tuple) and item.elts else item)
    if _argument(call, 1, "reverse_sql") is None:
        found.add(rules.IRREVERSIBLE, call, "RunSQL without reverse_sql")


_BY_CODE: Mapping[str, Callable[[_Found, ast.Call], None]] = {"RunSQL": _run_sql, "RunPython": _run_python}

# --- Alembic -----------------------------------------------------------------------------------

_ALEMBIC_RULES: Mapping[str, str] = {
    "drop_table": rules.DROP_TABLE,
    "rename_table": rules.RENAME_TABLE,
    "drop_column": rules.DROP_COLUMN,
}


def alembic_dangers(_path: str, text: str) -> tuple[list[Danger], list[str]]:
    """What is dangerous in `upgrade` of a revision of Alembic.

    Raises:
        UnparsedError: it does not parse.
    """
    found = _Found()
    tree = parse_python(text)
    upgrades, downgrades = _functions(tree, "upgrade"), _functions(tree, "downgrade")
    calls = [call for function in upgrades for call in _in_order(function)]
    found.created |= _new_tables(call for call, _ in calls)
    for call, table in calls:
        _alembic(found, call, table)
    if calls and all(map(_is_idle, downgrades)):
        found.add(rules.IRREVERSIBLE, [*downgrades, *upgrades][0], "downgrade does nothing, or raises")
    return found.dangers, found.unjudged


def _functions(tree: ast.Module, name: str) -> list[ast.FunctionDef]:
    """The functions of a name; with several databases it begins their names."""
    return [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name.startswith(name)]


def _new_tables(calls: Iterable[ast.Call]) -> set[str]:
    made = (call for call in calls if _last(call) == "create_table")
    return {_text(_argument(call, 0, "table_name")).lower() for call in made}


def _in_order(function: ast.FunctionDef) -> Iterator[tuple[ast.Call, str]]:
    """The calls of `op` and of batches, each with the table of its batch."""
    stack: list[tuple[ast.AST, Mapping[str, str]]] = [(function, {})]
    while stack:
        node, batches = stack.pop()
        if isinstance(node, ast.With):
            batches = {**batches, **dict(filter(None, map(_batch, node.items)))}
        if isinstance(node, ast.Call):
            owner = name_of(node.func).rpartition(".")[0]
            if owner in ("op", "alembic.op") or owner in batches:
                yield node, batches.get(owner, "")
        stack += [(child, batches) for child in reversed(list(ast.iter_child_nodes(node)))]


def _batch(item: ast.withitem) -> tuple[str, str] | None:
    match item:
        case ast.withitem(context_expr=ast.Call() as call, optional_vars=ast.Name(id=name)):
            return (
                (name, _text(_argument(call, 0, "table_name")))
                if _last(call) == "batch_alter_table"
                else None
            )
        case _:
            return None


def _alembic(found: _Found, call: ast.Call, batch: str) -> None:
    """Judge one operation; `batch` is the table of its batch, empty without one."""
    kind = _last(call)
    table = batch or _table_of(call, kind)
    if kind == "execute":
        _alembic_execute(found, call)
    elif kind in ("bulk_insert", "invoke", "run_async"):
        found.unjudged.append(kind)
    elif table.lower() not in found.created:
        _alembic_table(found, call, table, 0 if batch else 1)


def _table_of(call: ast.Call, kind: str) -> str:
    if kind == "create_index":
        return _text(_argument(call, 1, "table_name"))
    return _text(_argument(call, 0, "table_name")) or _text(_argument(call, 0, "old_table_name"))


def _alembic_table(found: _Found, call: ast.Call, table: str, start: int) -> None:
    """Judge an operation on a table that was there; `start` is the position of the column."""
    kind = _last(call)
    match kind:
        case "alter_column":
            _alter_column(found, call, f"{table}.{_text(_argument(call, start, 'column_name'))}")
        case "add_column":
            _add_column(found, call, table, start)
        case "create_index":
            if _constant(_argument(call, -1, "postgresql_concurrently")) is not True:
                found.add(rules.INDEX, call, f"create_index on {table or 'a table'}")
        case _ if kind in _ALEMBIC_RULES:
            column = _text(_argument(call, start, "column_name")) or _text(
                _argument(call, 1, "new_table_name")
            )
            found.add(_ALEMBIC_RULES[kind], call, f"{kind} {'.'.join(filter(None, (table, column)))}")


def _alembic_execute(found: _Found, call: ast.Call) -> None:
    sql = _argument(call, 0, "sqltext")
    if isinstance(sql, ast.Call) and _last(sql) == "text" and sql.args:
        sql = sql.args[0]
    found.add_sql(sql)


def _alter_column(found: _Found, call: ast.Call, column: str) -> None:
    keywords = {k.arg: k.value for k in call.keywords if k.arg}
    if "new_column_name" in keywords:
        found.add(rules.RENAME_COLUMN, call, f"alter_column {column} new_column_name")
    if "type_" in keywords:
        found.add(rules.CHANGE_TYPE, call, f"alter_column {column} type_")
    if (
        _constant(keywords.get("nullable")) is False
        and _constant(keywords.get("existing_nullable")) is not False
    ):
        found.add(rules.SET_NOT_NULL, call, f"alter_column {column} nullable=False")


def _add_column(found: _Found, call: ast.Call, table: str, start: int) -> None:
    column = _argument(call, start, "column")
    if isinstance(column, ast.Call) and not _is_filled(column):
        name = _text(_argument(column, 0, "name"))
        found.add(rules.NOT_NULL, call, f"add_column {table}.{name} nullable=False")


def _is_filled(column: ast.Call) -> bool:
    """May a column stay empty, or does the database fill it?"""
    keywords = {k.arg: k.value for k in column.keywords if k.arg}
    default = keywords.get("server_default")
    if _constant(keywords.get("nullable")) is not False:
        return True
    if default is not None and not (isinstance(default, ast.Constant) and default.value is None):
        return True
    return any(isinstance(a, ast.Call) and _last(a) in ("Computed", "Identity") for a in column.args)


def _is_idle(function: ast.FunctionDef) -> bool:
    """Does a function nothing but `pass`, a text, or an error?"""
    return all(
        isinstance(statement, ast.Pass | ast.Raise)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    )
