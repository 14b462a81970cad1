"""Policies as text, and files that they extend, for tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluicegate.policy.chain import Read
from sluicegate.policy.document import Node
from sluicegate.policy.model import Policy
from sluicegate.policy.resolve import check_policy, valid
from support import programs

NAME = "sluicegate.yml"
SOURCES = Path(__file__).parents[2] / "src"


def files(contents: Mapping[str, str]) -> Read:
    """A reader of files that exist only here."""

    def read(path: str) -> bytes:
        if path not in contents:
            raise FileNotFoundError(2, "No such file or directory", path)
        return contents[path].encode()

    return read


def policy(text: str, **others: str) -> Policy:
    """The policy of a text; other files by name, `_` standing for `.`: `shared_yml`."""
    read = files({k.replace("_", "."): v for k, v in others.items()})
    return valid(check_policy(text.encode(), NAME, read))


def plain(node: Node) -> Any:
    """A node of a YAML file without its places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    return [plain(child) for child in node.value] if isinstance(node.value, list) else node.value


def messages(text: str | bytes, contents: Mapping[str, str] | None = None) -> list[str]:
    """Every error of a policy text, as users see them."""
    data = text if isinstance(text, bytes) else text.encode()
    return [str(e) for e in check_policy(data, NAME, files(contents or {})).errors]


def sluicegate(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it: a process of its own in the folder `where`."""
    return programs.run([sys.executable, "-m", "sluicegate", *arguments], where, os.environ)
