"""The texts of a rollout on GitHub: safe with hostile words, within each limit, found by their marks."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sluicegate.core.errors import WorldError
from sluicegate.github.publish.content import LIMITS
from sluicegate.github.publish.identity import mark_of
from sluicegate.rollout.actions import Unread
from sluicegate.rollout.entries import Actor, EventKind, Purpose
from sluicegate.rollout.plan import Plan
from sluicegate.rollout.publish import texts
from sluicegate.rollout.publish.calls import Call, Spell
from sluicegate.rollout.publish.marks import page_mark, rollout_of
from sluicegate.rollout.publish.texts import Publication
from support.hostile import HOSTILE
from support.pages import shown
from support.rollouts import USUAL, at_stage, plan

PLAN = plan()
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MENTION = re.compile(r"(?<![A-Za-z0-9_`/])@\w")
TAGS = {"sub", "details", "summary", "b", "code", "br"}


def hostile(text: str, of: Plan = PLAN) -> Publication:
    """A rollout, all of whose texts are a stranger's."""
    usable = text.encode("utf-8", "replace").decode()
    actor = Actor(usable[:100], "dispatch")
    journal = at_stage(of, "5%", 50).add(EventKind.INTENDED, 60, purpose=Purpose.ROLLBACK, actor=actor)
    journal.add(EventKind.FAILED, 61, reason=usable[:2000], actor=actor)
    made = shown(journal, 62, alarms=(text,), view=Unread(text))
    outcome = replace(made.status.outcome, failed=WorldError(text, where=text, remedy=text))
    cards = (replace(made.status.cards[0], name=text, lever=""),)
    return replace(made, status=replace(made.status, outcome=outcome, cards=cards))


def bodies(this: Publication) -> list[str]:
    calls = [Call(spell, 60, 1, this.status.outcome.alarms[0]) for spell in Spell]
    return [
        texts.page_body(this, LIMITS[0]),
        texts.failure_body(this, this.status.outcome.alarms[0], LIMITS[0]),
        texts.resolved_body(this),
        *(texts.call_body(this, call, LIMITS[0]) for call in calls),
    ]


def leaves(source: str) -> list[Token]:
    return [leaf for token in PARSER.parse(source) for leaf in token.children or [token]]


def outside_of_code(source: str) -> str:
    """The text that GitHub's filters look at."""
    text = " ".join(t.content for t in leaves(source) if t.type not in ("code_inline", "fence"))
    return re.sub("<code>.*?</code>", "", text)


def tags(source: str) -> set[str]:
    html = " ".join(t.content for t in leaves(source) if t.type.startswith("html_"))
    return set(re.findall(r"<([a-z]+)", html))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_stranger_s_words_mention_nobody_and_bring_no_tag(text: str) -> None:
    for body in bodies(hostile(text)):
        assert not MENTION.search(outside_of_code(body))
        assert tags(body) <= TAGS
        assert not [t for t in leaves(body) if t.type in ("image", "link_open")]
        assert body.count("<!--") <= 2
        assert mark_of(body) or page_mark(body)


def test_approvers_of_the_plan_are_mentioned() -> None:
    this = hostile("409", plan(USUAL + "approvers: ['@alice', '@octo-org/sre', write]\n"))
    page, *others = bodies(this)
    assert all("@alice @octo-org/sre" in body for body in others if "✅" not in body)
    assert "@alice" not in page


@given(st.sampled_from(HOSTILE), st.sampled_from(LIMITS), st.integers(1, 40))
def test_each_limit_is_kept(text: str, limit: int, times: int) -> None:
    this = hostile((text * times)[:3000])
    call = Call(Spell.ROLLBACK_FAILED, 60, 1, text * times)
    for body in (texts.call_body(this, call, limit), texts.failure_body(this, text * times, limit)):
        assert len(body.encode()) <= limit
        assert mark_of(body) is not None
    assert len(texts.page_body(this, limit).encode()) <= max(limit, 4000)


def test_a_page_names_its_rollout_and_what_it_shows() -> None:
    this = shown(at_stage(PLAN, "5%", 50), 60)
    body = texts.page_body(this, LIMITS[0])
    assert rollout_of(body) == ("new-checkout", this.id)
    assert page_mark(body) == this.mark(this.id)
    assert page_mark(f"{body.replace(this.id, 'other', 1)}") is None


def test_what_passes_by_itself_does_not_matter_and_an_alarm_does() -> None:
    journal = at_stage(PLAN, "5%", 50)
    first = shown(journal, 60, alarms=("the clock is 70 s behind the journal",)).mark("k")
    later = shown(journal, 90, alarms=("the clock is 71 s behind the journal",)).mark("k")
    assert first.digest == later.digest
    assert shown(journal, 90).mark("k").digest != first.digest


@pytest.mark.parametrize(
    ("lever", "words"),
    [
        ("enabled", "by its own switch"),
        ("targeting", "remove its targeting"),
        ("percent", "percentage to 0"),
        ("", "`flags.json"),
    ],
)
def test_a_failed_rollback_says_what_to_do_by_hand(lever: str, words: str) -> None:
    this = hostile("409")
    card = replace(this.status.cards[0], name="file", lever=lever)
    text = texts.failure_body(replace(this, status=replace(this.status, cards=(card,))), "409", LIMITS[0])
    assert words.strip("`") in text
    assert "`sluicegate rollout rollback new-checkout`" in text


def test_without_a_journal_the_plan_s_file_is_named() -> None:
    this = hostile("409")
    outcome = replace(this.status.outcome, state=None)
    text = texts.failure_body(
        replace(this, status=replace(this.status, outcome=outcome, cards=())), "x", 9999
    )
    assert "`rollouts/new-checkout.yml`" in text
