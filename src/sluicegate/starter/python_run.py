"""The steps of a Python project in a job. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sluicegate.starter.python import Manager, Python
from sluicegate.starter.python_env import Environment
from sluicegate.starter.run import Run

SETUP_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"

_SETUP = """
      - uses: {action}
        with:
          python-version: "{version}"
"""


def python_run(python: Python) -> Run:
    """The steps; without commands where the project has no tests."""
    setup = _SETUP.format(action=SETUP_PYTHON, version=python.version)
    if not python.tested:
        return Run("Python", setup, (), (), tests=False, coverage=False)
    environment = python.environment
    if environment is not None:
        return _in_environment(python, environment, setup)
    test = f"{_runner(python)} {_options(python)}"
    return Run(
        language="Python",
        setup=setup,
        install=_install(python),
        test=(test,),
        outputs=(python.junit, coverage_path(python), ".coverage"),
        local=test,
    )


def coverage_path(python: Python) -> str:
    """Where pytest-cov writes the report."""
    word, _, path = python.coverage.partition(":")
    return path or f"coverage.{word}"


def _options(python: Python, *, measured: bool = True) -> str:
    junit = f"--junitxml={python.junit}"
    if not measured:
        return junit
    named = "" if python.coverage_source else " ".join(f"--cov={name}" for name in python.packages)
    branch = "" if python.coverage_branch else "--cov-branch"
    words = (*python.test_paths, junit, named or "--cov", branch, f"--cov-report={python.coverage}")
    return " ".join(filter(None, words))


def _missing(python: Python) -> list[str]:
    """What the project does not bring itself."""
    return [*([] if python.pytest else ["pytest"]), *([] if python.pytest_cov else ["pytest-cov"])]


def _flags(option: str, names: Iterable[str]) -> str:
    return "".join(f" --{option} {name}" for name in names)


def _install(python: Python) -> tuple[str, ...]:
    match python.manager:
        case Manager.UV:
            return ("python -m pip install uv", f"uv sync{_of_uv(python)}")
        case Manager.POETRY:
            chosen = _flags("with", python.groups) + _flags("extras", python.extras)
            missing = _missing(python)
            more = [f"poetry run python -m pip install {' '.join(missing)}"] if missing else []
            return ("pipx install poetry", f"poetry install{chosen}", *more)
        case _:
            newer = ["python -m pip install --upgrade pip"] if python.groups else []  # knows --group
            return (*newer, _pip(python))


def _of_uv(python: Python) -> str:
    """The options of uv: the lock file as it is, extras and groups."""
    frozen = " --frozen" if python.locked else ""
    return frozen + _flags("extra", python.extras) + _flags("group", python.groups)


def _pip(python: Python) -> str:
    line = (
        "python -m pip install" + _flags("requirement", python.requirements) + _flags("group", python.groups)
    )
    if python.installable:
        line += f' --editable ".[{",".join(python.extras)}]"' if python.extras else " --editable ."
    missing = " ".join(_missing(python))
    return f"{line} {missing}".rstrip()


def _runner(python: Python) -> str:
    match python.manager:
        case Manager.UV:
            return f"uv run{_of_uv(python)}{_flags('with', _missing(python))} python -m pytest"
        case Manager.POETRY:
            return "poetry run python -m pytest"
        case _:
            return "python -m pytest"


def _in_environment(python: Python, environment: Environment, setup: str) -> Run:
    """The project's own tool runs its own command; pytest takes our options from the environment."""
    command, measured = _COMMANDS[python.manager](python, environment)
    options = _options(python, measured=measured)
    if measured and environment.copied and not python.pythonpath:
        options += f" --override-ini=pythonpath={'src' if python.packages == ('src',) else '.'}"
    return Run(
        language="Python",
        setup=setup,
        install=(f"python -m pip install {python.manager}",),
        test=(command,),
        environment={"PYTEST_ADDOPTS": options},
        coverage=measured or environment.own_runner or environment.measures,
        outputs=(python.junit, *((coverage_path(python),) if measured else ()), ".coverage"),
        local=f'PYTEST_ADDOPTS="{options}" {command}',
    )


def _hatch(python: Python, environment: Environment) -> tuple[str, bool]:
    if environment.own_runner:
        return f"hatch test --cover --python {python.version}", False
    return f"hatch run {environment.name}:python -m pytest", python.pytest_cov


def _tox(python: Python, environment: Environment) -> tuple[str, bool]:
    measured = python.pytest_cov or not environment.measures
    more = ["pass_env+=PYTEST_ADDOPTS"]
    if measured and not python.pytest_cov:
        more.append("deps+=pytest-cov")
    if environment.editable:
        more.append("package=editable")
    overrides = "".join(f" -x {environment.section}.{override}" for override in more)
    return f"tox run -e {environment.name}{overrides}", measured


def _nox(python: Python, environment: Environment) -> tuple[str, bool]:
    chosen = f" --python {python.version}" if python.version in environment.pythons else ""
    return f"nox --session {environment.name}{chosen}", python.pytest_cov


_COMMANDS: Mapping[Manager, Callable[[Python, Environment], tuple[str, bool]]] = {
    Manager.HATCH: _hatch,
    Manager.TOX: _tox,
    Manager.NOX: _nox,
}
"""By tool: its command, and whether pytest-cov measures coverage in it."""
