"""The set of paths: unions and prunings."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.documents import PRUNED, parse_path, path_of
from sluicegate.ledger.tree import Paths, about, documents, joined, kept, newest_first
from support.ledgers import sha

START = date(2026, 1, 1)
days = st.integers(0, 40).map(lambda n: START + timedelta(days=n))
paths = st.builds(
    lambda kind, day, key: path_of(kind, sha(key), f"{day}T00:00:00Z", key.encode()),
    st.sampled_from(["report", "report", "report", PRUNED]),
    days,
    st.sampled_from("abcdef"),
)
ledgers = st.frozensets(paths, max_size=12)
first = st.none() | days


@given(ledgers, ledgers, first)
def test_joining_is_commutative(one: Paths, other: Paths, day: date | None) -> None:
    assert joined(one, other, day) == joined(other, one, day)


@given(ledgers, ledgers, ledgers, first)
def test_joining_is_associative(one: Paths, two: Paths, three: Paths, day: date | None) -> None:
    assert joined(joined(one, two, day), three, day) == joined(one, joined(two, three, day), day)


@given(ledgers, first)
def test_joining_is_idempotent(one: Paths, day: date | None) -> None:
    once = joined(one, one, day)
    assert joined(once, one, day) == once


@given(ledgers, days)
def test_pruning_twice_is_pruning_once(one: Paths, day: date) -> None:
    assert kept(kept(one, day), day) == kept(one, day) <= one


@given(ledgers, ledgers, days)
def test_what_was_pruned_does_not_come_back(one: Paths, other: Paths, day: date) -> None:
    both = joined(kept(one, day), other, day)
    assert both == kept(one | other, day)
    assert all(p.day >= day or p.kind == PRUNED for p in map(parse_path, both) if p)


@given(ledgers, days, days)
def test_keeping_longer_keeps_more(one: Paths, early: date, late: date) -> None:
    assert kept(one, max(early, late)) <= kept(one, min(early, late))


@given(ledgers)
def test_foreign_files_are_no_documents(one: Paths) -> None:
    assert documents(one | {"README.md", "report/x", ".gitattributes"}) == one


@given(ledgers)
def test_the_newest_come_first(one: Paths) -> None:
    found = [p.day for p in map(parse_path, newest_first(one, "report")) if p]
    assert found == sorted(found, reverse=True)


@given(ledgers, st.sampled_from("abcdef"))
def test_documents_are_found_by_the_beginning_of_their_key(one: Paths, key: str) -> None:
    assert about(one, "report", sha(key)[:12]) == about(one, "report", sha(key))
