"""What is a test where the policy does not say: pytest's `testpaths`, and shipped code named like tests.

`testpaths` adds folders to the usual names of tests. A folder `test` or `tests` within a package that the
package itself imports is shipped code, so only what is named as a test in it is one; a module `test_*.py`
that its package imports is none (see `shipped`).
"""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from sluicegate.collect.shipped import PythonTree, above, shipped
from sluicegate.core.globs import matches_any
from sluicegate.git import Git
from sluicegate.policy.model import Policy
from sluicegate.policy.settings import section

Settings = Mapping[str, Any]

_NAMED = ("**/test_*.py", "**/*_test.py", "**/tests.py")
_NO_MODULES = ("__init__.py", "conftest.py")
_SPECIAL = re.compile(r"[*?\[\]{}]")


def with_test_folders(policy: Policy, git: Git | None, settings: str, imports: Iterable[str]) -> Policy:
    """The policy with what pytest's settings and the imports of packages say of tests.

    A policy that sets `source.tests` is left as it is.

    Args:
        policy: as resolved.
        git: opened in the judged folder; None without a repository.
        settings: the commit whose settings count, or `TREE`; empty for none. On a pull request the base's, so
            that a change hides no source.
        imports: commits, or `TREE`; a folder or module is shipped where one of them imports it.

    Raises:
        WorldError: git failed.
    """
    usual = tuple(section("source").keys["tests"].default)
    if git is None or policy.source.tests != usual:
        return policy
    tree_at = cache(partial(PythonTree.of, git))
    named: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    if settings:
        tree = tree_at(settings)
        found = words_of(pytest_settings(tree.read(PYTEST_FILES)), "testpaths")
        named = tuple(map(posixpath.normpath, found))
        folders = tuple(_test_folders(tree, named))
    code = {place for at in imports if at for place in shipped(tree_at(at), usual, named)}
    source = replace(
        policy.source,
        tests=(*usual, *(f"{folder}/**" for folder in folders)),
        shipped=tuple(sorted(code, key=lambda place: (-len(place), place))),
    )
    return replace(policy, source=source)


# --- pytest's settings -------------------------------------------------------------------------


def _test_folders(tree: PythonTree, named: Sequence[str]) -> Iterator[str]:
    """The folders of `testpaths`, except the top one, in which most modules are named as tests."""
    folders = dict.fromkeys(f for module in tree.modules for f in above(module)) if named else ()
    for folder in folders:
        if matches_any(named, folder) and not _SPECIAL.search(folder) and _is_tests(folder, tree):
            yield folder


def _is_tests(folder: str, tree: PythonTree) -> bool:
    inside = [m for m in tree.modules if m.startswith(f"{folder}/") and not m.endswith(_NO_MODULES)]
    return 2 * sum(matches_any(_NAMED, module) for module in inside) > len(inside)


def words_of(settings: Settings, key: str) -> list[str]:
    """A list of paths in settings of pytest: a list, or words in one text."""
    value = settings.get(key, [])
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return [word for word in words if isinstance(word, str) and word]


def pytest_settings(files: Mapping[str, bytes]) -> Settings:
    """The settings in the first file that pytest takes for its own; empty where they cannot be read.

    `files` are those of `PYTEST_FILES` that are there.
    """
    for name in PYTEST_FILES:
        if name not in files:
            continue
        try:
            found = _READERS[name](files[name].decode("utf-8-sig"))
        except (ValueError, configparser.Error, RecursionError):
            return {}
        if found is not None:
            return found
    return {}


def _toml(text: str, *keys: str) -> Settings | None:
    found: Any = tomllib.loads(text)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _ini(text: str, section_name: str) -> Settings | None:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return dict(parser.items(section_name)) if parser.has_section(section_name) else None


def _pyproject(text: str) -> Settings | None:
    return _toml(text, "tool", "pytest", "ini_options") or _toml(text, "tool", "pytest")


_READERS: Mapping[str, Callable[[str], Settings | None]] = {
    "pytest.toml": lambda text: _toml(text, "pytest") or {},
    ".pytest.toml": lambda text: _toml(text, "pytest") or {},
    "pytest.ini": lambda text: _ini(text, "pytest") or {},
    ".pytest.ini": lambda text: _ini(text, "pytest") or {},
    "pyproject.toml": _pyproject,
    "tox.ini": lambda text: _ini(text, "pytest"),
    "setup.cfg": lambda text: _ini(text, "tool:pytest"),
}
PYTEST_FILES = tuple(_READERS)
"""Where pytest looks for its settings, in its order (pytest's page "Configuration")."""
