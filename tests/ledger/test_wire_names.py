"""The names of test cases in the baselines."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Better, Measure
from sluicegate.history import caselist
from sluicegate.history.entries import Entry
from sluicegate.ledger import wire
from sluicegate.ledger.baselines import MAX_ITEMS, Baselines, ParentLine, joined
from sluicegate.ledger.resolve import remember
from sluicegate.ledger.wire import Names, encode, encode_names
from sluicegate.ledger.wire_read import decode, decode_names


def entry(n: int, names: str | None) -> Entry:
    """The n-th entry, with one case a character."""
    lists = {} if names is None else {"tests": tuple(sorted(set(names)))}
    measure = Measure("tests", None, "", Better.HIGHER)
    return Entry(f"{n:016x}", f"{n:040x}", committed=n, measures={"tests": {"tests": measure}}, names=lists)


def names_of(entries: list[Entry]) -> list[dict[str, tuple[str, ...]]]:
    return decode_names(encode_names(entries), len(entries))


@given(st.lists(st.none() | st.text("abcdef", min_size=1), max_size=6))
def test_names_come_back(lists: list[str | None]) -> None:
    entries = [entry(n, names) for n, names in enumerate(lists)]
    assert names_of(entries) == [dict(e.names) for e in entries]


def test_names_that_many_entries_share_stand_once() -> None:
    one, many = ([entry(n, "abcdef") for n in range(count)] for count in (1, 20))
    assert encode_names(one)["tests"].names == encode_names(many)["tests"].names


def test_the_oldest_are_left_out_where_it_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caselist, "MAX_NAMES", 3)
    monkeypatch.setattr(wire, "MAX_NAMES", 3)
    assert names_of([entry(0, "xyz"), entry(1, "ab")]) == [{}, {"tests": ("a", "b")}]


places = st.integers(0, 4)
runs = st.lists(st.tuples(places, places), max_size=3).map(tuple)
columns = st.builds(
    Names,
    st.text("0 a\n", max_size=6),
    st.lists(st.tuples(places, runs), max_size=3).map(tuple),
)


@given(st.dictionaries(st.just("tests"), columns))
def test_any_value_gives_names_or_an_error(value: dict[str, Names]) -> None:
    with suppress(ValueError):
        assert len(decode_names(value, 2)) == 2


def test_the_document_of_the_baselines_holds_them() -> None:
    whole = Baselines((entry(1, "ab"), entry(2, "abc")))
    assert [dict(e.names) for e in decode(encode(whole), "x").entries] == [
        dict(e.names) for e in whole.entries
    ]


def test_only_the_newest_entries_keep_them() -> None:
    entries = tuple(entry(n, "ab") for n in range(MAX_ITEMS + 1))
    kept = joined(Baselines(entries), Baselines()).entries
    assert [bool(e.names) for e in kept] == [False, *[True] * MAX_ITEMS]


def test_the_baseline_has_the_names_of_the_nearest_entry() -> None:
    entries = (entry(1, "abc"), entry(2, "ab"))
    found = remember(entries, ParentLine((entries[1].commit, entries[0].commit), whole=True))
    assert found.baseline.cases == {"tests": ("a", "b")}


def test_names_are_not_taken_from_an_older_entry_than_the_measures() -> None:
    entries = (entry(1, "abc"), entry(2, None))
    found = remember(entries, ParentLine((entries[1].commit, entries[0].commit), whole=True))
    assert found.baseline.before("tests").names is None
