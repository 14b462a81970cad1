"""A JavaScript project: what installs it, and what runs its tests. Reads, never runs."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluicegate.starter.files import json_of, nearest, table, text_of

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(-[a-z0-9.]{1,30})?")
_PROGRAM = r"(?:cross-env|npx|pnpm exec|yarn run|yarn|bunx)\s+"
_ASSIGNMENT = r"[A-Za-z_][A-Za-z0-9_]*=(?:[^\s'\"]+|'[^']*'|\"[^\"]*\")\s+"
_TOOLS = re.compile(
    rf"\s*(?:{_PROGRAM}|{_ASSIGNMENT})*(?P<tool>vitest|jest|node|bun)\b(?P<rest>.*)", re.DOTALL
)
_BARE_NODE = re.compile(r"\s*node\s+--test\s*")
"""Its option for coverage is not one of `NODE_OPTIONS`, so that only the command itself can take it."""
_NO_TEST = "no test specified"
_PNPM_BY_LOCK = {"5": "7", "6": "8", "9": "10"}
"""By the major of a lock file's version: a pnpm that reads it."""
_BERRY_BY_LOCK = {"4": "3.0", "5": "3.1", "6": "3", "7": "4.0", "8": "4.13", "9": "4.14"}
"""By `__metadata.version` of a lock file: the last Yarn that writes it (`LOCKFILE_VERSION` in its sources).
Another would change the file, which `yarn install --immutable` refuses."""
_PROVIDERS = ("@vitest/coverage-v8", "@vitest/coverage-istanbul")


class NodeManager(enum.StrEnum):
    """What installs a JavaScript project."""

    NPM = "npm"
    PNPM = "pnpm"
    YARN = "yarn"
    BUN = "bun"


class Runner(enum.StrEnum):
    """What runs its tests."""

    VITEST = "Vitest"
    JEST = "Jest"
    NODE = "node --test"
    BUN = "bun test"
    SCRIPT = "the script 'test'"
    NONE = ""


_LOCKS: Mapping[str, NodeManager] = {
    "pnpm-lock.yaml": NodeManager.PNPM,
    "bun.lock": NodeManager.BUN,
    "bun.lockb": NodeManager.BUN,
    "yarn.lock": NodeManager.YARN,
    "package-lock.json": NodeManager.NPM,
    "npm-shrinkwrap.json": NodeManager.NPM,
}


@dataclass(frozen=True, slots=True)
class Node:
    """A JavaScript project.

    Attributes:
        manager_version: a version or a major of the package manager; empty for the newest.
        manager_from: what names the manager: `packageManager`, the lock file, or nothing.
        berry: Yarn of version 2 or later.
        lock: name of the lock file; empty without one.
        above: folders to go up to the lock file's.
        version_file: what names the version of Node, relative to the project; empty without one.
        in_script: the script `test` takes the runner's options.
        coverage: the runner can measure coverage with what the project installs.
        jest_junit: the project installs the reporter that writes JUnit XML.
        junit: where the test results go.
    """

    manager: NodeManager
    manager_version: str = ""
    manager_from: str = ""
    berry: bool = False
    lock: str = ""
    above: int = 0
    version_file: str = ""
    runner: Runner = Runner.NONE
    in_script: bool = False
    coverage: bool = True
    jest_junit: bool = False
    junit: str = "reports/junit.xml"


def find_node(root: Path, top: Path) -> Node | None:
    """The JavaScript project of a folder; `top`, of the repository, may hold lock file and tools.

    Raises:
        UsageError: its package.json is damaged.
    """
    if not (root / "package.json").is_file():
        return None
    package, above = json_of(root / "package.json"), _above(root, top)
    packages = [package, *(json_of(folder / "package.json") for folder in above)]
    folder, lock, manager, said_by = _manager(packages, root, *above)
    runner, in_script = _runner(package, packages, manager)
    named = {name for p in packages for name in _dependencies(p)}
    return Node(
        manager=manager,
        manager_version=_version(manager, packages, folder, lock),
        manager_from=said_by,
        berry=manager is NodeManager.YARN and _is_berry(packages, folder),
        lock=lock,
        above=[root, *above].index(folder),
        version_file=_version_file(root, above, packages),
        runner=runner,
        in_script=in_script,
        coverage=_covers(runner, named, in_script=in_script),
        jest_junit="jest-junit" in named,
    )


def _covers(runner: Runner, named: set[str], *, in_script: bool) -> bool:
    match runner:
        case Runner.VITEST:
            return not named.isdisjoint(_PROVIDERS)
        case Runner.NODE:
            return not in_script
        case Runner.JEST | Runner.BUN:
            return True
        case Runner.SCRIPT | Runner.NONE:
            return False


def _above(root: Path, top: Path) -> list[Path]:
    """The folders above, up to the top of the repository."""
    return [f for f in root.parents if f.is_relative_to(top)] if root != top else []


