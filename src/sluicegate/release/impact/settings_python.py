"""Environment variables that Python reads, by the syntax tree. Pure.

Known are the standard library, pydantic-settings, django-environ, environs, decouple, starlette and click.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.core.fields import MAX_NUMBER
from sluicegate.release.impact.migration_python import UnparsedError, name_of, parse_python
from sluicegate.release.impact.settings_key import Key, variable

_HINTS = (b"environ", b"getenv", b"BaseSettings", b"config(", b"env(", b"env.", b"envvar", b"Env(")
_METHODS = ("get", "pop", "setdefault", "__getitem__")
_READERS = ("environ.Env", "environ.FileAwareEnv", "environs.Env", "environs.FileAwareEnv")
_CONFIGS = ("starlette.config.Config", "decouple.Config", "decouple.AutoConfig")
_TYPES = frozenset(
    {
        "str", "bool", "int", "float", "json", "list", "tuple", "dict", "url", "db", "db_url", "cache",
        "cache_url", "email", "email_url", "search_url", "path", "decimal", "date", "datetime", "time",
        "timedelta", "enum",
        "uuid", "log_level", "bytes", "get_value", "channels", "dj_db_url", "dj_email_url", "dj_cache_url",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Module:
    """What names mean in a module, as far as it is about environment variables."""

    names: dict[str, str] = field(default_factory=dict)
    readers: set[str] = field(default_factory=set)
    found: list[Key] = field(default_factory=list)

    def whole(self, node: ast.expr) -> str:
        """The dotted name of an expression, with what was imported in place of its first part."""
        first, dot, rest = name_of(node).partition(".")
        return f"{self.names.get(first, first)}{dot}{rest}"

    def add(self, name: str, node: ast.AST, default: ast.expr | None = None) -> None:
        """Note a use."""
        key = variable(name, getattr(node, "lineno", 0), _default(default))
        if key is not None:
            self.found.append(key)


def python_keys(data: bytes) -> Iterator[Key]:
    """The keys of a module.

    Raises:
        UnparsedError: it does not parse.
    """
    if not any(hint in data for hint in _HINTS):
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnparsedError("it is not UTF-8") from None
    tree = parse_python(text)
    module = _Module()
    nodes = list(ast.walk(tree))
    for node in nodes:
        _imported(module, node)
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            _assigned(module, node)
    for node in nodes:
        _used(module, node)
    yield from sorted(module.found, key=lambda key: (key.line, key.name))


def _imported(module: _Module, node: ast.AST) -> None:
    if isinstance(node, ast.ImportFrom) and not node.level:
        module.names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    elif isinstance(node, ast.Import):
        module.names |= {a.asname: a.name for a in node.names if a.asname}


def _assigned(module: _Module, node: ast.Assign | ast.AnnAssign) -> None:
    """`env = environ.Env(DEBUG=(bool, False))`, `config = Config(".env")`."""
    if not isinstance(node.value, ast.Call):
        return
    made = module.whole(node.value.func)
    if made in (*_READERS, *_CONFIGS):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        module.readers |= {t.id for t in targets if isinstance(t, ast.Name)}
    if made in _READERS:
        _add_scheme(module, node.value)


def _add_scheme(module: _Module, call: ast.Call) -> None:
    for keyword in call.keywords:
        if keyword.arg and keyword.arg.isupper():
            module.add(keyword.arg, keyword.value, _last_of(keyword.value))


def _last_of(node: ast.expr) -> ast.expr | None:
    """The default in `(bool, False)`."""
    return node.elts[-1] if isinstance(node, ast.Tuple) and node.elts else None


def _used(module: _Module, node: ast.AST) -> None:
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name))):
            if module.whole(value) == "os.environ":
                module.add(name, node)
        case ast.Compare(
            left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[where]
        ):
            if module.whole(where) == "os.environ":
                module.add(name, node)
        case ast.Call():
            _called(module, node)
        case ast.ClassDef():
            _class(module, node)


def _called(module: _Module, call: ast.Call) -> None:
    _named_by_option(module, call)
    first = _text(call.args[0]) if call.args else ""
    name = module.whole(call.func)
    if first and (_is_standard(name) or name == "decouple.config" or _is_reader(module, name_of(call.func))):
        has_second = len(call.args) > 1 and name != "decouple.config"
        module.add(first, call, _keyword(call, "default") or (call.args[1] if has_second else None))


def _is_standard(name: str) -> bool:
    owner, _, method = name.rpartition(".")
    return name == "os.getenv" or (owner == "os.environ" and method in _METHODS)


def _named_by_option(module: _Module, call: ast.Call) -> None:
    """`envvar` of an option of click or typer."""
    named = _keyword(call, "envvar")
    for each in _choices(named) if named is not None else ():
        module.add(_text(each), call, _keyword(call, "default"))


def _is_reader(module: _Module, written: str) -> bool:
    """Is it `env(…)`, `env.bool(…)`, where `env` was made in this module, or is imported under this name?"""
    owner, _, method = written.rpartition(".")
    if written in module.readers or (owner in module.readers and method in _TYPES):
        return True
    name = owner or written
    is_imported = name in ("env", "config") and module.names.get(name, "").rpartition(".")[2] == name
    return is_imported and (not owner or method in _TYPES)


# --- pydantic-settings -------------------------------------------------------------------------


def _class(module: _Module, node: ast.ClassDef) -> None:
    """The fields of a class of settings. Classes that inherit from one of these are not followed."""
    if not any(module.whole(base).endswith("BaseSettings") for base in node.bases):
        return
    prefix, is_exact = _prefix(node)
    for statement in node.body:
        if name := _field_name(statement):
            aliases, default = _field(getattr(statement, "value", None))
            own = prefix + name if is_exact else (prefix + name).upper()
            for each in aliases or [own]:
                module.add(each, statement, default)


def _field_name(statement: ast.stmt) -> str:
    """The name of the field that a statement declares; empty for another statement."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
            is_field = not name.startswith("_") and name != "model_config"
            outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
            return name if is_field and not name_of(outer).endswith("ClassVar") else ""
        case _:
            return ""


