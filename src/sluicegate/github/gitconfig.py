"""Git settings for one process, passed by environment: nothing on a command line or on disk. Pure.

Git reads `GIT_CONFIG_COUNT` and the numbered `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n` as if
they stood on its command line (git-config(1), "Environment"), `safe.directory` among them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path


def with_settings(environment: Mapping[str, str], settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """`environment` with git settings added behind those that it may already carry."""
    result = dict(environment)
    present = result.get("GIT_CONFIG_COUNT", "")
    count = int(present) if present.isascii() and present.isdigit() else 0
    for key, value in settings:
        result[f"GIT_CONFIG_KEY_{count}"] = key
        result[f"GIT_CONFIG_VALUE_{count}"] = value
        count += 1
    result["GIT_CONFIG_COUNT"] = str(count)
    return result


def trust(workspace: Path, directory: Path) -> list[tuple[str, str]]:
    """Settings that let git read a checkout of another user, as container jobs have it.

    Trusted are `directory` and its parents up to `workspace`; `directory` alone when it is not
    inside.
    """
    folders = [directory]
    if directory.is_relative_to(workspace):
        folders += [p for p in directory.parents if p.is_relative_to(workspace)]
    return [("safe.directory", folder.as_posix()) for folder in folders]


def authorize(server_url: str, token: str) -> list[tuple[str, str]]:
    """Settings that send `token` to `server_url` alone; empty without a token.

    The first, empty value forgets headers that `actions/checkout` may have left in the
    repository's own settings: GitHub refuses a request with two.
    """
    if not token:
        return []
    secret = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
    key = f"http.{server_url}/.extraheader"
    return [(key, ""), (key, f"AUTHORIZATION: basic {secret}")]
