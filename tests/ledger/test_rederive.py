"""Baselines that do not follow from the documents, as anybody can push them, are found by verifying."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.readings import Reading
from sluicegate.history.entries import Case, Entry
from sluicegate.ledger import writing
from sluicegate.ledger.baselines import MAX_ENTRIES, MAX_ITEMS, Baselines, joined
from sluicegate.ledger.directory import DirectoryStore, directory_store
from sluicegate.ledger.interface import Update
from sluicegate.ledger.recording import known, of_document
from sluicegate.ledger.rederive import MAX_DIFFERENCES, DocumentFacts, differences
from sluicegate.ledger.verify import verify
from sluicegate.ledger.wire import encode
from support.ledgers import AT, NOW, adding, entry, recorded, sha, total

A, B = recorded("a", coverage=70), recorded("b", coverage=80)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Two reports, and their baselines."""
    found = directory_store(tmp_path / "ledger")
    found.update(adding(A, B))
    writing.rebuild(found, lambda: NOW)
    return found


def forge(store: DirectoryStore, change: Callable[[Baselines], Baselines]) -> list[str]:
    """Other baselines in place of those that are there; what verifying finds."""
    there = known(store.view()).baselines
    assert there is not None
    forged = encode(change(there))
    store.update(lambda _view: Update({}, "forge", baselines=forged))
    return list(verify(store.view()).problems)


def first(**other: Any) -> Callable[[Baselines], Baselines]:
    """The first entry with other values."""
    return lambda there: replace(there, entries=(replace(there.entries[0], **other), *there.entries[1:]))


def test_baselines_that_were_made_of_the_documents_are_sound(store: DirectoryStore) -> None:
    assert verify(store.view()).problems == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (first(measures={"coverage": {"total": total(99)}}), "coverage.total is 99% and not"),
        (first(measures={}), "coverage.total is missing and not"),
        (first(measures={"coverage": {"total": total(70), "line": total(1)}}), "line is 1% and not missing"),
        (first(measures={"coverage": {"total": total(70)}, "x": {"y": total(1)}}), "x.y is 1% and not"),
        (first(committed=7), "committed is 7 and not 1700000000"),
        (first(at="2020-01-01T00:00:00Z"), "at is 2020-01-01T00:00:00Z and not 2026"),
        (first(status="FAIL"), "status is FAIL and not PASS"),
        (first(tree=sha("forged")), "tree is"),
        (first(scope="other"), "scope is other and not empty"),
        (first(commit=sha("forged")), "that the ledger does not have"),
        (first(cases=(Case("t::x", "a.py", "failed"),)), "it has other cases"),
        (first(names={"tests": ("t::forged",)}), "it has other names of the test cases of tests"),
        (first(failing={"tests": {("t::x", "a.xml"): 1}}), "it has other failing cases"),
        (first(readings=(Reading("b", "m", 1.0, 0.1, 5),)), "it has other readings"),
        (first(code={"a.py": sha(1)}), "it names other files of tests"),
        (lambda there: replace(there, entries=there.entries[1:]), "lack the report of"),
        (lambda there: replace(there, entries=(*there.entries, entry("c", coverage=1))), "does not have"),
        (lambda there: replace(there, parents={sha("a"): sha("x")}), "and no document does"),
    ],
)  # fmt: skip
def test_what_does_not_follow_is_named(
    store: DirectoryStore, change: Callable[[Baselines], Baselines], words: str
) -> None:
    problems = forge(store, change)
    assert any(words in p for p in problems), problems


def told(*own: Baselines) -> DocumentFacts:
    """What documents say, each of which has these baselines."""
    found = DocumentFacts(frozenset(e.document for one in own for e in one.entries))
    for one in own:
        found.add(one)
    return found


def found_in(baselines: Baselines, *own: Baselines, anew: Baselines | None = None) -> list[str]:
    """The differences of baselines to those of documents."""
    parents = {c: p for one in own for c, p in one.parents.items()}
    whole = joined(Baselines(tuple(e for one in own for e in one.entries), parents), Baselines())
    return differences(baselines, told(*own), whole if anew is None else anew, whole=True)


