"""Hostile comments do nothing, and their author learns why."""

from __future__ import annotations

import pytest

from sluicegate.github.comments import has_several
from sluicegate.github.issue_comments import IssueComment
from sluicegate.release.answering import why_ignored
from sluicegate.release.signoffs import Void

NOT_FIRST = "a command in a quote, in code, or behind other text does nothing"


def comment(body: str, *, is_person: bool = True) -> IssueComment:
    return IssueComment(34, "bob", is_person, 1_800_000_000, False, body, 7)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("> /sluicegate approve qa", NOT_FIRST),
        ("```\n/sluicegate approve qa\n```", NOT_FIRST),
        ("    /sluicegate approve qa", NOT_FIRST),
        ("`/sluicegate approve qa`", NOT_FIRST),
        ("@alice /sluicegate approve qa", NOT_FIRST),
        ("LGTM\n/sluicegate approve qa", NOT_FIRST),
        ("<!-- -->/sluicegate approve qa", NOT_FIRST),
        ("\u200b/sluicegate approve qa", NOT_FIRST),
        ("/sluicegate approve qa\n/sluicegate approve ops", "a comment with several commands does nothing"),
    ],
)
def test_a_hostile_comment_is_answered_with_the_reason(body: str, why: str) -> None:
    assert why_ignored(comment(body), ())[0] == why


@pytest.mark.parametrize(
    "body",
    [
        "/sluicegate approve qa",
        "We follow /sluicegate rollout commands here",
        "/sluicegate override because x",
        "/sluicegat\u0435 approve qa",
        "//sluicegate approval",
    ],
)
def test_a_command_that_counts_and_other_texts_get_no_answer(body: str) -> None:
    assert why_ignored(comment(body), ())[0] == ""


def test_no_bot_is_answered() -> None:
    assert why_ignored(comment("> /sluicegate approve qa", is_person=False), ()) == ("", "")


def test_what_does_not_count_is_answered_with_what_would() -> None:
    void = Void("bob", "the command 'approve'", "there is no role 'q\u0430'", "roles: qa", id="comment-34")
    why, remedy = why_ignored(comment("/sluicegate approve q\u0430"), [void])
    assert why == "the command 'approve' does not count: there is no role 'q\u0430'"
    assert remedy == "roles: qa"


def test_a_reason_that_speaks_of_commands_is_one_command() -> None:
    assert not has_several("/sluicegate reject qa because /sluicegate approve qa came too soon")
