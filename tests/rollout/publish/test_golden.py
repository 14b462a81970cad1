"""The texts as people read them, kept as files that `SLUICEGATE_GOLDEN=write` writes anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.flags.interface import EVERYONE
from sluicegate.rollout.entries import Actor, EventKind, Purpose, Wait
from sluicegate.rollout.publish import texts
from sluicegate.rollout.publish.calls import DAY, HOUR, calls_of
from sluicegate.rollout.publish.texts import Publication
from support.pages import shown
from support.rollouts import USUAL, Written, at_stage, flag, plan

GOLDEN = Path(__file__).with_name("golden")
PLAN = plan(USUAL + "approvers: ['@alice', '@octo-org/sre', write]\n")
RUN = "https://github.com/octo-org/octo-repo/actions/runs/7"
NOON = 1_796_040_000
"""2026-11-30 12:00 UTC."""


def at_five() -> Written:
    return at_stage(PLAN, "5%", NOON)


def waiting() -> Written:
    reason = "internal is over, and ends by `promote --to 5%`"
    journal = at_stage(PLAN, "internal", NOON)
    return journal.add(EventKind.READING_CHANGED, NOON + 3600, waiting=Wait.APPROVAL, reason=reason)


def failed() -> Written:
    actor = Actor("bob", "dispatch", "7")
    journal = at_five().add(EventKind.INTENDED, NOON + 60, purpose=Purpose.ROLLBACK, actor=actor)
    return journal.add(EventKind.FAILED, NOON + 61, reason="the server answered 409: in review", actor=actor)


def late() -> Written:
    return at_five().add(EventKind.HEARTBEAT, NOON + 12 * HOUR)


def of(journal: Written, after: int) -> Publication:
    view = flag(EVERYONE) if journal.state.phase == "ROLLBACK_FAILED" else flag(journal.state.exposure)
    made = shown(journal, NOON + after, view=view)
    return Publication(made.status, made.now, RUN)


def golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.md"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_issue_about_a_failed_rollback() -> None:
    this = of(failed(), 62)
    golden("failed", texts.failure_body(this, "the server answered 409: in review", 65_000))
    golden("resolved", texts.resolved_body(this))


@pytest.mark.parametrize(
    ("name", "journal", "after"),
    [
        ("call-failed-again", failed(), 61 + HOUR),
        ("call-waiting", waiting(), 3600),
        ("call-paused-again", at_five().add(EventKind.PAUSED, NOON, reason="the flag was changed"), DAY),
        ("call-overdue", late(), 12 * HOUR),
    ],
)
def test_a_call(name: str, journal: Written, after: int) -> None:
    this = of(journal, after)
    (call,) = calls_of(journal.state, this.status.entries, this.now)
    golden(name, texts.call_body(this, call, 65_000))
