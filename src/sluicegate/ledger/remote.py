"""Which repository holds the ledger, and how git reaches it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    if name == REF:
        return Refs()
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
        pushed: where pushes go, address or folder each, where that is not `url` alone (`pushurl`).
        push_folders: those of `pushed` on this machine.
    """

    url: str = field(repr=False)
    name: str
    settings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    folder: Path | None = None
    pushed: tuple[str, ...] = field(default=(), repr=False)
    push_folders: tuple[Path, ...] = ()

    @property
    def programs(self) -> tuple[str, str]:
        """The options of fetch and push that name the programs at the other end, for a local one.

        They allow partial fetches and run no hooks of that repository. A server decides for itself.
        """
        quiet = f"git -c core.hooksPath={os.devnull} -c receive.autogc=false"
        fetch = f"{quiet} -c uploadpack.allowFilter=true upload-pack" if self.folder else "git-upload-pack"
        push = f"{quiet} receive-pack" if self._is_pushed_here else "git-receive-pack"
        return f"--upload-pack={fetch}", f"--receive-pack={push}"

    @property
    def addresses(self) -> tuple[tuple[str, str], ...]:
        """The settings of the remote `NAME`: where it is fetched from, and pushed to."""
        pushed = ((f"remote.{NAME}.pushurl", url) for url in self.pushed)
        return (f"remote.{NAME}.url", self.url), *pushed

    @property
    def written(self) -> tuple[Path, ...]:
        """The folders on this machine that a push writes to."""
        if self.pushed:
            return self.push_folders
        return (self.folder,) if self.folder else ()

    @property
    def _is_pushed_here(self) -> bool:
        return len(self.written) == max(len(self.pushed), 1)


def own_repository(git: Git) -> Remote:
    """The user's own repository as the place of the ledger, for one without a remote."""
    folder = Path(git.text("rev-parse", "--path-format=absolute", "--git-common-dir"))
    return Remote(str(folder), "this repository", folder=folder)


def remotes(git: Git) -> list[str]:
    """The names of the repository's remotes that have an address."""
    found = git.text("config", "--name-only", "--get-regexp", r"^remote\..*\.url$")
    return list(dict.fromkeys(key.removeprefix("remote.").removesuffix(".url") for key in found.splitlines()))


def remote_of(git: Git, name: str, environment: Mapping[str, str], token: str = "") -> Remote:
    """As `find_remote`, for one that the user names.

    Raises:
        UsageError: there is no such remote.
    """
    found = find_remote(git, name, environment, token)
    if found is None:
        raise UsageError(f"there is no remote '{cut(one_line(name), 60)}'", where="--remote",
                         remedy="`git remote` lists them; --local uses this repository itself.")  # fmt: skip
    return found


def find_remote(git: Git, name: str, environment: Mapping[str, str], token: str = "") -> Remote | None:
    """A remote of the user's repository; None where there is none of this name.

    It is fetched from its first `url`, and pushed to each `pushurl`, or to each `url` without (git-push(1)).
    With a token, an address over HTTP is reached by the token alone; else by whatever this user's and
    this repository's settings say: credential helpers, headers that actions/checkout left, ssh commands.

    Args:
        git: in the repository.
        name: of the remote.
        environment: names the server that the token belongs to.
        token: to GitHub; empty for none.
    """
    urls, push_urls = _addresses(git, name)
    if not urls:
        return None
    targets = push_urls or urls
    folders = {url: _folder(url, git.root) for url in (urls[0], *targets)}
    settings = _settings(git, [url for url, folder in folders.items() if folder is None], environment, token)
    secrets = _secrets(settings, token, *map(_password, folders))
    places = {url: str(folder or url) for url, folder in folders.items()}
    own = Remote(places[urls[0]], name, settings, secrets, folders[urls[0]])
    if targets == urls[:1]:
        return own
    here = tuple(filter(None, map(folders.get, targets)))
    return replace(own, pushed=tuple(map(places.__getitem__, targets)), push_folders=here)


def _settings(
    git: Git, servers: Sequence[str], environment: Mapping[str, str], token: str
) -> tuple[tuple[str, str], ...]:
    """What git needs to reach these servers; nothing for folders."""
    if not servers:
        return ()
    if token and all(url.startswith(("http://", "https://")) for url in servers):
        server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
        return tuple(gitconfig.authorize(server.rstrip("/"), token))
    own = git.text("rev-parse", "--path-format=absolute", "--git-common-dir")
    return (("include.path", f"{own}/config"),)


def _secrets(settings: Sequence[tuple[str, str]], *others: str) -> tuple[str, ...]:
    """What no message may hold: passwords, tokens, and the headers that carry them."""
    hidden = [value.rpartition(" ")[2] for key, value in settings if key.endswith("extraheader")]
    return tuple(filter(None, (*others, *hidden)))


def _addresses(git: Git, name: str) -> tuple[list[str], list[str]]:
    """The values of `url` and `pushurl` of a remote, in the order of the settings."""
    found: dict[str, list[str]] = {"url": [], "pushurl": []}
    out = git.text("config", "--null", "--get-regexp", r"^remote\..*\.(push)?url$")
    for key, _, value in (item.partition("\n") for item in out.split("\0")):
        section, _, own = key.rpartition(".")
        if section == f"remote.{name}" and value:
            found[own].append(value)
    return found["url"], found["pushurl"]


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
