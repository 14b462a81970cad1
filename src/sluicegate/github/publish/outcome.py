"""The outcome of publishing to a channel, as data: the verdict is valid without it. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluicegate.core.text import plural
from sluicegate.net.client import ApiError, Refusal


class Channel(enum.StrEnum):
    """A place that a report is published to, and the permission that a token needs for it."""

    COMMENT = "comment"
    STATUS = "status"
    CHECK_RUN = "check run"

    @property
    def permission(self) -> str:
        """As a workflow writes it below `permissions:`."""
        return {"comment": "pull-requests", "status": "statuses", "check run": "checks"}[self.value]


class OutcomeKind(enum.StrEnum):
    """The kinds of outcomes."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # already up to date
    SUPERSEDED = "superseded"  # a newer run has published, or there is a newer commit
    SKIPPED = "skipped"  # not requested in this mode, or there is nothing to publish to
    DENIED = "denied"  # the token lacks the permission
    FAILED = "failed"  # the server or the network failed for longer than the time limit

    @property
    def is_bad(self) -> bool:
        """Did a requested publication fail?"""
        return self in (OutcomeKind.DENIED, OutcomeKind.FAILED)


def is_denial(error: ApiError) -> bool:
    """Does the token lack a permission? A 404 hides what it may not see."""
    not_ours = error.refusal is Refusal.DENIED and "not accessible" in error.message.lower()
    return not_ours or error.refusal in (Refusal.UNAUTHENTICATED, Refusal.MISSING)


def denial(permission: str, status: int) -> str:
    """What a token that may not write lacks, for people."""
    if status == 401:
        return "the server does not accept the token (401); it may have expired"
    return (
        f"the token lacks the permission `{permission}: write` ({status}: Resource not accessible by "
        "integration); add it below `permissions:` of this job"
    )


@dataclass(frozen=True, slots=True)
class ChannelOutcome:
    """The outcome of one channel.

    Attributes:
        message: for people; for a bad outcome, what happened and what to do about it.
        url: of what was written; empty when unknown.
        removed: duplicates that were deleted.
    """

    channel: Channel
    kind: OutcomeKind
    message: str = ""
    url: str = ""
    removed: int = 0

    def __str__(self) -> str:
        parts = [f"{self.channel} {self.kind}"]
        if self.removed:
            parts.append(f"{plural(self.removed, 'duplicate')} removed")
        return ", ".join(parts) + (f": {self.message}" if self.message else "")
