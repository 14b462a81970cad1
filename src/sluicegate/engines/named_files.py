"""Which files the settings and workflows of a project name: by option, by key, or as what they run. Pure.

Nothing is run and no format is parsed: names are found by pattern in the text, in a time that grows with its
length alone, and only those count that are changed files. So a name that means something else costs at most
one line in the report.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

SETTINGS, SCRIPT, FOLDER = "settings", "script", "action"

_NAME = r"[\"']?(?P<name>[\w@+.-][\w@+./-]*)"
_SETTINGS_ENDING = re.compile(
    r"(?:^|/)\.[\w.-]+$|\.(?:ini|cfg|conf|toml|ya?ml|json5?|jsonc|rc|[cm]?js|ts|properties)$|rc$"
)
_OPTION = re.compile(
    r"(?<![\w-])(?:--(?:cov-config|rc-?file|config(?:-?file|-path)?|settings(?:-path)?|nycrc-path|ignore-path|project"
    r"|baseline)|-c|-p)(?:=|\s+|[\"'],\s*)" + _NAME
)
_VARIABLE = re.compile(
    r"\b(?:COVERAGE_RCFILE|COVERAGE_PROCESS_START|PYLINTRC|RUFF_CONFIG|MYPY_CONFIG_FILE|FLAKE8_CONFIG"
    r"|BANDIT_CONFIG)[\"']?\s*[:=]\s*" + _NAME
)
_KEY = re.compile(
    r"^[ \t]*[\"']?(?:extends?|config_?-?file|rcfile|preset|setupFiles\w*|globalSetup|baseline)[\"']?"
    r"\s*[:=]\s*"
    r"(?P<value>\[[^\]]{0,2000}\]|[^\n]*)",
    re.MULTILINE,
)
_QUOTED = re.compile(r"[\"'](?P<name>[\w@+./-]+)[\"']|^\s*(?P<bare>[\w@+./-]+)\s*$")
_USES = re.compile(r"^[ \t]*(?:-\s+)?uses:\s*[\"']?\./(?P<name>[\w@+./-]*)", re.MULTILINE)
_MAIN = re.compile(r"^[ \t]*(?:main|pre|post|image):\s*" + _NAME, re.MULTILINE)
_BULLET = r"(?:-[ \t]+(?=run:|entry:))?"
_BEFORE = r"(?:[\"']?[\w.-]+[\"']?[ \t]*[:=][ \t]*)?[\"'@+-]?"  # `run: `, `"test": "`, make's `@`
_START = rf"(?:^[ \t]*{_BULLET}{_BEFORE}|[;&|][ \t]*|\([\"'])"
_ENTRY = re.compile(r"^[ \t]*(?:-\s+)?entry:\s*[\"']?(?:(?:python|bash|sh|node)\s+)?" + _NAME, re.MULTILINE)
_COMMANDS = re.compile(
    r"(?:^|/)(?:action\.ya?ml|(?:GNU)?[Mm]akefile|\.?[Jj]ustfile|Taskfile\.ya?ml|tox\.ini|noxfile\.py|tasks\.py"
    r"|package\.json)$|^\.github/workflows/|\.(?:sh|bash|zsh|ps1|mk)$"
)
_PREFIX = (
    r"(?:(?:\w+=\S{0,200}|env|sudo|time|exec|uv|poetry|pdm|hatch|pipenv|coverage)[ \t]+(?:run[ \t]+)?){0,3}"
)
_INTERPRETER = r"(?:python[\d.]*|bash|sh|zsh|dash|node|deno|bun|tsx|ruby|perl|pwsh|source|\.)"
_RUN_BY = rf"(?:{_INTERPRETER}[ \t,\"']+(?:-(?!m)\S+[ \t]+){{0,5}})?"
_COMMAND = re.compile(_START + _PREFIX + _RUN_BY + r"(?P<name>(?:\.{1,2}/)?[\w@+-][\w@+./-]*)", re.MULTILINE)
_SCRIPT_ENDING = re.compile(r"\.(?:sh|bash|zsh|py|[cm]?js|[cm]?ts|ps1|rb|pl)$")
_MODULE = re.compile(r"\bpython[\d.]*[ \t]+(?:-\w[ \t]+){0,3}-m[ \t]+(?P<name>[A-Za-z_][\w.]*)")
_FOLDER = re.compile(r"^[ \t]*working-directory:\s*" + _NAME, re.MULTILINE)
_RUNNERS = (
    (re.compile(r"\bg?make\b(?!-)"), ("Makefile", "makefile", "GNUmakefile")),
    (re.compile(r"\bnox\b"), ("noxfile.py",)),
    (re.compile(r"\bjust\b"), ("justfile", "Justfile", ".justfile")),
    (re.compile(r"\btask\b"), ("Taskfile.yml", "Taskfile.yaml")),
    (re.compile(r"\binv(?:oke)?\b"), ("tasks.py",)),
)

ROOTS = re.compile(
    r"(?:pyproject|ruff|\.ruff|\.coveragerc|hatch|pytest|pylintrc|\.pylintrc)\.toml|(?:setup|tox)\.(?:cfg|ini)"
    r"|(?:pytest|\.pytest|mypy|\.mypy|pytype)\.(?:ini|cfg)|\.coveragerc|\.flake8|\.?pylintrc|\.bandit|\.?bandit\.ya?ml"
    r"|\.pre-commit-config\.yaml|\.?codecov\.ya?ml|sonar-project\.properties|\.golangci\.ya?ml"
    r"|package\.json|\.eslintrc(?:\.\w+)?|eslint\.config\.\w+|(?:jest|vitest)\.config\.\w+|\.nycrc(?:\.\w+)?"
    r"|tsconfig\.json|action\.ya?ml"
)
"""Names of files in the top folder that are read for the names of others, beside the workflows."""


class NamedFile(NamedTuple):
    """A file, or a folder with an action, that another file names.

    `path` is relative to the top of the repository, `by` the file that names it.
    """

    path: str
    kind: str
    by: str


def named(path: str, text: str) -> Iterator[NamedFile]:
    """What a file with this text names; each name is taken from the top folder and from the file's own."""
    folders = ("", posixpath.dirname(path), *(m["name"] for m in _FOLDER.finditer(text)))
    for kind, name in _names(path, text):
        for folder in dict.fromkeys(folders):
            where = posixpath.normpath(posixpath.join(folder, name))
            if not where.startswith(("../", "/")) and where != path:
                yield NamedFile("" if where == "." else where, kind, path)


