"""Journals that somebody else wrote: whatever they hold, a rollout is followed, refused, or rolled back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError, PolicyError
from sluicegate.core.fields import MAX_NUMBER
from sluicegate.documents.codec import Codec
from sluicegate.flags.interface import EVERYONE, OFF
from sluicegate.report import markdown
from sluicegate.rollout.actions import Command, CommandKind, Facts, Unread
from sluicegate.rollout.decide import decide
from sluicegate.rollout.entries import Actor, Entry, EventKind, FlagRecord, Purpose, Wait, flag_record
from sluicegate.rollout.outcome import Outcome
from sluicegate.rollout.plan import Arms, Freeze, FrozenTime, Plan, ProviderSettings
from sluicegate.rollout.sections import status_page
from sluicegate.rollout.sound import unsound
from sluicegate.rollout.state import State, fold
from sluicegate.rollout.status import FlagCard, Status, history_lines, list_line
from support.examples import at_most
from support.rollouts import Written, at_stage, flag, plan, started

PLAN = plan()
YEAR_3000 = 32_503_680_000
COMMANDS = [None, *(Command(kind, to="5%", full=True, reason="x", may_promote=True) for kind in CommandKind)]
texts = st.sampled_from(["", "5%", "GA", "nope", "x\n::error::y", "\x1b[2J", "@everyone", "é" * 100])
moments = st.sampled_from([0, 1, 60, 3600, YEAR_3000])
records = st.sampled_from([FlagRecord(), FlagRecord(Fraction(7), driver="x"), flag_record(flag(EVERYONE))])
entries = st.builds(
    Entry, seq=st.sampled_from([0, 1, 2, 3, 10**9, MAX_NUMBER]), prev=st.sampled_from(["", "f" * 64]),
    at=moments, event=st.sampled_from(EventKind), actor=st.builds(Actor, login=texts, source=texts),
    stage=texts, reason=texts, flag_before=st.lists(records, max_size=3).map(tuple),
    flag_after=st.lists(records, max_size=3).map(tuple), purpose=st.sampled_from(Purpose), holder=texts,
    expires=moments, epoch=moments, waiting=st.sampled_from(Wait), override=texts,
)  # fmt: skip


def followed(state: State, journal: Written) -> list[str]:
    """All that is decided and shown of a state."""
    bodies = tuple(document.body for document in journal.documents.values())
    shown = [*history_lines(bodies), list_line(state.id, state, 7200)]
    for view in (flag(OFF), flag(EVERYONE), flag(None), Unread("gone")):
        facts = Facts(state, (view,) * len(state.plan.flags), None, datetime.fromtimestamp(7200, UTC))
        decisions = [decide(facts, command) for command in COMMANDS]
        cards = (FlagCard("a flag", OFF, view, 5),)
        status = Status(Outcome(state.id, state, decisions[:1]), "", "", cards, entries=bodies, now=7200)
        shown.append(markdown.render(status_page(status)))
    return shown


@settings(max_examples=at_most(200))
@given(st.lists(st.tuples(entries, st.booleans()), max_size=6))
def test_any_events_are_followed_or_stop_all_but_a_rollback(forged: list[tuple[Entry, bool]]) -> None:
    journal = started(PLAN)
    for entry, is_next in forged:
        state = journal.state
        journal.put(replace(entry, seq=state.next_seq, prev=state.prev) if is_next else entry)
        try:
            state = journal.state
        except EvidenceError:
            return  # two starts
        assert all("\n::" not in text for text in followed(state, journal))
        assert state.next_seq <= MAX_NUMBER


def test_a_text_of_an_event_is_one_line() -> None:
    entry = Entry(0, "", 0, EventKind.PAUSED, Actor("a\nb", "c\rd"), reason="x\n::error::y", go="\x1b[2J")
    assert (entry.actor.login, entry.reason, entry.go) == ("a b", "x ::error::y", "\\x1b[2J")
    (line,) = history_lines([entry])
    assert "\n" not in line


@pytest.mark.parametrize("value", [-1, YEAR_3000 + 1, 1.5, '"1"', "true"])
def test_a_moment_that_no_calendar_has_is_no_document(value: object) -> None:
    codec = Codec(Entry, "test/1")
    data = codec.encode(Entry(0, "", 12345, EventKind.PAUSED)).replace(b"12345", str(value).encode())
    with pytest.raises(EvidenceError):
        codec.decode(data, "a journal")


def with_stage(**changes: Any) -> Callable[[Plan], Plan]:
    return lambda own: replace(own, stages=(*own.stages[:-1], replace(own.stages[-1], **changes)))


UNSOUND: dict[str, Callable[[Plan], Plan]] = {
    "exposes a share of": with_stage(share=Fraction(7)),
    "exposes a share of -1": with_stage(share=Fraction(-1)),
    "lasts too long": with_stage(bake=10**12),
    "two of the name": with_stage(name=PLAN.stages[0].name),
    "of range": lambda own: replace(own, lag=MAX_NUMBER),
    "are no mapping": lambda own: replace(own, flags=(ProviderSettings("file", "[]"),)),
    "Expecting": lambda own: replace(own, flags=(ProviderSettings("file", "{"),)),
    "no_such": with_stage(criteria=(replace(PLAN.stages[-1].criteria[0], expect="no_such <= 5%"),)),
    "is not a freeze window": lambda own: replace(own, freeze=Freeze("UTC", (FrozenTime("never"),))),
    "arms name the metric": lambda own: replace(own, arms=Arms("v", "on", "off", metric="gone")),
}


@pytest.mark.parametrize("why", UNSOUND)
def test_a_plan_that_cannot_be_followed_is_no_start(why: str) -> None:
    assert why in unsound(UNSOUND[why](PLAN))
    with pytest.raises(EvidenceError, match="cannot be followed"):
        fold(started(UNSOUND[why](PLAN)).documents)


def test_a_plan_of_a_file_is_sound() -> None:
    assert unsound(PLAN) == ""


def test_a_zone_that_this_machine_lacks_stops_promotions_and_no_rollback() -> None:
    frozen = replace(PLAN, freeze=Freeze("Mars/Olympus", (FrozenTime("fri after 15:00"),)))
    state = at_stage(frozen, "5%").state
    facts = Facts(state, (flag(state.exposure),), None, datetime.fromtimestamp(60, UTC))
    with pytest.raises(PolicyError, match=r"Mars/Olympus.*pip install tzdata"):
        decide(facts, Command(CommandKind.PROMOTE, to="25%", may_promote=True))
    assert decide(facts, Command(CommandKind.ROLLBACK)).reason == "rollback was asked for"


def test_flags_of_another_number_than_the_plan_s_are_a_conflict() -> None:
    journal = at_stage(PLAN, "5%")
    state = journal.state
    journal.put(Entry(state.next_seq, state.prev, 9, EventKind.RESUMED, flag_after=(FlagRecord(),) * 2))
    assert journal.state.conflict == "the journal has 2 flags, and its plan 1"
