"""What a clone's own settings say of how a server is reached, as a file for a scratch repository. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_REACH = re.compile(
    r"(credential|http|https|ssh)\..*|core\.(sshcommand|askpass|gitproxy)", re.IGNORECASE | re.DOTALL
)
_OWN = ("local", "worktree")
"""Those of the user and the machine hold in every repository."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\b": "\\b"})


def reaching(listed: str) -> list[tuple[str, str]]:
    """The settings about credentials, HTTP and ssh of the clone itself.

    Args:
        listed: output of `git config --null --show-scope --list`, with what the clone's file includes.
    """
    fields = iter(listed.split("\0"))
    pairs = ((scope, *item.partition("\n")[::2]) for scope, item in zip(fields, fields, strict=False))
    return [(key, value) for scope, key, value in pairs if scope in _OWN and _REACH.fullmatch(key)]


def as_file(settings: Iterable[tuple[str, str]]) -> str:
    """Settings in the syntax of git-config(1), "Syntax"."""
    return "".join(_section(key, value.translate(_ESCAPES)) for key, value in settings)


def _section(key: str, value: str) -> str:
    section, _, rest = key.partition(".")
    middle, _, name = rest.rpartition(".")
    quoted = middle.replace("\\", "\\\\").replace('"', '\\"')
    head = f'[{section} "{quoted}"]' if middle else f"[{section}]"
    return f'{head}\n\t{name} = "{value}"\n'
