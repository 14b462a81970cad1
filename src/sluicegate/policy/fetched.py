"""Presets of other repositories, kept after they were fetched: a file each, which never changes.

A reference names its content, since it holds the sha of a commit, so nothing ever goes stale. A file
is `sluicegate-preset 1 SHA256`, the server with the reference, and the content, where the digest is
of all that follows it: one that is damaged, or lies under another's name, counts as absent.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sluicegate.core.errors import PresetError, SluicegateError, WorldError
from sluicegate.git.repository import find_top
from sluicegate.policy.pinned import Pinned
from sluicegate.policy.yaml_positions import MAX_BYTES
from sluicegate.runtime import caches, files

VARIABLE = "SLUICEGATE_PRESETS"
"""The environment variable that names the folder, as an absolute path."""

DEFAULT_SERVER = "https://api.github.com"

_HEAD = b"sluicegate-preset 1 "
_MAX_FILE = MAX_BYTES + 4096


def folder(environment: Mapping[str, str]) -> Path | None:
    """Where fetched presets are kept; None for nowhere.

    What `SLUICEGATE_PRESETS` names; else in a workflow a folder below `RUNNER_TEMP`, which the runner
    empties before each job; else the user's own cache folder. A folder of the checkout is never used: what
    it holds is a stranger's.
    """
    named, temp = environment.get(VARIABLE), environment.get("RUNNER_TEMP")
    if named:
        found = Path(named) if Path(named).is_absolute() else None
    elif temp:
        found = Path(temp) / "sluicegate" / "presets"
    else:
        kept = caches.folder(environment)
        found = kept / "presets" if kept else None
    try:
        top = find_top(Path.cwd())
    except (OSError, SluicegateError):
        return found  # the caller that judges reports it
    is_outside = found is None or top is None or not found.resolve().is_relative_to(top.resolve())
    return found if is_outside else None


@dataclass(frozen=True, slots=True)
class FetchedPresets:
    """The presets in a folder; None for a place without any.

    `server` is the address of the API that they come from: the same name on another server is another
    repository.
    """

    place: Path | None
    server: str = DEFAULT_SERVER

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> FetchedPresets:
        """Those of this process."""
        return cls(folder(environment), environment.get("GITHUB_API_URL") or DEFAULT_SERVER)

    def find(self, pinned: Pinned) -> bytes | None:
        """The content; None where it is not there, or not whole."""
        path = self._path(pinned)
        data = files.read_whole(path, _MAX_FILE) if path is not None else None
        if data is None:
            return None
        head, _, rest = data.partition(b"\n")
        name, _, content = rest.partition(b"\n")
        whole = head == _HEAD + hashlib.sha256(rest).hexdigest().encode() and name == self._name(pinned)
        return content if whole else None

    def read(self, pinned: Pinned) -> bytes:
        """The content; raises `PresetError` where it was not fetched."""
        content, path = self.find(pinned), self._path(pinned)
        if content is not None:
            return content
        damaged = path is not None and os.path.lexists(path)
        what = "is damaged where it was kept" if damaged else "has not been fetched"
        raise PresetError(f"the preset '{pinned}' {what}")

    def keep(self, pinned: Pinned, content: bytes) -> None:
        """Keep it; raises `WorldError` where there is no folder, or it cannot be written."""
        path = self._path(pinned)
        if path is None:
            remedy = "Name one there, as an absolute path."
            raise WorldError("there is no folder to keep presets in", where=VARIABLE, remedy=remedy)
        rest = self._name(pinned) + b"\n" + content
        data = _HEAD + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest
        try:
            files.write_whole(path, data, 0o600)
        except OSError as error:
            remedy = f"Name another folder in {VARIABLE}."
            what = f"the preset cannot be kept: {error.strerror}"
            raise WorldError(what, where=str(path.parent), remedy=remedy) from error

    def _name(self, pinned: Pinned) -> bytes:
        return f"{self.server.rstrip('/')} {pinned}".encode()

    def _path(self, pinned: Pinned) -> Path | None:
        name = hashlib.sha256(self._name(pinned)).hexdigest()
        return self.place / f"{name}.preset" if self.place else None
