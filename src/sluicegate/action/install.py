"""Make the Action's own isolated environment, and say where its Python is.

Run by the newest Python that the Action found, as a file (`python -I install.py OTHERS`), before any package
is there: standard library only. Of the others, also newest first, one takes over where the project requires
it (`pythons`). The environment lies under `RUNNER_TEMP`, keyed by the locked requirements and the Python; a
second use of the Action in one job takes it as it is. Packages are hash-locked wheels; this project's own
source is named by a `.pth` file, so no build runs and no variable leaks into the user's processes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (3, 11)
EXTRAS = ("aws",)
"""The extras of this package that have locked requirements of their own."""

TIMEOUT = 600.0
"""Seconds that one attempt may take."""

_KEPT = {
    "PIP": "CERT CLIENT_CERT CONFIG_FILE DEFAULT_TIMEOUT EXTRA_INDEX_URL FIND_LINKS INDEX_URL "
    "KEYRING_PROVIDER NO_INDEX PROXY RETRIES TRUSTED_HOST",
    "UV": "CACHE_DIR CONFIG_FILE DEFAULT_INDEX EXTRA_INDEX_URL FIND_LINKS HTTP_TIMEOUT INDEX INDEX_URL "
    "INSECURE_HOST KEYRING_PROVIDER NATIVE_TLS OFFLINE SYSTEM_CERTS",
}
"""What may steer the install: where packages come from, never what is installed or where to."""

_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_", "INPUT_")
"""Beginnings of variables that the programs of the install have no use for."""

_PLACES = ("PIP_CONFIG_FILE", "UV_CONFIG_FILE", "UV_CACHE_DIR", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
"""Where pip and uv find settings, which may name packages, and uv what it unpacked before: never below the
checkout, which is a stranger's text."""

_LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:")

Run = Callable[[list[str]], bool]
"""Runs a command whose output goes to the log; True when it exits with 0."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the environment goes.

    Attributes:
        folder: the environment itself.
        source: the folder that `import sluicegate` must find.
        windows: interpreters lie in `Scripts`, not in `bin`.
    """

    folder: Path
    requirements: Path
    source: Path
    windows: bool = os.name == "nt"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if self.windows else "bin/python")

    @property
    def marker(self) -> Path:
        """Exists exactly when the install was finished."""
        return self.folder / "sluicegate-installed"


