"""Whatever fields a record has, no shard's part of them is lost, and no component has another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.bundle import pieces
from sluicegate.core.model import PolicyRef
from sluicegate.evidence.analysed import ChangesRecord, ComplexityRecord, DocsRecord, RunRecord
from sluicegate.evidence.records import Evidence, FindingsRecord
from sluicegate.judge.components import part_of
from sluicegate.policy.model import Component, Policy
from support.examples import at_most
from support.kinds import values

JOINS: Mapping[Any, Callable[[Any, Any], Any]] = {
    ChangesRecord: pieces.join_gate_changes,
    ComplexityRecord: pieces.join_complexity,
    DocsRecord: pieces.join_docs,
    FindingsRecord: pieces.join_findings,
    RunRecord: pieces.join_runs,
}
SETTLED = frozenset({"problems", "unseen", "externals"})
"""Problems that another shard settles; external files, which are part of their log."""


@pytest.mark.parametrize("kind", JOINS, ids=lambda kind: kind.__name__)
@settings(max_examples=at_most(30))
@given(data=st.data())
def test_no_collection_is_lost_when_two_shards_are_joined(kind: Any, data: st.DataObject) -> None:
    one, two = data.draw(st.tuples(values(kind), values(kind)), label="shards")
    joined = JOINS[kind](one, two)
    for field in fields(kind):
        parts = [getattr(record, field.name) for record in (one, two)]
        if field.name not in SETTLED and isinstance(parts[0], tuple | Mapping):
            assert bool(getattr(joined, field.name)) == any(map(bool, parts)), field.name


NAMES = {ChangesRecord: "changes", ComplexityRecord: "complexity", DocsRecord: "docs"}
A, B = Component("a", ("a/**",)), Component("b", ("b/**",))
POLICY = Policy(PolicyRef("head", "", ""), (), components=(A, B))


def placed(value: Any) -> bool:
    """Is it a list of things in files?"""
    return isinstance(value, tuple) and bool(value) and all(getattr(item, "path", "") for item in value)


@pytest.mark.parametrize("kind", NAMES, ids=lambda kind: kind.__name__)
@settings(max_examples=at_most(30))
@given(data=st.data())
def test_a_component_has_nothing_that_is_in_files_of_another(kind: Any, data: st.DataObject) -> None:
    record = data.draw(in_folder_a(kind), label="record")
    part = part_of(Evidence(**{NAMES[kind]: record}), B, POLICY)
    own = getattr(part, NAMES[kind])
    assert [f.name for f in fields(kind) if placed(getattr(own, f.name))] == []


def in_folder_a(kind: Any) -> st.SearchStrategy[Any]:
    """Records whose every path is in the folder of the component `a`."""
    return values(kind).map(_moved)


def _moved(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_moved, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {f.name: _moved(getattr(value, f.name)) for f in fields(value)}
    if "path" in changes:
        changes["path"] = "a/a.py"
    return type(value)(**changes)
