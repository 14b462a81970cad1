"""What kind of project a folder holds, from the files that its tools read. Reads, never runs."""

from __future__ import annotations

import configparser
import enum
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sluicegate.starter.reports import JUNIT, coverage_option, found_reports, junit_path

_MAX_BYTES = 1 << 20
_USUAL = 13
"""The minor version of Python to test on where the project names none."""
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_EXTRAS = ("test", "tests", "testing", "dev")
_REQUIREMENTS = (
    "requirements.txt", "requirements-dev.txt", "requirements-test.txt", "dev-requirements.txt",
    "requirements/dev.txt", "requirements/test.txt", "requirements/tests.txt",
)  # fmt: skip
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


class Manager(enum.StrEnum):
    """What installs a Python project."""

    UV = "uv"
    POETRY = "poetry"
    PIP = "pip"


@dataclass(frozen=True, slots=True)
class Python:
    """A Python project.

    Attributes:
        version: the Python to test on, `3.13`.
        version_from: what says so; empty for the default.
        pytest, pytest_cov: they are named in its settings or dependencies.
        packages: folders of its sources, `src` or those of its packages.
        tests: the folder of its tests; empty without one.
        coverage_source, coverage_branch: coverage's settings say what is measured, and whether branches are.
        requirements: files to install, relative.
        extras, groups: names of its optional dependencies that tests need.
        junit: where its test results go.
        coverage: the value of pytest-cov's `--cov-report`.
    """

    manager: Manager
    version: str
    version_from: str
    pytest: bool
    pytest_cov: bool
    packages: tuple[str, ...]
    tests: str
    coverage_source: bool
    coverage_branch: bool
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    installable: bool = True
    junit: str = JUNIT
    coverage: str = "xml"


@dataclass(frozen=True, slots=True)
class Project:
    """What was found.

    Attributes:
        python: None when it is no Python project.
        node: it has a package.json; `jest` when that names Jest, `jest_junit` when it names the
            reporter that writes JUnit XML.
        others: further languages by name.
        reports: paths of the reports that lie there now, the nearest to its top first.
        workflows: file names of the workflows that exist.
    """

    python: Python | None
    node: bool = False
    jest: bool = False
    jest_junit: bool = False
    others: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()


def detect(root: Path, tracked: Iterable[str] = (), top: Path | None = None) -> Project:
    """Look at a folder. Files that cannot be read or parsed count as empty.

    `tracked` are paths below it of files that are no build's output; `top`, of the repository, holds the
    workflows and may hold lock files.
    """
    above = top or root
    package = json.dumps(_mapping(root / "package.json", json.loads))
    node = (root / "package.json").is_file()
    others = tuple(language for name, language in _OTHERS.items() if (root / name).is_file())
    reports = found_reports(root, tracked)
    python = _python(root, above)
    if python is not None:
        alone = not (node or others)
        junit, coverage = junit_path(reports, only_python=alone), coverage_option(reports, only_python=alone)
        python = replace(python, junit=junit, coverage=coverage)
    return Project(
        python=python,
        node=node,
        jest='"jest"' in package,
        jest_junit='"jest-junit"' in package,
        others=others,
        reports=tuple(r.path for r in reports),
        workflows=_workflows(above / ".github" / "workflows"),
    )


