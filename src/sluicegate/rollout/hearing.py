"""A comment on a rollout's issue: read at GitHub, and answered there once."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.github import answers
from sluicegate.github.client import Client
from sluicegate.github.issue_comments import Issue, IssueComment, read_comment, read_issue
from sluicegate.net.client import ApiError
from sluicegate.rollout.comments import Misread, Request, understand
from sluicegate.rollout.entries import Actor
from sluicegate.rollout.proof import comment_refused
from sluicegate.rollout.who import COMMENT, GitHub, writing_refused


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
    try:
        answers.answer(_client(github), github.repository, heard.said, text, in_words=heard.in_words)
    except ApiError as error:
        return f"the comment could not be answered: {error.message}"
    return ""


def _client(github: GitHub) -> Client:
    client = github.client
    if client is None:
        remedy = "Set GITHUB_TOKEN, as a workflow does with `${{ github.token }}`."
        raise UsageError("without a token no comment can be read", remedy=remedy)
    return client
