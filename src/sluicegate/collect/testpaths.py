"""What is a test where the policy does not say: pytest's `testpaths`, and shipped folders named like tests.

`testpaths` adds folders to the usual names of tests. A folder `test` or `tests` within a package that the
package itself imports is shipped code, so only what is named as a test in it is one.
"""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sluicegate.core.globs import matches_any
from sluicegate.core.model import Problem
from sluicegate.engines.interface import read_source
from sluicegate.git import Git
from sluicegate.policy.model import Policy
from sluicegate.policy.settings import section

TREE = "."
"""In place of a commit: the working tree."""

Settings = Mapping[str, Any]

_MAX_BYTES = 512 * 1024
_NAMED = ("**/test_*.py", "**/*_test.py", "**/tests.py")
_NO_MODULES = ("__init__.py", "conftest.py")
_FOLDERS = ("test", "tests")
_SPECIAL = re.compile(r"[*?\[\]{}]")

_GREP = ("grep", "-z", "-a", "-E", "--no-color", "--no-column", "--no-line-number", "--no-recurse-submodules")
_IMPORT = r"^[[:blank:]]*(from|import)[[:blank:]].*test"
_FROM = re.compile(r"\s*from\s+(?P<dots>\.*)\s*(?P<module>[\w.]*)\s+import\s+\(?(?P<names>[^#;]*)")
_PLAIN = re.compile(r"\s*import\s+(?P<names>[^#;]*)")


def with_test_folders(policy: Policy, git: Git | None, settings: str, imports: Iterable[str]) -> Policy:
    """The policy with what pytest's settings and the imports of packages say of tests.

    A policy that sets `source.tests` is left as it is.

    Args:
        policy: as resolved.
        git: opened in the judged folder; None without a repository.
        settings: the commit whose settings count, or `TREE`; empty for none. On a pull request the base's, so
            that a change hides no source.
        imports: commits, or `TREE`; a folder is shipped where one of them imports it.

    Raises:
        WorldError: git failed.
    """
    usual = tuple(section("source").keys["tests"].default)
    if git is None or policy.source.tests != usual:
        return policy
    folders = _test_paths(_Tree.of(git, settings)) if settings else ()
    shipped = {folder for at in imports if at for folder in _shipped(_Tree.of(git, at), usual)}
    source = replace(
        policy.source,
        tests=(*usual, *(f"{folder}/**" for folder in folders)),
        shipped=tuple(sorted(shipped, key=lambda folder: (-len(folder), folder))),
    )
    return replace(policy, source=source)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The files of a commit, or of the working tree. `modules` are its Python files."""

    git: Git
    commit: str
    modules: tuple[str, ...]

    @classmethod
    def of(cls, git: Git, at: str) -> _Tree:
        commit = "" if at == TREE else at
        names = git.names(commit) if commit else [*git.tracked(), *git.untracked()]
        return cls(git, commit, tuple(name for name in names if name.endswith(".py")))

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        if self.commit:
            return self.git.files_at(self.commit, names)
        found = ((name, read_source(self.git.root, name, limit=_MAX_BYTES)) for name in names)
        return {name: data for name, data in found if not isinstance(data, Problem)}

    def lines(self, folders: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The lines of files below these folders that may import a test, each with its path."""
        where = (self.commit,) if self.commit else ("--untracked",)
        # git ends with 1 where it finds nothing
        found = self.git.run(
            "--literal-pathspecs", *_GREP, "-e", _IMPORT, *where, "--", *folders, check=False
        )
        for line in found.decode("utf-8", "surrogateescape").split("\n"):
            name, _, text = line.partition("\0")
            yield name.removeprefix(f"{self.commit}:"), text


# --- pytest's settings -------------------------------------------------------------------------


def _test_paths(tree: _Tree) -> Iterator[str]:
    """The folders of `testpaths`, except the top one, in which most modules are named as tests."""
    settings = pytest_settings(tree.read(PYTEST_FILES))
    named = tuple(map(posixpath.normpath, words_of(settings, "testpaths")))
    folders = dict.fromkeys(f for module in tree.modules for f in _above(module)) if named else ()
    for folder in folders:
        if matches_any(named, folder) and not _SPECIAL.search(folder) and _is_tests(folder, tree):
            yield folder


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _is_tests(folder: str, tree: _Tree) -> bool:
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


# --- shipped folders ---------------------------------------------------------------------------


def _shipped(tree: _Tree, tests: Sequence[str]) -> Set[str]:
    """The folders named like tests that a module of their own package imports, which is no test itself."""
    modules = set(tree.modules)
    named = {f for m in modules for f in _above(m) if posixpath.basename(f) in _FOLDERS}
    tops = {folder: top for folder in named if (top := _package(folder, modules))}
    return _imported_of_package(tree, tests, tops) if tops else frozenset()


def _imported_of_package(tree: _Tree, tests: Sequence[str], tops: Mapping[str, str]) -> Set[str]:
    """Those of the folders, each with its outermost package, that a source of that package imports."""
    found: set[str] = set()
    modules = frozenset(tree.modules)
    for module, line in tree.lines(sorted(set(tops.values()))):
        if module in modules and not matches_any(tests, module):
            found.update(_imported(module, line, tops))
    return found


def _package(folder: str, modules: Set[str]) -> str:
    """The outermost package that holds a folder; empty for a folder in no package."""
    found, above = "", posixpath.dirname(folder)
    while above and f"{above}/__init__.py" in modules:
        found, above = above, posixpath.dirname(above)
    return found


def _imported(module: str, line: str, tops: Mapping[str, str]) -> Iterator[str]:
    """The folders that a line of a module of the same package imports."""
    for root in {posixpath.dirname(top) for top in tops.values()}:
        for target in _targets(module, line, root):
            for folder in _above(f"{target}/"):
                own = folder in tops and module.startswith(f"{tops[folder]}/")
                if own and not module.startswith(f"{folder}/"):
                    yield folder


def _targets(module: str, line: str, root: str) -> Iterator[str]:
    """What a line imports, as paths without an ending; `root` is the folder of absolute names."""
    if plain := _PLAIN.match(line):
        yield from (posixpath.join(root, name.replace(".", "/")) for name in _words(plain["names"]))
    if match := _FROM.match(line):
        folder = root
        if match["dots"]:
            folder = "/".join(module.split("/")[: -len(match["dots"])])
        start = posixpath.join(folder, match["module"].replace(".", "/")).rstrip("/")
        yield start
        yield from (posixpath.join(start, name) for name in _words(match["names"]))


def _words(names: str) -> list[str]:
    """The names of `a as b, c`, without what they are called here."""
    return [words[0] for part in names.split(",") if (words := part.split())]
