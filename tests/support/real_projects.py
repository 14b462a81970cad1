"""Projects from PyPI for the tests: fetched by hash, set up once, measured as their maintainers do.

What a project needs is locked with hashes below `tests/real/NAME/`: `source.txt` is its source
distribution, `extras.txt` (from `extras.in`, by `uv pip compile --universal --python-version 3.11
--generate-hashes --no-emit-index-url --no-header --no-annotate`) is what its suite and its build
need. Both go into `.cache/real/`, keyed by what was locked, and stay there for later runs.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from support import needs
from support.repo import repository
from support.rig import locked

LOCKS = Path(__file__).resolve().parents[1] / "real"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "real"
PATIENCE = 1800.0
"""Seconds after which a lock counts as left behind by a run that died."""

_SUMMARY = re.compile(r"(\d+) (passed|failed|skipped|xfailed|xpassed|error)s?\b")
_OF_THE_OUTER_RUN = ("PYTEST_", "COV", "GITHUB_", "PYTHONPATH", "PYTHONWARNINGS", "VIRTUAL_ENV")


class NotFetchedError(Exception):
    """The project or a package that it needs could not be had."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and how its maintainers measure it.

    Attributes:
        commands: what `python` is called with, one after another, in the checkout. They leave
            `.coverage`, `coverage.xml` and `junit.xml`. The first is the suite.
        source: the folder that holds its packages.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    source: str = "src"

    @property
    def locks(self) -> Path:
        """The folder of its locked requirements."""
        return LOCKS / self.name


HUMANIZE = Project(
    "humanize",
    (
        ("-m", "pytest", "--cov", "humanize", "--cov", "tests", "--cov-report=xml", "--benchmark-disable",
         "--junitxml=junit.xml"),
    ),
)  # fmt: skip
"""Lines only; doctests; a generated module that git ignores."""

ATTRS = Project(
    "attrs",
    (
        ("-m", "coverage", "run", "-m", "pytest", "-n", "2", "--junitxml=junit.xml"),
        ("-m", "coverage", "combine"),
        ("-m", "coverage", "xml"),
    ),
)
"""Branches, measured in parallel processes under pytest-xdist; cases that are expected to fail."""

NETWORKX = Project(
    "networkx",
    (
        ("-m", "pytest", "-n", "2", "--doctest-modules", "--cov=networkx", "--cov-report=xml",
         "--junitxml=junit.xml", "networkx"),
    ),
    source=".",
)  # fmt: skip
"""Large: 671 files, some 6,000 cases, branches, pytest-xdist."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A checkout after its suite has run.

    Attributes:
        checkout: a git repository with one commit, and the evidence beside it.
        python: the interpreter of the project's own environment.
        printed: what the suite printed.
    """

    checkout: Path
    python: Path
    printed: str

    def summary(self) -> dict[str, int]:
        """pytest's last line, for example `{"passed": 12, "xfailed": 1}`."""
        last = self.printed.strip().splitlines()[-1]
        return {word: int(number) for number, word in _SUMMARY.findall(last)}

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, in the checkout unless `cwd` says otherwise."""
        return _run(command, cwd or self.checkout, env or plain_environment())


def plain_environment() -> dict[str, str]:
    """This process's environment without what belongs to the test run around it, or to the user."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OF_THE_OUTER_RUN)}
    return kept | {"SLUICEGATE_CACHE": "off"}


def measured(project: Project, folder: Path) -> Measured:
    """Run the project's own suite in `folder`, once for all who ask for the same folder.

    Skips the test when the project cannot be had; under `CI=true` that is a failure.
    """
    installed = _require(project)
    checkout = folder / project.name
    python = _python(installed)

    def run_suite() -> str:
        _unpack(next((installed / "sdist").iterdir()), checkout)
        repository(checkout).commit({})
        return _run_suite(project, checkout, python)

    return Measured(checkout, python, once(folder / "suite.log", run_suite))


def once(result: Path, make: Callable[[], str]) -> str:
    """The text of the file `result`, made by the first of the processes that ask for it."""
    with locked(_lock(result), PATIENCE):
        if not result.is_file():
            result.write_text(make(), encoding="utf-8")
    return result.read_text(encoding="utf-8")


def _run_suite(project: Project, checkout: Path, python: Path) -> str:
    env = plain_environment() | {"PYTHONPATH": str(checkout / project.source), "CI": "true", "COLUMNS": "100"}
    outputs = [_run((str(python), *command), checkout, env).stdout for command in project.commands]
    missing = [n for n in (".coverage", "coverage.xml", "junit.xml") if not (checkout / n).is_file()]
    assert not missing, f"the suite of {project.name} left no {missing}:\n{''.join(outputs)[-4000:]}"
    return outputs[0]


def _run(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=1500, check=False
    )


# --- fetching -------------------------------------------------------------------------------------


def _require(project: Project) -> Path:
    found = _installed(project)
    if isinstance(found, NotFetchedError):
        needs.missing(f"{project.name} could not be fetched from the package index: {found}")
    return found


@cache
def _installed(project: Project) -> Path | NotFetchedError:
    """The folder with the project's environment and source distribution, made if need be."""
    home = CACHE / f"{project.name}-{_digest(project)}"
    done = home / "complete"
    if done.is_file():
        return home
    with locked(_lock(home), PATIENCE):
        if not done.is_file():
            shutil.rmtree(home, ignore_errors=True)
            try:
                _install(project, home)
            except NotFetchedError as error:
                return error
            done.touch()
    return home


def _lock(folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.with_name(f"{folder.name}.lock")


def _digest(project: Project) -> str:
    """Of everything that decides what the environment holds."""
    parts = [(project.locks / name).read_bytes() for name in ("source.txt", "extras.txt")]
    parts.append(f"{sys.version} {sys.base_prefix}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _install(project: Project, home: Path) -> None:
    """Set the environment up. The project is built there too, so that nothing unlocked is used."""
    venv = home / "venv"
    _checked(sys.executable, "-m", "venv", "--without-pip", str(venv))
    locks = project.locks
    source = home / "sdist"
    program = (sys.executable, "-m", "pip", "--python", str(_python(home)), "--disable-pip-version-check")
    pip = (*program, "--quiet", "--retries", "1")
    _checked(*pip, "install", "--require-hashes", "--no-deps", "-r", str(locks / "extras.txt"))
    _checked(*pip, "download", "--require-hashes", "--no-deps", "--no-build-isolation",
             "--no-binary", ":all:", "-r", str(locks / "source.txt"), "-d", str(source))  # fmt: skip
    archive = next(source.iterdir())
    _checked(*pip, "install", "--no-deps", "--no-build-isolation", "--no-index", str(archive))
    done = _run((*program, "check"), LOCKS, plain_environment())
    assert done.returncode == 0, f"the lock of {project.name} lacks something: {done.stdout}{done.stderr}"


def _python(home: Path) -> Path:
    return home / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _checked(*command: str) -> None:
    done = _run(command, LOCKS, plain_environment())
    if done.returncode:
        words = [line.strip() for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotFetchedError(" ".join(words)[-600:] or done.stderr.strip()[-600:])


def _unpack(archive: Path, folder: Path) -> None:
    """Take the regular files of a source distribution out of its one top folder."""
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts[1:]
            if not member.isfile() or not parts:
                continue
            assert ".." not in parts, f"{archive.name} holds {member.name}"
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
