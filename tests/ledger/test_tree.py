"""The set of paths: unions and prunings."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.documents import PRUNED, Paths, documents, kept, of_kind, parse_path, path_of
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


@given(ledgers, days)
def test_pruning_twice_is_pruning_once(one: Paths, day: date) -> None:
    assert kept(kept(one, day), day) == kept(one, day) <= one


@given(ledgers, ledgers, days)
def test_pruning_a_union_is_the_union_of_the_pruned(one: Paths, other: Paths, day: date) -> None:
    both = kept(one | other, day)
    assert both == kept(one, day) | kept(other, day)
    assert all(p.day >= day or p.kind == PRUNED for p in map(parse_path, both) if p)


@given(ledgers, days, days)
def test_keeping_longer_keeps_more(one: Paths, early: date, late: date) -> None:
    assert kept(one, max(early, late)) <= kept(one, min(early, late))


@given(ledgers)
def test_foreign_files_are_no_documents(one: Paths) -> None:
    assert documents(one | {"README.md", "report/x", ".gitattributes"}) == one


@given(ledgers)
def test_documents_are_in_the_order_of_their_days(one: Paths) -> None:
    found = [p.day for p in map(parse_path, of_kind(one, "report")) if p]
    assert found == sorted(found)


@given(ledgers, st.sampled_from("abcdef"))
def test_documents_are_found_by_the_beginning_of_their_key(one: Paths, key: str) -> None:
    assert of_kind(one, "report", sha(key)[:12]) == of_kind(one, "report", sha(key))
