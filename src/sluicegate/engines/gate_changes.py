"""Changed files that are part of the gate itself: what judges the change, changed by the change.

A file that holds many settings (`pyproject.toml`, `setup.cfg`, `tox.ini`, `package.json`) counts
only when the parts differ that belong to a tool of the gate. A `conftest.py` counts only where one of the
versions says which tests are collected, or how they are run: plain fixtures are code of the tests.
"""

from __future__ import annotations

import ast
import configparser
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from sluicegate.core.change import FileChange
from sluicegate.core.globs import glob_matches
from sluicegate.core.model import Problem
from sluicegate.engines.syntax import parse, quiet
from sluicegate.evidence.analysed import GateChange

_HOOKS = "fixtures and hooks of pytest"
_FILES: tuple[tuple[str, str], ...] = (
    (".github/workflows/**", "a workflow"),
    (".github/actions/**", "an action that workflows use"),
    ("{action,**/action}.{yml,yaml}", "an action"),
    ("**/{sluicegate,.sluicegate}.{yml,yaml}", "the policy of this gate"),
    ("{CODEOWNERS,.github/CODEOWNERS,docs/CODEOWNERS}", "the list of code owners"),
    ("**/{.coveragerc,.coveragerc.toml}", "settings of coverage"),
    ("**/{codecov,.codecov}.{yml,yaml}", "settings of Codecov"),
    ("**/{.bandit,bandit.yaml,bandit.yml,.bandit.yaml,.bandit.yml}", "settings of bandit"),
    ("**/{ruff,.ruff}.toml", "settings of ruff"),
    ("**/.flake8", "settings of flake8"),
    ("**/{mypy,.mypy}.ini", "settings of mypy"),
    ("**/{pylintrc,.pylintrc,pylintrc.toml,.pylintrc.toml}", "settings of pylint"),
    ("**/{pytest,.pytest}.{ini,toml}", "settings of pytest"),
    ("**/conftest.py", _HOOKS),
    ("**/.pre-commit-config.yaml", "hooks of pre-commit"),
    ("**/{.eslintrc,.eslintrc.*,eslint.config.*,.eslintignore}", "settings of ESLint"),
    ("**/{jest,vitest}.config.*", "settings of the JavaScript tests"),
    ("**/{.nycrc,.nycrc.*,.c8rc.json}", "settings of JavaScript coverage"),
    ("**/{.golangci.yml,.golangci.yaml,.golangci.toml,.clang-tidy}", "settings of a linter"),
    ("**/{sonar-project.properties,.semgrepignore,.trivyignore,osv-scanner.toml}", "settings of a scanner"),
)

_PYPROJECT = ("coverage", "pytest", "bandit", "ruff", "mypy", "pylint", "tox")
_INI_SECTIONS = (
    "coverage:", "tool:pytest", "pytest", "bandit", "flake8", "mypy", "pylint", "testenv", "tox",
)  # fmt: skip
_PACKAGE_JSON = ("jest", "eslintConfig", "nyc", "c8", "vitest", "scripts")

_PARTS = {"scripts": "commands of npm", "testenv": "commands of tox"}

Sections = Mapping[str, Any]


def find(file: FileChange, head: bytes | None, base: bytes | None) -> Iterator[GateChange]:
    """What a changed file means for the gate: nothing, or one entry a path (two for a rename).

    Args:
        file: the change.
        head: the file's bytes; None when it is gone or cannot be read.
        base: its bytes in the base; None when it is new.
    """
    if file.old_path in {"", file.path}:
        yield from _at(file.path, head, base, fate(file, file.path))
    else:
        yield from _at(file.path, head, None, fate(file, file.path))
        yield from _at(file.old_path, None, base, fate(file, file.old_path))


def fate(file: FileChange, path: str) -> str:
    """In a word or two what became of a path, which the file has, or had in the base."""
    if file.old_path in {"", file.path}:
        return "removed" if file.deleted else "changed" if file.old_path else "added"
    return f"renamed from {file.old_path}" if path == file.path else f"renamed to {file.path}"


def _at(path: str, head: bytes | None, base: bytes | None, how: str) -> Iterator[GateChange]:
    if parts := _changed_parts(path, head, base):
        has_article = len(parts) == 1 and parts[0].startswith(("a ", "an ", "the "))
        yield GateChange(path, f"{', '.join(parts)} {'was' if has_article else 'were'} {how}")


def _changed_parts(path: str, head: bytes | None, base: bytes | None) -> list[str]:
    """What of the gate a changed file holds; empty for any other file."""
    what = next((what for pattern, what in _FILES if glob_matches(pattern, path)), "")
    if what == _HOOKS:
        return [what] if _has_hooks(head) or _has_hooks(base) else []
    return [what] if what else _differing(path, head, base)


def is_shared(path: str) -> bool:
    """Whether the contents decide, so that `find` needs both versions."""
    return PurePosixPath(path).name in _READERS


def needs_versions(file: FileChange) -> bool:
    """Whether `find` must be given the contents of a file."""
    paths = (file.path, file.old_path)
    return any(is_shared(path) or PurePosixPath(path).name == "conftest.py" for path in paths)


def _has_hooks(data: bytes | None) -> bool:
    """Does a `conftest.py` bind a name, outside functions and classes, that pytest looks for?

    What does not parse, and a `from … import *`, may bind any.
    """
    with quiet():
        tree = parse(data or b"", "")
    return isinstance(tree, Problem) or any(map(_is_hook, _bound(tree)))


def _is_hook(name: str) -> bool:
    return name == "*" or name.startswith(("pytest_", "collect_ignore"))


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that a module binds, and those that it declares to be global."""
    pending: list[ast.AST] = [tree]
    while pending:
        match pending.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node:
                yield node.name
                yield from chain.from_iterable(n.names for n in ast.walk(node) if isinstance(n, ast.Global))
            case ast.Import():
                pass  # a module is no hook
            case ast.alias(name=name, asname=here):
                yield here or name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case node:
                pending.extend(ast.iter_child_nodes(node))


def _differing(path: str, head: bytes | None, base: bytes | None) -> list[str]:
    """The parts of the gate's tools that differ in a shared file; what cannot be read differs as a whole."""
    name = PurePosixPath(path).name
    if name not in _READERS:
        return []
    read = _READERS[name]
    try:
        after, before = (read((data or b"").decode("utf-8-sig")) for data in (head, base))
    except (ValueError, configparser.Error, RecursionError):
        return [f"settings in {name} that cannot be read"]
    return [
        _PARTS.get(key) or f"settings of {key.rstrip(':').removeprefix('tool:')}"
        for key in sorted(after.keys() | before.keys())
        if after.get(key) != before.get(key)
    ]


def _ini(text: str) -> Sections:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name in parser.sections():
        key = next((key for key in _INI_SECTIONS if name.startswith(key)), "")
        if key:
            found.setdefault(key, {})[name] = dict(parser.items(name))
    return found


def _chosen(data: object, keys: Iterable[str]) -> Sections:
    if not isinstance(data, dict):
        raise ValueError("a mapping is expected")
    return {key: data[key] for key in keys if key in data}


_READERS: Mapping[str, Callable[[str], Sections]] = {
    "pyproject.toml": lambda text: _chosen(tomllib.loads(text).get("tool", {}), _PYPROJECT),
    "setup.cfg": _ini,
    "tox.ini": _ini,
    "package.json": lambda text: _chosen(json.loads(text or "{}"), _PACKAGE_JSON),
}
