from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.github.publish.content import CONTEXT, qualified, shown_branch

LIMIT = 255
"""Characters of a status's name that GitHub takes."""

branches = st.text(min_size=1, max_size=300) | st.text("aAbBäÄ/~", min_size=1, max_size=6)


@pytest.mark.parametrize("branch", ["release/1.2", "stack-3_b", "v2+hotfix"])
def test_a_plain_branch_is_named_as_it_is(branch: str) -> None:
    assert qualified(CONTEXT, branch, "") == f"{CONTEXT}: {branch}"


@pytest.mark.parametrize("branch", ["Release", "über", "a b", "x" * 101, "refs~1"])
def test_any_other_has_a_digest(branch: str) -> None:
    assert "~" in shown_branch(branch)


@given(branches, branches)
def test_no_two_branches_have_one_name_in_any_case(one: str, other: str) -> None:
    same = shown_branch(one).casefold() == shown_branch(other).casefold()
    assert same == (one == other)


@given(branches, st.text(max_size=200))
def test_a_name_is_short_ascii_and_on_one_line(branch: str, key: str) -> None:
    name = qualified(CONTEXT, branch, key)
    assert len(name) <= LIMIT
    assert len(name.splitlines()) == 1
    assert shown_branch(branch).isascii()


@given(branches, st.text(min_size=1, max_size=20))
def test_a_name_with_a_branch_is_never_that_of_the_default_branch(branch: str, key: str) -> None:
    assert qualified(CONTEXT, branch, "") not in (CONTEXT, qualified(CONTEXT, "", key))
