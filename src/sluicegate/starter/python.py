"""A Python project: what installs it, and what its tests need. Reads, never runs."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluicegate.starter.files import (
    first_of,
    ini_of,
    is_word,
    names_in,
    nearest,
    table,
    text_of,
    toml_of,
    words,
)
from sluicegate.starter.python_env import Environment, hatch_environment, nox_session, tox_environment
from sluicegate.starter.reports import JUNIT

_USUAL = 13
"""The minor version of Python to test on where the project names none."""
_PREFERRED = ("test", "tests", "testing", "dev")
"""Names of extras and groups that are for tests."""
_REQUIREMENTS = (
    "requirements-test.txt", "requirements-tests.txt", "requirements_test.txt", "test-requirements.txt",
    "requirements/test.txt", "requirements/tests.txt", "requirements/testing.txt",
    "requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements/dev.txt",
)  # fmt: skip
_OWN_REQUIREMENTS = "requirements.txt"
_MOST_PACKAGES = 12
"""Of more packages at the top, the folder as a whole is measured."""
_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")
_PYTEST = re.compile(r"(?m)^\s*[\"']?pytest(?![\w-])")
_VERSION_BY = re.compile(
    r"(?<![\w-])(?:setuptools[-_]scm|hatch[-_]vcs|vcs[-_]versioning|versioningit|versioneer|flit[-_]scm|pbr|dunamai"
    r"|setuptools[-_]git[-_]versioning|poetry[-_]dynamic[-_]versioning|uv[-_]dynamic[-_]versioning)(?![\w-])",
    re.IGNORECASE,
)
_PYTEST_COV = re.compile(r"pytest[-_]cov(?![\w-])", re.IGNORECASE)


class Manager(enum.StrEnum):
    """What installs a Python project and runs its tests."""

    UV = "uv"
    POETRY = "poetry"
    HATCH = "hatch"
    TOX = "tox"
    NOX = "nox"
    PIP = "pip"


@dataclass(frozen=True, slots=True)
class Python:
    """A Python project.

    Attributes:
        version: the Python to test on, `3.13`.
        version_from: what says so; empty for the default.
        pytest, pytest_cov: what is installed for the tests brings them.
        packages: folders of its sources, `src` or those of its packages.
        tests: the folder of its tests; empty without one.
        test_paths: what pytest is given; empty where it finds the tests itself.
        tested: there are tests, or settings of pytest.
        coverage_source, coverage_branch: coverage's settings say what is measured, and whether branches are,
            or a threshold of theirs holds for what they say.
        requirements: files to install, relative.
        extras, groups: names of its optional dependencies that tests need.
        installable: it is a package, so that it can be installed.
        locked: uv's lock file is there.
        environment: of hatch, tox or nox; None for the others.
        pythonpath: pytest's settings say where modules are.
        junit: where its test results go.
        coverage: the value of pytest-cov's `--cov-report`.
        version_by: what makes the version from tags of git; empty for none.
    """

    manager: Manager
    version: str
    version_from: str
    pytest: bool
    pytest_cov: bool
    packages: tuple[str, ...]
    tests: str
    tested: bool
    coverage_source: bool
    coverage_branch: bool
    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    installable: bool = True
    locked: bool = False
    environment: Environment | None = None
    pythonpath: bool = False
    test_paths: tuple[str, ...] = ()
    junit: str = JUNIT
    coverage: str = "xml"
    version_by: str = ""


def test_folders(tracked: Iterable[str]) -> tuple[str, ...]:
    """The folders at the top that have files of tests, as far as their names are plain."""
    folders = (path.partition("/")[0] for path in tracked if "/" in path and _TEST_FILE.fullmatch(path))
    return tuple(folder for folder in dict.fromkeys(folders) if is_word(folder))


def find_python(root: Path, top: Path, tracked: Iterable[str] = ()) -> Python | None:
    """The Python project of a folder; `top`, of the repository, may hold lock files.

    Raises:
        UsageError: its pyproject.toml is damaged.
    """
    pyproject = toml_of(root / "pyproject.toml")
    requirements = _requirements(root, top)
    if not (_is_installable(root, pyproject) or requirements or _has_modules(root)):
        return None
    wanted = _wanted(root, pyproject, requirements)
    manager, environment = _manager(root, top, pyproject, wanted)
    brings = environment.text if environment else wanted.text
    settings = _coverage_settings(root, pyproject)
    version, version_from = _version(root, top, pyproject)
    tests = first_of(root, ("tests", "test"))
    return Python(
        manager=manager,
        version=version,
        version_from=version_from,
        pytest=_PYTEST.search(brings) is not None,
        pytest_cov=_PYTEST_COV.search(brings) is not None,
        packages=_packages(root),
        tests=tests,
        tested=bool(tests or environment) or _is_tested(root, wanted.own, tracked),
        coverage_source=not settings.isdisjoint(("source", "source_pkgs", "include")),
        coverage_branch="branch" in settings,
        requirements=wanted.requirements,
        extras=wanted.extras,
        groups=wanted.groups,
        installable=_is_installable(root, pyproject),
        locked=nearest("uv.lock", root, top) is not None,
        environment=environment,
        pythonpath="pythonpath" in _pytest_settings(root, pyproject),
        version_by=_version_by(root, pyproject),
    )


def _version_by(root: Path, pyproject: dict[str, Any]) -> str:
    """What makes the project's version from tags of git: a checkout without tags gives a wrong one."""
    build = _lists({"": table(pyproject, "build-system").get("requires")})[""]
    texts = (build, *(text_of(root / name) for name in ("setup.py", "setup.cfg")))
    found = next((match for match in map(_VERSION_BY.search, texts) if match), None)
    if found:
        return found[0].replace("_", "-").lower()
    if table(pyproject, "tool", "pdm", "version").get("source") == "scm":
        return "pdm-backend"
    return first_of(root, ("versioneer.py",)).removesuffix(".py")


