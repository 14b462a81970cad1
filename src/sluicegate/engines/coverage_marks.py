"""Comments by which a project's own settings of coverage.py exclude lines. Pure.

`exclude_lines`, `exclude_also`, `partial_branches` and `partial_also` hold regular expressions. Only
what they match in or behind a `#` is a mark that an author sets; the others are rules about code (`raise
NotImplementedError`), which count as settings when they change. A pattern comes from the base, and one
that could take long (a repeated group, many repetitions) is left out: an untrusted author writes the lines.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from sluicegate.engines.suppression_patterns import PYTHON_TEXT, Patterns

FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
"""Where coverage.py looks for settings that no option names."""

_KINDS = {
    "exclude_lines": "no-cover",
    "exclude_also": "no-cover",
    "partial_branches": "no-branch",
    "partial_also": "no-branch",
}
_MAX_PATTERNS = 100
_MAX_PATTERN = 200
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_REPETITION = re.compile(r"(?<!\\)(?:\\\\)*[*+]|\{\d*,\}")
_MOST_REPETITIONS = 3


def marks(settings: Mapping[str, str]) -> Patterns:
    """The project's patterns.

    Args:
        settings: the text of each settings file by its path; what cannot be read holds none.
    """
    known = {pattern.pattern for _, pattern in PYTHON_TEXT}
    found = dict.fromkeys(pair for path, text in settings.items() for pair in _of_file(path, text))
    compiled = ((kind, _compiled(text)) for kind, text in found if text not in known)
    return tuple((kind, pattern) for kind, pattern in compiled if pattern)[:_MAX_PATTERNS]


def _compiled(text: str) -> re.Pattern[str] | None:
    """The pattern for a line, with what it matches behind a `#`; None for one that is not run here."""
    harmless = not _REPEATED_GROUP.search(text) and len(_REPETITION.findall(text)) <= _MOST_REPETITIONS
    if not text or len(text) > _MAX_PATTERN or not harmless:
        return None
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return None


def _of_file(path: str, text: str) -> Iterator[tuple[str, str]]:
    try:
        sections = _toml(path, text) if path.endswith(".toml") else _ini(path, text)
    except (ValueError, configparser.Error, RecursionError):
        return
    for section in sections:
        for key, kind in _KINDS.items():
            yield from ((kind, line) for line in _lines(section.get(key)))


def _lines(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from filter(None, map(str.strip, value.splitlines()))
        case list():
            yield from (line for line in value if isinstance(line, str))


def _toml(path: str, text: str) -> Iterable[Mapping[str, object]]:
    data: object = tomllib.loads(text)
    own = PurePosixPath(path).name != "pyproject.toml"
    tables = [("tool", "coverage", "report"), *([("report",)] if own else [])]
    return [table for keys in tables if isinstance(table := _inner(data, keys), dict)]


def _inner(data: object, keys: Iterable[str]) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _ini(path: str, text: str) -> Iterable[Mapping[str, object]]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    shared = PurePosixPath(path).name in ("setup.cfg", "tox.ini")
    names = ["coverage:report", *([] if shared else ["report"])]
    return [dict(parser.items(name)) for name in names if parser.has_section(name)]
