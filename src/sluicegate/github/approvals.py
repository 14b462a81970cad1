"""Overrides and reviews of a pull request, as the API lists them: the file `sluicegate.approvals/1`.

A step of its own queries the API and writes the file; `sluicegate check --approvals` reads it, strictly,
and decides. The file holds facts alone (who, what, when, with which permission), no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from sluicegate.core.fields import Items, Sha, Text, Whole
from sluicegate.documents.codec import Codec

MAX_ITEMS = 1_000
MAX_BODY = 2_000
"""Characters of a comment's command that are kept."""

_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"

Login = Annotated[str, Text(100, least=1)]
Time = Annotated[str, Text(20, pattern=f"^{_MOMENT}$", wanted="a time such as 2026-11-21T10:00:00Z")]
"""In UTC and to the second, as GitHub writes it, so that the order of texts is that of times."""
TimeOrNone = Annotated[str, Text(20, pattern=f"^(?:{_MOMENT})?$", wanted="a time, or empty")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An action of a person, or with `bot` of an app."""

    who: Login
    bot: bool
    at: Time
    url: Annotated[str, Text(500)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Statement):
    """The label `sluicegate: override`, as it was last set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Statement):
    """A comment that begins with `/sluicegate`, and this line of it."""

    edited: bool
    body: Annotated[str, Text(MAX_BODY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Statement):
    """A person's last review that approves, asks for changes, or was dismissed."""

    state: Literal["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]
    commit: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """The whole file.

    Attributes:
        repository: `owner/name`; with `number` the pull request.
        head: its head commit when the API was queried.
        pushed_at: when that commit was last pushed to its branch, by the server's clock; empty when
            it is not known.
        permissions: `admin`, `write`, `read` or `none`, by login, of every person named.
        problems: what could not be read, a sentence each.
    """

    repository: Annotated[str, Text(200)]
    number: Annotated[int, Whole(1)]
    head: Sha
    pushed_at: TimeOrNone
    label: Label | None
    comments: Annotated[tuple[Comment, ...], Items(MAX_ITEMS)]
    reviews: Annotated[tuple[Review, ...], Items(MAX_ITEMS)]
    permissions: Mapping[Login, str]
    problems: Annotated[tuple[str, ...], Items(MAX_ITEMS)]


APPROVALS = Codec(
    Approvals,
    "sluicegate.approvals/1",
    remedy="Write it with 'sluicegate approvals'.",
    sparse=False,
    portable=True,
    limit=4 * 1024**2,
)