def say(text: str) -> None:
    """A line of the step's log, in order with what the commands print."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def place(action: Path, temp: Path, extras: str = "") -> Place:
    """The environment for the requirements in `action` and the running Python, below `temp`.

    Args:
        action: the folder of the Action.
        temp: of the runner.
        extras: what the input of that name says; empty for none.

    Raises:
        ExtrasError: it is not one of `EXTRAS`.
    """
    name = extras.strip() or "action"
    if name not in ("action", *EXTRAS):
        raise ExtrasError(f"the input 'extras' must be empty or one of: {', '.join(EXTRAS)}.")
    requirements = action / "requirements" / f"{name}.txt"
    parts = (requirements.read_bytes(), sys.version.encode(), sysconfig.get_platform().encode())
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    return Place(temp / "sluicegate" / f"env-{key}", requirements, action / "src")


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what could redirect or break the install.

    What leads into the checkout goes, and folders of it from `PATH`: pip and uv start `keyring`.
    All of `PYTHON*` goes, and of `PIP_*` and `UV_*` all but where packages come from: the user's
    `PIP_TARGET`, `PIP_USER` or `UV_SYSTEM_PYTHON` are meant for another install.
    """
    kept = {f"{tool}_{name}" for tool, names in _KEPT.items() for name in names.split()}
    dropped = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "CONDA_", *_TOKENS)
    result = {k: v for k, v in environment.items() if k in kept or not k.startswith(dropped)}
    result = {k: v for k, v in result.items() if k not in _PLACES or not leads_inside(v, environment)}
    result["PATH"] = os.pathsep.join(folders_of_path(environment))
    return {**result, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def leads_inside(path: str, environment: Mapping[str, str]) -> bool:
    """Does a path lead into the workspace, or depend on the current folder?"""
    workspace = Path(environment.get("GITHUB_WORKSPACE") or os.devnull).resolve()
    return not Path(path).is_absolute() or Path(path).resolve().is_relative_to(workspace)


def folders_of_path(environment: Mapping[str, str]) -> list[str]:
    """The folders of `PATH` that a checkout cannot fill."""
    entries = environment.get("PATH", "").split(os.pathsep)
    return [entry for entry in entries if not leads_inside(entry, environment)]


def find_uv(environment: Mapping[str, str]) -> str | None:
    """The user's uv; never one that the checkout holds, nor one in the current folder."""
    name = "uv.exe" if os.name == "nt" else "uv"
    found = (Path(entry) / name for entry in folders_of_path(environment))
    return next((str(uv) for uv in found if uv.is_file() and os.access(uv, os.X_OK)), None)


Way = tuple[str, list[list[str]]]
"""A name for people, and the commands of one way to make the environment."""


def ways(place: Place, uv: str | None) -> Iterator[Way]:
    """Ways to make the environment, the fastest first.

    With uv when the user has one; else with the found Python's own pip into an environment without
    pip, which saves unpacking one (3 s); else with the pip that `venv` brings.
    """
    host, env, file = sys.executable, str(place.folder), str(place.requirements)
    python = str(place.python)
    quiet = ("--quiet", "--no-compile")
    if uv:
        install = [uv, "pip", "install", "--quiet", "--python", python, *_LOCKED, "-r", file]
        yield "uv", [[uv, "venv", "--quiet", "--no-project", "--python", host, env], install]
    make = [host, "-I", "-m", "venv", "--without-pip", env]
    pip = [host, "-I", "-m", "pip", "--python", python, "install", *quiet, *_LOCKED, "-r", file]
    yield "pip", [make, pip]
    own = [python, "-I", "-m", "pip", "install", *quiet, *_LOCKED, "-r", file]
    yield "venv and its pip", [[host, "-I", "-m", "venv", env], own]


def install(place: Place, run: Run, uv: str | None, sleep: Callable[[float], None] = time.sleep) -> str:
    """Make the environment by the first way that works; the name of that way.

    After all have failed, all are tried once more, since most failures are the network's.

    Raises:
        InstallError: none worked.
    """
    for attempt in range(2):
        if attempt:
            sleep(10.0)
        for name, commands in ways(place, uv):
            shutil.rmtree(place.folder, ignore_errors=True)
            place.folder.parent.mkdir(parents=True, exist_ok=True)
            if all(run(command) for command in commands):
                return name
            say(f"The install with {name} failed.")
    raise InstallError(
        "the packages could not be installed; the log above says why. "
        "On a system Python without venv (Debian, Ubuntu) or without network, put actions/setup-python "
        "or a uv before this action, or set PIP_INDEX_URL to a mirror"
    )


class InstallError(Exception):
    """The environment could not be made; the message says what to do, and `code` is the step's exit code."""

    code = 3


class ExtrasError(InstallError):
    """The input `extras` names no extra."""

    code = 2


def link_source(place: Place) -> None:
    """Let the environment import this project's source; another version of the Action may have
    used the environment before."""
    libraries = next(place.folder.glob("**/site-packages"), None)
    if libraries is None:
        raise InstallError(f"{place.folder} holds no site-packages")
    path = str(place.source)
    # Which encoding a .pth file has depends on the locale; an "import" line is executed, and is ASCII.
    line = path if path.isascii() else f"import sys; sys.path.append({path!a})"
    (libraries / "sluicegate-source.pth").write_text(f"{line}\n", encoding="ascii")
    # coverage's start hook would measure us when the user's COVERAGE_PROCESS_START is set.
    (libraries / "a1_coverage.pth").unlink(missing_ok=True)


def runner(environment: Mapping[str, str], directory: Path) -> Run:
    """Runs commands with exactly `environment`, away from the user's project settings."""

    def run(command: list[str]) -> bool:
        try:
            done = subprocess.run(
                command,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            say(str(error))
            return False
        return done.returncode == 0

    return run


def hand_over(environment: Mapping[str, str], others: Sequence[str]) -> int | None:
    """Let the Python that fits best install, and give its exit code; None where it is this one."""
    sys.path.append(str(Path(environment["GITHUB_ACTION_PATH"]) / "src"))
    from sluicegate.action import pythons
    from sluicegate.core.text import cut, one_line

    needs = pythons.required(environment)
    chosen = pythons.choose(pythons.each(others), needs, has_uv=find_uv(environment) is not None)
    if not pythons.fits(needs, chosen.version):
        say(f"The project requires Python {cut(one_line(needs), 80)}, and none was found that fits it.")
        say("The report names sources that do not parse; actions/setup-python before this action helps.")
    if chosen.path == sys.executable:
        return None
    return subprocess.run([chosen.path, "-I", __file__], check=False).returncode


def main(environment: Mapping[str, str], others: Sequence[str] = ()) -> int:
    """Make or find the environment, and append `python=PATH` to `GITHUB_OUTPUT`.

    Args:
        environment: of the step.
        others: Pythons that may do it instead, the newest first.
    """
    missing = [v for v in ("GITHUB_ACTION_PATH", "RUNNER_TEMP", "GITHUB_OUTPUT") if not environment.get(v)]
    if missing or sys.version_info < MINIMUM:
        need = f"the runner's variable {missing[0]}" if missing else "Python 3.11 or later"
        say(f"::error title=Sluicegate::The set-up needs {need}.")
        return 2
    if others and (code := hand_over(environment, others)) is not None:
        return code
    start = time.monotonic()
    temp = Path(environment["RUNNER_TEMP"])
    say("::group::Sluicegate: set-up")
    try:
        extras = environment.get("INPUT_EXTRAS", "")
        where = place(Path(environment["GITHUB_ACTION_PATH"]), temp, extras)
        how = _make(where, environment, temp)
        with Path(environment["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
            stream.write(f"python={where.python}\n")
    except (InstallError, OSError) as error:
        say(f"::endgroup::\n::error title=Sluicegate::The set-up failed: {error}")
        return getattr(error, "code", 3)
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"Python {version}, packages by {how}, {time.monotonic() - start:.1f} s\n::endgroup::")
    return 0


def _make(where: Place, environment: Mapping[str, str], temp: Path) -> str:
    """Make the environment unless an earlier step did; by what it was made."""
    how = "an earlier step"
    if not where.marker.is_file():
        how = install(where, runner(clean_environment(environment), temp), find_uv(environment))
    link_source(where)
    where.marker.touch()
    return how


if __name__ == "__main__":
    try:
        sys.exit(main(dict(os.environ), sys.argv[1:]))
    except KeyboardInterrupt:  # the job was cancelled
        sys.exit(130)
