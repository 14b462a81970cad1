"""What manifests ask for: names with versions or constraints, of which the lowest version is taken. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.parsers import expat

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.limits import guarded_parser
from sluicegate.release.impact.data import UnreadableError, parsed_json
from sluicegate.release.impact.lines import Lines
from sluicegate.release.impact.packages import Package, normal, package, table, toml
from sluicegate.release.impact.versions import lowest_of

_REQUIREMENT = re.compile(r"^\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<constraint>[^;#@]*)")
_GO_HOST = re.compile(r"[\w.-]*+(?<=[\w-])(?:/|\Z)")
_GO_MAJOR = re.compile(r"^(?P<name>.+?)(?:/v[0-9]+|\.v(?=[0-9]+$)[0-9]+)?$")
_GRADLE = re.compile(r"['\"](?P<name>[\w.-]+:[\w.-]+):(?P<version>[\w.+-]+)(?:@\w+)?['\"]")
_GRADLE_PLUGIN = re.compile(
    r"\bid\s*+\(?+\s*+['\"](?P<name>[\w.-]+)['\"](?:\s*+\)\s*+|\s++)version\s++['\"](?P<version>[\w.+-]+)['\"]"
)
_FROM = re.compile(
    r"^[ \t]*+FROM[ \t]++(?:--platform=\S+[ \t]++)?(?P<image>[^\s]+)(?:[ \t]++AS[ \t]++(?P<stage>\S+))?",
    re.MULTILINE | re.IGNORECASE,
)
_USES = re.compile(
    r"^[ \t]*+(?:-[ \t]++)?uses:[ \t]*+['\"]?(?P<name>[\w.-]+/[\w./-]+)@(?P<ref>[^\s'\"#]+)['\"]?"
    r"(?:[ \t]++\#[ \t]*(?P<comment>[^\n]*))?",
    re.MULTILINE,
)
_TAGGED = re.compile(r"(?:tag=|ratchet:\S+@|@)?(?P<version>v?[0-9]+(?:\.[0-9]+){0,3})\b")
_ARGUMENT = re.compile(r"^[ \t]*+ARG[ \t]++(?P<name>\w+)=(?P<value>\S+)", re.MULTILINE | re.IGNORECASE)
_MAX_VALUE = 500
"""Characters of an image and of an argument in its name."""
_GO_DIRECTIVE = re.compile(r"^go\s+(?P<version>[0-9][\w.]*)\s*$", re.MULTILINE)


def _of_requirement(text: object, line: int = 0) -> Iterator[Package]:
    match = _REQUIREMENT.match(text) if isinstance(text, str) else None
    if match is not None:
        yield package(normal(match["name"]), lowest_of(match["constraint"]), line)


def requirements(text: str) -> Iterator[Package]:
    """requirements.txt, without options and includes."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith(("#", "-")) and "://" not in line.partition("@")[0]:
            yield from _of_requirement(line, number)


def pyproject(text: str) -> Iterator[Package]:
    """`project`, `dependency-groups`, and `tool.poetry`."""
    top = toml(text)
    project, poetry = table(top, "project"), table(top, "tool", "poetry")
    groups = [project.get("dependencies"), *table(project, "optional-dependencies").values()]
    for group in (*groups, *table(top, "dependency-groups").values()):
        for each in group if isinstance(group, list) else []:
            yield from _of_requirement(each)
    tables = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    for each in (*tables, *(table(group, "dependencies") for group in table(poetry, "group").values())):
        yield from _constraints(each)
    if requires := project.get("requires-python"):
        yield package("python", lowest_of(str(requires)))


def _constraints(entries: Mapping[str, Any]) -> Iterator[Package]:
    for name, about in entries.items():
        constraint = about.get("version", "") if isinstance(about, Mapping) else about
        yield package(normal(name), lowest_of(str(constraint)))


def pipfile(text: str) -> Iterator[Package]:
    """`packages` and `dev-packages` of a Pipfile."""
    top = toml(text)
    for section in ("packages", "dev-packages"):
        yield from _constraints(table(top, section))


def package_json(text: str) -> Iterator[Package]:
    """Dependencies of all kinds, and the engines; packages of the workspace are left out."""
    top = parsed_json(text.encode())
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        for name, constraint in table(top, kind).items():
            if not str(constraint).startswith(("workspace:", "file:", "link:", "portal:")):
                yield package(name, lowest_of(str(constraint).removeprefix(f"npm:{name}@")))
    if node := table(top, "engines").get("node"):
        yield package("node", lowest_of(str(node)))


def composer(text: str) -> Iterator[Package]:
    """`require` and `require-dev` of composer.json, without extensions of PHP."""
    top = parsed_json(text.encode())
    for section in ("require", "require-dev"):
        for name, constraint in table(top, section).items():
            if not name.startswith("ext-"):
                yield package(name, lowest_of(str(constraint)))


def go_mod(text: str) -> Iterator[Package]:
    """`require` of go.mod. The major is in the path of a module (`/v2`), which is one module here."""
    for number, line in enumerate(text.split("\n"), 1):
        plain, _, comment = line.partition("//")
        words = plain.split()
        words = words[1:] if words[:1] == ["require"] else words
        if _names_module(words) and "=>" not in plain and "indirect" not in comment:
            name = _GO_MAJOR.match(words[0])
            yield package(name["name"] if name else words[0], words[1].removesuffix("+incompatible"), number)
    directive = _GO_DIRECTIVE.search(text)
    if directive is not None:
        yield package("go", directive["version"])


