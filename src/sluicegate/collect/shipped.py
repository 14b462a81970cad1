"""What is named like a test in a package and is shipped with it: what the package itself imports.

Such are the folders `test` and `tests` in which frameworks have their helpers for the tests of others, and
modules whose names only look like those of tests, such as `test_runner.py`.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from sluicegate.core.globs import matches_any
from sluicegate.core.model import Problem
from sluicegate.engines.interface import read_source
from sluicegate.engines.syntax import parse, quiet
from sluicegate.git import Git

TREE = "."
"""In place of a commit: the working tree."""

_MAX_BYTES = 512 * 1024
_FOLDERS = ("test", "tests")
_INSIDE = ("**/test/**", "**/tests/**")
_NAMED = ("**/test_*.py", "**/*_test.py")

_GREP = ("grep", "-z", "-l", "-a", "-w", "-E", "--no-color", "--no-recurse-submodules")
_WORD = "tests?|test_[[:alnum:]_]+|[[:alnum:]_]+_test"
_IMPORT = re.compile(rb"\b(?:from|import)\b(?:[^\n\\(]|\\\r?\n)*(?:\((?:[^)#]|#[^\n]*)*)?")
"""What may be an import, also in a text or a comment: only files that have one with a test are parsed."""
_TEST = re.compile(rb"\b(?:tests?|test_\w+|\w+_test)\b")


@dataclass(frozen=True, slots=True)
class PythonTree:
    """The files of a commit, or of the working tree. `modules` are its Python files."""

    git: Git
    commit: str
    modules: tuple[str, ...]

    @classmethod
    def of(cls, git: Git, at: str) -> PythonTree:
        """The tree at a commit, or at `TREE`."""
        commit = "" if at == TREE else at
        names = git.names(commit) if commit else [*git.tracked(), *git.untracked()]
        return cls(git, commit, tuple(name for name in names if name.endswith(".py")))

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """The bytes of those of the files that are there and not too large."""
        if self.commit:
            return self.git.files_at(self.commit, names)
        found = ((name, read_source(self.git.root, name, limit=_MAX_BYTES)) for name in names)
        return {name: data for name, data in found if not isinstance(data, Problem)}

    def mentioning_tests(self, folders: Iterable[str]) -> list[str]:
        """The files below these folders that have a word which may name a test."""
        where = (self.commit,) if self.commit else ("--untracked",)
        # git ends with 1 where it finds nothing
        found = self.git.run("--literal-pathspecs", *_GREP, "-e", _WORD, *where, "--", *folders, check=False)
        names = found.decode("utf-8", "surrogateescape").split("\0")
        return [name.removeprefix(f"{self.commit}:") for name in names if name]


def above(path: str) -> Iterator[str]:
    """The folders that hold a path, the outermost first."""
    parts = path.split("/")[:-1]
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def shipped(tree: PythonTree, tests: Sequence[str], testpaths: Sequence[str] = ()) -> Set[str]:
    """The folders and modules that are named like tests, and are code of their package.

    That is what a module of the package imports which is no test itself. Where pytest's settings say where
    tests are, it is each module of a package in `src` elsewhere, too: pytest does not collect it.

    Args:
        tree: the files.
        tests: the globs by which a module that imports is a test.
        testpaths: globs of pytest's settings, normalised; what they match is a test.
    """
    modules = frozenset(tree.modules)
    tops = {place: top for place in _named(modules, testpaths) if (top := _package(place, modules))}
    uncollected = {stem for stem, top in tops.items() if testpaths and _is_installed(stem, top, modules)}
    found = uncollected | (_imported_of_package(tree, tests, tops) if tops else set())
    return {f"{place}.py" if f"{place}.py" in modules else place for place in found}


def _named(modules: Set[str], testpaths: Sequence[str]) -> Iterator[str]:
    """The folders named like tests, and the modules, without an ending, that are in none of these."""
    for module in modules:
        folders = tuple(above(module))
        named = [folder for folder in folders if posixpath.basename(folder) in _FOLDERS]
        yield from named
        known = any(matches_any(testpaths, place) for place in (module, *folders)) or "." in testpaths
        if not named and not known and matches_any(_NAMED, module):
            yield module.removesuffix(".py")


def _is_installed(stem: str, top: str, modules: Set[str]) -> bool:
    """Is it a module of a package in `src`, which is where what is installed has a folder of its own?"""
    return f"{stem}.py" in modules and posixpath.basename(posixpath.dirname(top)) == "src"


def _package(place: str, modules: Set[str]) -> str:
    """The outermost package that holds a folder or module; empty for one in no package."""
    found, folder = "", posixpath.dirname(place)
    while folder and f"{folder}/__init__.py" in modules:
        found, folder = folder, posixpath.dirname(folder)
    return found


def _imported_of_package(tree: PythonTree, tests: Sequence[str], tops: Mapping[str, str]) -> set[str]:
    """Those of the places, each with its outermost package, that a source of that package imports."""
    names = [n for n in tree.mentioning_tests(sorted(set(tops.values()))) if not matches_any(tests, n)]
    sources = tree.read(sorted(frozenset(names).intersection(tree.modules)))
    found: set[str] = set()
    for module, data in sources.items():
        found.update(_imported(module, data, tops))
    return found


def _imported(module: str, data: bytes, tops: Mapping[str, str]) -> Iterator[str]:
    """The places that a module of the same package imports."""
    roots = {posixpath.dirname(top) for top in tops.values()}
    targets = {t for node in _statements(module, data) for t in _targets_of_any(module, node, roots)}
    for place in {place for target in targets for place in above(f"{target}/")} & tops.keys():
        if module.startswith(f"{tops[place]}/") and not module.startswith(f"{place}/"):
            yield place


def _targets_of_any(module: str, node: ast.AST, roots: Set[str]) -> Iterator[str]:
    for root in roots:
        yield from _targets(module, node, root)


def _statements(module: str, data: bytes) -> Iterator[ast.AST]:
    """The nodes of a module's syntax tree; none where it imports no test, or does not parse."""
    if any(map(_TEST.search, _IMPORT.findall(data))):
        with quiet():
            tree = parse(data, module)
        yield from () if isinstance(tree, Problem) else ast.walk(tree)


def _targets(module: str, node: ast.AST, root: str) -> Iterator[str]:
    """What a statement imports, as paths without an ending; `root` is the folder of absolute names."""
    match node:
        case ast.Import(names=names):
            yield from (posixpath.join(root, alias.name.replace(".", "/")) for alias in names)
        case ast.ImportFrom(module=name, names=names, level=level):
            folder = "/".join(module.split("/")[:-level]) if level else root
            start = posixpath.join(folder, (name or "").replace(".", "/")).rstrip("/")
            yield start
            yield from (posixpath.join(start, alias.name) for alias in names)
