"""What kind of project a folder holds, from the files that its tools read. Reads, never runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sluicegate.starter.files import is_word, names_in, text_of
from sluicegate.starter.members import find_folders, named, shared_files
from sluicegate.starter.node import Node, find_node
from sluicegate.starter.node_run import node_run
from sluicegate.starter.python import Python, find_python, test_folders
from sluicegate.starter.python_run import python_run
from sluicegate.starter.reports import coverage_option, found_reports, junit_path
from sluicegate.starter.run import Run
from sluicegate.starter.thresholds import Threshold, find_thresholds

_OTHERS = {
    "go.mod": "Go",
    "Cargo.toml": "Rust",
    "pom.xml": "Java (Maven)",
    "build.gradle": "Java (Gradle)",
    "build.gradle.kts": "Kotlin (Gradle)",
    "Gemfile": "Ruby",
    "composer.json": "PHP",
    "mix.exs": "Elixir",
}
_SOURCES = (".py", ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs")
_RUNS_TESTS = re.compile(r"\b(pytest|tox|nox|hatch|jest|vitest|tests?)\b")
_BESIDE_PYTHON = "reports/junit-javascript.xml"
"""Where the results of JavaScript go if those of Python have the usual path."""


@dataclass(frozen=True, slots=True)
class Project:
    """What was found.

    Attributes:
        python: None when it is no Python project.
        node: None when it has no package.json.
        others: further languages by name.
        reports: paths of the reports that lie there now, the nearest to its top first.
        workflows: file names of the workflows that may run tests.
        thresholds: those that its tools hold already.
        members: the parts of a monorepo; empty for a project that is judged as a whole.
        shared: files that all parts depend on, such as a lock file.
    """

    python: Python | None
    node: Node | None = None
    others: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    members: tuple[Part, ...] = ()
    shared: tuple[str, ...] = ()

    def runs(self, folder: str = "") -> list[Run]:
        """The steps of each language; `folder` is the project's path below the top of the repository."""
        runs = [python_run(self.python)] if self.python else []
        return [*runs, *([node_run(self.node, folder)] if self.node else [])]

    def tests(self, folder: str = "") -> list[Run]:
        """The steps of the languages whose tests can be run."""
        return [run for run in self.runs(folder) if run.test]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a monorepo: its name, its globs, and the project in its folder."""

    name: str
    folder: str
    paths: tuple[str, ...]
    project: Project


def detect(root: Path, tracked: Sequence[str] = (), top: Path | None = None) -> Project:
    """Look at a folder. Optional settings that cannot be read or parsed count as empty.

    `tracked` are paths below it of files that are no build's output; `top`, of the repository, holds the
    workflows and may hold lock files.

    Raises:
        UsageError: a TOML or package.json file that it needs is damaged.
    """
    above = top or root
    reports = found_reports(root, tracked)
    project = _project(root, tracked, above)
    python = project.python
    if python is not None:
        alone = not (project.node or project.others)
        junit, coverage = junit_path(reports, only_python=alone), coverage_option(reports, only_python=alone)
        project = replace(project, python=replace(python, junit=junit, coverage=coverage))
    found = replace(
        project,
        reports=tuple(r.path for r in reports),
        workflows=_workflows(above / ".github" / "workflows"),
    )
    return _with_parts(found, root, tracked) if root == above else found


def _project(root: Path, tracked: Iterable[str], top: Path) -> Project:
    python, node = find_python(root, top, tracked), find_node(root, top)
    if node is not None and python is not None and python.tested:
        node = replace(node, junit=_BESIDE_PYTHON)
    thresholds = find_thresholds(root)
    if python is not None and any(t.measure == "total" for t in thresholds):
        python = replace(python, coverage_branch=True)  # with branches it would be another total
    others = tuple(language for name, language in _OTHERS.items() if (root / name).is_file())
    return Project(python, node, others, thresholds=thresholds)


def _workflows(folder: Path) -> tuple[str, ...]:
    """The workflows that name a program which runs tests."""
    files = (p for p in names_in(folder) if p.suffix in (".yml", ".yaml") and is_word(p.name))
    own = (p for p in files if not p.stem.startswith("sluicegate"))
    return tuple(p.name for p in own if _RUNS_TESTS.search(text_of(p)))


def _with_parts(project: Project, root: Path, tracked: Sequence[str]) -> Project:
    """The project with its parts, if two or more have tests or are declared by a workspace."""
    parts = [part for part, declared in _parts(root, tracked) if declared or part.project.tests()]
    top = _top(root, parts, tracked)
    tested = [*parts, *([top] if top and top.project.tests() else [])]
    if len(tested) < 2:
        return project
    members = (*parts, *([top] if top else []))
    return replace(project, members=members, shared=shared_files(root))


def _top(root: Path, parts: Sequence[Part], tracked: Iterable[str]) -> Part | None:
    """What is at the top beside the parts: its Python, with its own tests alone; None without sources.

    A package.json beside parts is the workspace's: its scripts are those of all parts.
    """
    folders = tuple(f"{part.folder}/" for part in parts)
    own = [path for path in tracked if not path.startswith(folders)]
    rest = _rest([part.folder for part in parts], own)
    if not rest:
        return None
    project = replace(_with_own_tests(_project(root, own, root), test_folders(own)), node=None)
    return Part(named("root", [part.name for part in parts]), "", rest, project)


def _with_own_tests(project: Project, tests: tuple[str, ...]) -> Project:
    """The project with its Python measured by these folders of tests."""
    python = project.python
    if python is None:
        return project
    sources = tuple(name for name in python.packages if name not in tests)
    tested = bool(tests or python.environment)
    return replace(project, python=replace(python, packages=sources, test_paths=tests, tested=tested))


def _parts(root: Path, tracked: Sequence[str]) -> Iterable[tuple[Part, bool]]:
    """The folders with manifests of their own, and whether a workspace declares them."""
    for member in find_folders(root, tracked):
        below = f"{member.folder}/"
        inside = tuple(path.removeprefix(below) for path in tracked if path.startswith(below))
        found = _project(root / member.folder, inside, root)
        yield Part(member.name, member.folder, (f"{member.folder}/**",), found), member.declared


def _rest(folders: Iterable[str], tracked: Iterable[str]) -> tuple[str, ...]:
    """Globs of the folders and files with sources that are in none of the folders."""
    tops = {folder.partition("/")[0] for folder in folders}
    found: dict[str, None] = {}
    for path in filter(lambda path: path.endswith(_SOURCES), tracked):
        above, _, below = path.partition("/")
        if not below and not re.match(r"\.|.*\.config\.\w+$", path):
            found.setdefault("*")
        elif below and above not in tops and is_word(above):
            found.setdefault(f"{above}/**")
    return tuple(found)
