"""Which repository holds the ledger, and how git reaches it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sluicegate.errors import UsageError
from sluicegate.git import Git
from sluicegate.github import gitconfig
from sluicegate.text import cut, one_line

NAME = "sluicegate.scratch"
"""The remote's name in the scratch repository. The clone's own settings hold there too, and git joins the
addresses of remotes with the same name: so nobody else's is called so."""

REF = "refs/sluicegate/ledger"
"""Where the ledger is, unless the user chose otherwise. Clones do not fetch it."""


@dataclass(frozen=True, slots=True)
class Refs:
    """The two refs of a ledger.

    Attributes:
        ledger: the chain of all documents.
        baselines: one commit with the compact measures of the last recorded commits.
    """

    ledger: str = REF

    @property
    def baselines(self) -> str:
        """`refs/sluicegate/baselines`, or the ledger's own name with `-baselines`."""
        folder, _, name = self.ledger.rpartition("/")
        return f"{folder}/baselines" if name == "ledger" else f"{self.ledger}-baselines"


def refs_of(name: str, git: Git) -> Refs:
    """The refs of a ledger that the user names: a full ref, or a branch.

    Raises:
        UsageError: git allows no such name.
    """
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    if not git.text("check-ref-format", "--normalize", full) or "*" in full:
        raise UsageError(
            f"'{cut(one_line(name), 60)}' is no name of a ref", where="--ref",
            remedy="Name a branch, or a ref such as refs/sluicegate/ledger.",
        )  # fmt: skip
    return Refs(full)


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that git can fetch from and push to.

    Attributes:
        url: its address, or a folder; it may hold a password, so it is never printed.
        name: says it to people.
        settings: what git needs to reach it, as pairs of key and value.
        secrets: texts that no message may hold.
        folder: of the repository, where it is on this machine.
    """

    url: str = field(repr=False)
    name: str
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    folder: Path | None = None

    @property
    def programs(self) -> tuple[str, str]:
        """The options of fetch and push that name the programs at the other end, for a local one.

        They allow partial fetches and run no hooks of that repository. A server decides for itself.
        """
        if self.folder is None:
            return "--upload-pack=git-upload-pack", "--receive-pack=git-receive-pack"
        quiet = f"git -c core.hooksPath={os.devnull} -c receive.autogc=false"
        return (
            f"--upload-pack={quiet} -c uploadpack.allowFilter=true upload-pack",
            f"--receive-pack={quiet} receive-pack",
        )


def own_repository(git: Git) -> Remote:
    """The user's own repository as the place of the ledger, for one without a remote."""
    folder = Path(git.text("rev-parse", "--path-format=absolute", "--git-common-dir"))
    return Remote(str(folder), "this repository", folder=folder)


def remotes(git: Git) -> list[str]:
    """The names of the repository's remotes that have an address."""
    found = git.text("config", "--name-only", "--get-regexp", r"^remote\..*\.url$")
    return list(dict.fromkeys(key.removeprefix("remote.").removesuffix(".url") for key in found.splitlines()))


def remote_of(git: Git, name: str, environment: Mapping[str, str], token: str = "") -> Remote:
    """A remote of the user's repository.

    With a token, an address over HTTP is reached by the token alone; else by whatever this user's and
    this repository's settings say: credential helpers, headers that actions/checkout left, ssh commands.

    Args:
        git: in the repository.
        name: of the remote.
        environment: names the server that the token belongs to.
        token: to GitHub; empty for none.

    Raises:
        UsageError: there is no such remote.
    """
    url = _url(git, name)
    if not url:
        raise UsageError(f"there is no remote '{cut(one_line(name), 60)}'", where="--remote",
                         remedy="`git remote` lists them; --local uses this repository itself.")  # fmt: skip
    folder = _folder(url, git.root)
    if folder is not None:
        return Remote(str(folder), name, folder=folder)
    if token and url.startswith(("http://", "https://")):
        server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
        settings = gitconfig.authorize(server.rstrip("/"), token)
    else:
        own = git.text("rev-parse", "--path-format=absolute", "--git-common-dir")
        settings = [("include.path", f"{own}/config")]
    return Remote(url, name, tuple(settings), _secrets(settings, token, _password(url)))


def _secrets(settings: Sequence[tuple[str, str]], *others: str) -> tuple[str, ...]:
    """What no message may hold: passwords, tokens, and the headers that carry them."""
    hidden = [value.rpartition(" ")[2] for key, value in settings if key.endswith("extraheader")]
    return tuple(filter(None, (*others, *hidden)))


def _url(git: Git, name: str) -> str:
    if name.startswith("-"):
        return ""
    return git.text("config", "--get", f"remote.{name}.url")


def _folder(url: str, root: Path) -> Path | None:
    """The folder that an address names; None for one of a server."""
    if url.startswith("file://"):
        return Path(unquote(urlsplit(url).path))
    is_path = url.startswith(("/", "./", "../")) or (root / url).is_dir() or _has_drive(url)
    return (root / url).resolve() if is_path else None


def _has_drive(url: str) -> bool:
    """Does it begin with a drive of Windows? Elsewhere `x:path` is a path on the host `x`."""
    return os.name == "nt" and url[1:2] == ":"


def _password(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
