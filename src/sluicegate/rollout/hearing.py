"""A comment on a rollout's issue: read at GitHub, and answered there once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.text import clean, cut, one_line
from sluicegate.github.client import Client, text_at
from sluicegate.github.comments import command_line
from sluicegate.github.issue_comments import Issue, IssueComment, read_comment, read_issue
from sluicegate.net.client import ApiError
from sluicegate.report.escape import md, md_code, md_prose
from sluicegate.rollout.comments import Misread, Request, understand
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.proof import comment_refused
from sluicegate.rollout.who import COMMENT, GitHub, writing_refused

LIMIT = 60_000
"""Characters of an answer; GitHub takes 65,536."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A comment as it is now.

    Attributes:
        request: what it asks; None where nothing is to be done.
        issue: the issue that it is on; None where that was not looked at.
        why: why nothing is done; empty where the comment does not speak of rollouts.
        remedy: what its author can do.
        in_words: does its author get an answer in words? A stranger gets a reaction.
    """

    said: IssueComment
    request: Request | None = None
    issue: Issue | None = None
    why: str = ""
    remedy: str = ""
    in_words: bool = True

    @property
    def actor(self) -> Actor:
        """Its author, as the journal names them."""
        said = self.said
        return Actor(said.author[:100], COMMENT, str(said.id), said.digest)


def hear(github: GitHub, number: int) -> Heard:
    """Read a comment, and see whether it is a command of a person on the issue of its rollout.

    What stops needs permission to write to the repository, which is asked here. Who may promote says the
    plan, later.

    Raises:
        UsageError: there is no token.
        WorldError: GitHub failed.
    """
    client = _client(github)
    try:
        said = read_comment(client, github.repository, number)
        request = understand(said.body)
        if request is None or not said.is_person:
            return Heard(said)
        why = writing_refused(said.author, github)
        if isinstance(request, Misread):
            return Heard(said, None, None, request.why, request.remedy, in_words=not why)
        issue = read_issue(client, github.repository, said.issue)
    except ApiError as error:
        remedy = "It takes `issues: read`."
        raise WorldError(f"the comment could not be read: {error.message}", remedy=remedy) from error
    refused = comment_refused(said, issue, request, request.name, github) or (why if request.stops else "")
    return Heard(said, None if refused else request, issue, refused, in_words=not why)


def answer(github: GitHub, heard: Heard, text: str) -> str:
    """Answer a comment, once; why that could not be done, or empty.

    Args:
        github: the repository.
        heard: the comment.
        text: Markdown; nothing of a stranger in it that is not escaped.
    """
    client, said = _client(github), heard.said
    root = f"/repos/{github.repository}/issues"
    marker = f"<!-- sluicegate:answer {said.id} -->"
    try:
        if not heard.in_words:
            client.write("POST", f"{root}/comments/{said.id}/reactions", {"content": "confused"})
            return ""
        landed = partial(_answered, client, f"{root}/{said.issue}/comments", said, marker)
        if landed() is None:
            body = {"body": f"{marker}\n{cut(text, LIMIT)}"}
            client.write("POST", f"{root}/{said.issue}/comments", body, landed)
    except ApiError as error:
        return f"the comment could not be answered: {error.message}"
    return ""


def _answered(client: Client, path: str, said: IssueComment, marker: str) -> dict[str, Any] | None:
    """The answer that a comment has; None without one."""
    since = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = client.pages(path, since=since)
    return next(
        (c for c in found if text_at(c, "body").startswith(marker) and text_at(c, "user", "type") != "User"),
        None,
    )


def answer_text(heard: Heard, said: str, lines: Iterable[str] = (), verbatim: str = "") -> str:
    """An answer in Markdown.

    Args:
        heard: the comment, whose command is shown again.
        said: what became of it.
        lines: that say more.
        verbatim: text that is shown as it is.
    """
    command = cut(one_line(command_line(heard.said.body)), 200)
    parts = [md_code(command), md(said), "\n".join(f"- {md_prose(line)}" for line in lines)]
    if verbatim:
        text = "\n".join(clean(line) for line in verbatim.splitlines())
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        parts.append(f"{fence}text\n{cut(text, LIMIT - 1000)}\n{fence}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _client(github: GitHub) -> Client:
    client = github.client
    if client is None:
        remedy = "Set GITHUB_TOKEN, as a workflow does with `${{ github.token }}`."
        raise UsageError("without a token no comment can be read", remedy=remedy)
    return client
