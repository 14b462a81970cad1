"""Reading a project's files: bounded, and nothing of them is run."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line

_MAX_BYTES = 1 << 20
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SAFE_PATH = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_.@/-]{0,199}")


def is_word(text: object) -> bool:
    """Is it a plain name, which means the same in YAML, in a shell and in an expression?"""
    return isinstance(text, str) and _SAFE.fullmatch(text) is not None


def is_plain_path(text: str) -> bool:
    """Is it a relative path of plain names? Those of npm's scopes may begin with '@'."""
    return _SAFE_PATH.fullmatch(text) is not None and ".." not in text.split("/")


def text_of(path: Path) -> str:
    """The text of a file; empty for one that is missing, unreadable or no file."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def names_in(folder: Path) -> list[Path]:
    """What is in a folder, by name; empty for one that cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def toml_of(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, empty without one; `UsageError` for a damaged one."""
    return _parsed(path, tomllib.loads, "TOML")


def json_of(path: Path) -> dict[str, Any]:
    """The object of a JSON file, empty without one; `UsageError` for a damaged one."""
    return _parsed(path, json.loads, "JSON")


def _parsed(path: Path, parse: Callable[[str], Any], language: str) -> dict[str, Any]:
    text = text_of(path)
    if not text.strip():
        return {}
    try:
        value = parse(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"is not {language}: {one_line(str(error))}",
            where=one_line(path.name),
            remedy="Mend the file: its tool cannot read it either.",
        ) from error
    if not isinstance(value, dict):
        raise UsageError(f"must hold a {language} object", where=one_line(path.name))
    return value


def table(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The table at a path of keys; empty where there is none."""
    for key in keys:
        value = data.get(key)
        data = value if isinstance(value, dict) else {}
    return dict(data)


def words(value: object) -> list[str]:
    """The texts of a list; empty for anything else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def ini_of(path: Path) -> dict[str, dict[str, str]]:
    """The sections of an INI file, values as written; empty for a damaged one."""
    return ini_sections(text_of(path))


def ini_sections(text: str) -> dict[str, dict[str, str]]:
    """The sections of a text in the format of INI files; empty for a damaged one."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {name: {k: v or "" for k, v in parser.items(name)} for name in parser.sections()}


def first_of(root: Path, candidates: Iterable[str]) -> str:
    """The first name that exists in the folder; empty without any."""
    return next((name for name in candidates if (root / name).exists()), "")


def nearest(name: str, *folders: Path) -> Path | None:
    """The first of the folders that has a file of this name."""
    return next((folder for folder in folders if (folder / name).is_file()), None)
