"""The environment of hatch, tox or nox that has the test tools. Reads, never runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluicegate.starter.files import ini_of, ini_sections, is_word, table, text_of, toml_of, words

_PYTEST = re.compile(r"\bpytest(?![\w-])")


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment, or a session of nox.

    Attributes:
        name: as the tool's command takes it.
        text: what it installs, one requirement a line, as far as it can be read.
        own_runner: hatch's own test command is used, which measures coverage itself.
        section: of tox's settings, as its option `-x` names it.
        editable: tox may be told to install the project in place.
        copied: the project is installed as a copy, so that coverage of its folder would be none.
        pythons: of a session of nox: it names the Pythons that it is for.
        measures: `coverage run` is among the commands.
    """

    name: str
    text: str
    own_runner: bool = False
    section: str = ""
    editable: bool = False
    copied: bool = False
    pythons: tuple[str, ...] = ()
    measures: bool = False


def hatch_environment(root: Path, pyproject: Mapping[str, Any]) -> Environment | None:
    """The first environment of hatch with pytest, else that of `hatch test` where hatch is used for tests."""
    alone = toml_of(root / "hatch.toml")
    environments = {**table(pyproject, "tool", "hatch", "envs"), **table(alone, "envs")}
    for name, settings in environments.items():
        if not isinstance(settings, dict) or not is_word(name) or name == "hatch-test":
            continue
        needed = [*words(settings.get("dependencies")), *words(settings.get("extra-dependencies"))]
        if any(map(_PYTEST.match, needed)):
            return Environment(name, "\n".join(needed))
    used = "hatch-test" in environments or any("hatch test" in str(s) for s in environments.values())
    return Environment("hatch-test", "pytest", own_runner=True) if used else None


def tox_environment(root: Path, pyproject: Mapping[str, Any]) -> Environment | None:
    """tox's environment `py` where every environment has pytest, else the first that has it."""
    for name, section, settings, base in _tox_sections(root, pyproject):
        text = "\n".join(map(str, settings.values()))
        if not _PYTEST.search(text):
            continue
        package = "\n".join(f"{k}={v}" for k, v in {**base, **settings}.items())
        own = re.search(
            r"(?im)^(skipsdist|skip_sdist|skip_install|no_package|usedevelop|use_develop|package)=", package
        )
        return Environment(
            name,
            _requirements(settings.get("deps", "")),
            section=section,
            editable=not own,
            copied=re.search(r"(?m)^package=(wheel|sdist)", package) is not None,
            measures="coverage run" in text,
        )
    return None


def _requirements(value: object) -> str:
    """The requirements, one a line, without the conditions of factors: `py3: pytest` is `pytest`."""
    lines = words(value) or str(value).splitlines()
    return "\n".join(re.sub(r"^\s*[\w.{},!-]+:\s+", "", line).strip() for line in lines)


def _tox_sections(
    root: Path, pyproject: Mapping[str, Any]
) -> Iterable[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Name, section, settings, and those of the whole: first what holds for every environment."""
    inside = table(pyproject, "tool", "tox")
    legacy = inside.pop("legacy_tox_ini", None)
    sections = ini_of(root / "tox.ini") or ini_sections(legacy if isinstance(legacy, str) else "")
    alone = toml_of(root / "tox.toml")
    native, prefix = (alone, "") if alone else (inside, "tool.tox.")
    found = [
        ("py", "testenv", sections.get("testenv", {})),
        ("py", f"{prefix}env_run_base", table(native, "env_run_base")),
        *((name.removeprefix("testenv:"), name, s) for name, s in sections.items() if ":" in name),
        *((name, f"{prefix}env.{name}", table(native, "env", name)) for name in table(native, "env")),
    ]
    whole = {**native, **sections.get("tox", {})}
    return [(*each, whole) for each in found if is_word(each[0])]


def nox_session(root: Path, pyproject: Mapping[str, Any]) -> Environment | None:
    """The first session of noxfile.py that runs pytest, preferably one that is named after tests."""
    del pyproject  # nox has no settings there
    text = text_of(root / "noxfile.py")
    try:
        tree = ast.parse(text) if text else ast.Module([], [])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [s for node in tree.body if isinstance(node, ast.FunctionDef) and (s := _session(node, text))]
    named = (s for s in found if re.match("(?i)tests?|pytest|unit", s.name))
    return next(named, found[0] if found else None)


def _session(node: ast.FunctionDef, text: str) -> Environment | None:
    decorator = next((d for d in node.decorator_list if _is_session(d)), None)
    body = ast.get_source_segment(text, node) or ""
    if decorator is None or not _PYTEST.search(body):
        return None
    name = (*_given(decorator, "name"), node.name)[0]
    if not is_word(name):
        return None
    return Environment(
        name,
        "\n".join(text for n in ast.walk(node) for text in _constants(n)),
        pythons=tuple(filter(is_word, _given(decorator, "python"))),
        measures=re.search(r"[\"']coverage[\"'],\s*[\"']run[\"']|coverage run", body) is not None,
        copied=not re.search(r"[\"'](-e|--editable)[\"' =]", body),
    )


def _given(decorator: ast.expr, name: str) -> tuple[str, ...]:
    """The texts of a keyword of the decorator."""
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else ()
    return next((_constants(k.value) for k in keywords if k.arg == name), ())


def _is_session(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")) == "session"


def _constants(value: ast.AST | None) -> tuple[str, ...]:
    """The texts of a literal, or of a list of them."""
    items = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return tuple(i.value for i in items if isinstance(i, ast.Constant) and isinstance(i.value, str))
