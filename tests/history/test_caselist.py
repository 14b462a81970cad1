"""The names of test cases as one text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.history import caselist
from sluicegate.history.caselist import pack, unpack

NAME = st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1, max_size=20)


@given(st.sets(NAME))
def test_names_come_back_in_order(names: set[str]) -> None:
    assert unpack(pack(names)) == tuple(sorted(names))


def test_what_is_shared_is_not_said_again() -> None:
    assert pack(["tests.cart::test_add", "tests.cart::test_remove"]) == "0 tests.cart::test_add\n17 remove"


def test_too_many_names_are_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caselist, "MAX_NAMES", 2)
    assert pack("abc") == ""


@pytest.mark.parametrize(
    "text", ["x", "0 b\n0 a", "0 a\n0 a", "0 a\n5 b", "-1 a", "0 a\n", "0 " + "a" * 2000]
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names|shared"):
        unpack(text)


@given(st.text(st.sampled_from("0129 ab\n"), max_size=40))
def test_any_text_gives_names_in_order_or_an_error(text: str) -> None:
    with suppress(ValueError):
        names = unpack(text)
        assert list(names) == sorted(set(names))
