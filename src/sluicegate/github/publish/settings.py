"""The user's settings of publishing. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluicegate.report.modes import AnnotationMode


class CommentMode(enum.StrEnum):
    """When to write the comment.

    In every mode but NEVER, an existing comment is updated when it would otherwise be out of date.
    """

    ALWAYS = "always"
    ON_FAILURE = "on-failure"  # begin one when blocked; then keep it up to date
    ON_CHANGE = "on-change"  # begin one when a gate does not pass; then rewrite it when a status changes
    NEVER = "never"


class StatusName(enum.StrEnum):
    """How commit status and check run are named."""

    BASE = "base"  # with the branch that the verdict is for, unless it is the default branch
    FIXED = "fixed"  # always the same


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """The channels and their texts.

    Attributes:
        warn_only: nothing blocks, so a blocked report is no failure of status and check run.
        title: of comment and check run.
        author: login that writes our comments; empty to ask the server.
        details_url: address of the whole report, linked from everything; empty for none.
        measured_url: of the run that measured, where another one judges; empty for none.
        annotations: which findings the check run has as annotations.
        status_name: whether the names of status and check run contain the branch of the verdict.
    """

    comment: CommentMode = CommentMode.ALWAYS
    status: bool = False
    check_run: bool = False
    warn_only: bool = False
    title: str = "Sluicegate"
    author: str = ""
    details_url: str = ""
    measured_url: str = ""
    status_name: StatusName = StatusName.BASE
    annotations: AnnotationMode = AnnotationMode.NEW

    @property
    def fixed_name(self) -> bool:
        """Have status and check run one name, whatever branch the verdict is for?"""
        return self.status_name is StatusName.FIXED