def _workflows(folder: Path) -> tuple[str, ...]:
    files = (
        p for p in _listed(folder) if p.suffix in (".yml", ".yaml") and not p.stem.startswith("sluicegate")
    )
    return tuple(p.name for p in files if _SAFE.fullmatch(p.name))


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _mapping(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    try:
        text = _text(path)
        value = parse(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        value = data.get(key)
        data = value if isinstance(value, dict) else {}
    return data


def _ini_options(text: str, section: str) -> set[str]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return set()
    return set(parser.options(section)) if parser.has_section(section) else set()


def _python(root: Path, top: Path) -> Python | None:
    pyproject = _mapping(root / "pyproject.toml", tomllib.loads)
    scripts = _first(root, ("setup.py", "setup.cfg")) != ""
    requirements = tuple(r for r in _REQUIREMENTS if (root / r).is_file())
    modules = any(p.suffix == ".py" for p in _listed(root))
    if not (pyproject or scripts or requirements or modules):
        return None
    text = _everything(root, requirements)
    settings = _coverage_settings(root, pyproject)
    version, version_from = _version(root, top, pyproject)
    return Python(
        manager=_manager(root, top, pyproject),
        version=version,
        version_from=version_from,
        pytest="pytest" in text,
        pytest_cov=re.search("pytest[-_]cov", text) is not None,
        packages=_packages(root),
        tests=_first(root, ("tests", "test")),
        coverage_source=not settings.isdisjoint(("source", "source_pkgs", "include")),
        coverage_branch="branch" in settings,
        requirements=requirements,
        extras=_named(_table(pyproject, "project", "optional-dependencies")),
        groups=_named(_table(pyproject, "dependency-groups")),
        installable=scripts or not pyproject.keys().isdisjoint(("project", "build-system")),
    )


def _first(root: Path, names: Iterable[str]) -> str:
    return next((name for name in names if (root / name).exists()), "")


def _coverage_settings(root: Path, pyproject: dict[str, Any]) -> set[str]:
    options = set(_table(pyproject, "tool", "coverage", "run"))
    options |= _ini_options(_text(root / ".coveragerc"), "run")
    for name in ("setup.cfg", "tox.ini"):
        options |= _ini_options(_text(root / name), "coverage:run")
    return options


def _everything(root: Path, requirements: Iterable[str]) -> str:
    """All texts that may name a test tool, and `pytest` where a file of its own does."""
    names = ("pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "noxfile.py", "Pipfile", *requirements)
    own = "pytest" if _first(root, ("pytest.ini", "conftest.py")) else ""
    return "\n".join([own, *(_text(root / name) for name in names)])


def _manager(root: Path, top: Path, pyproject: dict[str, Any]) -> Manager:
    tool = _table(pyproject, "tool")
    if "uv" in tool or _either(root, top, "uv.lock"):
        return Manager.UV
    if "poetry" in tool or _either(root, top, "poetry.lock"):
        return Manager.POETRY
    return Manager.PIP


def _either(root: Path, top: Path, name: str) -> bool:
    """Does the project have the file, or the repository for all of its projects?"""
    return (root / name).is_file() or (top / name).is_file()


def _version(root: Path, top: Path, pyproject: dict[str, Any]) -> tuple[str, str]:
    """The Python to test on, and what says so; empty where nothing does."""
    for folder in (root, top):
        pinned = re.match(r"\s*(3\.\d{1,2})\b", _text(folder / ".python-version"))
        if pinned:
            return pinned[1], ".python-version"
    wanted, said_by = _wanted(root, pyproject)
    exact = re.search(r"(?:==|~(?!=))\s*3\.(\d{1,2})", wanted)
    if exact:
        return f"3.{int(exact[1])}", said_by
    below = re.search(r"<(=?)\s*3\.(\d{1,2})", wanted)
    least = re.search(r"(?:>=|~=|\^)\s*3\.(\d{1,2})", wanted)
    highest = min(_USUAL, int(below[2]) - (not below[1])) if below else _USUAL
    return f"3.{max(highest, int(least[1]) if least else 0)}", said_by if below or least else ""


def _wanted(root: Path, pyproject: dict[str, Any]) -> tuple[str, str]:
    """The range of Pythons that the project is for, and the name of the setting."""
    project = _table(pyproject, "project").get("requires-python")
    if project:
        return str(project), "requires-python"
    poetry = _table(pyproject, "tool", "poetry", "dependencies").get("python")
    if poetry:
        return str(poetry), "Poetry's python"
    setup = re.search(
        r"(?m)^[ \t]*python_requires[ \t]*=[ \t]*(.+)$", _text(root / "setup.cfg") + _text(root / "setup.py")
    )
    return (setup[1], "python_requires") if setup else ("", "")


def _packages(root: Path) -> tuple[str, ...]:
    if any((p / "__init__.py").is_file() or p.suffix == ".py" for p in _listed(root / "src")):
        return ("src",)
    found = (p.name for p in _listed(root) if (p / "__init__.py").is_file())
    return tuple(n for n in found if n not in ("tests", "test", "docs") and _SAFE.fullmatch(n))[:5]


def _named(table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _EXTRAS if name in table)
