"""Answers a comment with a command of a release that does nothing, once: why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sluicegate.github.answers import answer, answer_text
from sluicegate.github.comments import PREFIX, flaw_of
from sluicegate.github.issue_comments import IssueComment, read_comment
from sluicegate.net.client import ApiError
from sluicegate.release.evaluation import Evaluation
from sluicegate.release.signoffs import COMMANDS, Void
from sluicegate.rollout.who import GitHub, writing_refused

_MENTION = re.compile(rf"{PREFIX}[ \t]+(?:{'|'.join(COMMANDS)})\b", re.IGNORECASE | re.ASCII)


def why_ignored(comment: IssueComment, voids: Iterable[Void]) -> tuple[str, str]:
    """Why a comment does nothing, and what to do.

    Both are empty where it counts, where it has no command of a release, and where a bot wrote it.

    Args:
        comment: as GitHub has it.
        voids: what does not count.
    """
    if not comment.is_person or not _MENTION.search(comment.body):
        return "", ""
    void = next((void for void in voids if void.id == f"comment-{comment.id}"), None)
    if void is not None:
        return f"{void.what} does not count: {void.why}", void.remedy
    return flaw_of(comment.body), "Write one command as the first line of a new comment."


def answer_comment(github: GitHub, seen: Evaluation, number: int) -> str:
    """Answer a comment that does nothing, once: in words to who may write, else by a reaction.

    Args:
        github: the repository.
        seen: the release, as it was found after the comment.
        number: of the comment.

    Returns:
        Why that could not be done; empty else.
    """
    client = github.client
    if client is None:
        return ""
    try:
        comment = read_comment(client, github.repository, number)
        why, remedy = why_ignored(comment, seen.found.voids)
        if why and comment.issue == seen.thread.number:
            text = answer_text(comment, f"Nothing was done: {why}.", filter(None, [remedy]))
            in_words = not writing_refused(comment.author, github)
            answer(client, github.repository, comment, text, in_words=in_words)
    except ApiError as error:
        return f"the comment could not be answered: {error.message}"
    return ""
