"""The parts of a monorepo: the folders with manifests of their own. Reads, never runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import PolicyError
from sluicegate.core.globs import matches_any
from sluicegate.policy.yaml_positions import read_document
from sluicegate.starter.files import is_plain_path, json_of, table, text_of, toml_of, words

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "package.json")
_LOCKS = (
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml",
    "yarn.lock", ".yarnrc.yml", "bun.lock", "bun.lockb", "pyproject.toml", "uv.lock", "poetry.lock",
    ".python-version", ".nvmrc", ".node-version",
)  # fmt: skip
_NO_PARTS = frozenset(
    {
        "tests", "test", "testing", "fixtures", "fixture", "examples", "example", "docs", "doc", "templates",
        "template", "vendor", "vendored", "third_party", "node_modules", "benchmarks", "bench",
        "__fixtures__", "__tests__", "testdata", "test-data", "cookiecutter", "skeleton", "demo",
        "demos", "samples", "e2e",
    }
)  # fmt: skip
"""Folders whose manifests are examples or test data, where no workspace declares them."""
_DEEPEST = 3
_MOST = 100
"""How many parts a policy gets: GitHub's matrix has at most 256 jobs."""


@dataclass(frozen=True, slots=True)
class Member:
    """A part: its name in the policy, its folder, and whether a workspace declares it."""

    name: str
    folder: str
    declared: bool


def find_folders(root: Path, tracked: Sequence[str]) -> tuple[Member, ...]:
    """The parts of a repository by folder, without those whose names would need quotes."""
    folders = sorted({f for f in map(_folder_of, tracked) if f and is_plain_path(f)})
    wanted, unwanted = _declared(root)
    found: list[Member] = []
    for folder in folders:
        if matches_any(unwanted, folder):
            continue
        declared = matches_any(wanted, folder)
        if declared or _is_part(folder, found):
            found.append(Member(named(_name(folder), [m.name for m in found]), folder, declared))
    return tuple(found[:_MOST])


def _folder_of(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return folder if name in _MANIFESTS else ""


def _is_part(folder: str, found: Iterable[Member]) -> bool:
    """Is a folder with a manifest a part, although no workspace declares it?"""
    parts = folder.split("/")
    usual = _NO_PARTS.isdisjoint(parts) and not any(part.startswith(".") for part in parts)
    return usual and len(parts) <= _DEEPEST and not any(folder.startswith(f"{m.folder}/") for m in found)


def _declared(root: Path) -> tuple[list[str], list[str]]:
    """The globs of the folders that workspaces declare, and of those that they leave out."""
    globs = list(_globs(root))
    wanted = [g for g in globs if not g.startswith("!")]
    return wanted, [g.removeprefix("!") for g in globs if g.startswith("!")]


def _globs(root: Path) -> Iterator[str]:
    package = json_of(root / "package.json")
    workspaces = package.get("workspaces")
    listed = words(workspaces) or words(table(package, "workspaces").get("packages"))
    workspace = table(toml_of(root / "pyproject.toml"), "tool", "uv", "workspace")
    excluded = [f"!{glob}" for glob in words(workspace.get("exclude"))]
    for glob in (*listed, *_of_pnpm(root), *words(workspace.get("members")), *excluded):
        negated = "!" if glob.startswith("!") else ""
        yield negated + glob.removeprefix("!").removeprefix("./").rstrip("/")


def _of_pnpm(root: Path) -> list[str]:
    text = text_of(root / "pnpm-workspace.yaml")
    try:
        top = read_document(text.encode(), "pnpm-workspace.yaml").top.value if text.strip() else {}
    except PolicyError:
        return []
    packages = top.get("packages") if isinstance(top, dict) else None
    items = packages.value if packages is not None else ()
    return [i.value for i in items if isinstance(i.value, str)] if isinstance(items, list) else []


def _name(folder: str) -> str:
    """The last part of the folder as a name of a component."""
    name = re.sub("[^A-Za-z0-9_-]+", "-", folder.rpartition("/")[2]).strip("-_")[:50]
    return name if name[:1].isalpha() else f"part-{name}".rstrip("-")


def named(name: str, taken: Collection[str]) -> str:
    """The name, with a number where it is taken."""
    return next(n for n in (name, *(f"{name}-{i}" for i in range(2, 1000))) if n not in taken)


def shared_files(root: Path) -> tuple[str, ...]:
    """The files at the top that all parts depend on."""
    return tuple(name for name in _LOCKS if (root / name).is_file())
