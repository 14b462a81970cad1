"""Thresholds that the project's tools hold already, as criteria of a policy. Reads, never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sluicegate.core.errors import PolicyError
from sluicegate.policy.document import Node
from sluicegate.policy.yaml_positions import read_document
from sluicegate.starter.files import first_of, ini_of, json_of, table, text_of, toml_of, words

_NUMBER = re.compile(r"\d{1,3}(\.\d{1,4})?")
_INI_FILES = ("setup.cfg", "tox.ini", "pytest.ini", ".flake8", ".coveragerc")
_CODECOV = ("codecov.yml", ".codecov.yml", ".github/codecov.yml", "codecov.yaml", ".codecov.yaml")
_JEST = tuple(f"jest.config.{end}" for end in ("js", "cjs", "mjs", "ts", "json"))
_VITEST = tuple(
    f"{name}.config.{end}" for name in ("vitest", "vite") for end in ("ts", "mts", "js", "mjs", "cjs")
)
_OF_JAVASCRIPT = {"lines": "line", "branches": "branch"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold.

    Attributes:
        gate: whose it is; empty for one that no gate can hold.
        measure: as the gate calls it.
        bound: operator and bound, `>= 92%`.
        said_by: the setting and its file.
        warns: it is advisory there, or our measure is defined otherwise.
        covers: further measures whose criteria of a preset it replaces.
    """

    gate: str
    measure: str
    bound: str
    said_by: str
    warns: bool = False
    covers: tuple[str, ...] = ()

    @property
    def expect(self) -> str:
        """The criterion."""
        return f"{self.measure} {self.bound}"


def find_thresholds(root: Path) -> tuple[Threshold, ...]:
    """The thresholds in a folder, one a measure: the tool's own goes before that of a service."""
    pyproject = toml_of(root / "pyproject.toml")
    ini = {name: ini_of(root / name) for name in _INI_FILES if (root / name).is_file()}
    found: dict[tuple[str, str], Threshold] = {}
    for each in (
        *_fail_under(pyproject, ini),
        *_complexity(root, pyproject, ini),
        *_interrogate(pyproject, ini),
        *_jest(root),
        *_vitest(root),
        *_codecov(root),
    ):
        found.setdefault((each.gate, each.measure), each)
    return tuple(found.values())


def _percent(value: object) -> str:
    """A percentage in its plain form; empty for what is none, and for 0, which asks for nothing."""
    text = "" if isinstance(value, bool) else str(value).strip().removesuffix("%").strip()
    if not _NUMBER.fullmatch(text) or not 0 < float(text) <= 100:
        return ""
    return f"{float(text):g}%"


def _fail_under(pyproject: dict[str, Any], ini: Mapping[str, Any]) -> Iterator[Threshold]:
    for value, said_by in _minimums(pyproject, ini):
        if bound := _percent(value):
            yield Threshold("coverage", "total", f">= {bound}", said_by)


