"""A package as a manifest or a lock file names it. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluicegate.release.impact.data import UnreadableError

_MAX_NAME = 200
_MAX_BRACKETS = 200
_DOTTED = re.compile(
    r"(?<![\w-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}"  # tomllib: its square
)
_LONG_NUMBER = re.compile(r"\b0[xob][0-9a-fA-F_]{3000}")
"""A number that Python reads, and does not write in decimal."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package; `direct` where the file itself says that it is asked for, and not only needed by others."""

    name: str
    version: str
    line: int = 0
    direct: bool = False


def package(name: str, version: object, line: int = 0, *, direct: bool = False) -> Package:
    """A package; what is too long is cut, since strangers write it."""
    return Package(name[:_MAX_NAME], str(version or "")[:_MAX_NAME], line, direct)


def normal(name: str) -> str:
    """The normal form of a name on PyPI (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def toml(text: str) -> Mapping[str, Any]:
    """A TOML document.

    Raises:
        UnreadableError: it is not TOML, or would take too long.
    """
    if any(line.count("[") + line.count("{") > _MAX_BRACKETS for line in text.split("\n")):
        raise UnreadableError("it nests TOML too deeply")
    if _DOTTED.search(text) or _LONG_NUMBER.search(text):
        raise UnreadableError("it has a key of too many parts, or a number of too many digits")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise UnreadableError("it is not TOML") from None


def table(top: object, *keys: str) -> Mapping[str, Any]:
    """What is below keys, where that is a mapping; else an empty one."""
    for key in keys:
        top = top.get(key) if isinstance(top, Mapping) else None
    return top if isinstance(top, Mapping) else {}


def listed(top: object, key: str) -> list[Any]:
    """The list that a mapping has under a key; else an empty one."""
    found = top.get(key) if isinstance(top, Mapping) else None
    return found if isinstance(found, list) else []
