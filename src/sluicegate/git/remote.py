"""The remotes of a clone: which addresses they have, and how git reaches these."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line
from sluicegate.git.address import FILE, Address, parse_address
from sluicegate.git.clone import Git
from sluicegate.git.credentials import Token
from sluicegate.git.environment import NO_NETWORK, Settings
from sluicegate.runtime.files import is_inside

NAME = "sluicegate.scratch"
"""The remote's name in the scratch repository. The user's own settings hold there too, and git joins the
addresses of remotes with the same name: so this name is ours alone."""

_SERVING = (
    f"GIT_ALLOW_PROTOCOL={NO_NETWORK} GIT_NO_LAZY_FETCH=1 git --no-replace-objects "
    f"-c core.hooksPath={os.devnull} -c core.fsmonitor=false -c receive.autogc=false"
)
"""How git is started at the other end, for a folder: it fetches nothing itself and runs no hook of it."""


_REACH = re.compile(
    r"(credential|http|https|ssh)\..*|core\.(sshcommand|askpass|gitproxy)", re.IGNORECASE | re.DOTALL
)
_OWN = ("local", "worktree")
"""Those of the user and the machine hold in every repository."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\b": "\\b"})


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a remote; `folder` is where it is on this machine, None for a server."""

    address: Address
    folder: Path | None = None

    @property
    def url(self) -> str:
        """What git is given; never printed."""
        return str(self.folder) if self.folder else self.address.url


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that git can fetch from and push to.

    Attributes:
        name: says it to people.
        pushed: where pushes go (`pushurl`); by default the same place.
        token: for its server; the clone's own settings count where it is not usable.
        carried: those settings, about credentials, HTTP and ssh.
        secrets: texts that no message may hold.
    """

    name: str
    fetched: Place
    pushed: tuple[Place, ...]
    token: Token = field(default=Token(""), repr=False)
    carried: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def fetch_protocol(self) -> str:
        """The one protocol that a fetch needs."""
        return self.fetched.address.protocol

    @property
    def push_protocol(self) -> str:
        """The protocols of all places that a push writes to: mostly one."""
        return ":".join(dict.fromkeys(place.address.protocol for place in self.pushed))

    @property
    def written(self) -> tuple[Path, ...]:
        """The folders on this machine that a push writes to."""
        return tuple(place.folder for place in self.pushed if place.folder)

    def settings(self, folder: Path) -> Settings:
        """What a scratch repository must know to reach it; files are left in a folder of this user alone.

        Raises:
            OSError: the folder cannot be written.
        """
        pairs = [(f"remote.{NAME}.url", self.fetched.url)]
        if self.pushed != (self.fetched,):
            pairs += [(f"remote.{NAME}.pushurl", place.url) for place in self.pushed]
        if self.fetched.folder:
            serving = f"{_SERVING} -c uploadpack.allowFilter=true upload-pack"
            pairs.append((f"remote.{NAME}.uploadpack", serving))
        if len(self.written) == len(self.pushed):
            pairs.append((f"remote.{NAME}.receivepack", f"{_SERVING} receive-pack"))
        return [*self.token.write(folder), *self._carried(folder), *pairs]

    def _carried(self, folder: Path) -> Settings:
        if not self.carried:
            return ()
        path = folder / "clone.config"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8",
                       errors="surrogateescape", newline="\n") as stream:  # fmt: skip
            stream.write(as_file(self.carried))
        return (("include.path", path.as_posix()),)


def own_repository(git: Git) -> Remote:
    """The user's own repository, for one without a remote."""
    folder = git.repository.common_dir
    place = Place(Address(str(folder), FILE, str(folder)), folder)
    return Remote("this repository", place, (place,))


def remotes(git: Git) -> list[str]:
    """The names of the repository's remotes that have an address."""
    found = git.text("config", "--name-only", "--get-regexp", r"^remote\..*\.url$")
    return list(dict.fromkeys(key.removeprefix("remote.").removesuffix(".url") for key in found.splitlines()))


def remote_of(git: Git, name: str, environment: Mapping[str, str], token: str = "") -> Remote:
    """The remote of this name in the user's repository.

    It is fetched from its first `url`, and pushed to each `pushurl`, or to each `url` without (git-push(1));
    `insteadOf` of the settings holds. With a token for the environment's server, an address over HTTP is
    reached by the token alone; else by whatever this user's and this repository's settings say: credential
    helpers, headers that actions/checkout left, ssh commands.

    Raises:
        UsageError: there is no such remote, or an address is a path inside of the work tree, or of a kind
            that is refused.
    """
    if name not in remotes(git):
        raise UsageError(f"there is no remote '{cut(one_line(name), 60)}'", where="--remote",
                         remedy="`git remote` lists them; --local uses this repository itself.")  # fmt: skip
    fetched = fetch_place(git, name)
    pushed = tuple(_places(git, name, "--push"))
    servers = [place for place in (fetched, *pushed) if place.folder is None]
    key = _token(servers, environment, token)
    carried: tuple[tuple[str, str], ...] = ()
    if servers and not key.is_usable:
        carried = tuple(reaching(git.text("config", "--null", "--show-scope", "--includes", "--list")))
    secrets = _secrets(carried, token, *(place.address.password for place in (fetched, *pushed)))
    return Remote(name, fetched, pushed, key, carried, secrets)


def _secrets(settings: Settings, *others: str) -> tuple[str, ...]:
    """What no message may hold: passwords, tokens, and the headers that carry them."""
    hidden = [value.rpartition(" ")[2] for key, value in settings if key.lower().endswith("extraheader")]
    return tuple(filter(None, (*others, *hidden)))


def fetch_place(git: Git, name: str) -> Place:
    """Where a remote that exists is fetched from, as its settings say.

    Raises:
        UsageError: as `remote_of`.
    """
    return next(_places(git, name))


def _places(git: Git, name: str, *kind: str) -> Iterator[Place]:
    urls = git.text("remote", "get-url", *kind, "--all", "--", name).splitlines()
    for url in urls or ("",):
        address = parse_address(url)
        yield Place(address, _folder(address, git) if address.protocol == FILE else None)


def _folder(address: Address, git: Git) -> Path:
    """The folder of an address. Those of the work tree are a stranger's, save the repository itself.

    Raises:
        UsageError: it is such a one.
    """
    top = git.repository.top
    folder = (top / address.path).resolve()
    if folder == top.resolve() or git.repository.holds(folder):
        return git.repository.common_dir
    if is_inside(folder, top):
        raise UsageError(
            "the remote is a folder inside of the work tree, which anyone who writes a commit can fill",
            where=cut(one_line(address.path), 100),
            remedy="Name a remote on a server or a folder elsewhere; --local uses this repository itself.",
        )
    return folder


def _token(servers: Iterable[Place], environment: Mapping[str, str], token: str) -> Token:
    if not token or any(place.address.protocol not in ("http", "https") for place in servers):
        return Token("")
    return Token((environment.get("GITHUB_SERVER_URL") or "https://github.com").rstrip("/"), token)


def reaching(listed: str) -> list[tuple[str, str]]:
    """The clone's own settings about credentials, HTTP and ssh.

    They are listed by `git config --null --show-scope --list`, with what the clone's file includes.
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