def _minimums(pyproject: dict[str, Any], ini: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    yield table(pyproject, "tool", "coverage", "report").get("fail_under"), "fail_under in pyproject.toml"
    for name, sections in ini.items():
        for section in ("report", "coverage:report"):
            yield sections.get(section, {}).get("fail_under"), f"fail_under in {name}"
    options = table(pyproject, "tool", "pytest", "ini_options").get("addopts", "")
    yield _of_option(" ".join(words(options)) or options), "--cov-fail-under in pyproject.toml"
    for name, sections in ini.items():
        for section in ("pytest", "tool:pytest"):
            yield _of_option(sections.get(section, {}).get("addopts", "")), f"--cov-fail-under in {name}"


def _of_option(text: object) -> str:
    found = re.search(r"--cov-fail-under[= ]\s*(\d+(?:\.\d+)?)", str(text))
    return found[1] if found else ""


def _complexity(root: Path, pyproject: dict[str, Any], ini: Mapping[str, Any]) -> Iterator[Threshold]:
    for value, said_by in _maximums(root, pyproject, ini):
        text = str(value).strip()
        if re.fullmatch(r"[1-9]\d{0,2}", text):
            yield Threshold("complexity", "max_cyclomatic", f"<= {text}", said_by)


def _maximums(root: Path, pyproject: dict[str, Any], ini: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    for name in ("ruff.toml", ".ruff.toml"):
        yield _of_ruff(toml_of(root / name)), f"ruff's max-complexity in {name}"
    yield _of_ruff(table(pyproject, "tool", "ruff")), "ruff's max-complexity in pyproject.toml"
    yield table(pyproject, "tool", "flake8").get("max-complexity"), "max-complexity in pyproject.toml"
    for name, sections in ini.items():
        flake8 = sections.get("flake8", {})
        yield flake8.get("max-complexity", flake8.get("max_complexity")), f"max-complexity in {name}"


def _of_ruff(settings: dict[str, Any]) -> object:
    """The maximum of mccabe, where ruff's rule for it is on."""
    lint = table(settings, "lint")
    keys = ("select", "extend-select")
    chosen = [rule for where in (settings, lint) for key in keys for rule in words(where.get(key))]
    if not any(rule in ("ALL", "C", "C9", "C90", "C901") for rule in chosen):
        return None
    return {**table(settings, "mccabe"), **table(lint, "mccabe")}.get("max-complexity")


def _interrogate(pyproject: dict[str, Any], ini: Mapping[str, Any]) -> Iterator[Threshold]:
    named = table(pyproject, "tool", "interrogate")
    places = [
        (named, "pyproject.toml"),
        *((sections.get("tool:interrogate", {}), n) for n, sections in ini.items()),
    ]
    for settings, name in places:
        if {"whitelist-regex", "whitelist_regex"} & set(settings):
            continue  # only names that match count, such as those of tests: another measure
        if bound := _percent(settings.get("fail-under", settings.get("fail_under"))):
            said_by = f"interrogate's fail-under in {name}"
            yield Threshold("docs", "documented", f">= {bound}", said_by, warns=True)


def _jest(root: Path) -> Iterator[Threshold]:
    package = json_of(root / "package.json")
    yield from _of_javascript(
        table(package, "jest", "coverageThreshold", "global"), "coverageThreshold in package.json"
    )
    if name := first_of(root, _JEST):
        text = text_of(root / name)
        found = _literal(text, r"coverageThreshold[\"']?\s*:\s*\{\s*[\"']?global")
        yield from _of_javascript(found, f"coverageThreshold in {name}")


def _vitest(root: Path) -> Iterator[Threshold]:
    for name in filter(lambda n: (root / n).is_file(), _VITEST):
        found = _literal(text_of(root / name), r"thresholds")
        if found.get("100") == "true":
            found = {"lines": "100", "branches": "100", **found}
        yield from _of_javascript(found, f"thresholds in {name}")


def _literal(text: str, key: str) -> dict[str, str]:
    """The numbers of the object literal of a key, as far as they stand there as numbers."""
    code = re.sub(r"(?m)(?<![:'\"])//.*$|/\*.*?\*/", "", text)
    found = re.search(key + r"[\"']?\s*:\s*\{([^{}]{0,1000})\}", code)
    pairs = re.findall(r"[\"']?(\w+)[\"']?\s*:\s*(-?\d+(?:\.\d+)?|true)", found[1]) if found else ()
    return dict(pairs)


def _of_javascript(values: Mapping[str, object], said_by: str) -> Iterator[Threshold]:
    """Those of lines and branches; functions and statements have no measure of ours."""
    bounds = {name: bound for name, value in values.items() if (bound := _percent(value))}
    for name, measure in _OF_JAVASCRIPT.items():
        if name in bounds:
            yield Threshold(
                "coverage", measure, f">= {bounds[name]}", f"{name}: {said_by}", covers=("total",)
            )
    lost = [name for name in bounds if name in ("functions", "statements")]
    if lost:
        yield Threshold("", " and ".join(lost), "", said_by)


def _codecov(root: Path) -> Iterator[Threshold]:
    name = first_of(root, _CODECOV)
    if not name:
        return
    try:
        top = _plain(read_document(text_of(root / name).encode(), name).top)
    except PolicyError:
        return
    status = table(top, "coverage", "status") if isinstance(top, dict) else {}
    for kind, measure in (("project", "total"), ("patch", "patch.total")):
        settings = table(status, kind, "default") or table(status, kind)
        if (found := _target(settings, measure)) is not None:
            yield replace(
                found, said_by=f"{kind} target in {name}", warns=settings.get("informational") is True
            )


def _target(settings: dict[str, Any], measure: str) -> Threshold | None:
    if bound := _percent(settings.get("target")):
        return Threshold("coverage", measure, f">= {bound}", "")
    if settings.get("target") != "auto" or measure != "total":
        return None
    less = _percent(settings.get("threshold"))
    return Threshold("coverage", measure, f">= baseline{f' - {less[:-1]}pp' if less else ''}", "")


def _plain(node: Node) -> object:
    value = node.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
