"""What became of showing a rollout on GitHub, as data. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluicegate.core.text import one_line
from sluicegate.github.publish.outcome import OutcomeKind, denial, is_denial
from sluicegate.net.client import ApiError


class Part(enum.StrEnum):
    """What is shown, and the permission that a token needs for it."""

    DEPLOYMENTS = "Deployments"
    PAGE = "page"
    CALL = "call"

    @property
    def permission(self) -> str:
        """As a workflow writes it below `permissions:`."""
        return "deployments" if self is Part.DEPLOYMENTS else "issues"


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome of one part.

    Attributes:
        message: for people; for a bad outcome, what happened and what to do about it.
        url: of what was written; empty when unknown.
    """

    part: Part
    kind: OutcomeKind
    message: str = ""
    url: str = ""


def failed(part: Part, error: ApiError) -> Published:
    """The outcome of a part that could not be written."""
    if is_denial(error):
        return Published(part, OutcomeKind.DENIED, denial(part.permission, error.status))
    return Published(part, OutcomeKind.FAILED, error.message)


def complaint(id_: str, parts: tuple[Published, ...]) -> str:
    """What of a rollout is not shown, in one text; empty when all is."""
    bad = [f"{one.part}: {one.message}" for one in parts if one.kind.is_bad]
    if not bad:
        return ""
    return one_line(f"{id_} is not shown on GitHub. {'; '.join(bad)}. The rollout goes on all the same.")
