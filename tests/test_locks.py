"""The locks are whole: each names all that its packages need, on every platform that we name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PLATFORMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TRUSTING = "--require-" + "hashes"

Environment = Mapping[str, str]


requirement = cache(Requirement)
"""Parsed once: the same texts are asked for on each platform and Python."""


@cache
def entries(lock: Path) -> list[Requirement]:
    found = re.findall(r"^([\w.-]+==[^\\\n]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return [requirement(entry) for entry in found]


def locked(lock: Path, environment: Environment) -> dict[str, str]:
    """The version of each package that is installed there."""
    there = [e for e in entries(lock) if applies(e, environment)]
    return {canonicalize_name(e.name): next(iter(e.specifier)).version for e in there}


def applies(wanted: Requirement, environment: Environment, extras: Iterable[str] = ()) -> bool:
    asked = [{**environment, "extra": extra} for extra in ("", *extras)]
    return wanted.marker is None or any(wanted.marker.evaluate(each) for each in asked)


@cache
def stated(name: str) -> list[str]:
    """What a package says that it needs; nothing of one that is not installed here."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def needs_of(wanted: Requirement, environment: Environment) -> Iterator[Requirement]:
    """What a package needs with its extras."""
    needs = map(requirement, stated(wanted.name))
    yield from (r for r in needs if applies(r, environment, wanted.extras))


def lacking(lock: Path, roots: Iterable[Requirement], environment: Environment) -> set[str]:
    """What the roots need, and what that needs, and the lock does not have."""
    there = locked(lock, environment)
    todo = [r for r in roots if applies(r, environment)]
    seen: set[str] = set()
    lacks: set[str] = set()
    while todo:
        wanted = todo.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        version = there.get(canonicalize_name(wanted.name))
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            lacks.add(f"{wanted}: {version}")
        todo.extend(needs_of(wanted, environment))
    return lacks


OURS = [Requirement(text) for text in PROJECT["dependencies"]]
AWS = [Requirement(text) for text in PROJECT["optional-dependencies"]["aws"]]
LOCKED = [("action.txt", OURS), ("aws.txt", [*OURS, *AWS])]
TOOLS = [
    Requirement(line)
    for line in (LOCKS / "dev.in").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("lock", "roots"), [*LOCKED, ("dev.txt", [*OURS, *AWS, *TOOLS])])
def test_a_lock_names_all_that_is_needed(
    lock: str, roots: list[Requirement], platform: str, python: str
) -> None:
    implementation = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    version = {"python_version": python, "python_full_version": f"{python}.9"}
    environment = {**PLATFORMS[platform], **implementation, **version}
    assert lacking(LOCKS / lock, roots, environment) == set()


def test_the_action_runs_what_we_test_with() -> None:
    action, aws, ours = (
        {(e.name, e.specifier) for e in entries(LOCKS / f"{n}.txt")} for n in ("action", "aws", "dev")
    )
    assert action < aws <= ours


def test_what_is_installed_here_is_what_is_locked() -> None:
    wanted = locked(LOCKS / "dev.txt", {k: str(v) for k, v in default_environment().items()})
    here: dict[str, str] = {canonicalize_name(d.name): d.version for d in metadata.distributions()}
    assert {name: here.get(name) for name in wanted} == wanted


def commands() -> Iterator[str]:
    """Every line of ours that installs or downloads by hashes."""
    places = ["Makefile", "action.yml", "docs/*.md", "src/**/*.py", "tests/**/*.py", ".github/**/*.yml"]
    for file in (f for place in places for f in ROOT.glob(place) if "node_modules" not in f.parts):
        yield from (x for x in file.read_text(encoding="utf-8").splitlines() if TRUSTING in x)


def test_whoever_asks_for_hashes_resolves_nothing_anew() -> None:
    assert [line for line in commands() if "--no-deps" not in line] == []