def _dependencies(package: Mapping[str, Any]) -> set[str]:
    return {*table(package, "dependencies"), *table(package, "devDependencies")}


def _manager(packages: list[dict[str, Any]], *folders: Path) -> tuple[Path, str, NodeManager, str]:
    """The folder to install in, its lock file, the manager, and what names it."""
    wanted = next((name for p in packages if (name := _named(p)[0])), None)
    for folder in folders:
        for lock, manager in _LOCKS.items():
            if (folder / lock).is_file() and wanted in (None, manager):
                return folder, lock, manager, "packageManager" if wanted else lock
    if wanted:
        return folders[0], "", wanted, "packageManager"
    return folders[0], "", NodeManager.NPM, ""


def _named(package: Mapping[str, Any]) -> tuple[NodeManager | None, str]:
    """The manager that a package.json names, and its version where that is exact."""
    text = str(package.get("packageManager", ""))
    name, _, version = text.partition("@")
    if not text:
        wanted = table(package, "devEngines", "packageManager")
        name, version = str(wanted.get("name", "")), str(wanted.get("version", ""))
    version = version.partition("+")[0]
    if name not in [m.value for m in NodeManager]:
        return None, ""
    return NodeManager(name), version if _VERSION.fullmatch(version) else ""


def _version(manager: NodeManager, packages: list[dict[str, Any]], folder: Path, lock: str) -> str:
    """The version that a package.json names, else one that reads and keeps the lock file."""
    exact = next((v for p in packages for name, v in [_named(p)] if name is manager and v), "")
    text = text_of(folder / lock) if lock else ""
    match manager:
        case NodeManager.PNPM if not exact:
            found = re.match(r"lockfileVersion:\s*'?([0-9]+)", text)
            return _PNPM_BY_LOCK.get(found[1], "") if found else ""
        case NodeManager.YARN if not exact:
            return _version_of_yarn(text, text_of(folder / ".yarnrc.yml"))
        case _:
            return exact


def _version_of_yarn(lock: str, settings: str) -> str:
    """That of the release in the repository, else of the lock file; empty for Yarn 1."""
    released = re.search(r"(?m)^yarnPath:.*yarn-([0-9.]+)\.cjs", settings)
    if released and _VERSION.fullmatch(released[1]):
        return released[1]
    written = re.search(r"(?m)^__metadata:\s*\n\s+version:\s*([0-9]+)", lock)
    return _BERRY_BY_LOCK.get(written[1], "4") if written else ""


def _is_berry(packages: list[dict[str, Any]], folder: Path) -> bool:
    exact = next((v for p in packages for name, v in [_named(p)] if name is NodeManager.YARN and v), "")
    if exact:
        return not exact.startswith("1.")
    return (folder / ".yarnrc.yml").is_file() or "__metadata:" in text_of(folder / "yarn.lock")


def _version_file(root: Path, above: list[Path], packages: list[dict[str, Any]]) -> str:
    folders = [root, *above]
    for name in (".nvmrc", ".node-version"):
        folder = nearest(name, *folders)
        if folder:
            return "../" * folders.index(folder) + name
    named = (n for n, p in enumerate(packages) if table(p, "engines").get("node") or table(p, "volta"))
    at = next(named, None)
    return "" if at is None else "../" * at + "package.json"


def _runner(
    package: Mapping[str, Any], packages: list[dict[str, Any]], manager: NodeManager
) -> tuple[Runner, bool]:
    """What runs the tests, and whether the script `test` takes its options."""
    script = table(package, "scripts").get("test")
    script = script if isinstance(script, str) and _NO_TEST not in script else ""
    found = _in_script(script)
    if found is not None:
        return found, not _BARE_NODE.fullmatch(script)
    for folder in packages:
        named = _dependencies(folder)
        if "vitest" in named:
            return Runner.VITEST, False
        if "jest" in named:
            return Runner.JEST, False
    if script:
        return Runner.SCRIPT, True
    return (Runner.BUN, False) if manager is NodeManager.BUN else (Runner.NONE, False)


def _in_script(script: str) -> Runner | None:
    """The runner that ends the script, so that options behind the script reach it."""
    if re.search(r"[|;\n]|(?<!&)&(?!&)", script):
        return None
    last = _TOOLS.fullmatch(script.rpartition("&&")[2])
    return next((r for r, tool, rest in _CALLS if last and last["tool"] == tool and rest(last["rest"])), None)


_CALLS: tuple[tuple[Runner, str, Callable[[str], object]], ...] = (
    (Runner.VITEST, "vitest", lambda rest: not re.match(r"\s+(bench|list|typecheck|init|related)\b", rest)),
    (Runner.JEST, "jest", lambda rest: "--watch" not in rest),
    (Runner.NODE, "node", lambda rest: re.search(r"\s--test\b", rest)),
    (Runner.BUN, "bun", lambda rest: re.match(r"\s+test\b", rest)),
)
"""Runners, their programs, and whether the words behind the program make it run tests once."""
