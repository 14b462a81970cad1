"""What git and a server said when something did not work: its meaning, and words without secrets. Pure."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator

from sluicegate.core.text import cut, one_line, redact


class Answer(enum.Enum):
    """What to do about a failure."""

    CONFLICT = "somebody else wrote; look again"
    READ_ONLY = "the server does not let this user write"
    OVERLOADED = "the server or the network may be better later; try again"
    DAMAGED = "the server lacks an object, or has one that is damaged"
    REFUSED = "nothing that trying again would mend"


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
"""What a server says, or git of what a server sent, where objects are missing or damaged."""

_PROGRESS = re.compile(
    r"^(?:remote: )?(?:Enumerating|Counting|Compressing|Total|Writing|Delta|Resolving|hint:)"
)
_TELLING = re.compile(r"(?:fatal|error|remote error)\b|!")


def meaning(said: str) -> Answer:
    """What the words of git mean; a refusal that says both counts as one of permission."""
    if _READ_ONLY.search(said):
        return Answer.READ_ONLY
    if _CONFLICT.search(said):
        return Answer.CONFLICT
    if _DAMAGED.search(said):
        return Answer.DAMAGED
    return Answer.OVERLOADED if _OVERLOADED.search(said) else Answer.REFUSED


def _plain(said: str, secrets: Iterable[str]) -> str:
    for secret in filter(None, secrets):
        said = said.replace(secret, "…")
    return redact(said)


def _lines(said: str) -> Iterator[str]:
    for line in said.splitlines():
        text = one_line(line.removeprefix("remote: "))
        if text and not _PROGRESS.match(text):
            yield text


def words(said: str, secrets: Iterable[str] = ()) -> str:
    """The telling lines of git's words, as one line without secrets."""
    lines = list(_lines(_plain(said, secrets)))
    telling = [line for line in lines if _TELLING.match(line)] or lines
    return cut("; ".join(line.rstrip(".") for line in telling[:2]), 240) or "git failed without a word"
