"""What people said about a pull request, as GitHub told it: the file `sluicegate.approvals/1`.

A step of its own asks the API and writes the file; `sluicegate check --approvals` reads it, strictly,
and decides. The file holds facts alone (who, what, when, with which permission), no verdict.
"""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line

SCHEMA: Final = "sluicegate.approvals/1"
"""Name and version of the file; a change that old readers cannot take gets a new number."""

MAX_BYTES = 4 * 1024**2
MAX_ITEMS = 1_000
MAX_BODY = 2_000
"""Characters of a comment's command that are kept."""

Login = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Time = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
"""In UTC and to the second, as GitHub writes it, so that the order of texts is that of times."""
Url = Annotated[str, StringConstraints(max_length=500)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Said(_Record):
    """Something that somebody did; `bot` is an app in place of a person."""

    who: Login
    bot: bool
    at: Time
    url: Url = ""


class Label(Said):
    """The label `sluicegate: override`, as it was last set."""


class Comment(Said):
    """A comment that begins with `/sluicegate`; of its text that line alone."""

    edited: bool
    body: Annotated[str, StringConstraints(max_length=MAX_BODY)]


class Review(Said):
    """A person's last review that approves, asks for changes, or was dismissed."""

    state: Literal["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]
    commit: Sha


class Approvals(_Record):
    """The whole file.

    Attributes:
        repository: `owner/name`; with `number` the pull request.
        head: its head commit when the API was asked.
        pushed_at: when that commit was last pushed to its branch, by the server's clock; empty when
            it could not be learnt.
        permissions: `admin`, `write`, `read` or `none`, by login, of everybody who is named.
        problems: what could not be learnt, a sentence each.
    """

    schema_: Literal["sluicegate.approvals/1"] = Field(alias="schema")
    repository: Annotated[str, StringConstraints(max_length=200)]
    number: Annotated[int, Field(ge=1)]
    head: Sha
    pushed_at: Time | Literal[""]
    label: Label | None
    comments: Annotated[tuple[Comment, ...], Field(max_length=MAX_ITEMS, strict=False)]
    reviews: Annotated[tuple[Review, ...], Field(max_length=MAX_ITEMS, strict=False)]
    permissions: dict[Login, str]
    problems: Annotated[tuple[str, ...], Field(max_length=MAX_ITEMS, strict=False)]


def approvals_text(approvals: Approvals) -> str:
    """The file's text: JSON with two spaces, ending in a line feed."""
    return json.dumps(approvals.model_dump(by_alias=True, mode="json"), indent=2, ensure_ascii=True) + "\n"


def parse_approvals(data: bytes, where: str) -> Approvals:
    """The file from its bytes.

    Raises:
        EvidenceError: it is no such file, or not exactly as described.
    """
    remedy = "Write it with 'sluicegate approvals'."
    try:
        return Approvals.model_validate(json.loads(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        what = f"'{cut(one_line(place), 80)}' is not as {SCHEMA} says: {cut(one_line(first['msg']), 120)}"
        raise EvidenceError(what, where=where, remedy=remedy) from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError("is not a JSON document", where=where, remedy=remedy) from error
