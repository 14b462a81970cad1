"""The address of a remote, judged by its form alone, as git does. Pure.

Source: git's `connect.c` (`url_is_local_not_ssh`, `parse_connect_url`) and `transport.c` (`transport_get`).
Whether a folder of such a name exists decides nothing: a checkout can hold a folder named like an address.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from sluicegate.core.errors import UsageError

FILE = "file"
_SCHEMES = {
    "https": "https", "http": "http", "ssh": "ssh", "git+ssh": "ssh", "ssh+git": "ssh", "file": FILE,
}  # fmt: skip
_SCHEME = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]*)://")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that git may be given.

    Attributes:
        url: as git takes it; it may hold a password, so it is never printed.
        protocol: the one that git needs for it, as `GIT_ALLOW_PROTOCOL` names it.
        path: of a folder on this machine, as it is written; empty for a server.
    """

    url: str = field(repr=False)
    protocol: str
    path: str = ""

    @property
    def password(self) -> str:
        """What no message may hold; empty for none."""
        try:
            return unquote(urlsplit(self.url).password or "")
        except ValueError:
            return ""


def parse_address(url: str, *, windows: bool = os.name == "nt") -> Address:
    """Judge an address of git's settings: `scheme://…`, `host:path`, else a path. On Windows `c:path` is one.

    Raises:
        UsageError: git would run a program that the address names (`ext::…`), or none of ours speaks it.
    """
    scheme = _SCHEME.match(url)
    if _HELPER.match(url) or url.startswith("-") or not url or "\n" in url:
        raise _refused("names a helper program, or is not an address")
    if scheme is None:
        return Address(url, FILE, url) if _is_path(url, windows) else Address(url, "ssh")
    protocol = _SCHEMES.get(scheme[1])
    if protocol is None:
        raise _refused(f"uses '{scheme[1]}', which is not supported")
    return Address(url, protocol, _file_path(url[scheme.end() :], windows) if protocol == FILE else "")


def _is_path(url: str, windows: bool) -> bool:
    """A path unless a colon comes before the first slash: `host:path` is on a host."""
    if windows and len(url) > 1 and url[1] == ":":
        return True
    head, colon, _ = url.partition(":")
    return not colon or "/" in head


def _file_path(rest: str, windows: bool) -> str:
    """The path of `file://REST`: git takes no host there."""
    path = unquote(rest)
    if windows and path[2:3] == ":" and path.startswith("/"):
        return path[1:]
    return path if path.startswith("/") or (windows and path[1:2] == ":") else f"//{path}"


def _refused(why: str) -> UsageError:
    return UsageError(
        f"the address of the remote {why}",
        where="remote",
        remedy="Use https://, http://, ssh://, user@host:path, or the path of a folder.",
    )
