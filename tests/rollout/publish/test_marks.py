"""Texts of several runs become one, with the newest state; those of others do not count."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.github.publish.identity import Mark
from sluicegate.github.publish.outcome import OutcomeKind
from sluicegate.github.publish.plan import Create, Delete, StickyComment, Update
from sluicegate.rollout.publish.marks import decide, page_head, page_mark
from support.examples import at_most

BOT = "github-actions[bot]"


def mark(seq: int, at: int, digest: str = "d") -> Mark:
    return Mark("new-checkout-20261130T120000Z", (seq, at), "a" * 40, digest, "")


def body(own: Mark) -> str:
    return page_head("new-checkout", own) + "text"


def act(there: list[StickyComment], ours: Mark) -> list[StickyComment]:
    """What is there when the plan was carried out."""
    held = {c.id: c for c in there}
    for action in decide(there, ours, BOT, page_mark).actions:
        match action:
            case Create():
                held[1000] = StickyComment(1000, BOT, body(ours))
            case Update(number, text):
                held[number] = replace(held[number], body=body(ours) if text is None else text)
            case Delete(number):
                del held[number]
    return list(held.values())


marks = st.builds(mark, st.integers(0, 3), st.integers(0, 3), st.sampled_from("de"))
left = st.lists(marks, max_size=4).map(
    lambda found: [StickyComment(n, BOT, body(m)) for n, m in enumerate(found, 1)]
)


@settings(max_examples=at_most(100))
@given(left, marks)
def test_one_text_is_left_with_a_state_that_is_not_older(there: list[StickyComment], ours: Mark) -> None:
    (text,) = after = act(there, ours)
    found = page_mark(text.body)
    assert found is not None
    assert found.order[0] == max([ours.order[0], *(m.order[0] for c in there if (m := page_mark(c.body)))])
    assert text.id == min([c.id for c in there], default=1000)
    assert decide(after, ours, BOT, page_mark).actions == ()


def test_the_same_state_is_not_written_again_at_another_time() -> None:
    there = [StickyComment(1, BOT, body(mark(3, 10)))]
    assert decide(there, mark(3, 99), BOT, page_mark).kind is OutcomeKind.UNCHANGED
    assert decide(there, mark(3, 99, "e"), BOT, page_mark).actions == (Update(1),)
    assert decide(there, mark(2, 99), BOT, page_mark).kind is OutcomeKind.SUPERSEDED


def test_a_text_of_somebody_else_does_not_count() -> None:
    there = [StickyComment(1, "mallory", body(mark(9, 9)))]
    assert decide(there, mark(1, 1), BOT, page_mark).actions == (Create(),)


def test_a_broken_mark_does_not_count() -> None:
    for text in (body(mark(9, 9)).replace('"run"', '"ran"'), f" {body(mark(9, 9))}", ""):
        assert page_mark(text) is None
