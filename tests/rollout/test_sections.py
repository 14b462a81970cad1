"""A rollout as a page: in five situations as people have seen them, and with texts of strangers.

Write the files again with `SLUICEGATE_GOLDEN=write pytest tests/rollout/test_sections.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sluicegate.report import html, markdown, terminal
from sluicegate.report.sections import Criteria, Items, Page, Task
from sluicegate.rollout.actions import Unread
from sluicegate.rollout.asking import IN_COMMENT, ON_TERMINAL, Asking
from sluicegate.rollout.entries import Actor, EventKind
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.sections import NEWEST, status_page
from sluicegate.rollout.state import Phase
from sluicegate.rollout.status import Status, span, status_json
from support.page_text import page_text
from support.rollout_statuses import SITUATIONS, status

GOLDEN = Path(__file__).with_name("golden")
HOSTILE = "<script>alert(1)</script> @everyone <!-- x --> #1 `a` | \x1b[31m [x](https://evil.example) ../../"


RENDERERS: dict[str, Callable[[Status], str]] = {
    "txt": lambda s: terminal.render(status_page(s), width=80, color=False),
    "md": lambda s: markdown.render(status_page(s, IN_COMMENT)),
    "json": lambda s: json.dumps(status_json(s), indent=2) + "\n",
    "html.txt": lambda s: page_text(html.render(status_page(s))),
}


@pytest.mark.parametrize("ending", RENDERERS)
@pytest.mark.parametrize("name", SITUATIONS)
def test_it_is_as_people_have_seen_it(name: str, ending: str) -> None:
    text, path = RENDERERS[ending](status(name)), GOLDEN / f"{name}.{ending}"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text


@pytest.fixture
def hostile() -> Status:
    """A rollout whose people, flags, reasons and commit are a stranger's."""
    found = status("rolled-back")
    entries = tuple(replace(e, reason=HOSTILE, actor=Actor(HOSTILE[:100], "x")) for e in found.entries)
    cards = tuple(replace(card, name=HOSTILE, view=Unread(HOSTILE)) for card in found.cards)
    state = found.outcome.state
    assert state is not None
    outcome = replace(found.outcome, state=replace(state, reason=HOSTILE), alarms=(f"{HOSTILE} alarm",))
    return replace(found, outcome=outcome, entries=entries, cards=cards, go=HOSTILE)


def test_a_page_runs_nothing_of_a_stranger(hostile: Status) -> None:
    page = html.render(status_page(hostile))
    assert "<script>alert" not in page
    assert 'href="https://evil' not in page


def test_markdown_mentions_links_and_hides_nothing_of_a_stranger(hostile: Status) -> None:
    text = markdown.render(status_page(hostile))
    assert "<script" not in text
    assert "<!--" not in text
    assert "@everyone" not in text
    assert "](https://evil" not in text


def test_a_terminal_obeys_nothing_of_a_stranger(hostile: Status) -> None:
    assert "\x1b" not in terminal.render(status_page(hostile), width=80, color=False, verbose=True)


def test_a_comment_is_short_enough_for_github_however_long_the_journal_is() -> None:
    found = status("canary")
    long = tuple(replace(found.entries[-1], reason="x" * 2000) for _ in range(1000))
    assert len(markdown.render(status_page(replace(found, entries=long)))) < 65_536


def commands(page: Page) -> list[str]:
    (items,) = [block for block in page.after if isinstance(block, Items)]
    return [name for item in items.items for name in item.names]


def test_the_commands_name_the_next_stage_as_a_comment_says_it() -> None:
    found = commands(status_page(status("canary"), IN_COMMENT))
    assert found == [
        "/sluicegate rollout promote new-checkout --to 25%",
        "/sluicegate rollout skip-bake new-checkout because WHY",
        "/sluicegate rollout pause new-checkout because WHY",
        "/sluicegate rollout rollback new-checkout because WHY",
    ]


def test_the_commands_of_a_pause_are_resume_and_rollback() -> None:
    found = commands(status_page(status("paused"), Asking(ending="--dir x")))
    assert found == [
        "sluicegate rollout resume new-checkout --dir x --reason WHY",
        "sluicegate rollout rollback new-checkout --dir x --reason WHY",
        "sluicegate rollout history new-checkout --dir x",
    ]


def test_a_word_of_a_command_is_quoted() -> None:
    assert ON_TERMINAL.command("promote", "a; rm b") == "sluicegate rollout promote 'a; rm b'"


def test_a_rollback_that_failed_says_which_flag_to_switch_off_by_hand() -> None:
    found = status("paused")
    state = found.outcome.state
    assert state is not None
    failed = replace(found, outcome=replace(found.outcome, state=replace(state, phase=Phase.ROLLBACK_FAILED)))
    (task,) = status_page(failed).tasks
    what, command = "Switch the flag off at its provider, then record it.", "sluicegate rollout rollback"
    assert task == Task(
        "ROLLBACK_FAILED", "new-checkout in flags.json", what, command=f"{command} new-checkout"
    )


def test_a_flag_that_cannot_be_read_is_not_ready_for_a_rollback() -> None:
    found = status("canary")
    (card,) = found.cards
    text = markdown.render(status_page(replace(found, cards=(replace(card, view=Unread("it is away")),))))
    assert "| written | unknown: it is away |" in text
    assert "| rollback ready | no: it is away |" in text


def test_a_stage_that_a_promotion_to_everybody_passed_over_is_skipped() -> None:
    found = status("compared")
    without = tuple(entry for entry in found.entries if entry.stage != "5%")
    page = status_page(replace(found, entries=without, periods=()))
    assert [(s.title, s.status) for s in page.sections][2:4] == [("5%", "SKIPPED"), ("25%", "RUNNING")]


def test_a_stage_that_is_over_keeps_the_readings_that_the_journal_has() -> None:
    section = status_page(status("compared")).sections[2]
    (criteria,) = [block for block in section.blocks if isinstance(block, Criteria)]
    assert {row.status for row in criteria.rows} == {"OK"}


def test_a_journal_that_cannot_be_read_says_so() -> None:
    page = status_page(Status(Outcome("a-20261130T120000Z", None), "", "", ()))
    assert "its journal cannot be read" in page.sentence


def test_older_events_are_folded() -> None:
    told = [entry for entry in status("compared").entries if entry.event is not EventKind.HEARTBEAT]
    text = markdown.render(status_page(status("compared")))
    assert f"<details><summary>{len(told) - NEWEST} older events</summary>" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (45, "45 s"), (60, "1 min"), (5400, "1 h 30 min"), (90_000, "1 d 1 h")]
)
def test_a_time_is_written_for_people(seconds: int, text: str) -> None:
    assert span(seconds) == text