def _is_installable(root: Path, pyproject: dict[str, Any]) -> bool:
    declared = not pyproject.keys().isdisjoint(("project", "build-system"))
    return declared or "poetry" in table(pyproject, "tool") or first_of(root, ("setup.py", "setup.cfg")) != ""


def _has_modules(root: Path) -> bool:
    return any(p.suffix == ".py" for p in names_in(root))


def _is_tested(root: Path, text: str, tracked: Iterable[str]) -> bool:
    names = ("pytest.ini", "conftest.py", ".pytest.ini")
    if first_of(root, names) or _PYTEST.search(text):
        return True
    if _pytest_settings(root, toml_of(root / "pyproject.toml")):
        return True
    return any(map(_TEST_FILE.fullmatch, (*tracked, *(p.name for p in names_in(root)))))


def _requirements(root: Path, top: Path) -> tuple[str, ...]:
    """The project's files of requirements; without any for tests, those of the repository."""
    own = tuple(name for name in (_OWN_REQUIREMENTS, *_REQUIREMENTS) if (root / name).is_file())
    if own[-1:] not in ((), (_OWN_REQUIREMENTS,)) or root == top:
        return own
    above = "../" * len(root.relative_to(top).parts)
    return (*own, *(above + name for name in _REQUIREMENTS if (top / name).is_file()))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the project names for its tests, and the text of all these requirements, one a line.

    `own` is the text without files of the repository, which are for other projects too.
    """

    requirements: tuple[str, ...]
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    text: str
    own: str


def _wanted(root: Path, pyproject: dict[str, Any], found: tuple[str, ...]) -> _Wanted:
    texts = {name: _with_included(root, name) for name in found}
    requirements = _requirements_for_tests(texts)
    groups = {**_poetry_groups(pyproject), **_dependency_groups(pyproject)}
    extras = {**_extras_of_setup(root), **_lists(table(pyproject, "project", "optional-dependencies"))}
    extras = {**dict.fromkeys(table(pyproject, "tool", "poetry", "extras"), ""), **extras}
    above = "\n".join(texts[name] for name in requirements)
    of_groups = _for_tests(groups, any_name=not _PYTEST.search(above))
    before = "\n".join([above, *(groups[name] for name in of_groups)])
    of_extras = _for_tests(extras, any_name=not _PYTEST.search(before))
    own = _lists({"": table(pyproject, "project").get("dependencies")})[""]
    text = "\n".join([own, before, *(extras[name] for name in of_extras)])
    foreign = any(name.startswith("../") for name in requirements)
    return _Wanted(requirements, of_extras, of_groups, text, text.replace(above, "") if foreign else text)


def _requirements_for_tests(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The project's own requirements, and the first file with its test tools, else all for developers."""
    own = tuple(name for name in texts if name == _OWN_REQUIREMENTS)
    others = tuple(name for name in texts if name != _OWN_REQUIREMENTS)
    with_tools = next((name for name in others if _PYTEST.search(texts[name])), None)
    return (*own, *([with_tools] if with_tools else others))


def _with_included(root: Path, name: str) -> str:
    """The text of a file of requirements, and of those beside it that it includes."""
    text = text_of(root / name)
    included = re.findall(r"(?m)^\s*(?:-r|--requirement)[ =]\s*([\w./-]+)", text)[:9]
    return "\n".join([text, *(text_of((root / name).parent / other) for other in included)])


def _for_tests(texts: Mapping[str, str], *, any_name: bool) -> tuple[str, ...]:
    """The names to install: the preferred with pytest, else all preferred.

    With `any_name`, because nothing else brings pytest, one of another name with it goes before those
    without; else what is for development in general is left out.
    """
    usable = [name for name in texts if is_word(name)]
    preferred = [name for name in _PREFERRED if name in usable]
    having = _first_with_pytest(texts, [*preferred, *usable] if any_name else preferred)
    if not any_name and "dev" in preferred:
        preferred.remove("dev")
    return having or tuple(preferred)


