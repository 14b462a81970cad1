"""A configuration key as one place of a file has it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

VARIABLE = "environment variable"
SECRET = "secret"
ACTIONS_VARIABLE = "variable"
SETTING = "setting"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_COMMON = frozenset(
    {
        "PATH",
        "HOME",
        "PWD",
        "USER",
        "SHELL",
        "TMPDIR",
        "TEMP",
        "TMP",
        "TERM",
        "GITHUB_TOKEN",
        "TARGETPLATFORM",
        "TARGETARCH",
        "TARGETOS",
        "TARGETVARIANT",
        "BUILDPLATFORM",
        "BUILDARCH",
        "BUILDOS",
        "CI",
        "DEBIAN_FRONTEND",
    }
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key, its type, where it is, and its default; empty without one."""

    name: str
    type: str
    line: int
    default: str = ""


def variable(name: str, line: int, default: str = "") -> Key | None:
    """An environment variable; None for what is no name of one, or is set on every system."""
    is_one = _NAME.fullmatch(name) is not None and name not in _COMMON
    return Key(name, VARIABLE, line, default) if is_one else None