def _names_module(words: Sequence[str]) -> bool:
    """Do words begin with the path of a module, which has a host with a dot, and a version?"""
    if len(words) < 2 or not words[1].startswith("v"):
        return False
    return _GO_HOST.match(words[0]) is not None and "." in words[0].partition("/")[0].strip(".")


def cargo(text: str) -> Iterator[Package]:
    """Dependencies of all kinds of Cargo.toml; those of the workspace name the version there."""
    top = toml(text)
    tables = [top, table(top, "workspace"), *table(top, "target").values()]
    for each in tables:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, about in table(each, kind).items():
                whole = about if isinstance(about, Mapping) else {"version": about}
                if not whole.get("workspace") and "path" not in whole:
                    yield package(str(whole.get("package", name)), lowest_of(str(whole.get("version", ""))))


class _Pom:
    """What is in a pom.xml, while its elements begin and end."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.stack: list[dict[str, str]] = []
        self.found: list[tuple[str, str, int]] = []
        self.properties: dict[str, str] = {}
        self.parser = guarded_parser("")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add

    def _start(self, name: str, _attributes: Mapping[str, str]) -> None:
        if len(self.names) > 60:
            raise UnreadableError("it nests elements too deeply")
        self.names.append(name)
        self.stack.append({})

    def _end(self, name: str) -> None:
        own = self.stack.pop()
        self.names.pop()
        value = own.get("", "").strip()
        if name in ("dependency", "plugin", "parent") and "artifactId" in own:
            group = own.get("groupId", "org.apache.maven.plugins")
            line = self.parser.CurrentLineNumber
            self.found.append((f"{group}:{own['artifactId']}", own.get("version", ""), line))
        elif self.names[-1:] == ["properties"]:
            self.properties[name] = value
        elif self.stack:
            self.stack[-1].setdefault(name, value)

    def _add(self, data: str) -> None:
        if self.stack:
            self.stack[-1][""] = self.stack[-1].get("", "") + data


def pom(text: str) -> Iterator[Package]:
    """Dependencies, plugins and the parent of pom.xml; `${…}` is looked up in its properties."""
    reading = _Pom()
    try:
        reading.parser.Parse(text.encode("utf-8", "replace"), True)
    except (expat.ExpatError, EvidenceError) as error:
        raise UnreadableError(f"it is not well-formed XML: {error}") from None
    for name, version, line in reading.found:
        key = version.removeprefix("${").removesuffix("}")
        yield package(name, reading.properties.get(key, "" if "${" in version else version), line)


def gradle(text: str) -> Iterator[Package]:
    """`'group:name:version'` and plugins with a version; versions in variables are not known."""
    lines = Lines(text)
    for shape in (_GRADLE, _GRADLE_PLUGIN):
        for match in shape.finditer(text):
            yield package(match["name"], match["version"], lines.at(match.start()))


def version_catalogue(text: str) -> Iterator[Package]:
    """`[libraries]` and `[plugins]` of libs.versions.toml."""
    top = toml(text)
    versions = table(top, "versions")
    for section, key in (("libraries", "module"), ("plugins", "id")):
        for about in table(top, section).values():
            if isinstance(about, str):
                name, _, version = about.rpartition(":")
                yield package(name, version)
            elif isinstance(about, Mapping):
                given = about.get("version", "")
                ref = table(about, "version").get("ref", "")
                name = about.get(key) or f"{about.get('group', '')}:{about.get('name', '')}"
                yield package(
                    str(name), versions.get(ref, "") if ref else given if isinstance(given, str) else ""
                )


def dockerfile(text: str) -> Iterator[Package]:
    """The images of `FROM`; stages of the same file and `scratch` are left out."""
    lines = Lines(text)
    arguments = {m["name"]: m["value"][:_MAX_VALUE].strip("\"'") for m in _ARGUMENT.finditer(text)}
    stages: set[str] = set()
    for match in _FROM.finditer(text):
        image = re.sub(
            r"\$\{?(\w+)(?::-([^}]*))?\}?", lambda m: arguments.get(m[1], m[2] or ""),
            match["image"][:_MAX_VALUE],
        )  # fmt: skip
        if image.lower() not in stages | {"scratch", ""}:
            name, tag = _split_image(image)
            yield package(name, tag, lines.at(match.start()))
        stages |= {(match["stage"] or "").lower()}


def _split_image(image: str) -> tuple[str, str]:
    """Name and tag, else digest."""
    name, _, digest = image.partition("@")
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return head, tag
    return name, digest.removeprefix("sha256:")[:12] or "latest"


def workflow(text: str) -> Iterator[Package]:
    """Actions and reusable workflows of `uses`; of a pinned commit, the version in the comment behind it."""
    lines = Lines(text)
    for match in _USES.finditer(text):
        tagged = (
            _TAGGED.search(match["comment"] or "") if re.fullmatch(r"[0-9a-f]{40}", match["ref"]) else None
        )
        yield package(match["name"], tagged["version"] if tagged else match["ref"], lines.at(match.start()))
