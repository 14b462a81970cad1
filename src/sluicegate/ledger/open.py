"""Opens the store that the user selects."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.git import Git, open_repository
from sluicegate.git.remote import Remote, own_repository, remote_of, remotes
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.gitstore import GitStore, open_git_store
from sluicegate.ledger.interface import REF, LedgerStore, Patience, Refs

_ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Choice:
    """The user's choice of a ledger; all empty for the default one.

    Attributes:
        remote: name of a remote; by default `origin`, else the only remote, else this repository.
        local: this repository, whatever remotes it has.
        folder: a folder instead of a ref.
        token: to GitHub, for a remote over HTTP.
        seconds: how long to try.
    """

    remote: str = ""
    local: bool = False
    folder: str = ""
    ref: str = REF
    token: str = ""
    seconds: float = 180.0


def repository(directory: Path) -> Git:
    """Git in the user's folder.

    Raises:
        UsageError: it is in no repository.
    """
    git = open_repository(directory)
    if git is None:
        raise UsageError("this is not a git repository, and a ledger records commits", where=str(directory),
                         remedy="Change to a checkout of the project.")  # fmt: skip
    return git


def remote_for(choice: Choice, git: Git, environment: Mapping[str, str]) -> Remote:
    """The repository that holds the ledger.

    Raises:
        UsageError: there is no such remote, two are named, or several exist and none is named.
    """
    if choice.local and choice.remote:
        raise UsageError("--local and --remote exclude each other", remedy="Name one of them.")
    if choice.local:
        return own_repository(git)
    known = remotes(git)
    if not choice.remote and not known:
        return own_repository(git)
    return remote_of(git, choice.remote or _default(known), environment, choice.token)


def _default(known: Sequence[str]) -> str:
    """`origin`, else the only remote."""
    if _ORIGIN not in known and len(known) > 1:
        raise UsageError(
            f"there is no remote '{_ORIGIN}' and there are {len(known)} others", where="--remote",
            remedy=f"Name one, such as --remote {one_line(known[0])}; --local uses this repository itself.",
        )  # fmt: skip
    return _ORIGIN if _ORIGIN in known else known[0]


def _refs_of(name: str, git: Git) -> Refs:
    """The refs of a ledger that the user names: a full ref, or a branch."""
    if name == REF:
        return Refs()
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    if not git.text("check-ref-format", "--normalize", full) or "*" in full:
        raise UsageError(
            f"'{cut(one_line(name), 60)}' is not a valid ref name", where="--ref",
            remedy="Name a branch, or a ref such as refs/sluicegate/ledger.",
        )  # fmt: skip
    return Refs(full)


@contextlib.contextmanager
def open_git(
    choice: Choice, git: Git, environment: Mapping[str, str] | None = None, *, whole: bool = False
) -> Iterator[GitStore]:
    """The store on a ref.

    Raises:
        UsageError: an option is wrong.
    """
    remote = remote_for(choice, git, os.environ if environment is None else environment)
    refs = _refs_of(choice.ref, git)
    with open_git_store(git, remote, refs, patience=Patience(choice.seconds), whole=whole) as store:
        yield store


@contextlib.contextmanager
def open_store(
    choice: Choice, git: Git | None, directory: Path, *, whole: bool = False
) -> Iterator[LedgerStore]:
    """The store on a ref, or in a folder, which needs no git.

    Raises:
        UsageError: an option is wrong.
    """
    if not choice.folder:
        with open_git(choice, git or repository(directory), whole=whole) as store:
            yield store
        return
    if choice.local or choice.remote:
        raise UsageError("--dir excludes --local and --remote", remedy="Name one of them.")
    yield directory_store(directory / choice.folder, Patience(choice.seconds))
