"""What kind of project a folder holds, from the files that its tools read. Reads, never runs."""

from __future__ import annotations

import configparser
import enum
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MAX_BYTES = 1 << 20
_USUAL = 13
"""The minor version of Python to test on where the project has no wish of its own."""
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
_REPORTS = (
    "coverage.xml", "coverage.json", "coverage/lcov.info", "lcov.info", "reports/junit.xml", "junit.xml",
    "target/surefire-reports", "build/test-results", "target/site/cobertura/coverage.xml",
)  # fmt: skip


class Manager(enum.StrEnum):
    """What installs a Python project."""

    UV = "uv"
    POETRY = "poetry"
    PIP = "pip"


@dataclass(frozen=True, slots=True)
class Python:
    """A Python project.

    Attributes:
        manager: what installs it.
        version: the Python to test on, `3.13`.
        pytest: pytest is named in its settings or dependencies.
        pytest_cov: so is pytest-cov.
        packages: folders of its sources, `src` or those of its packages.
        tests: the folder of its tests; empty when there is none.
        coverage_source: coverage's settings say what is measured.
        coverage_branch: they say whether branches are.
        requirements: files to install, relative.
        extras, groups: names of its optional dependencies that tests need.
        installable: it can be installed itself.
    """

    manager: Manager
    version: str
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


@dataclass(frozen=True, slots=True)
class Project:
    """What was found.

    Attributes:
        python: None when it is no Python project.
        node: it has a package.json; `jest` when that names Jest, `jest_junit` when it names the
            reporter that writes JUnit XML.
        others: further languages by name.
        reports: report files and folders that lie there now.
        workflows: file names of the workflows that exist.
    """

    python: Python | None
    node: bool = False
    jest: bool = False
    jest_junit: bool = False
    others: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()


def detect(root: Path) -> Project:
    """Look at a folder. Files that cannot be read or parsed count as empty."""
    package = json.dumps(_json(_text(root / "package.json")))
    return Project(
        python=_python(root),
        node=(root / "package.json").is_file(),
        jest='"jest"' in package,
        jest_junit='"jest-junit"' in package,
        others=tuple(language for name, language in _OTHERS.items() if (root / name).is_file()),
        reports=tuple(name for name in _REPORTS if (root / name).exists()),
        workflows=_workflows(root / ".github" / "workflows"),
    )


def _workflows(folder: Path) -> tuple[str, ...]:
    """The names of the workflows beside ours."""
    files = (p for p in _listed(folder) if p.suffix in (".yml", ".yaml") and p.stem != "sluicegate")
    return tuple(p.name for p in files if _SAFE.fullmatch(p.name))


# --- files -------------------------------------------------------------------------------------


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


def _json(text: str) -> dict[str, Any]:
    return _mapping(text, json.loads)


def _toml(path: Path) -> dict[str, Any]:
    return _mapping(_text(path), tomllib.loads)


def _mapping(text: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    try:
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


# --- Python ------------------------------------------------------------------------------------


def _python(root: Path) -> Python | None:
    pyproject = _toml(root / "pyproject.toml")
    scripts = _first(root, ("setup.py", "setup.cfg")) != ""
    requirements = tuple(r for r in _REQUIREMENTS if (root / r).is_file())
    modules = any(p.suffix == ".py" for p in _listed(root))
    if not (pyproject or scripts or requirements or modules):
        return None
    said = _everything(root, requirements)
    settings = _coverage_settings(root, pyproject)
    return Python(
        manager=_manager(root, pyproject),
        version=_version(root, pyproject),
        pytest="pytest" in said,
        pytest_cov=re.search("pytest[-_]cov", said) is not None,
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
    """The first of the names that exists; empty when none does."""
    return next((name for name in names if (root / name).exists()), "")


def _coverage_settings(root: Path, pyproject: dict[str, Any]) -> set[str]:
    """The options of coverage's section `run`, wherever they stand."""
    options = set(_table(pyproject, "tool", "coverage", "run"))
    options |= _ini_options(_text(root / ".coveragerc"), "run")
    for name in ("setup.cfg", "tox.ini"):
        options |= _ini_options(_text(root / name), "coverage:run")
    return options


def _everything(root: Path, requirements: Iterable[str]) -> str:
    """All texts that may name a test tool, and `pytest` where a file of its own does."""
    names = (
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "tox.ini",
        "noxfile.py",
        "Pipfile",
        *requirements,
    )
    own = "pytest" if _first(root, ("pytest.ini", "conftest.py")) else ""
    return "\n".join([own, *(_text(root / name) for name in names)])


def _manager(root: Path, pyproject: dict[str, Any]) -> Manager:
    tool = _table(pyproject, "tool")
    if (root / "uv.lock").is_file() or "uv" in tool:
        return Manager.UV
    if (root / "poetry.lock").is_file() or "poetry" in tool:
        return Manager.POETRY
    return Manager.PIP


def _version(root: Path, pyproject: dict[str, Any]) -> str:
    pinned = re.match(r"\s*(3\.\d{1,2})\b", _text(root / ".python-version"))
    if pinned:
        return pinned[1]
    wanted = str(_table(pyproject, "project").get("requires-python", ""))
    below = re.search(r"<\s*3\.(\d{1,2})", wanted)
    least = re.search(r">=\s*3\.(\d{1,2})", wanted)
    highest = min(_USUAL, int(below[1]) - 1) if below else _USUAL
    return f"3.{max(highest, int(least[1]) if least else 0)}"


def _packages(root: Path) -> tuple[str, ...]:
    if any((p / "__init__.py").is_file() or p.suffix == ".py" for p in _listed(root / "src")):
        return ("src",)
    found = (p.name for p in _listed(root) if (p / "__init__.py").is_file())
    return tuple(n for n in found if n not in ("tests", "test", "docs") and _SAFE.fullmatch(n))[:5]


def _named(table: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name in _EXTRAS if name in table)