def alone(*entries: Entry) -> list[Baselines]:
    return [Baselines((e,)) for e in entries]


def test_a_parent_that_a_document_names_differently_is_named() -> None:
    own = of_document(A.path, A)
    other = replace(own, parents={sha("a"): sha("x")})
    assert found_in(replace(own, parents={sha("a"): sha("y")}), other) == [
        f"the baselines name another parent of {sha('a')[:12]} than the documents"
    ]


def test_documents_that_disagree_about_a_parent_are_named_once() -> None:
    one, other = (Baselines(parents={sha("a"): sha(p)}) for p in "xy")
    assert found_in(one, one, other) == [f"documents name different parents of {sha('a')[:12]}"]


def test_parents_of_pruned_reports_accuse_nobody() -> None:
    there = Baselines(parents={sha("a"): sha("b")})
    assert differences(there, DocumentFacts(), Baselines(), whole=False) == []


def test_the_oldest_of_a_full_scope_may_be_missing() -> None:
    many = [entry(str(n), at=n + 1, coverage=n % 100) for n in range(MAX_ENTRIES)]
    oldest = entry("oldest", at=0, coverage=1)
    own = alone(oldest, *many)
    assert found_in(Baselines(tuple(many)), *own, anew=Baselines((oldest, *many))) == []


def with_item(name: str, at: int) -> Entry:
    line = replace(total(2), name="line")
    measures = {"coverage": {"total": total(1), 'file["a.py"].line': line}}
    return replace(entry(name, at=at), measures=measures)


def test_items_may_be_missing_of_old_reports() -> None:
    many = [with_item(str(n), n) for n in range(MAX_ITEMS + 3)]
    trimmed = joined(Baselines(tuple(many)), Baselines())
    assert found_in(trimmed, *alone(*many)) == []


def test_items_that_are_missing_beside_older_ones_are_named() -> None:
    old, new = with_item("old", 1), with_item("new", 2)
    without = replace(new, measures={"coverage": {"total": total(1)}})
    (line,) = found_in(Baselines((old, without)), *alone(old, new))
    assert 'coverage.file["a.py"].line is missing and not 2%' in line


def test_a_measure_of_another_unit_may_be_missing() -> None:
    old, new = entry("old", at=1, coverage=1), entry("new", at=2)
    seconds = replace(new, measures={"coverage": {"total": replace(total(1), unit="s")}})
    assert found_in(Baselines((replace(old, measures={}), seconds)), *alone(old, seconds)) == []


def test_many_differences_are_counted() -> None:
    many = alone(*(entry(str(n), at=n, coverage=1) for n in range(MAX_DIFFERENCES + 5)))
    lines = found_in(Baselines(), *many)
    assert (len(lines), lines[-1]) == (
        MAX_DIFFERENCES + 1,
        "and 5 more differences of the baselines; `sluicegate ledger rebuild` rebuilds the baselines",
    )


def test_what_recording_leaves_is_sound_after_each_of_many_reports(tmp_path: Path) -> None:
    store = directory_store(tmp_path / "ledger")
    for n in range(5):
        document = recorded(n, at=AT, coverage=n)
        own = of_document(document.path, document)
        there = known(store.view()).baselines or Baselines()
        store.update(adding(document, baselines=encode(joined(there, own))))
        assert verify(store.view()).problems == ()


def test_the_names_of_test_cases_must_stand_in_the_newest_report_where_a_rebuild_would_keep_them() -> None:
    older, newer = (replace(entry(n, at=at), names={"tests": (f"t::{n}",)}) for n, at in (("a", 1), ("b", 2)))
    anew = Baselines((older, newer))
    told = DocumentFacts(frozenset({older.document, newer.document}), {e.document: e for e in anew.entries})
    silenced = Baselines(tuple(replace(e, names={}) for e in anew.entries))
    (line,) = differences(silenced, told, anew, whole=False)
    assert (
        line
        == f"the baselines lack the names of the test cases of tests in the report of {newer.commit[:12]}"
    )
    assert differences(Baselines((replace(older, names={}), newer)), told, anew, whole=False) == []
