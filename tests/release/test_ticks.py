"""Who ticked the boxes of a checklist: by the edits that GitHub keeps, and never by a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.release.ticks import History, Revision, Tick, self_ticked, ticks_of
from support.examples import at_most

LISTS = {"business": ("Marketing ready", "Support trained")}
NONE = "- [ ] Marketing ready\n- [ ] Support trained"
ONE = "- [x] Marketing ready\n- [ ] Support trained"
BOTH = "- [x] Marketing ready\n- [x] Support trained"


def edits(*revisions: tuple[str, str | None], from_start: bool = True) -> History:
    """Edits of `mona`'s text, one a minute, by these editors."""
    made = tuple(Revision(f"2027-01-15T07:{n:02}:00Z", who, text) for n, (who, text) in enumerate(revisions))
    return History("mona", "2027-01-15T07:00:00Z", made, from_start)


def who(text: str, history: History) -> list[str]:
    return [tick.who or f"? {tick.why}" for tick in ticks_of(LISTS, text, history)]


@pytest.mark.parametrize(
    ("text", "history", "expected"),
    [
        pytest.param(BOTH, edits(), ["mona", "mona"], id="never edited"),
        pytest.param(BOTH, edits(("mona", NONE), ("ann", ONE), ("bob", BOTH)), ["ann", "bob"], id="by two"),
        pytest.param(ONE, edits(("mona", NONE), ("a", ONE), ("b", NONE), ("cy", ONE)), ["cy"], id="again"),
        pytest.param(BOTH, edits(("mona", ONE), ("bob", BOTH)), ["mona", "bob"], id="from the start"),
        pytest.param(BOTH.replace("\n", "\r\n"), edits(("mona", NONE), ("b", BOTH)), ["b"] * 2, id="ends"),
        pytest.param(
            ONE, edits(("mona", NONE), ("", ONE)), ["? the account of who ticked it is gone"], id="ghost"
        ),
        pytest.param(
            ONE, edits(("mona", NONE), ("ann", None), ("bob", ONE)),
            ["? an edit was deleted from the history"], id="deleted",
        ),
        pytest.param(
            ONE, edits(("ann", ONE), ("bob", ONE), from_start=False),
            ["? the oldest edit that GitHub has is not the first text"], id="more edits than are shown",
        ),
        pytest.param(
            ONE, edits(("mona", NONE), ("ann", NONE)), ["? its last edit is not the text as it is"], id="race"
        ),
        pytest.param(ONE, History(unread="forbidden"), ["? forbidden"], id="unread"),
    ],
)  # fmt: skip
def test_a_box_was_ticked_by_the_editor_of_its_edit(text: str, history: History, expected: list[str]) -> None:
    assert who(text, history) == expected


def test_a_deleted_edit_before_the_tick_does_not_matter() -> None:
    history = edits(("mona", None), ("ann", NONE), ("bob", ONE))
    assert who(ONE, history) == ["bob"]


def test_the_time_is_that_of_the_edit() -> None:
    (tick,) = ticks_of(LISTS, ONE, edits(("mona", NONE), ("ann", ONE), ("bob", ONE)))
    assert tick == Tick("business", "Marketing ready", "ann", "2027-01-15T07:01:00Z")


def test_an_author_s_own_tick_is_known_only_by_name() -> None:
    ann, ghost = Tick("business", "a", "Ann"), Tick("business", "b", why="gone")
    assert self_ticked([ann, ghost], frozenset({"ann"})) == ([ann], [ghost])
    assert self_ticked([ann], None) == ([], [ann])


TEXTS = st.sampled_from((NONE, ONE, BOTH, None))


@given(st.lists(st.tuples(st.sampled_from(("ann", "bob", "")), TEXTS), max_size=6), st.booleans(), TEXTS)
@settings(max_examples=at_most(200))
def test_nobody_is_named_but_the_editor_of_an_edit_that_ticked_it(
    revisions: list[tuple[str, str | None]], from_start: bool, text: str | None
) -> None:
    """With one more edit deleted the answer is the same, or not known: never another name."""
    history = edits(*revisions, from_start=from_start)
    ticks = ticks_of(LISTS, text or NONE, history)
    for n, _ in enumerate(revisions):
        parts = (
            *history.revisions[:n],
            replace(history.revisions[n], text=None),
            *history.revisions[n + 1 :],
        )
        fewer = ticks_of(LISTS, text or NONE, replace(history, revisions=parts))
        assert {t.item: t.who for t in fewer if t.who}.items() <= {t.item: t.who for t in ticks}.items()
