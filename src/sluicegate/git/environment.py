"""The program of git, and its environment: guarded settings, one protocol, no secrets.

Git is one of the machine's, never one that the checkout holds.

Git reads `GIT_CONFIG_COUNT` and the numbered `GIT_CONFIG_KEY_n` and `GIT_CONFIG_VALUE_n` as if
they stood on its command line (git-config(1), "Environment"), `safe.directory` among them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from sluicegate.core.errors import WorldError
from sluicegate.runtime.process import without_secrets

Settings = Iterable[tuple[str, str]]
"""Pairs of key and value, as `git config --list` has them."""

NO_NETWORK = "none"
"""A protocol that does not exist: git may reach nothing."""

_NAME = "git.exe" if os.name == "nt" else "git"
_GUARDS = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.quotePath", "true"),
    ("diff.renameLimit", "3000"),
    ("fastimport.unpackLimit", "0"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.version", "2"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("safe.bareRepository", "explicit"),
    ("submodule.recurse", "false"),
    ("transfer.bundleURI", "false"),
    ("transfer.credentialsInUrl", "allow"),
)
"""In place of settings of the repository or the user that would run programs, or change what we read.

`safe.bareRepository=explicit` is a second lock: git before 2.38 ignores it, and every repository is named."""

_NOT_INHERITED = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_COMMON_DIR", "GIT_CONFIG_PARAMETERS",
        "GIT_DIFF_OPTS", "GIT_DIR",
        "GIT_EXTERNAL_DIFF", "GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE", "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE", "GIT_NOGLOB_PATHSPECS", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    }
)  # fmt: skip
"""What a hook of git sets for its children: it points at another repository or index than the folder's, or
carries settings that git reads behind ours (`GIT_CONFIG_PARAMETERS`, of `git -c`)."""

_PLACES = (
    "GIT_ASKPASS", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "GIT_SSH",
    "GIT_TEMPLATE_DIR", "SSH_ASKPASS", "HOME", "XDG_CONFIG_HOME",
)  # fmt: skip
"""Where git finds settings and programs of its own: never in the checkout, nor in the current folder."""

_TALK = ("GIT_TRACE", "GIT_CURL_VERBOSE")
"""Beginnings of the variables that make git talk among its errors, which are read here."""


def of_folder(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment without what points git at another repository than the folder's."""
    return {k: v for k, v in inherited.items() if k not in _NOT_INHERITED}


def outside(inherited: Mapping[str, str], checkout: Path) -> dict[str, str]:
    """The environment without the variables that let git take settings or programs from the checkout.

    Without `HOME` git has no settings of the user.
    """
    real = checkout.resolve()
    return {k: v for k, v in inherited.items() if k not in _PLACES or not v or _is_outside(v, real)}


def _is_outside(path: str, checkout: Path) -> bool:
    """Does a path lead out of the checkout, which is named without links, wherever git runs?"""
    return Path(path).is_absolute() and not Path(path).resolve().is_relative_to(checkout)


def guarded(inherited: Mapping[str, str], path: str, settings: Settings = ()) -> dict[str, str]:
    """The environment for git: guarded, in English, without secrets and without any network.

    Programs are looked for in `path` (see `search_path`). Our settings follow the given ones, and the last
    one takes effect.
    """
    kept = without_secrets(of_folder(inherited))
    quiet = {k: v for k, v in kept.items() if not k.startswith(_TALK) or v.startswith("/")}
    quiet |= {
        "PATH": path,
        "LC_ALL": "C",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": NO_NETWORK,
    }
    return with_settings(quiet, [*settings, *_GUARDS])


def with_settings(environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
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


def search_path(environment: Mapping[str, str], checkout: Path | None) -> str:
    """The folders of `PATH` that a stranger cannot fill: absolute ones, outside of the checkout.

    An empty or relative entry means the current folder, or one below it.
    """
    folders = [f for f in environment.get("PATH", "").split(os.pathsep) if Path(f).is_absolute()]
    real = checkout.resolve() if checkout else None
    return os.pathsep.join(f for f in folders if real is None or _is_outside(f, real))


def find_git(path: str) -> str:
    """Git's absolute path in the folders of `path`.

    Nothing but these folders is searched: Windows would look into the current folder first.

    Raises:
        WorldError: git is not installed outside of the checkout.
    """
    for entry in path.split(os.pathsep):
        candidate = os.path.join(entry, _NAME)  # noqa: PTH118 - some hundred a run
        if entry and os.path.isfile(candidate) and os.access(candidate, os.X_OK):  # noqa: PTH113
            return candidate
    raise WorldError("git is not installed", remedy="Install git, outside of the checkout and on the PATH.")
