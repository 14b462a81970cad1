"""Where a file of flags is: in a folder of this machine, or on a branch at GitHub."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sluicegate.flags.interface import FlagConflict, FlagError, FlagRefused, Lock
from sluicegate.flags.normal import mapping, moved
from sluicegate.flags.remote import DENIED
from sluicegate.github.client import Client
from sluicegate.net.client import ApiError, Refusal
from sluicegate.runtime.files import read_whole, write_whole

LIMIT = 1024**2
"""Bytes of a file; GitHub's contents API gives no larger ones."""

NEEDS = "a token with `contents: write` in that repository"
_DENIED = (*DENIED, Refusal.MISSING)
_NEVER = "0" * 40
_RULES = ("rule violation", "protected branch", "pull request")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was read.

    Attributes:
        data: its bytes.
        version: the name of its bytes, as git names a blob.
    """

    data: bytes = field(repr=False)
    version: str


class Place(Protocol):
    """Where the file is."""

    @property
    def lock(self) -> Lock:
        """What makes the place refuse a write when the file moved."""
        ...

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def needs(self) -> str:
        """Which token with which rights, for people."""
        ...

    def read(self) -> Stored:
        """The file.

        Raises:
            FlagError: it cannot be read.
        """
        ...

    def lacks(self, seen: Stored) -> str:
        """Why it cannot be replaced, as far as that is known without doing so; empty if it can.

        Raises:
            FlagError: that could not be tried.
        """
        ...

    def write(self, data: bytes, seen: Stored, message: str) -> None:
        """Replace it.

        Raises:
            FlagConflict: it is no longer as it was `seen`.
            FlagRefused: a rule of the branch refuses it.
            FlagError: it was not written, or that is not known.
        """
        ...


def blob_name(data: bytes) -> str:
    """The name by which git knows these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _moved(name: str) -> FlagConflict:
    return moved("the file changed since it was read", name)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine, replaced by rename, so that readers see it whole.

    What somebody else writes in the very moment of the rename is lost: the system has no lock for that.
    """

    path: Path
    lock: Lock = "none"
    needs: str = "none: it is a file of this machine"

    @property
    def name(self) -> str:
        """See `Place`."""
        return self.path.name

    def read(self) -> Stored:
        """See `Place`."""
        data = read_whole(self.path, LIMIT)
        if data is None:
            remedy = "It must be a plain file of at most 1 MiB."
            raise FlagError("there is no such file", where=str(self.path), remedy=remedy)
        return Stored(data, blob_name(data))

    def lacks(self, seen: Stored) -> str:
        """See `Place`: a file is replaced by one that is made beside it."""
        return "" if os.access(self.path.parent, os.W_OK) else "its folder cannot be written"

    def write(self, data: bytes, seen: Stored, message: str) -> None:
        """See `Place`."""
        if self.read().version != seen.version:
            raise _moved(str(self.path))
        try:
            write_whole(self.path, data)
        except OSError as error:
            what = f"cannot be written: {error.strerror or error}"
            remedy = "Look at the disk and the permissions of the folder."
            raise FlagError(what, where=str(self.path), remedy=remedy) from error


@dataclass(frozen=True, slots=True)
class GitHubFile:
    """A file on a branch: every write is a commit.

    Attributes:
        connect: makes a client for one operation.
        repository: `OWNER/NAME`.
        path: of the file, relative to the repository.
        branch: made of the default branch by the first write where it is not there.
    """

    connect: Callable[[], Client]
    repository: str
    path: str
    branch: str
    lock: Lock = "revision"
    needs: str = NEEDS

    @property
    def name(self) -> str:
        """See `Place`."""
        return f"{self.path} on {self.branch} of {self.repository}"

    def read(self) -> Stored:
        """See `Place`."""
        try:
            return self._read(self.connect())
        except ApiError as error:
            raise self._failed("cannot be read", error) from error

    def lacks(self, seen: Stored) -> str:
        """See `Place`: GitHub refuses a write behind a version that never was, after it looked at the token.

        A branch that is not there yet is tried on the default branch.
        """
        client, content = self.connect(), base64.b64encode(seen.data).decode("ascii")
        body = {"message": "Never written", "content": content, "sha": _NEVER}
        try:
            there = self._has_branch(client)
            client.write("PUT", self._contents, {**body, **({"branch": self.branch} if there else {})})
        except ApiError as error:
            if error.refusal in _DENIED:
                return f"the token may not write it: {error.message}"
            if error.status not in (409, 422):
                raise self._failed("was not written, and the right to was not tried", error) from error
        return ""

    def write(self, data: bytes, seen: Stored, message: str) -> None:
        """See `Place`."""
        client, content = self.connect(), base64.b64encode(data).decode("ascii")
        body = {"message": message, "content": content, "sha": seen.version, "branch": self.branch}

        def landed() -> dict[str, Any] | None:
            return {} if self._read(client).version == blob_name(data) else None

        try:
            self._make_branch(client)
            client.write("PUT", self._contents, body, landed)
        except ApiError as error:
            if any(words in error.message.lower() for words in _RULES):
                remedy = "Name a branch of its own in the plan, which no rule protects."
                what = f"a rule of the branch refuses the commit: {error.message}"
                raise FlagRefused(what, where=self.name, remedy=remedy) from error
            if error.status == 409:
                raise _moved(self.name) from error
            raise self._failed("was perhaps not written", error) from error

    @property
    def _contents(self) -> str:
        return f"/repos/{self.repository}/contents/{quote(self.path)}"

    def _page(self, branch: str) -> str:
        return f"/repos/{self.repository}/branches/{quote(branch, safe='')}"

    def _read(self, client: Client) -> Stored:
        """The file on the branch; where that is not made yet, on the default branch."""
        try:
            found = client.get(self._contents, ref=self.branch)
        except ApiError as error:
            if error.refusal is not Refusal.MISSING or self._has_branch(client):
                raise
            found = client.get(self._contents)
        if found.get("encoding") != "base64" or not isinstance(found.get("content"), str):
            remedy = "It must be a plain file of at most 1 MiB."
            raise FlagError("GitHub gives no content of the file", where=self.name, remedy=remedy)
        try:
            data = base64.b64decode(found["content"])
        except ValueError as error:
            raise FlagError("GitHub's answer is no file", where=self.name, remedy="Try again.") from error
        return Stored(data, blob_name(data))

    def _has_branch(self, client: Client) -> bool:
        try:
            client.get(self._page(self.branch))
        except ApiError as error:
            if error.refusal is Refusal.MISSING:
                return False
            raise
        return True

    def _make_branch(self, client: Client) -> None:
        if self._has_branch(client):
            return
        default = client.get(f"/repos/{self.repository}").get("default_branch", "")
        sha = mapping(client.get(self._page(str(default))).get("commit")).get("sha", "")
        body = {"ref": f"refs/heads/{self.branch}", "sha": sha}
        try:
            client.write(
                "POST", f"/repos/{self.repository}/git/refs", body,
                lambda: {} if self._has_branch(client) else None,
            )  # fmt: skip
        except ApiError:
            if not self._has_branch(client):
                raise

    def _failed(self, what: str, error: ApiError) -> FlagError:
        remedy = (
            f"It takes {NEEDS}, and the file must be there."
            if error.refusal in _DENIED
            else "The next try may succeed."
        )
        return FlagError(f"the file {what}: {error.message}", where=self.name, remedy=remedy)