def is_read(path: str) -> bool:
    """Is the file one whose text names others: settings, or commands? Programs are not searched."""
    return _COMMANDS.search(path) is not None or _SETTINGS_ENDING.search(path) is not None


def _names(path: str, text: str) -> Iterator[tuple[str, str]]:
    yield from _settings(text)
    if _COMMANDS.search(path):
        yield from _scripts(text)
    if path.endswith((".yml", ".yaml")):
        yield from ((FOLDER, match["name"]) for match in _USES.finditer(text))
        found = chain(_MAIN.finditer(text), _ENTRY.finditer(text))
        yield from ((SCRIPT, match["name"]) for match in found if _is_script(match["name"]))


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for match in chain(_OPTION.finditer(text), _VARIABLE.finditer(text)):
        if _SETTINGS_ENDING.search(match["name"]):
            yield SETTINGS, match["name"]
    for match in _KEY.finditer(text):
        yield from ((SETTINGS, q["name"] or q["bare"]) for q in _QUOTED.finditer(match["value"]))


def _scripts(text: str) -> Iterator[tuple[str, str]]:
    yield from ((SCRIPT, match["name"]) for match in _COMMAND.finditer(text) if _is_script(match["name"]))
    for match in _MODULE.finditer(text):
        module = match["name"].replace(".", "/")
        yield from ((SCRIPT, f"{module}.py"), (SCRIPT, f"{module}/__main__.py"))
    for pattern, files in _RUNNERS:
        if pattern.search(text):
            yield from ((SCRIPT, name) for name in files)


def _is_script(name: str) -> bool:
    """Does a command of this name run a file of the repository?"""
    return "/" in name or _SCRIPT_ENDING.search(name) is not None