def _first_with_pytest(texts: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if _PYTEST.search(texts[name]))[:1]


def _lists(named: Mapping[str, Any]) -> dict[str, str]:
    return {name: "\n".join(words(value)) for name, value in named.items()}


def _dependency_groups(pyproject: dict[str, Any]) -> dict[str, str]:
    """The requirements of each group, with those of the groups that it includes, one a line."""
    groups = table(pyproject, "dependency-groups")

    def closure(name: str, seen: tuple[str, ...]) -> Iterable[str]:
        value = groups.get(name)
        for item in value if isinstance(value, list) else ():
            included = item.get("include-group") if isinstance(item, dict) else None
            if isinstance(item, str):
                yield item
            elif isinstance(included, str) and included not in seen and len(seen) < 20:
                yield from closure(included, (*seen, included))

    return {name: "\n".join(closure(name, (name,))) for name in groups}


def _poetry_groups(pyproject: dict[str, Any]) -> dict[str, str]:
    groups = table(pyproject, "tool", "poetry", "group")
    return {name: "\n".join(table(groups, name, "dependencies")) for name in groups}


def _extras_of_setup(root: Path) -> dict[str, str]:
    return ini_of(root / "setup.cfg").get("options.extras_require", {})


def _manager(
    root: Path, top: Path, pyproject: dict[str, Any], wanted: _Wanted
) -> tuple[Manager, Environment | None]:
    """What installs the project, and the environment of its own tool where only that has the test tools."""
    tool = table(pyproject, "tool")
    if "uv" in tool or nearest("uv.lock", root, top):
        return Manager.UV, None
    if "poetry" in tool or nearest("poetry.lock", root, top):
        return Manager.POETRY, None
    if _PYTEST.search(wanted.text):
        return Manager.PIP, None
    for manager, find in (
        (Manager.HATCH, hatch_environment),
        (Manager.TOX, tox_environment),
        (Manager.NOX, nox_session),
    ):
        environment = find(root, pyproject)
        if environment is not None:
            return manager, environment
    return Manager.PIP, None


def _coverage_settings(root: Path, pyproject: dict[str, Any]) -> set[str]:
    options = set(table(pyproject, "tool", "coverage", "run"))
    options |= set(ini_of(root / ".coveragerc").get("run", ()))
    for name in ("setup.cfg", "tox.ini"):
        options |= set(ini_of(root / name).get("coverage:run", ()))
    return options


def _pytest_settings(root: Path, pyproject: dict[str, Any]) -> set[str]:
    options = {*table(pyproject, "tool", "pytest", "ini_options"), *table(pyproject, "tool", "pytest")}
    for name, section in (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
        options |= set(ini_of(root / name).get(section, ()))
    return options


def _version(root: Path, top: Path, pyproject: dict[str, Any]) -> tuple[str, str]:
    """The Python to test on, and what says so; empty where nothing does."""
    for folder in (root, top):
        pinned = re.match(r"\s*(3\.\d{1,2})\b", text_of(folder / ".python-version"))
        if pinned:
            return pinned[1], ".python-version"
    wanted, said_by = _wanted_python(root, pyproject)
    exact = re.search(r"(?:==|~(?!=))\s*3\.(\d{1,2})", wanted)
    if exact:
        return f"3.{int(exact[1])}", said_by
    below = re.search(r"<(=?)\s*3\.(\d{1,2})", wanted)
    least = re.search(r"(?:>=|~=|\^)\s*3\.(\d{1,2})", wanted)
    highest = min(_USUAL, int(below[2]) - (not below[1])) if below else _USUAL
    return f"3.{max(highest, int(least[1]) if least else 0)}", said_by if below or least else ""


def _wanted_python(root: Path, pyproject: dict[str, Any]) -> tuple[str, str]:
    """The range of Pythons that the project is for, and the name of the setting."""
    project = table(pyproject, "project").get("requires-python")
    if project:
        return str(project), "requires-python"
    poetry = table(pyproject, "tool", "poetry", "dependencies").get("python")
    if poetry:
        return str(poetry), "Poetry's python"
    setup = re.search(
        r"(?m)^[ \t]*python_requires[ \t]*=[ \t]*(.+)$",
        text_of(root / "setup.cfg") + text_of(root / "setup.py"),
    )
    return (setup[1], "python_requires") if setup else ("", "")


def _packages(root: Path) -> tuple[str, ...]:
    if any(map(_is_module, names_in(root / "src"))):
        return ("src",)
    found = [p.name for p in names_in(root) if (p / "__init__.py").is_file() and is_word(p.name)]
    names = tuple(name for name in found if name not in ("tests", "test", "docs"))
    return names if len(names) <= _MOST_PACKAGES else (".",)


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()
