"""The keys of a plan that name a file of flags, and its place."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from sluicegate.core.errors import UsageError
from sluicegate.flags.files.places import GitHubFile, LocalFile, Place
from sluicegate.flags.normal import flag_key
from sluicegate.github.client import connect
from sluicegate.policy import values as v
from sluicegate.policy.keys import Key
from sluicegate.policy.kinds import Choice
from sluicegate.policy.provider_keys import refresh_key, token_key
from sluicegate.runtime.surroundings import Surroundings

BRANCH = "sluicegate/flags"


class Where(enum.StrEnum):
    """Where the file is."""

    GITHUB = "github"
    LOCAL = "local"


def file_keys(example: str, reader: str, new: str, old: str, what: str = "Variant") -> dict[str, Key]:
    """The keys of a provider of a file.

    Args:
        example: of a path.
        reader: who evaluates the file, for people.
        new, old: usual names.
        what: the vendor calls them.
    """
    return {
        "file": Key(
            v.PATH, "Path of the file in the repository.", missing=f"Name it, for example file: {example}."
        ),
        "flag": flag_key("Key of the flag."),
        "new": Key(v.LABEL, f"{what} that is rolled out.", new),
        "old": Key(v.LABEL, f"{what} that everybody else gets.", old),
        "where": Key(
            Choice(options=Where), "`github` writes commits by the contents API, `local` a file of this "
            "machine.", Where.GITHUB,
        ),
        "branch": Key(
            v.LABEL, f"Branch of the file, which {reader} is synchronised from. A branch that is protected "
            "refuses the commits.", BRANCH,
        ),
        "token": token_key("GITHUB_TOKEN", " It needs `contents: write`."),
        "refresh": refresh_key(f"Longest time from a commit until {reader} has the file.", 60.0),
    }  # fmt: skip


def place_of(settings: Mapping[str, Any], around: Surroundings, provider: str) -> Place:
    """The place that the values of `file_keys` name.

    Args:
        settings: the values.
        around: what a provider is given of the world.
        provider: its name in plans, for people.

    Raises:
        UsageError: a variable is missing, or the new and the old one are the same.
    """
    if settings["new"] == settings["old"]:
        raise UsageError(
            "the new and the old variant are the same", where="new", remedy="Name two variants of the flag."
        )
    if settings["where"] is Where.LOCAL:
        return LocalFile(around.root / settings["file"])
    environment = around.environment
    token, repository = environment.get(settings["token"], ""), environment.get("GITHUB_REPOSITORY", "")
    if not token or not repository:
        lacks = settings["token"] if not token else "GITHUB_REPOSITORY"
        raise UsageError(
            f"the variable {lacks} is empty or not set", where=provider,
            remedy="In a workflow the runner sets GITHUB_REPOSITORY, and `env:` the token; on a laptop write "
            "`where: local`.",
        )  # fmt: skip
    url = environment.get("GITHUB_API_URL", "")
    return GitHubFile(
        lambda: connect(token, url, seconds=60.0, clock=around.clock), repository, settings["file"],
        settings["branch"],
    )  # fmt: skip
