"""What lock files have: names, versions, and where the file says so which are asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sluicegate.release.impact.data import parsed_json
from sluicegate.release.impact.packages import Package, listed, normal, package, table, toml

_YARN_NAME = re.compile(r'^"?(?P<name>@?[^@"\s,]+)@')
_YARN_VERSION = re.compile(r'^\s+version:? "?(?P<version>[^"\s]+)"?\s*$')
_PNPM = re.compile(
    r"^  ['\"]?/?(?P<name>@?[^@'\"\s()]{1,300}?)[@/](?P<version>[0-9][^():'\"\s]{0,300}+)"
    r"(?:\([^:]*\))?['\"]?:\s*(?:\{.*)?$"
)
_GEM = re.compile(r"^    (?P<name>[^\s(]+) \((?P<version>[^)\s]+)\)$")
_GEM_DIRECT = re.compile(r"^  (?P<name>[^\s(!]+)")


def toml_packages(text: str) -> Iterator[Package]:
    """`[[package]]` of uv, Poetry and PDM; packages of the project itself are left out."""
    for each in listed(toml(text), "package"):
        about = table(each)
        if isinstance(about.get("name"), str) and not _OWN & set(table(about, "source")):
            yield package(normal(about["name"]), about.get("version"))


_OWN = {"editable", "virtual", "workspace"}


def cargo(text: str) -> Iterator[Package]:
    """`[[package]]` of Cargo.lock; members of the workspace have no `source`."""
    for each in listed(toml(text), "package"):
        about = table(each)
        if isinstance(about.get("name"), str) and "source" in about:
            yield package(about["name"], about.get("version"))


def pipfile(text: str) -> Iterator[Package]:
    """`default` and `develop` of Pipfile.lock."""
    top = parsed_json(text.encode())
    for section in ("default", "develop"):
        for name, about in table(top, section).items():
            version = table(about).get("version", "")
            yield package(normal(name), str(version).lstrip("="))


def npm(text: str) -> Iterator[Package]:
    """package-lock.json of versions 1 to 3; the project and its workspaces say what is asked for."""
    top = parsed_json(text.encode())
    packages = table(top, "packages")
    for path, about in packages.items():
        name = path.rpartition("node_modules/")[2]
        if "node_modules/" not in path:
            yield from _npm_direct(packages, path, table(about))
        elif not table(about).get("link"):
            yield package(name, table(about).get("version"))
    if not packages:
        yield from _npm_1(table(top, "dependencies"))


_KINDS = ("dependencies", "devDependencies", "optionalDependencies")


def _npm_direct(packages: Mapping[str, Any], folder: str, about: Mapping[str, Any]) -> Iterator[Package]:
    for name in sorted({name for kind in _KINDS for name in table(about, kind)}):
        found = table(packages, f"{folder}/node_modules/{name}") or table(packages, f"node_modules/{name}")
        if found and not found.get("link"):
            yield package(name, found.get("version"), direct=True)


def _npm_1(dependencies: Mapping[str, Any]) -> Iterator[Package]:
    stack = [dependencies]
    while stack:
        for name, about in stack.pop().items():
            yield package(name, table(about).get("version"))
            stack.append(table(about, "dependencies"))


def yarn(text: str) -> Iterator[Package]:
    """yarn.lock of Yarn 1 and later; read line by line."""
    name, start = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] not in ("", " ", "#"):
            found = _YARN_NAME.match(line)
            name, start = (found["name"] if found else ""), number
            if "@workspace:" in line or "@link:" in line:
                name = ""
        elif name and (version := _YARN_VERSION.match(line)):
            yield package(name, version["version"], start)
            name = ""


def pnpm(text: str) -> Iterator[Package]:
    """`packages` of pnpm-lock.yaml; read line by line."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] not in ("", " ", "#"):
            inside = line.rstrip() == "packages:"
        elif inside and (found := _PNPM.match(line)):
            yield package(found["name"], found["version"].partition("_")[0], number)


def gemfile(text: str) -> Iterator[Package]:
    """Gemfile.lock: `specs`, and `DEPENDENCIES` as what is asked for."""
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line[:1] not in ("", " "):
            section = line.strip()
        elif section in ("GEM", "GIT", "PATH") and (found := _GEM.match(line)):
            if section != "PATH":
                yield package(found["name"], re.split(r"-(?=[a-z])", found["version"])[0], number)
        elif section == "DEPENDENCIES" and (found := _GEM_DIRECT.match(line)):
            yield Package(found["name"], "", number, direct=True)


def composer(text: str) -> Iterator[Package]:
    """`packages` and `packages-dev` of composer.lock."""
    top = parsed_json(text.encode())
    for each in (*listed(top, "packages"), *listed(top, "packages-dev")):
        if isinstance(table(each).get("name"), str):
            yield package(each["name"], each.get("version"))
