"""Presets of other repositories from GitHub's REST API, each fetched once and verified.

Verified: the sha names a commit (a tag has a sha of its own), the commit is in the history of the
repository's default branch (GitHub serves commits of forks under the name of their parent, too, so
another one gives a warning), and the content has the blob sha that the server names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sluicegate.core.errors import PresetError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.github.client import Client, text_at
from sluicegate.net.client import ApiError, Refusal
from sluicegate.policy.fetched import FetchedPresets
from sluicegate.policy.pinned import Pinned
from sluicegate.policy.yaml_positions import MAX_BYTES


@dataclass(slots=True)
class Fetcher:
    """Reads presets from the cache, and fetches those that it lacks with a client that it creates.

    Attributes:
        kept: the cache.
        taken: the presets that were read, and whether each was fetched.
        warnings: one line each.
    """

    connect: Callable[[], Client]
    kept: FetchedPresets
    taken: dict[Pinned, bool] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _client: Client | None = field(default=None, repr=False)
    _branches: dict[str, str] = field(default_factory=dict, repr=False)

    def read(self, pinned: Pinned) -> bytes:
        """The content of a preset.

        Raises:
            PresetError: it is missing, may not be read, or is not a file.
            WorldError: the server cannot be read, or the content cannot be cached.
        """
        content = self.kept.find(pinned)
        if content is None:
            self._check_commit(pinned)
            path = f"/repos/{pinned.slug}/contents/{quote(pinned.path)}"
            found = self._ask(pinned, path, "there is no such file at that commit", ref=pinned.sha)
            content = content_of(found, pinned)
            self.kept.keep(pinned, content)
            self.taken[pinned] = True
        self.taken.setdefault(pinned, False)
        return content

    def _check_commit(self, pinned: Pinned) -> None:
        branch = self._branch(pinned)
        commits = f"/repos/{pinned.slug}/compare/{quote(branch)}...{pinned.sha}"
        found = self._ask(pinned, commits, per_page=1)  # 404 also where the histories have nothing in common
        if text_at(found, "merge_base_commit", "sha").lower() == pinned.sha:
            return
        nowhere = f"{pinned.slug} has no commit with that sha"
        commit = self._ask(pinned, f"/repos/{pinned.slug}/git/commits/{pinned.sha}", nowhere)
        if text_at(commit, "sha").lower() != pinned.sha:
            raise PresetError(f"the preset '{pinned}': {nowhere}", remedy=_LOOK)
        self.warnings.append(
            f"{pinned}: the commit is not in the history of {pinned.slug}'s branch {one_line(branch)}, "
            "and may come from a fork. Pin one that is."
        )

    def _branch(self, pinned: Pinned) -> str:
        if pinned.slug not in self._branches:
            unknown = "there is no such repository, or the token may not read it"
            found = self._ask(pinned, f"/repos/{pinned.slug}", unknown, remedy=_access(pinned))
            self._branches[pinned.slug] = cut(text_at(found, "default_branch") or "main", 255)
        return self._branches[pinned.slug]

    def _ask(
        self, pinned: Pinned, path: str, missing: str = "", remedy: str = "", **parameters: str | int
    ) -> Mapping[str, Any]:
        """The server's answer; empty for a missing object if `missing` is empty."""
        self._client = self._client or self.connect()
        try:
            return self._client.get(path, **parameters)
        except ApiError as error:
            reason = one_line(error.message)
            if error.refusal is Refusal.MISSING and not missing:
                return {}
            if error.refusal is Refusal.MISSING:
                raise PresetError(f"the preset '{pinned}': {missing}", remedy=remedy or _LOOK) from error
            if error.refusal in (Refusal.DENIED, Refusal.UNAUTHENTICATED):
                what = f"the preset '{pinned}' may not be read: {reason}"
                raise PresetError(what, remedy=_access(pinned)) from error
            raise WorldError(
                f"the preset '{pinned}' could not be fetched: {reason}", remedy="Run it again."
            ) from error


_LOOK = "Look at the repository, the path and the sha, letter by letter."


def _access(pinned: Pinned) -> str:
    return (
        f"If {pinned.slug} is private, give a token with `contents: read` on it: in the Action as the input "
        "`preset-token`, on a command line in GITHUB_TOKEN; a job's own token reads no other private one."
    )


def content_of(found: Mapping[str, Any], pinned: Pinned) -> bytes:
    """The bytes in an answer of `GET /repos/{owner}/{repo}/contents/{path}`. Pure.

    Raises:
        PresetError: it is not a file, or too large.
        WorldError: the answer is not as GitHub documents it, or the content does not match its sha.
    """
    kind, size = found.get("type"), found.get("size")
    if kind != "file":
        raise PresetError(f"the preset '{pinned}' is not a file", remedy="Name a YAML file.")
    if not isinstance(size, int) or size > MAX_BYTES:
        raise PresetError(f"the preset '{pinned}' has more than {MAX_BYTES:,} bytes",
                          remedy="A policy is a small file; split it.")  # fmt: skip
    try:
        content = base64.b64decode("".join(text_at(found, "content").split()), validate=True)
    except ValueError:
        content = None
    is_base64 = found.get("encoding") == "base64"
    if content is None or not is_base64 or blob_sha(content) != text_at(found, "sha").lower():
        raise WorldError(
            f"the preset '{pinned}' could not be fetched: the server's answer is damaged",
            remedy="Run it again.",
        )
    return content


def blob_sha(content: bytes) -> str:
    """The sha by which git names this content (git-hash-object(1): a header, then the bytes)."""
    header = b"blob %d\0" % len(content)
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
