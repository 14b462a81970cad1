"""Answers to comments: each comment gets one, whatever runs and how often."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sluicegate.core.text import clean, cut, one_line
from sluicegate.github.client import Client, text_at
from sluicegate.github.comments import command_line
from sluicegate.github.issue_comments import IssueComment
from sluicegate.report.escape import md, md_code, md_prose

LIMIT = 60_000
"""Characters of an answer; GitHub takes 65,536."""


def answer(client: Client, repository: str, said: IssueComment, text: str, *, in_words: bool) -> None:
    """Answer a comment, once.

    Args:
        client: of GitHub.
        repository: `OWNER/NAME`.
        said: the comment.
        text: Markdown; nothing of a stranger in it that is not escaped.
        in_words: does its author get an answer in words? A stranger gets a reaction.

    Raises:
        ApiError: GitHub refused it or failed.
    """
    root = f"/repos/{repository}/issues"
    if not in_words:
        client.write("POST", f"{root}/comments/{said.id}/reactions", {"content": "confused"})
        return
    marker = f"<!-- sluicegate:answer {said.id} -->"
    landed = partial(_answered, client, f"{root}/{said.issue}/comments", said, marker)
    if landed() is None:
        body = {"body": f"{marker}\n{cut(text, LIMIT)}"}
        client.write("POST", f"{root}/{said.issue}/comments", body, landed)


def _answered(client: Client, path: str, said: IssueComment, marker: str) -> dict[str, Any] | None:
    """The answer that a comment has; None without one."""
    since = datetime.fromtimestamp(said.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = client.pages(path, since=since)
    return next(
        (c for c in found if text_at(c, "body").startswith(marker) and text_at(c, "user", "type") != "User"),
        None,
    )


def answer_text(to: IssueComment, said: str, lines: Iterable[str] = (), verbatim: str = "") -> str:
    """An answer in Markdown.

    Args:
        to: the comment, whose command is shown again.
        said: what became of it.
        lines: that say more.
        verbatim: text that is shown as it is.
    """
    command = cut(one_line(command_line(to.body)), 200)
    parts = [md_code(command), md(said), "\n".join(f"- {md_prose(line)}" for line in lines)]
    if verbatim:
        text = "\n".join(clean(line) for line in verbatim.splitlines())
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        parts.append(f"{fence}text\n{cut(text, LIMIT - 1000)}\n{fence}")
    return "\n\n".join(filter(None, parts)) + "\n"
