"""Which of the Pythons that the Action found runs it: the newest that fits what the project requires.

Our analysis reads sources with the Python that runs it, so one that is older than the project's cannot
parse them. What is required is in `requires-python` of the base's `pyproject.toml`, read as an object
of git: the tree belongs to the change that is judged. Standard library only: nothing is installed yet.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import SluicegateError
from sluicegate.git import Git, open_repository
from sluicegate.git.environment import trust, with_settings
from sluicegate.github.payload import read_event

MAX_BYTES = 1 << 20
"""Bytes of a `pyproject.toml` that are looked at."""

PROBE_SECONDS = 20.0

Version = tuple[int, ...]

_PROBE = (
    "import sys, importlib.util as u; "
    "print(*sys.version_info[:3], int(any(map(u.find_spec, ('pip', 'ensurepip')))))"
)
_CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?[^,]*")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of this machine: its executable, and whether it can fill an environment without uv."""

    path: str
    version: Version
    has_pip: bool = True


def this() -> Interpreter:
    """The Python that is running."""
    has_pip = any(map(importlib.util.find_spec, ("pip", "ensurepip")))
    return Interpreter(sys.executable, tuple(sys.version_info[:3]), has_pip)


def probe(path: str) -> Interpreter | None:
    """The Python at a path; None for one that does not run, or is older than we need."""
    try:
        done = subprocess.run(  # nosec B603
            [path, "-I", "-c", _PROBE], capture_output=True, timeout=PROBE_SECONDS, check=True, text=True
        )
        major, minor, micro, has_pip = map(int, done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Interpreter(path, (major, minor, micro), bool(has_pip)) if (major, minor) >= (3, 11) else None


def choose(found: Iterable[Interpreter], required: str, *, has_uv: bool) -> Interpreter:
    """The first that fits and can be installed into; else the first that can; else the first.

    The newest is found first, and `found` is read only as far as needed. `required` is a version specifier,
    or empty. With uv an environment can be filled without pip.
    """
    seen: list[Interpreter] = []
    for python in found:
        seen.append(python)
        if (has_uv or python.has_pip) and fits(required, python.version):
            return python
    return next((python for python in seen if has_uv or python.has_pip), seen[0])


def each(others: Iterable[str], look: Callable[[str], Interpreter | None] = probe) -> Iterator[Interpreter]:
    """This Python, then those of other paths that run."""
    yield this()
    mine = os.path.realpath(sys.executable)
    yield from (python for path in others if os.path.realpath(path) != mine and (python := look(path)))


def fits(required: str, version: Version) -> bool:
    """Does a version satisfy a specifier, as PEP 440 compares releases? What is not a clause is ignored."""
    clauses = map(_CLAUSE.fullmatch, required.split(","))
    return all(_satisfies(version, *match.groups()) for match in clauses if match)


def _satisfies(version: Version, operator: str, text: str, wildcard: str | None) -> bool:
    bound = tuple(map(int, text.split(".")))
    width = max(len(version), len(bound))
    one, other = ((*v, *(0,) * (width - len(v))) for v in (version, bound))
    same = version[: len(bound)] == bound if wildcard else one == other
    compatible = one >= other and one[: len(bound) - 1] == other[: len(bound) - 1]
    answers = {
        "==": same,
        "!=": not same,
        ">=": one >= other,
        "<=": one <= other,
        ">": one > other,
        "<": one < other,
        "~=": compatible,
    }
    return answers[operator]


def required(environment: Mapping[str, str]) -> str:
    """What the base of the checkout requires of Python; empty where neither is known.

    Without a pull request the checkout is its own base. The base of a pull request counts where the checkout
    has it (`fetch-depth: 2`): the change must not choose an old Python for itself.
    """
    workspace = Path(environment.get("GITHUB_WORKSPACE") or os.devnull)
    directory = workspace / environment.get("INPUT_WORKING_DIRECTORY", "")
    before = dict(os.environ)
    try:
        os.environ.update(with_settings(os.environ, trust(workspace, directory)))
        git = open_repository(directory)
        return _stated(git, _base(git, environment)) if git else ""
    except (SluicegateError, OSError, ValueError):
        return ""
    finally:
        os.environ.clear()
        os.environ.update(before)


def _base(git: Git, environment: Mapping[str, str]) -> str:
    """A revision of what the change is measured against; empty where it is not in this clone."""
    event = read_event(environment)
    if event.is_merge_commit and git.commit("HEAD") == event.tested_sha:
        return git.commit("HEAD^1")
    if event.is_pull_request or event.name == "merge_group":
        return git.commit(event.base_sha) if event.base_sha else ""
    return "" if event.is_about_pull_request or event.triggered_by else git.commit("HEAD")


def _stated(git: Git, revision: str) -> str:
    """`requires-python` of the nearest `pyproject.toml` of a commit that has one."""
    for path in dict.fromkeys((f"{git.prefix}pyproject.toml", "pyproject.toml")):
        data = git.file_at(revision, path, MAX_BYTES)
        found = _requires(data) if data else ""
        if found:
            return found
    return ""


def _requires(data: bytes) -> str:
    try:
        project = tomllib.loads(data.decode()).get("project")
    except (ValueError, RecursionError):
        return ""
    found = project.get("requires-python") if isinstance(project, dict) else None
    return found if isinstance(found, str) else ""