def _prefix(node: ast.ClassDef) -> tuple[str, bool]:
    """`env_prefix`, and whether names are taken as they are written."""
    options: dict[str, ast.expr] = {}
    for statement in node.body:
        options |= _options(statement)
    exact = options.get("case_sensitive")
    return _text(options.get("env_prefix")), isinstance(exact, ast.Constant) and exact.value is True


def _options(statement: ast.stmt) -> Mapping[str, ast.expr]:
    """The options of `model_config`, or of the class `Config`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Call(keywords=keywords)):
            return {k.arg: k.value for k in keywords if k.arg}
        case ast.Assign(targets=[ast.Name(id="model_config")], value=ast.Dict(keys=keys, values=values)):
            return {_text(k): v for k, v in zip(keys, values, strict=True)}
        case ast.ClassDef(name="Config", body=body):
            return _assignments(body)
        case _:
            return {}


def _assignments(body: Sequence[ast.stmt]) -> Mapping[str, ast.expr]:
    found = {}
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement.value
    return found


def _field(value: ast.expr | None) -> tuple[list[str], ast.expr | None]:
    """The names that `Field(…)` gives, and the default."""
    if not isinstance(value, ast.Call) or name_of(value.func).rpartition(".")[2] != "Field":
        return [], value
    given = next(filter(None, (_keyword(value, name) for name in ("validation_alias", "alias", "env"))), None)
    aliases = [] if given is None else list(filter(None, map(_text, _choices(given))))
    first = value.args[0] if value.args else None
    return aliases, _keyword(value, "default") or first


def _choices(given: ast.expr) -> Sequence[ast.expr]:
    if isinstance(given, ast.Call):  # AliasChoices
        return given.args
    return given.elts if isinstance(given, ast.List | ast.Tuple) else [given]


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _default(node: ast.expr | None) -> str:
    """A default as it is written; what is no constant is shown as `…`."""
    match node:
        case None | ast.Constant(value=None):
            return ""
        case ast.Constant(value=int(number)) if abs(number) > MAX_NUMBER:
            return "…"  # Python writes no number of thousands of digits
        case ast.Constant(value=value):
            return "" if value is ... else str(value)[:500]
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return ""
        case _:
            return "…"
