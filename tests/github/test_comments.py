"""Commands in comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.comments import MAX_REASON, Command, command_line, parse_command


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/sluicegate override because the feed is down", Command("override", (), "the feed is down")),
        ("/sluicegate recheck", Command("recheck")),
        ("\n  /Sluicegate\tReject  qa  too slow \r\nthanks", Command("reject", ("qa", "too", "slow"))),
        (
            "/sluicegate waive notes until 2027-01-31 because none",
            Command("waive", ("notes", "until", "2027-01-31"), "none"),
        ),
        ("/sluicegate promote web --to 25%", Command("promote", ("web", "--to", "25%"))),
        ("/sluicegate override because a because b", Command("override", (), "a because b")),
    ],
)
def test_a_command_is_its_name_its_words_and_its_reason(body: str, command: Command) -> None:
    assert parse_command(body) == command


@pytest.mark.parametrize(
    "body",
    [
        "",
        "/sluicegate",
        "/sluicegate/override",
        "/sluicegated override",
        "please /sluicegate recheck",
        "> /sluicegate recheck",
        "`/sluicegate recheck`",
        "    /sluicegate recheck",
        "\t/sluicegate recheck",
        "thanks\n/sluicegate recheck",
        "/sluicegate 7days",
        "/sluicegate recheck\u00a0now",
        "/sluicegate rechec\u043a",
    ],
)
def test_this_is_no_command(body: str) -> None:
    assert parse_command(body) is None


@pytest.mark.parametrize("reason", ["", " ", "<!-- x -->", "&nbsp;", "\u200b", "<b></b>", "..."])
def test_a_reason_that_shows_no_word_is_empty(reason: str) -> None:
    assert parse_command(f"/sluicegate override because {reason}") == Command("override")


@given(st.text())
def test_any_text_is_parsed_and_a_reason_is_one_short_line(body: str) -> None:
    command = parse_command(f"/sluicegate override because {body}")
    if command is not None:
        assert len(command.reason) <= MAX_REASON + 1
        assert "\n" not in command.reason


@given(st.text())
def test_only_the_first_line_counts(rest: str) -> None:
    assert command_line(f"/sluicegate recheck\n{rest}") == "/sluicegate recheck"
