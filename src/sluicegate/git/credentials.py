"""A token for git: in a file for one server, outside of the checkout, for as long as a call lasts.

git-credential-store(1) reads it. So the token is on no command line and in no environment, and git sends it
to that server alone, where a server asks for it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from sluicegate.git.environment import Settings
from sluicegate.git.runner import in_scratch
from sluicegate.git.scratch import scratch_folder

_FILE = "credentials"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the server that it is for, such as `https://github.com`; `value` is empty for none."""

    server: str
    value: str = field(repr=False, default="")

    @property
    def is_usable(self) -> bool:
        """Is there one, and a server that speaks HTTP?"""
        return bool(self.value) and urlsplit(self.server).scheme in ("http", "https")

    def write(self, folder: Path) -> Settings:
        """Write it to a file in `folder`, readable by this user alone; the settings that let git read it.

        Helpers of the user are left out: the token alone counts. The empty header forgets what
        actions/checkout may have left in the repository's own settings: GitHub refuses a request with two.

        Raises:
            OSError: the folder cannot be written.
        """
        if not self.is_usable:
            return ()
        path = folder / _FILE
        server = urlsplit(self.server)
        line = f"{server.scheme}://x-access-token:{quote(self.value, safe='')}@{server.netloc}\n"
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii", newline="\n") as stream:
            stream.write(line)
        return (
            ("credential.helper", ""),
            (f"credential.{self.server}.helper", f"store --file={shlex.quote(path.as_posix())}"),
            (f"http.{self.server}/.extraheader", ""),
            (f"http.{self.server}/.proactiveAuth", "basic"),
        )


@contextlib.contextmanager
def written(token: Token) -> Iterator[Settings]:
    """The settings that let git use a token while the context lasts; its file goes with it.

    Raises:
        WorldError: the temporary folder cannot be written.
    """
    if not token.is_usable:
        yield ()
        return
    with contextlib.ExitStack() as stack:
        with in_scratch():
            settings = token.write(stack.enter_context(scratch_folder()))
        yield settings
