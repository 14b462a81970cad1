"""What became of a channel: data, not an exception, since the verdict stands without it. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Channel(enum.StrEnum):
    """A place that a report is published to, and the permission that a token needs for it."""

    COMMENT = "comment"
    STATUS = "status"
    CHECK_RUN = "check run"

    @property
    def permission(self) -> str:
        """As a workflow writes it below `permissions:`."""
        return {"comment": "pull-requests", "status": "statuses", "check run": "checks"}[self.value]


class Kind(enum.StrEnum):
    """How it went."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  # already says this
    SUPERSEDED = "superseded"  # a newer run has published, or a newer commit is there
    SKIPPED = "skipped"  # not wanted in this mode, or there is nothing to publish to
    DENIED = "denied"  # the token may not
    FAILED = "failed"  # the server or the network failed, for longer than we wait

    @property
    def is_bad(self) -> bool:
        """Was something wanted that did not come to be?"""
        return self in (Kind.DENIED, Kind.FAILED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one channel.

    Attributes:
        message: for people; of a bad outcome, what happened and what to do about it.
        url: of what was written; empty when unknown.
        removed: duplicates that were deleted.
    """

    channel: Channel
    kind: Kind
    message: str = ""
    url: str = ""
    removed: int = 0

    def __str__(self) -> str:
        parts = [f"{self.channel} {self.kind}"]
        if self.removed:
            parts.append(f"{self.removed} duplicate{'s' if self.removed > 1 else ''} removed")
        return ", ".join(parts) + (f": {self.message}" if self.message else "")


def denied(channel: Channel, status: int, *, read_only: bool) -> Outcome:
    """The outcome for a token that may not write.

    Args:
        status: of the server's answer: 401, 403 or 404, which hides what a token may not see.
        read_only: the pull request is from a fork or from Dependabot, whose tokens never write.
    """
    if status == 401:
        return Outcome(
            channel, Kind.DENIED, "the server does not accept the token (401); it may have expired"
        )
    if read_only:
        return Outcome(
            channel,
            Kind.DENIED,
            f"the token can only read ({status}), because the pull request is from a fork or from "
            "Dependabot; publish from a workflow on `workflow_run`",
        )
    return Outcome(
        channel,
        Kind.DENIED,
        f"the token lacks the permission `{channel.permission}: write` ({status}: Resource not accessible by "
        f"integration); add it below `permissions:` of this job, best one that runs no code of the pull "
        f"request, or switch the {channel} off",
    )
