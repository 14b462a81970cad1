"""The edits of a text as GitHub's GraphQL answers them; whatever else comes is an unread history."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.release.gather.history import read_history
from sluicegate.release.ticks import History, Revision
from support.examples import at_most
from support.publishing import client
from support.release_hub import ReleaseHub

NEW, OLD = "- [x] a\n", "- [ ] a\n"


def edited() -> ReleaseHub:
    hub = ReleaseHub("")
    hub.text = OLD
    hub.edit(NEW, "ann", "2027-01-15T07:00:00Z")
    return hub


def read(hub: ReleaseHub) -> History:
    return read_history(client(hub), "PR_7")


def changed(change: Callable[[dict[str, Any]], object]) -> History:
    """What is read of an answer after a change of it."""
    hub = edited()
    node = copy.deepcopy(hub.history("PR_7"))
    change(node)
    hub.history = lambda _node: node  # type: ignore[assignment, method-assign]
    return read(hub)


def test_edits_are_read_the_oldest_first() -> None:
    found = read(edited())
    assert found.revisions == (
        Revision("2027-01-15T06:00:00Z", "mona", OLD), Revision("2027-01-15T07:00:00Z", "ann", NEW),
    )  # fmt: skip
    assert (found.author, found.at, found.from_start, found.unread) == (
        "mona", "2027-01-15T06:00:00Z", True, "",
    )  # fmt: skip


def test_a_text_that_was_never_edited_is_its_author_s() -> None:
    assert read(ReleaseHub("")) == History("mona", "2027-01-15T06:00:00Z")


def test_two_edits_of_one_second_keep_the_order_of_the_answer() -> None:
    hub = edited()
    hub.edit(OLD, "bob", "2027-01-15T07:00:00Z")
    assert [revision.who for revision in read(hub).revisions] == ["mona", "ann", "bob"]


@pytest.mark.parametrize(
    "change",
    [
        lambda node: node["userContentEdits"]["pageInfo"].update(hasNextPage=True),
        lambda node: node["userContentEdits"].update(pageInfo=None),
        lambda node: node.update(includesCreatedEdit=False),
    ],
)
def test_where_the_first_text_is_not_shown_it_is_not_the_oldest(
    change: Callable[[dict[str, Any]], object],
) -> None:
    found = changed(change)
    assert (len(found.revisions), found.from_start, found.unread) == (2, False, "")


def test_a_deleted_edit_has_no_text() -> None:
    def deleted(node: dict[str, Any]) -> None:
        node["userContentEdits"]["nodes"][0]["deletedAt"] = "2027-01-15T08:00:00Z"

    assert changed(deleted).revisions[1].text is None


def test_edits_that_are_not_shown_are_unread() -> None:
    hidden = changed(lambda node: node["userContentEdits"].update(nodes=[]))
    assert hidden.unread == "it was edited, and GitHub does not show the edits"
    assert changed(lambda node: node.pop("userContentEdits")).unread
    hub = edited()
    hub.without_graphql = True
    assert read(hub).unread.startswith("the edits cannot be read")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("diff", "editor")), inner),
    max_leaves=5,
)


@given(st.sampled_from(("id", "author", "createdAt", "lastEditedAt", "userContentEdits", "nodes", "0")), ANY)
@settings(max_examples=at_most(60))
def test_any_answer_is_a_history(place: str, value: object) -> None:
    def damaged(node: dict[str, Any]) -> None:
        edits = node["userContentEdits"]
        if place == "nodes":
            edits["nodes"] = value
        elif place == "0":
            edits["nodes"][0] = value
        else:
            node[place] = value

    found = changed(damaged)
    assert all(isinstance(r.at, str) and isinstance(r.text, str | None) for r in found.revisions)
