"""Failures of git and servers: what a message means, and its text without secrets. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator

from sluicegate.core.text import cut, one_line, redact


class GitFailure(enum.Enum):
    """What to do about a failure."""

    CONFLICT = "another writer was first; read again and retry"
    READ_ONLY = "the server denies this user write access"
    OVERLOADED = "the server or the network failed for now; retry"
    DAMAGED = "an object is missing or damaged on the server"
    REFUSED = "a retry would not help"


_CONFLICT = re.compile(
    r"stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|reference already exists"
    r"|incorrect old value|atomic transaction failed|failed to lock|Unable to create '[^']*\.lock'"
)
_READ_ONLY = re.compile(
    r"error: 403|HTTP 403|Permission to .* denied|Write access to repository not granted"
    r"|not accessible by integration|GH006|GH013|protected branch|[Rr]epository rule violations"
    r"|hook declined|marked as read only|insufficient permission|unable to migrate objects to permanent"
    r"|read-only file system|Permission denied(?! \(publickey)|push declined|refusing to (?:create|allow)"
    r"|deny updating a hidden ref|has been archived|funny refname"
)
_OVERLOADED = re.compile(
    r"HTTP 5\d\d|error: 5\d\d|error: 429|HTTP 429|[Cc]ould not resolve host|timed out"
    r"|Connection (?:reset|refused)"
    r"|[Cc]onnection was closed|early EOF|hung up unexpectedly|unexpected disconnect|Operation too slow"
    r"|Failed to connect|RPC failed|GnuTLS|SSL_|SSL connection|Empty reply|Internal Server Error"
)
_DAMAGED = re.compile(
    r"not our ref|repository corruption|unable to (?:read|unpack) |Could not read [0-9a-f]{40}|inflate: "
    r"|is corrupt|bad object|(?:loose|missing) (?:object|blob|tree|commit|necessary)|hash mismatch"
    r"|expected 'packfile'|did not send all necessary objects|remote did not send"
    r"|packfile .* (?:cannot be|does not) "
)
"""Messages of a server, or of git about a server's answer, where objects are missing or damaged."""

_PROGRESS = re.compile(
    r"^(?:remote: )?(?:Enumerating|Counting|Compressing|Total|Writing|Delta|Resolving|hint:)"
)
_ERROR = re.compile(r"(?:fatal|error|remote error)\b|!")


def meaning(message: str) -> GitFailure:
    """What a message of git means; one that also mentions permission counts as READ_ONLY."""
    if _READ_ONLY.search(message):
        return GitFailure.READ_ONLY
    if _CONFLICT.search(message):
        return GitFailure.CONFLICT
    if _DAMAGED.search(message):
        return GitFailure.DAMAGED
    return GitFailure.OVERLOADED if _OVERLOADED.search(message) else GitFailure.REFUSED


def _lines(message: str) -> Iterator[str]:
    for line in message.splitlines():
        text = one_line(line.removeprefix("remote: "))
        if text and not _PROGRESS.match(text):
            yield text


def words(message: str, secrets: Iterable[str] = ()) -> str:
    """The error lines of a message of git, as one line without secrets."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "…")
    lines = list(_lines(redact(message)))
    errors = [line for line in lines if _ERROR.match(line)] or lines
    return cut("; ".join(line.rstrip(".") for line in errors[:2]), 240) or "git failed without a message"
